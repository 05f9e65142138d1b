"""Pages that are being read: buffered part by part, and put in the place of the old ones all at once.

A crash repeats only the part that it hit, and readers see the pages of one reading: the old one's or the new one's.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from documents import intake
from documents.models import Document, Page, PageDraft
from documents.pages import PageReading

_COLUMNS = ", ".join(str(column.column) for column in Page._meta.concrete_fields if not column.primary_key)


def clear(run: UUID) -> None:
    """Forgets what a reading has buffered: it begins again."""
    PageDraft.objects.filter(run=run).delete()


def put(document: Document, run: UUID, readings: Iterable[PageReading], *, first: int, last: int) -> None:
    """Buffers the pages `first` to `last`, both included, in the place of what an earlier attempt left of them."""
    PageDraft.objects.filter(run=run, number__range=(first, last)).delete()
    PageDraft.objects.bulk_create(PageDraft.of(document, reading, run=run) for reading in readings)


def readings(document: Document, run: UUID, *, words: bool = True) -> list[PageReading]:
    """The pages of this reading: its buffer, or the document's own when that was swapped in already."""
    drafts = PageDraft.objects.filter(run=run).order_by("number")
    found = drafts if drafts.exists() else document.pages.all()
    return [page.reading() for page in (found if words else found.defer("words"))]


def swap(document: Document, run: UUID) -> bool:
    """Puts the buffered pages in the place of the document's, in the caller's transaction; False if none are buffered.

    Under an advisory lock on the document: two readings that end at once come one after the other.
    """
    intake.lock(document.id)
    if not PageDraft.objects.filter(run=run).exists():
        return False
    document.pages.all().delete()
    with connection.cursor() as cursor:  # the rows are copied where they are: a long scan's words are many megabytes
        cursor.execute(
            f"insert into documents_page ({_COLUMNS}) select {_COLUMNS} from documents_pagedraft where run = %s",  # noqa: S608 - the names are our own
            [run],
        )
    clear(run)
    return True
