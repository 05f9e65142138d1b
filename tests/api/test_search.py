"""Search over HTTP: passages of one's own, why they were found, and what the question was taken to mean."""

import pytest

from analysis.models import Field, QueryLog
from documents import tenancy
from tests.analysis.search.conftest import embedder, keep  # noqa: F401 - the embedder is by words, and used by all
from tests.api.conftest import analysed, is_problem

pytestmark = pytest.mark.django_db

TEXTS = ["The annual premium of the policy is due in advance.", "Switch the device off before you clean the filter."]


def search(client, **query):
    response = client.get("/api/v1/search", query)
    assert response.status_code == 200, response.content
    return response.json()


def test_a_passage_comes_with_its_place_and_the_words_found(as_anna, anna):
    document = keep(anna, TEXTS)
    body = search(as_anna, q="annual premiums", limit=1)
    [hit] = body["results"]
    assert (hit["document_id"], hit["filename"], hit["page"]) == (str(document.id), "a.pdf", 1)
    assert hit["text"] == hit["snippet"] == TEXTS[0]
    assert [hit["snippet"][start:end] for start, end in hit["highlights"]] == ["annual", "premium"]
    assert hit["boxes"] == [{"page": 1, "box": [10, 20, 300, 30]}]
    assert body["corrected"] is None


def test_a_misspelt_question_says_what_was_searched_for(as_anna, anna):
    keep(anna, TEXTS)
    body = search(as_anna, q="Anual premium")
    assert body["corrected"] == "annual premium"
    assert body["results"][0]["text"] == TEXTS[0]


def test_others_find_nothing_of_it(as_mallory, anna):
    document = keep(anna, TEXTS)
    assert search(as_mallory, q="annual premium")["results"] == []
    assert search(as_mallory, q="annual premium", document=str(document.id))["results"] == []


def test_a_question_is_logged_for_its_asker_alone(as_anna, anna, mallory):
    keep(anna, TEXTS)
    body = search(as_anna, q="annual premium")
    with tenancy.as_user(anna.user):
        log = QueryLog.objects.get(pk=body["query_id"])
    assert (log.question, log.mode, log.user, log.model) == ("annual premium", "search", anna.user, "bag-1")
    assert log.retrieved[0] == [body["results"][0]["chunk_id"], body["results"][0]["score"]]
    assert {"words", "vectors", "meaning", "sentences", "passages"} <= log.timings.keys()
    with tenancy.as_user(mallory.user):
        assert not QueryLog.objects.exists()


def test_what_is_typed_on_takes_the_place_of_what_was_typed(as_anna, as_mallory, anna, mallory):
    keep(anna, TEXTS)
    first = search(as_anna, q="annu")["query_id"]
    assert search(as_anna, q="annual premium", continues=first)["query_id"] == first
    assert search(as_mallory, q="mine", continues=first)["query_id"] != first
    with tenancy.as_user(anna.user):
        assert [log.question for log in QueryLog.objects.all()] == ["annual premium"]
        QueryLog.objects.update(feedback="positive")
    assert search(as_anna, q="annual premiums", continues=first)["query_id"] != first


@pytest.fixture
def bills(anna):
    """Two invoices of Ink & Paper over 119.00, one of them in March, each with a passage."""
    cases = []
    for name, date in (("march.txt", "2026-03-12"), ("may.txt", "2026-05-01")):
        case = analysed(anna, f"Bill of {date}".encode(), name)
        with tenancy.as_user(anna.user):
            Field(workspace=anna.workspace, result=case.result, name="date", value=date, source="rules").save()
        cases.append(keep(anna, [f"Bill of {date} for paper."], name, document=case.document))
    return cases


def test_a_question_about_documents_becomes_filters(as_anna, bills):
    body = search(as_anna, q="invoices of Ink & Paper over 100 in March 2026")
    assert [hit["document_id"] for hit in body["results"]] == [str(bills[0].id)]
    assert body["understood"] == {
        "words": "",
        "kinds": ["invoice"],
        "vendor": "Ink & Paper",
        "since": "2026-03-01",
        "until": "2026-03-31",
        "conditions": [{"field": "total", "op": ">", "value": "100"}],
    }
    assert search(as_anna, q="invoices over 200", understand="true")["understood"]["kinds"] == []  # none: as it stands


def test_filters_may_be_given(as_anna, bills):
    def ids(**query):
        return {hit["document_id"] for hit in search(as_anna, q="paper", **query)["results"]}

    first, second = (str(one.id) for one in bills)
    assert ids() == {first, second}
    assert ids(since="2026-04-01") == {second}
    assert ids(until="2026-04-01") == {first}
    assert ids(document=first) == {first}
    assert ids(vendor="ink & paper ltd", kind=["invoice", "receipt"]) == {first, second}
    assert ids(vendor="INK") == {first, second}  # the first words of the name
    assert ids(vendor="Somebody") == ids(kind="receipt") == set()
    assert ids(vendor="In") == ids(vendor="Paper") == ids(vendor="Ltd") == set()


@pytest.mark.parametrize(
    "query", [{}, {"q": " "}, {"q": "x", "limit": 0}, {"q": "x", "kind": "nonsense"}, {"q": "x", "since": "March"}]
)
def test_nonsense_is_refused(as_anna, query):
    assert is_problem(as_anna.get("/api/v1/search", query), 422, "invalid_input")
