"""Pages that are being read again: readers see the old ones until all of the new are there."""

import uuid

import pytest
from django.core.files.base import ContentFile

from documents import drafts, intake, tenancy
from documents.models import PageDraft
from documents.pages import PageReading, Word

pytestmark = pytest.mark.django_db(transaction=True)


def reading(number: int, text: str) -> PageReading:
    return PageReading(number, 100, 200, source="text", words=(Word(text, 1, 2, 3, 4, 0.5),), markdown=text)


@pytest.fixture
def document(anna):
    with tenancy.as_workspace(anna.workspace.id):
        found, _ = intake.receive(
            ContentFile(b"some words"), filename="a.txt", workspace_id=anna.workspace.id, user=anna.user
        )
        yield found


def texts(document) -> list[str]:
    return [page.markdown for page in document.pages.all()]


def test_nothing_is_seen_before_the_swap_and_all_is_after(document):
    first, second = uuid.uuid4(), uuid.uuid4()
    drafts.put(document, first, [reading(1, "old"), reading(2, "older"), reading(3, "gone")], first=1, last=3)
    assert texts(document) == []
    assert drafts.swap(document, first)
    assert texts(document) == ["old", "older", "gone"]
    drafts.put(document, second, [reading(2, "new")], first=2, last=2)
    drafts.put(document, second, [reading(1, "newer")], first=1, last=1)
    assert texts(document) == ["old", "older", "gone"]
    assert [page.markdown for page in drafts.readings(document, second)] == ["newer", "new"]
    assert drafts.swap(document, second)
    assert texts(document) == ["newer", "new"]
    assert document.pages.get(number=1).reading() == reading(1, "newer")
    assert not PageDraft.objects.exists()


def test_a_part_that_is_read_again_replaces_itself_alone(document):
    run = uuid.uuid4()
    drafts.put(document, run, [reading(1, "a"), reading(2, "b")], first=1, last=2)
    drafts.put(document, run, [reading(3, "c")], first=3, last=3)
    drafts.put(document, run, [reading(1, "A"), reading(2, "B")], first=1, last=2)
    assert [page.markdown for page in drafts.readings(document, run, words=False)] == ["A", "B", "c"]


def test_without_a_buffer_the_documents_own_pages_stay(document):
    run = uuid.uuid4()
    drafts.put(document, run, [reading(1, "a")], first=1, last=1)
    drafts.swap(document, run)
    assert not drafts.swap(document, run)
    assert [page.markdown for page in drafts.readings(document, run)] == ["a"]
    drafts.clear(run)
    assert texts(document) == ["a"]


def test_two_readings_do_not_mix(document):
    one, other = uuid.uuid4(), uuid.uuid4()
    drafts.put(document, one, [reading(1, "one")], first=1, last=1)
    drafts.put(document, other, [reading(1, "other")], first=1, last=1)
    drafts.clear(other)
    drafts.swap(document, one)
    assert texts(document) == ["one"]
