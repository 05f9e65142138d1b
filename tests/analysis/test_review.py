"""What people do to results, and what remains of it when the job runs again."""

import uuid

import pytest

from analysis import results, review
from analysis.findings import Found, Issue
from analysis.models import Correction, Result
from analysis.review import Change
from documents import tenancy
from documents.errors import Conflict, PreconditionFailed
from documents.pages import Box
from tests.api.conftest import analysed, extraction


@pytest.fixture
def result(anna):
    found = analysed(anna).result
    with tenancy.as_user(anna.user):
        yield found


def value(result, name):
    field = result.fields.filter(name=name).first()
    return field.value if field else None


def correct(result, anna, **changes):
    lines = changes.pop("line_items", None)
    version = Result.objects.get(pk=result.pk).version
    return review.correct(result.id, changes, lines, user=anna.user, expected_version=version)


def test_rows_give_the_findings_that_they_were_made_of(result):
    given = extraction(taxes=Found([{"rate": "19", "base": "100.00", "tax": "19.00"}], source="xml"))
    given.extra["line_total"] = "100.00"
    given.issues.append(Issue("xml_not_on_page", "Compare them.", ("total",), "warning"))
    stored = results.store(result.job, given)
    assert results.extraction_of(Result.objects.get(pk=stored.pk)) == given


def test_storing_twice_leaves_one_result_with_the_jobs_id(result):
    again = results.store(result.job, extraction(total=Found("9.00")))
    assert again.pk == result.pk == result.job_id
    assert Result.objects.count() == 1
    assert (value(again, "total"), again.version, again.validation) == ("9.00", 2, {})


def test_what_a_person_corrected_survives_another_run(result, anna):
    line = {"description": "Ink", "amount": "100"}
    correct(result, anna, total="120", vendor=None, line_items=[line])
    review.approve(result.id, user=anna.user, expected_version=2)
    again = results.store(result.job, extraction(subtotal=Found("101.00")))
    assert (value(again, "total"), value(again, "vendor"), value(again, "subtotal")) == ("120", None, "101.00")
    assert [item["description"] for item in again.line_items] == ["Ink"]
    assert (again.review_status, again.approved_by) == (Result.ReviewStatus.CORRECTED, None)


def test_a_correction_can_be_taken_back(result, anna):
    correct(result, anna, total="120", iban="DE02120300000000202051")
    total, iban = Correction.objects.order_by("field")[::-1]
    reverted = review.revert(result.id, total.id, user=anna.user)
    field = reverted.fields.get(name="total")
    assert (field.value, field.source, field.raw, field.box) == ("119.00", "rules", "119,00", [10, 70, 50, 80])
    assert reverted.validation["math_ok"] is True
    assert value(review.revert(result.id, iban.id, user=anna.user), "iban") is None
    assert [(one.field, one.new_value) for one in Correction.objects.all()][2:] == [("total", "119.00"), ("iban", None)]


def test_taking_back_what_is_so_already_changes_nothing(result, anna):
    correct(result, anna, total="120")
    correction = Correction.objects.get()
    once = review.revert(result.id, correction.id, user=anna.user)
    assert review.revert(result.id, correction.id, user=anna.user).version == once.version


def test_line_items_can_be_taken_back(result, anna):
    before = result.line_items
    correct(result, anna, line_items=[])
    reverted = review.revert(result.id, Correction.objects.get().id, user=anna.user)
    assert reverted.line_items == before


def test_a_removed_field_that_comes_back_is_there_again(result, anna):
    correct(result, anna, vendor="")
    reverted = review.revert(result.id, Correction.objects.get().id, user=anna.user)
    assert value(reverted, "vendor") == "Ink & Paper Ltd"


def test_the_same_value_elsewhere_is_a_correction_too(result, anna):
    moved = correct(result, anna, total=Change("119.00", page=2, box=Box(1, 2, 3, 4)))
    field = moved.fields.get(name="total")
    assert (field.page, field.box, field.source, moved.version) == (2, [1, 2, 3, 4], "person", 2)
    assert correct(result, anna, total=Change("119.00", page=2, box=Box(1, 2, 3, 4))).version == 2


def test_a_box_does_not_move_to_another_page(result, anna):
    field = correct(result, anna, total=Change("119.00", page=2)).fields.get(name="total")
    assert (field.page, field.box) == (2, None)


def test_all_that_is_wrong_is_named_at_once(result, anna):
    with pytest.raises(review.InvalidInput) as caught:
        correct(result, anna, total="much", date="soon", vendor="Fine Ltd")
    assert "total:" in caught.value.detail
    assert "date:" in caught.value.detail
    assert value(result, "vendor") == "Ink & Paper Ltd"


def test_who_comes_late_is_told(result, anna):
    correct(result, anna, total="120")
    with pytest.raises(PreconditionFailed, match="version 2, not 1"):
        review.approve(result.id, user=anna.user, expected_version=1)


def test_a_type_that_is_no_more_can_not_be_checked(result, anna):
    Result.objects.update(document_type="papyrus")
    with pytest.raises(Conflict, match="unknown_document_type"):
        correct(result, anna, total="120")
    assert review.field_types("papyrus") == {}


def test_a_type_without_fields_says_so(result, anna):
    Result.objects.update(document_type="other")
    with pytest.raises(review.InvalidInput, match="no fields"):
        correct(result, anna, total="120")


def test_unknown_results_and_corrections(result, anna):
    with pytest.raises(Result.DoesNotExist):
        review.correct(uuid.uuid4(), {}, user=anna.user, expected_version=1)
    with pytest.raises(Correction.DoesNotExist):
        review.revert(result.id, 0, user=anna.user)


def test_another_tenant_corrects_nothing(result, anna, mallory):
    with tenancy.as_user(mallory.user), pytest.raises(Result.DoesNotExist):
        review.correct(result.id, {"total": "1"}, user=mallory.user, expected_version=1)
    assert value(result, "total") == "119.00"
