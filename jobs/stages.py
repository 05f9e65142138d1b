"""The contract of a stage, and the registry that makes pipelines of stages."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from jobs.errors import TransientFailure
from jobs.models import Job, Task

Input = TypeVar("Input")
Output = TypeVar("Output")

QUEUES = ("default", "extract", "ocr", "embed")


class Stage(ABC, Generic[Input, Output]):
    """One step of a pipeline. A pipeline is its stages, ordered by where they start on the progress bar.

    `split` and `save` run in the transaction of the job's move, `load` in a short one of its own, and `compute` in
    none: it touches no database and no status, and may be killed and repeated at any time.
    """

    pipeline: ClassVar[str]
    name: ClassVar[str]
    queue: ClassVar[str] = "default"
    running: ClassVar[str]  # the milestone that clients see while it works …
    finished: ClassVar[str]  # … and when all its parts are done
    start: ClassVar[int]  # per cent of the progress bar at its begin and end
    end: ClassVar[int]
    # Done within milliseconds by Python alone: a worker takes several such tasks at once, and saves them together.
    small: ClassVar[bool] = False

    def split(self, job: Job) -> Sequence[dict[str, Any]]:
        """The inputs of its parts, JSON-serialisable; one task is made of each."""
        return [{}]

    def load(self, task: Task) -> Input:
        """What `compute` needs to know, from the database. A stage that needs nothing doesn't define it: None."""
        raise NotImplementedError

    @abstractmethod
    def compute(self, given: Input, folder: Path) -> Output:
        """The work. `folder` is for temporary files; it is removed afterwards."""

    @abstractmethod
    def save(self, task: Task, output: Output) -> None:
        """Writes the output; must replace what an earlier run wrote. `task.job` is locked, its changes are saved."""


_PIPELINES: dict[str, list[Stage[Any, Any]]] = {}


def register(stage: Stage[Any, Any]) -> None:
    """Adds a stage to its pipeline. The same name again replaces it."""
    if stage.queue not in QUEUES:
        raise ValueError(f"Stage {stage.name}: queue {stage.queue!r} is not one of {QUEUES}.")
    others = [one for one in _PIPELINES.get(stage.pipeline, []) if one.name != stage.name]
    _PIPELINES[stage.pipeline] = sorted([*others, stage], key=lambda one: one.start)


def pipeline(name: str) -> list[Stage[Any, Any]]:
    """The stages of a pipeline, in order. KeyError if there is no such pipeline."""
    return _PIPELINES[name]


def pipelines() -> list[str]:
    """The names of all pipelines."""
    return list(_PIPELINES)


def get(pipeline_name: str, stage_name: str) -> Stage[Any, Any]:
    """A stage by name. Raises TransientFailure if this version of the code has none: another worker's may."""
    stage = find(pipeline_name, stage_name)
    if stage is None:
        raise TransientFailure(
            "unknown_stage",
            f"This worker's version has no stage {stage_name!r} of {pipeline_name!r}. Update it.",
        )
    return stage


def find(pipeline_name: str, stage_name: str) -> Stage[Any, Any] | None:
    """A stage by name; None if this version of the code has none of that name."""
    return next((one for one in _PIPELINES.get(pipeline_name, []) if one.name == stage_name), None)


def shown() -> dict[str, dict[str, dict[str, object]]]:
    """What a job's row says while it works at a stage, by pipeline and stage: for the claim, which is made in SQL."""
    return {
        name: {stage.name: {"running": stage.running, "start": stage.start} for stage in stages}
        for name, stages in _PIPELINES.items()
    }


def small() -> list[str]:
    """The names of the small stages: of those whose name no other pipeline has for one that isn't."""
    stages = [stage for stages in _PIPELINES.values() for stage in stages]
    return sorted({stage.name for stage in stages if stage.small} - {stage.name for stage in stages if not stage.small})


def following(stage: Stage[Any, Any]) -> Stage[Any, Any] | None:
    """The stage after this one; None after the last."""
    stages = pipeline(stage.pipeline)
    rest = stages[stages.index(stage) + 1 :]
    return rest[0] if rest else None
