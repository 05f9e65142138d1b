"""The toy pipeline and jobs over it."""

import pytest

from documents import tenancy
from jobs import control, stages
from jobs.models import Job, Task
from tests.jobs import toys


@pytest.fixture(autouse=True)
def toy_pipeline():
    toys.RAN.clear()
    toys.MOOD.clear()
    for stage in (toys.Split(), toys.Total()):
        stages.register(stage)
    yield
    stages._PIPELINES.pop("toy", None)


@pytest.fixture
def submit(anna):
    """Submits a toy job for Anna."""

    def submit() -> Job:
        with tenancy.as_workspace(anna.workspace.id):
            return control.submit(workspace_id=anna.workspace.id, pipeline_name="toy", user=anna.user)

    return submit


@pytest.fixture
def state(anna):
    """Reads a job back, with its tasks."""

    def state(job) -> tuple[Job, list[Task]]:
        with tenancy.as_workspace(anna.workspace.id):
            return Job.objects.get(pk=job.pk), list(Task.objects.filter(job=job).order_by("id"))

    return state


@pytest.fixture
def events(anna):
    """The job's own events, without the toys' effects."""

    def events(job) -> list[tuple[int, str]]:
        with tenancy.as_workspace(anna.workspace.id):
            return list(job.events.exclude(type__startswith="toy.").values_list("seq", "type"))

    return events
