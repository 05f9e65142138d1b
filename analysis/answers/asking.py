"""A question from end to end: found, answered, kept. What happens is told step by step, for those who watch."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from analysis.answers import conversation, extractive, fields, logbook, writing
from analysis.answers.answer import Answer, Citation
from analysis.answers.computing import answering
from analysis.answers.conversation import Thread
from analysis.answers.logbook import Entry
from analysis.answers.wording import WIDENED
from analysis.engines import embedding
from analysis.engines.llm import accounting, client, ledger
from analysis.search import retrieval
from analysis.search.hits import Filters, Hit
from analysis.search.understanding import understand
from documents import tenancy
from documents.errors import InvalidInput
from documents.models import Document, User, Workspace

LONGEST = 1_000  # characters of a question
_PASSAGES = 8


@dataclass(frozen=True, slots=True)
class Step:
    """`retrieved`, `token`, `citation` or `done`, and what there is to tell."""

    event: str
    data: dict[str, Any]


@dataclass(slots=True)
class _Asking:
    user: User
    entry: Entry
    thread: Thread
    documents: tuple[UUID, ...]
    embedder: str = ""
    notice: str = ""
    begun: float = field(default_factory=time.perf_counter)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.entry.timings[step] = round(1000 * (time.perf_counter() - begin), 2)


def ask(question: str, *, user: User, documents: Sequence[UUID] = (), thread_id: UUID | None = None) -> Iterator[Step]:
    """Answers in the user's own scope, which is held while the database is asked and not while a model writes.

    Raises InvalidInput `unknown_document`, `unknown_conversation`, and Unavailable when passages can't be searched.
    """
    with tenancy.as_user(user):
        asking = _begun(question, user, documents, thread_id)
        with asking.timed("compute"):
            answer = answering.answer(question, asking.thread, documents=asking.documents)
            answer = answer or fields.answer(question, documents=asking.documents)
        if answer is None:
            _find(question, asking)
    yield Step("retrieved", {"query_id": str(asking.entry.id), "passages": list(map(_passage, asking.entry.hits))})
    answer = answer or (yield from _answered(question, asking))
    if not answer.model:
        yield from _told(answer)
    with tenancy.as_user(user):
        latency = 1000 * (time.perf_counter() - asking.begun)
        log = logbook.write(asking.entry, answer, user, latency=latency, embedder=asking.embedder)
    ids = {"query_id": str(log.id), "conversation": str(log.conversation), "question": question}
    yield Step("done", ids | answer.as_json())


def _begun(question: str, user: User, documents: Sequence[UUID], thread_id: UUID | None) -> _Asking:
    wanted = set(documents)
    if Document.objects.filter(pk__in=wanted).count() < len(wanted):
        raise InvalidInput("unknown_document", "You have no document with one of these ids. Leave it out.")
    thread = conversation.of(logbook.thread(user, thread_id, conversation.LONGEST) if thread_id else [])
    if thread_id and not thread.questions:
        raise InvalidInput("unknown_conversation", "You have no such conversation. Leave it out to begin a new one.")
    return _Asking(user, Entry(question, thread_id or uuid4()), thread, tuple(wanted))


def _find(question: str, asking: _Asking) -> None:
    """The passages that may answer, into the entry."""
    asking.embedder = embedding.current().name
    with asking.timed("understand"):
        words, filters = understand(asking.thread.continued(question))
    if asking.documents:
        filters = Filters(documents=asking.documents)
        words = asking.thread.continued(question)
    found = retrieval.search(words, filters=filters, limit=_PASSAGES)
    asked = Filters(documents=asking.documents)
    if not found.hits and filters != asked:
        found = retrieval.search(asking.thread.continued(question), filters=asked, limit=_PASSAGES)
        asking.notice = WIDENED if found.hits else ""
    asking.entry.hits = found.hits
    asking.entry.timings |= {f"search_{name}": spent for name, spent in found.timings.items()}


def _answered(question: str, asking: _Asking) -> Generator[Step, None, Answer]:
    """By the language model if there is one, else quoted."""
    asked, hits = asking.thread.continued(question), asking.entry.hits
    notice = ""
    if client.is_configured() and hits:
        with asking.timed("write"), accounting.recorded() as calls:
            written = yield from _written(question, asking)
        with tenancy.as_user(asking.user):
            ledger.store(calls, workspace_id=Workspace.personal_id(asking.user))
        if written.text:
            written.notice = " ".join(filter(None, (asking.notice, written.notice)))
            return written
        notice = written.notice
    with asking.timed("pick"):
        answer = extractive.answer(asked, hits)
    answer.notice = " ".join(filter(None, (asking.notice, notice)))
    return answer


def _written(question: str, asking: _Asking) -> Generator[Step, None, Answer]:
    """Sentence by sentence, as each has been checked."""
    writer = writing.Writer(question, asking.entry.hits, asking.thread)
    for text, citations in writer.sentences():
        yield Step("token", {"text": text})
        for citation in citations:
            yield told(writer.number(citation), citation)
    return writer.answer()


def _told(answer: Answer) -> Iterator[Step]:
    """An answer that was there at once."""
    yield Step("token", {"text": answer.text})
    for number, citation in enumerate(answer.citations, 1):
        yield told(number, citation)


def told(number: int, citation: Citation) -> Step:
    return Step("citation", {"number": number} | citation.as_json())


def _passage(hit: Hit) -> dict[str, Any]:
    return {
        "chunk_id": str(hit.chunk_id),
        "document_id": str(hit.document_id),
        "filename": hit.filename,
        "page": hit.page,
        "score": hit.score,
    }
