"""Questions and answers as they are kept: the asker's own, without the text of documents that are gone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from analysis.answers.answer import Answer
from analysis.models import QueryLog
from analysis.search.hits import Hit
from documents import removal, tenancy
from documents.models import Document, Membership, User, Workspace
from jobs import maintenance

GONE = "This answer quoted a document that was deleted."
_BATCH = 500


def register() -> None:
    """Has the rooms below tell when a document goes, and when it is time to clean up."""
    removal.before_removal.append(forget_document)
    maintenance.steps_of_others |= {"queries": remove_old, "quotes": forget_unseen}


@dataclass(slots=True)
class Entry:
    """What is known of a question while it is answered; `timings` in milliseconds by step."""

    question: str
    conversation: UUID
    id: UUID = field(default_factory=uuid4)
    hits: Sequence[Hit] = ()
    timings: dict[str, float] = field(default_factory=dict)


def write(entry: Entry, answer: Answer, user: User, *, latency: float, embedder: str) -> QueryLog:
    """Keeps a question that was answered in `latency` milliseconds, in the asker's own workspace."""
    return QueryLog.objects.create(
        id=entry.id,
        workspace_id=Workspace.personal_id(user),
        user=user,
        conversation=entry.conversation,
        question=entry.question,
        mode=answer.mode,
        answer=answer.text,
        citations=[citation.as_json() for citation in answer.citations],
        computed=answer.computed,
        documents=_documents(answer),
        retrieved=[[str(hit.chunk_id), hit.score] for hit in entry.hits],
        reranked=[[str(chunk_id), score] for chunk_id, score in answer.reranked],
        timings=entry.timings,
        latency_ms=round(latency),
        model=" ".join(filter(None, (embedder if entry.hits else "", answer.model)))[:200],
    )


def _documents(answer: Answer) -> list[str]:
    """Whose text is in the answer."""
    cited = {str(citation.document_id) for citation in answer.citations}
    return sorted(cited | {addend["document_id"] for addend in (answer.computed or {}).get("addends", [])})


def own(user: User) -> QuerySet[QueryLog]:
    """The questions that the user asked, the latest first; nobody else's, be they of the same workspace."""
    return QueryLog.objects.filter(user=user)


def thread(user: User, conversation: UUID, most: int) -> list[QueryLog]:
    """The latest questions of a conversation, the oldest first."""
    return list(own(user).filter(conversation=conversation).order_by("-created_at")[:most])[::-1]


def forget_document(document_id: UUID, workspace_id: UUID) -> None:
    """Takes a document's words out of the answers of those who see it; in the transaction that removes it."""
    members = Membership.objects.filter(workspace_id=workspace_id).values_list("user_id", flat=True)
    workspaces = {workspace_id, *map(Workspace.personal_id, User.objects.filter(pk__in=list(members)))}
    for one in workspaces:
        with tenancy.as_workspace(one):
            _blank(QueryLog.objects.filter(documents__contains=[str(document_id)]), {str(document_id)})


def forget_unseen(dry_run: bool = False) -> int:
    """Takes out of each user's answers the words of documents that they no longer see. Returns how many answers."""
    blanked = 0
    if dry_run:
        return blanked
    for user in User.objects.order_by("pk").iterator():
        with tenancy.as_user(user):
            kept = {one for ids in own(user).exclude(documents=[]).values_list("documents", flat=True) for one in ids}
            there = set(map(str, Document.objects.filter(pk__in=kept).values_list("pk", flat=True)))
            for gone in kept - there:
                blanked += _blank(own(user).filter(documents__contains=[gone]), {gone})
    return blanked


def remove_old(dry_run: bool = False) -> int:
    """Deletes questions older than QUERIES_KEEP_DAYS (0: none); returns how many."""
    if not settings.QUERIES_KEEP_DAYS:
        return 0
    removed = 0
    for user in User.objects.order_by("pk").iterator():
        with tenancy.as_user(user):
            old = own(user).filter(created_at__lt=Now() - timedelta(days=settings.QUERIES_KEEP_DAYS))
            removed += old.count() if dry_run else old.delete()[0]
    return removed


def _blank(logs: QuerySet[QueryLog], gone: Collection[str]) -> int:
    """Without quotes of these documents; an answer that has words or figures of them goes whole."""
    changed = list(logs.select_for_update(of=("self",)))
    for log in changed:
        log.citations = list(_without(log.citations, gone))
        log.documents = [one for one in log.documents if one not in gone]
        log.answer, log.computed = GONE, None
    QueryLog.objects.bulk_update(changed, ["citations", "documents", "answer", "computed"], batch_size=_BATCH)
    return len(changed)


def _without(citations: Iterable[dict[str, Any]], gone: Collection[str]) -> Iterable[dict[str, Any]]:
    for citation in citations:
        if citation["document_id"] not in gone:
            yield citation | {"start": 0, "end": 0}  # their places were in a text that is gone
