"""The index of words: what goes in is found, what is replaced or deleted is not."""

import pytest

from analysis.models import Chunk, Posting, Segment
from analysis.search import entries, merging
from analysis.search.segments import ALL
from documents import tenancy
from jobs import maintenance
from jobs.models import Job
from tests.analysis.search.conftest import keep

pytestmark = pytest.mark.django_db


def numbers_of(person, word):
    with tenancy.as_user(person.user):
        lists = Posting.objects.filter(word=word).values_list("entries", flat=True)
        return {int(number) for data in lists for number in entries.unpack(data).numbers}


def numbers(person):
    with tenancy.as_user(person.user):
        return list(Chunk.objects.order_by("document", "ordinal").values_list("number", flat=True))


def test_each_word_knows_its_passages(anna):
    keep(anna, ["The premium is due.", "Premiums of the year, and premiums again.", "Nothing."])
    first, second, third = numbers(anna)
    assert numbers_of(anna, "premium") == {first, second}
    assert numbers_of(anna, ALL) == {first, second, third}
    assert numbers_of(anna, "the") == set()  # a stop word
    with tenancy.as_user(anna.user):
        times = entries.unpack(Posting.objects.get(word="premium").entries).times
        segment = Segment.objects.get()
    assert list(times) == [1, 2]
    assert (segment.chunks, segment.languages) == (3, ["en"])


def test_a_replaced_document_leaves_nothing_behind(anna):
    keep(anna, ["The premium is due."])
    keep(anna, ["The deductible is high."])
    assert numbers_of(anna, "premium") == set()
    assert numbers_of(anna, "deduct") == set(numbers(anna))


def test_a_deleted_document_takes_its_words_along(anna):
    document = keep(anna, ["The premium is due."])
    with tenancy.as_user(anna.user):
        document.delete()
        assert not Segment.objects.exists()
        assert not Posting.objects.exists()


def test_many_segments_become_one_without_what_is_gone(anna):
    for number in range(merging.FANOUT):
        keep(anna, [f"The premium of policy {number}."], f"{number}.pdf")
    with tenancy.as_user(anna.user):
        gone = Chunk.objects.order_by("number").first()
        gone.delete()
    assert merging.merge(anna.workspace.id) == merging.FANOUT
    assert merging.merge(anna.workspace.id) == 0
    assert numbers_of(anna, "premium") == set(numbers(anna))
    with tenancy.as_user(anna.user):
        segment = Segment.objects.get()
        assert segment.chunks == merging.FANOUT - 1
        assert segment.words == sum(entries.unpack(Posting.objects.get(word=ALL).entries).lengths)
        assert Posting.objects.filter(segment=segment, word="0").count() == 0


def test_a_merged_segment_is_purged_when_much_of_it_is_gone(anna):
    for number in range(merging.FANOUT):
        keep(anna, [f"The premium of policy {number}."], f"{number}.pdf")
    merging.merge(anna.workspace.id)
    assert merging.purge(anna.workspace.id) == 0
    with tenancy.as_user(anna.user):
        Chunk.objects.filter(pk__in=list(Chunk.objects.values_list("pk", flat=True)[:3])).delete()
    assert merging.purge(anna.workspace.id) == 3
    assert numbers_of(anna, ALL) == set(numbers(anna))


def test_the_daily_maintenance_purges_each_workspace(anna):
    with tenancy.as_user(anna.user):
        Job.objects.create(workspace=anna.workspace, pipeline="document")
    for number in range(merging.FANOUT):
        keep(anna, [f"The premium of policy {number}."], f"{number}.pdf")
    merging.merge(anna.workspace.id)
    with tenancy.as_user(anna.user):
        Chunk.objects.filter(pk__in=list(Chunk.objects.values_list("pk", flat=True)[:3])).delete()
    assert maintenance.run(dry_run=True)["words_of_gone_passages"] == 0
    assert maintenance.run()["words_of_gone_passages"] == 3


def test_others_see_no_word_of_it(anna, mallory):
    keep(anna, ["The premium is due."])
    assert numbers_of(mallory, "premium") == set()
