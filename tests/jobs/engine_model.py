"""What jobs and tasks must look like after each move, in plain Python: the engine is held against it."""

from dataclasses import dataclass, field
from uuid import UUID

STAGES = {"fan": 3, "pair": 2, "last": 1}  # name -> parts
QUEUE_OF = {"fan": "default", "pair": "extract", "last": "default"}
SMALL = "last"  # several of these are run at once
START_OF = {"fan": 0, "pair": 40, "last": 80}
ACTIVE = 2  # jobs of one user at once
MAX_ATTEMPTS = 2
LIVE = ("queued", "working", "retryable")


@dataclass
class TaskModel:
    status: str = "queued"
    attempts: int = 0
    lease: UUID | None = None
    expired: bool = False

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def take(self, lease: UUID) -> None:
        assert self.status == "queued"
        self.status, self.lease, self.attempts, self.expired = "working", lease, self.attempts + 1, False

    def end(self, status: str) -> None:
        self.status, self.lease, self.expired = status, None, False


@dataclass
class JobModel:
    user: str
    priority: int
    held: bool
    status: str = "open"
    tasks: dict[tuple[str, int], TaskModel] = field(default_factory=dict)
    progress: int = 0  # the most that was seen in this run

    @property
    def is_open(self) -> bool:
        return self.status == "open"

    def reached(self) -> list[str]:
        return [name for name in STAGES if (name, 0) in self.tasks]

    def start(self, stage: str) -> None:
        self.held = False
        self.tasks |= {(stage, part): TaskModel() for part in range(STAGES[stage])}

    def finish(self, stage: str, part: int) -> None:
        self.tasks[stage, part].end("done")
        if all(self.tasks[stage, one].status == "done" for one in range(STAGES[stage])):
            names = list(STAGES)
            if stage == names[-1]:
                self.status = "done"
            else:
                self.start(names[names.index(stage) + 1])

    def fail(self, stage: str, part: int, *, permanent: bool) -> None:
        task = self.tasks[stage, part]
        if permanent or task.attempts >= MAX_ATTEMPTS:
            self.bury(task)
        else:
            task.end("retryable")

    def take_back(self, task: TaskModel) -> None:
        if task.attempts >= MAX_ATTEMPTS:
            self.bury(task)
        else:
            task.end("queued")

    def bury(self, task: TaskModel) -> None:
        task.end("deadletter")
        self.close("deadletter")

    def close(self, status: str) -> None:
        self.status, self.held = status, False
        for task in self.tasks.values():
            if task.is_live:
                task.end("cancelled")

    def can_restart_at(self, stage: str) -> bool:
        return not self.is_open and (not stage or stage in (self.reached() or ["fan"]))

    def retry(self, stage: str) -> None:
        reached = self.reached() or ["fan"]
        name = stage or (reached[0] if self.status == "done" else reached[-1])
        if stage or self.status == "done":
            again = list(STAGES)[list(STAGES).index(name) :]
            self.tasks = {key: task for key, task in self.tasks.items() if key[0] not in again}
        self.status, self.progress = "open", START_OF[name]
        if (name, 0) not in self.tasks:
            self.start(name)
        for key, task in self.tasks.items():
            if key[0] == name and task.status != "done":
                task.end("queued")
                task.attempts = 0
