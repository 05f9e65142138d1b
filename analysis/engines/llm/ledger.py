"""The rows that say what questions to a language model cost."""

from collections.abc import Sequence
from uuid import UUID

from analysis.engines.llm.accounting import Call
from analysis.models import LlmCall
from jobs.models import Job


def store(calls: Sequence[Call], *, workspace_id: UUID, job: Job | None = None) -> None:
    """Writes a row for each call, in the caller's transaction and scope."""
    LlmCall.objects.bulk_create(
        LlmCall(
            workspace_id=workspace_id,
            job=job,
            model=call.model,
            purpose=call.purpose,
            prompt_tokens=call.prompt_tokens,
            completion_tokens=call.completion_tokens,
            seconds=call.seconds,
            error_code=call.error_code,
        )
        for call in calls
    )
