import uuid

import pytest

from analysis.answers import asking
from analysis.answers.wording import WIDENED
from analysis.models import QueryLog
from documents import tenancy
from documents.errors import InvalidInput
from tests.analysis.answers.conftest import keep

pytestmark = pytest.mark.django_db

PUMP = ["The pump stands in the cellar. Clean the filter of the pump every 40 days. Wear gloves."]


def done(question, person, **options):
    *_, last = asking.ask(question, user=person.user, **options)
    assert last.event == "done"
    return last.data


def test_the_sentence_that_answers_is_quoted_with_its_place(anna):
    document = keep(anna, PUMP, filename="pump.pdf")
    data = done("How often clean the filter of the pump?", anna)
    assert data["mode"] == "extractive"
    assert data["answer"] == "Clean the filter of the pump every 40 days."
    [citation] = data["citations"]
    assert citation["document_id"] == str(document.id)
    assert (citation["filename"], citation["page"]) == ("pump.pdf", 1)
    assert data["answer"][citation["start"] : citation["end"]] == citation["quote"]
    assert citation["boxes"] == [{"page": 1, "box": [10, 20, 300, 30]}]


def test_all_is_searched_where_the_documents_that_seem_meant_hold_nothing(anna):
    keep(anna, PUMP, filename="pump.pdf")
    data = done("manuals from 1999: clean the filter of the pump every 40 days", anna)
    assert data["mode"] == "extractive"
    assert data["notice"] == WIDENED
    assert done("How often clean the filter of the pump?", anna)["notice"] == ""


def test_other_places_that_may_answer_are_shown_beside_the_quote(anna):
    keep(anna, PUMP[:1], filename="pump.pdf")
    keep(anna, ["A blue filter of the pump hangs there.", "Cars stand in garages."], filename="blue.pdf")
    data = done("How often clean the filter of the pump?", anna)
    assert data["mode"] == "extractive"
    assert data["nearest"][0]["filename"] == "blue.pdf"
    assert "garages" not in str(data["nearest"])
    assert all(one["quote"] not in data["answer"] for one in data["nearest"])


def test_what_the_documents_do_not_tell_is_said(anna):
    keep(anna, PUMP)
    data = done("Quantum chromodynamics lattice simulations?", anna)
    assert (data["mode"], data["citations"]) == ("none", [])
    assert "don't seem to tell" in data["answer"]
    assert data["nearest"][0]["quote"] == PUMP[0]


def test_without_documents_there_is_no_answer(anna):
    data = done("How often clean the filter?", anna)
    assert (data["mode"], data["nearest"]) == ("none", [])


def test_the_question_is_kept_with_all_that_there_is_to_say(anna):
    document = keep(anna, PUMP)
    data = done("How often clean the filter of the pump?", anna)
    with tenancy.as_user(anna.user):
        log = QueryLog.objects.get()
    assert str(log.id) == data["query_id"]
    assert str(log.conversation) == data["conversation"]
    assert log.documents == [str(document.id)]
    assert log.retrieved[0][1] > 0
    assert log.reranked[0][0] == log.retrieved[0][0]
    assert {"compute", "understand", "search_words", "pick"} <= set(log.timings)
    assert log.latency_ms >= 0
    assert log.model == "bag-1"


def test_steps_come_in_order(anna):
    keep(anna, PUMP)
    steps = list(asking.ask("How often clean the filter of the pump?", user=anna.user))
    assert [step.event for step in steps] == ["retrieved", "token", "citation", "done"]
    assert steps[0].data["passages"][0]["page"] == 1


def test_others_find_nothing(anna, mallory):
    document = keep(anna, PUMP)
    assert done("How often clean the filter of the pump?", mallory)["nearest"] == []
    with pytest.raises(InvalidInput, match="unknown_document"):
        done("How often?", mallory, documents=[document.id])


def test_only_the_documents_that_are_named(anna):
    keep(anna, PUMP, filename="a.pdf")
    other = keep(anna, ["The filter of the pump is blue."], filename="b.pdf")
    data = done("What about the filter of the pump?", anna, documents=[other.id])
    assert {citation["document_id"] for citation in data["citations"] + data["nearest"]} == {str(other.id)}


def test_a_thread_is_the_askers_own(anna, mallory):
    keep(anna, PUMP)
    first = done("How often clean the filter of the pump?", anna)
    again = done("And where is it?", anna, thread_id=uuid.UUID(first["conversation"]))
    assert again["conversation"] == first["conversation"]
    with pytest.raises(InvalidInput, match="unknown_conversation"):
        done("And where is it?", mallory, thread_id=uuid.UUID(first["conversation"]))


def test_a_question_that_leans_is_searched_with_the_one_before(anna):
    keep(anna, PUMP)
    keep(anna, ["The car stands in the garage."], filename="b.pdf")
    first = done("How often clean the filter of the pump?", anna)
    again = done("Where does it stand?", anna, thread_id=uuid.UUID(first["conversation"]))
    assert "pump" in (again["answer"] + str(again["nearest"]))
