"""Search as a whole: what is found, in which order, and by whom."""

import pytest

from analysis.models import Chunk, Segment
from analysis.search import dense, entries, lexical, merging, retrieval, segments
from analysis.search.hits import Filters
from documents import tenancy
from documents.errors import Unavailable
from tests.analysis.search.conftest import Bag, keep

pytestmark = pytest.mark.django_db

TEXTS = [
    "The annual premium of the policy is due in advance.",
    "To clean the filter, switch the device off and unscrew the lid.",
    "Kündigungen bedürfen der Schriftform und sind an die Versicherung zu richten.",
    "Invoice 4711 of Kraxi GmbH over 1.234,50 EUR.",
    "保険料は毎年前払いです。",
]


def search(person, question, **options):
    with tenancy.as_user(person.user):
        return retrieval.search(question, **options)


def texts(person, question, **options):
    return [hit.text for hit in search(person, question, **options).hits]


@pytest.mark.parametrize(
    ("question", "which"),
    [
        ("annual premiums", 0),
        ("cleaning filters", 1),
        ("Kundigung schriftlich Schriftform", 2),
        ("1,234.50", 3),
        ("保険料", 4),
        ("KRAXI", 3),
    ],
)
def test_the_passage_with_the_words_is_first(anna, question, which):
    keep(anna, TEXTS)
    assert texts(anna, question)[0] == TEXTS[which]


def test_a_hit_says_where_it_stands(anna):
    document = keep(anna, TEXTS)
    hit = search(anna, "clean the filter", limit=1).hits[0]
    assert (hit.document_id, hit.filename, hit.page, hit.type) == (document.id, "a.pdf", 2, "text")
    assert hit.spans == [[0, len(TEXTS[1]), 2, 10, 20, 300, 30]]
    assert 0 <= hit.score <= 1
    assert hit.lexical > 0
    assert 0 < hit.dense <= 1
    with tenancy.as_user(anna.user):
        assert Chunk.objects.get(pk=hit.chunk_id).text == hit.text


def test_others_find_nothing(anna, mallory):
    keep(anna, TEXTS)
    keep(mallory, ["Something else."])
    assert texts(mallory, "annual premium") == ["Something else."]
    assert texts(mallory, "", filters=Filters(documents=(search(anna, "x").hits[0].document_id,))) == []


def test_without_a_scope_there_is_nothing(anna):
    keep(anna, TEXTS)
    assert retrieval.search("annual premium").hits == []


def test_a_misspelt_word_is_taken_for_the_nearest(anna):
    keep(anna, TEXTS)
    found = search(anna, "anual permium")
    assert found.hits[0].text == TEXTS[0]
    assert set(found.corrections) == {"anual", "permium"}


def test_an_unfinished_word_finds_what_begins_with_it(anna):
    keep(anna, TEXTS)
    found = search(anna, "unscr")
    assert found.hits[0].text == TEXTS[1]
    assert found.corrections == {}


def test_only_the_documents_asked_for_are_searched(anna):
    keep(anna, TEXTS)
    other = keep(anna, ["The premium of another policy."], "b.pdf")
    assert texts(anna, "premium", filters=Filters(documents=(other.id,))) == ["The premium of another policy."]


def test_the_same_text_is_shown_once(anna):
    keep(anna, TEXTS)
    keep(anna, TEXTS, "copy.pdf")
    found = texts(anna, "annual premium")
    assert len(found) == len(set(found)) == len(TEXTS)


def test_merged_segments_still_tell_whose_vectors_there_are(anna):
    for number in range(merging.FANOUT):
        keep(anna, [f"The filter of machine {number} is cleaned."], filename=f"{number}.pdf")
    merging.merge(anna.workspace.id)
    found = search(anna, "filter machine")
    assert found.embedders == "bag-1"
    assert all(hit.dense > 0 for hit in found.hits)


def test_deleted_passages_are_gone_at_once_even_from_merged_segments(anna):
    for number in range(merging.FANOUT):
        keep(anna, [f"The premium is {number}."], f"{number}.pdf")
    merging.merge(anna.workspace.id)
    with tenancy.as_user(anna.user):
        kept = Chunk.objects.order_by("number").last()
        Chunk.objects.exclude(pk=kept.pk).delete()
    assert texts(anna, "premium", limit=3) == [kept.text]


def test_tenants_of_other_languages_find_theirs_in_turns(anna, mallory):
    keep(anna, ["The premiums of the policies are due."])
    keep(mallory, ["Die Kündigungen der Versicherungen bedürfen der Schriftform, und die Beiträge sind fällig."])
    for _ in range(2):
        assert search(anna, "premium policy").hits[0].lexical > 0
        assert search(mallory, "Kündigung Versicherung").hits[0].lexical > 0
        assert search(mallory, "Kündigung").languages == ("de",)


@pytest.mark.parametrize(("question", "found"), [("premium", 3), ("premium boiler", 1)])
def test_words_that_most_passages_hold_count_only_where_there_are_no_others(anna, monkeypatch, question, found):
    monkeypatch.setattr(lexical, "_MANY", 0)
    keep(anna, ["The premium is due.", "The premium of the boiler is low.", "A premium may be paid."])
    with tenancy.as_user(anna.user):
        assert len(lexical.search(lexical.ask(question)).sums.numbers) == found


def test_a_rare_word_of_another_tenants_language_leaves_common_ones_their_passages(anna, monkeypatch):
    monkeypatch.setattr(lexical, "_MANY", 0)
    monkeypatch.setattr(lexical, "_likely", ("ja", "en"))
    keep(anna, ["The policies are due.", "The policies are long."])
    with tenancy.as_user(anna.user):
        one = entries.of([Chunk.objects.first().number], [1], [3])
        segments.insert(Segment.objects.get(), [("policies", entries.pack(one))])  # as Japanese texts would have it
        assert len(lexical.search(lexical.ask("policies")).sums.numbers) == 2


def test_the_index_finds_what_comparing_finds(anna, monkeypatch):
    keep(anna, TEXTS)
    compared = texts(anna, "annual premium")
    monkeypatch.setattr(dense, "by_comparing", lambda chunks, limit, total: False)
    assert texts(anna, "annual premium") == compared


def test_vectors_of_an_embedder_that_is_gone_cost_the_meaning_not_the_words(anna, monkeypatch):
    from analysis.engines import embedding

    keep(anna, TEXTS)
    monkeypatch.setattr(embedding, "named", lambda name: None)
    assert texts(anna, "annual premium") == [TEXTS[0]]


def out_of_reach(texts):
    raise Unavailable("embedding_unreachable", "The server can't be reached. Start it.")


def test_a_vector_that_can_not_be_made_is_told(anna, embedder, monkeypatch):
    keep(anna, TEXTS)
    monkeypatch.setattr(embedder, "queries", out_of_reach)
    with pytest.raises(Unavailable):
        search(anna, "annual premium")
    assert texts(anna, "") == []


def test_a_vector_that_nobody_needs_may_fail(anna, embedder, monkeypatch):
    from analysis.engines import embedding

    former = Bag()
    former.name = "bag-0"
    keep(anna, TEXTS, embedder=former)
    monkeypatch.setattr(embedder, "queries", out_of_reach)
    monkeypatch.setattr(embedding, "named", {"bag-0": former, "bag-1": embedder}.get)
    found = search(anna, "annual premium")
    assert (found.embedders, found.hits[0].text) == ("bag-0", TEXTS[0])
    assert found.hits[0].dense > 0
