"""Twins and changed accounts are found among the results of a workspace, and nowhere else."""

import threading
import uuid

import pytest
from django.db import connection

from analysis import duplicates, results, review
from analysis.findings import Extraction, Found, Validation
from analysis.models import Result
from documents import tenancy
from documents.models import Document
from jobs.models import Job

VALUES = {"vendor": "Nordlicht GmbH", "invoice_number": "RE-17", "date": "2025-03-14", "total": "559.15"}


def extraction(kind="invoice", extra=None, **changes):
    values = VALUES | changes
    return Extraction(kind, {name: Found(value) for name, value in values.items() if value}, extra=extra or {})


def stored(person, found, document=None):
    """A result as the extract stage leaves it."""
    with tenancy.as_user(person.user):
        key = uuid.uuid4().hex
        document = document or Document.objects.create(
            id=uuid.uuid4(), workspace=person.workspace, sha256=key, filename=f"{key[:6]}.pdf", size=1
        )
        job = Job.objects.create(workspace=person.workspace, document=document, pipeline="document", stage="check")
        return results.store(job, found)


def checked(person, result):
    """The result after the check stage's save."""
    with tenancy.as_user(person.user):
        result = Result.objects.get(pk=result.pk)
        results.set_validation(result, Validation(True, None))
        return Result.objects.get(pk=result.pk)


def sent(person, document=None, **given):
    return checked(person, stored(person, extraction(**given), document))


def codes(result):
    return [issue["code"] for issue in result.validation["issues"]]


@pytest.mark.parametrize(
    "same", [{}, {"vendor": "NORDLICHT"}, {"invoice_number": "re 17"}, {"total": "559.150", "date": "2025-01-01"}]
)
def test_meaning_is_vendor_number_and_total_however_written(same):
    assert duplicates.meaning_of(extraction(**same)) == duplicates.meaning_of(extraction())


@pytest.mark.parametrize(
    "other", [{"vendor": "Südlicht"}, {"invoice_number": "RE-18"}, {"total": "559.16"}, {"total": "-559.15"}]
)
def test_another_vendor_number_or_total_is_another_meaning(other):
    assert duplicates.meaning_of(extraction(**other)) != duplicates.meaning_of(extraction())


def test_receipts_go_by_their_date_and_what_is_not_known_has_no_meaning():
    assert duplicates.meaning_of(extraction("receipt", invoice_number=None)) == duplicates.meaning_of(
        extraction("receipt")
    )
    assert duplicates.meaning_of(extraction(invoice_number=None)) == ""
    assert duplicates.meaning_of(extraction("other")) == ""


def test_an_invoice_sent_again_is_flagged_with_its_twin(anna):
    first, again = sent(anna), sent(anna)
    assert (first.twin_id, codes(first)) == (None, [])
    assert again.twin_id == first.id
    (issue,) = again.validation["issues"]
    assert (issue["code"], issue["severity"]) == ("duplicate", "warning")
    assert "once more" in issue["detail"]
    assert str(first.id) not in issue["detail"]
    assert again.validation["is_valid"]


def test_the_same_document_analysed_again_is_no_duplicate(anna):
    first = sent(anna)
    with tenancy.as_user(anna.user):
        document = Document.objects.get(pk=first.document_id)
    assert sent(anna, document).twin_id is None


def test_other_workspaces_have_no_twins_here(anna, mallory):
    sent(anna)
    assert sent(mallory).twin_id is None


def test_receipts_of_one_day_with_different_numbers_are_two(anna):
    sent(anna, kind="receipt")
    assert sent(anna, kind="receipt", invoice_number="RE-18").twin_id is None
    assert sent(anna, kind="receipt", invoice_number=None).twin_id is not None


@pytest.mark.parametrize(("picture", "found"), [(0b111, True), (-1, False)])
def test_the_same_page_photographed_again_is_known_by_its_picture_and_values(anna, picture, found):
    first = sent(anna, kind="receipt", extra={"picture": 0})
    again = sent(anna, kind="receipt", vendor="N0rdlicht", extra={"picture": picture})
    assert again.twin_id == (first.id if found else None)


def test_a_form_that_looks_the_same_with_other_values_is_no_twin(anna):
    sent(anna, extra={"picture": 5})
    assert sent(anna, invoice_number="RE-18", extra={"picture": 5}).twin_id is None
    assert sent(anna, invoice_number="RE-19", total="1.00", extra={"picture": 5}).twin_id is None


def test_a_correction_may_show_that_it_is_a_twin_and_take_that_back(anna):
    first, other = sent(anna), sent(anna, total="569.15")
    with tenancy.as_user(anna.user):
        fixed = review.correct(other.id, {"total": "559.15"}, user=anna.user, expected_version=other.version)
        assert fixed.twin_id == first.id
        assert "duplicate" in codes(fixed)
        back = review.correct(other.id, {"total": "569.15"}, user=anna.user, expected_version=fixed.version)
        assert back.twin_id is None
        assert "duplicate" not in codes(back)


def test_what_a_person_corrected_is_what_a_result_is_known_by(anna):
    first, other = sent(anna), sent(anna, total="569.15")
    with tenancy.as_user(anna.user):
        review.correct(other.id, {"total": "559.15"}, user=anna.user, expected_version=other.version)
        results.store(Job.objects.get(pk=other.job_id), extraction(total="569.15"))
    assert checked(anna, other).twin_id == first.id


@pytest.mark.django_db(transaction=True)
def test_two_twins_at_once_do_not_miss_each_other(anna):
    """Both are checked while the other's check is not committed yet."""
    pair = [stored(anna, extraction()), stored(anna, extraction())]
    barrier = threading.Barrier(2, timeout=20)

    def check(result):
        try:
            with tenancy.as_workspace(anna.workspace.id):
                barrier.wait()
                results.set_validation(Result.objects.get(pk=result.pk), Validation(True, None))
                barrier.wait()
        finally:
            connection.close()

    threads = [threading.Thread(target=check, args=(result,)) for result in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenancy.as_user(anna.user):
        twins = {result.pk: result.twin_id for result in Result.objects.all()}
    assert twins == {pair[0].pk: pair[1].pk, pair[1].pk: pair[0].pk}


@pytest.mark.django_db(transaction=True)
def test_a_correction_waits_for_a_check_that_looks_for_the_same(anna):
    first, other = stored(anna, extraction()), stored(anna, extraction(total="569.15"))
    locked, go_on = threading.Event(), threading.Event()

    def check():
        try:
            with tenancy.as_workspace(anna.workspace.id):
                results.set_validation(Result.objects.get(pk=first.pk), Validation(True, None))
                locked.set()
                go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=check)
    thread.start()
    assert locked.wait(20)
    threading.Timer(0.3, go_on.set).start()
    with tenancy.as_user(anna.user):
        version = Result.objects.get(pk=other.pk).version
        fixed = review.correct(other.id, {"total": "559.15"}, user=anna.user, expected_version=version)
        assert go_on.is_set(), "the correction did not wait"
    thread.join()
    assert fixed.twin_id == first.pk


OLD, NEW, THIRD = "DE08700901001234567890", "DE89370400440532013000", "FR1420041010050500013M02606"


def ibans(person, *numbers):
    return [sent(person, invoice_number=f"N{i}", iban=iban) for i, iban in enumerate(numbers)]


def test_an_iban_unlike_two_earlier_ones_is_warned_about(anna):
    *_, last = ibans(anna, OLD, OLD, NEW)
    (issue,) = last.validation["issues"]
    assert (issue["code"], issue["severity"], issue["fields"]) == ("iban_changed", "warning", ["iban"])
    assert OLD in issue["detail"]
    assert NEW in issue["detail"]


def test_one_earlier_iban_counts_once_a_person_approved_it(anna):
    first, second = ibans(anna, OLD, NEW)
    assert codes(second) == []
    with tenancy.as_user(anna.user):
        review.approve(first.id, user=anna.user, expected_version=first.version)
    assert codes(checked(anna, second)) == ["iban_changed"]


def test_a_vendor_may_have_two_known_ibans_and_others_are_not_its_concern(anna, mallory):
    *_, last = ibans(anna, OLD, OLD, NEW, NEW, NEW)
    assert codes(last) == []
    assert codes(sent(anna, vendor="Other AG", iban=THIRD)) == []
    assert codes(sent(mallory, iban=THIRD)) == []
    assert codes(sent(anna, invoice_number="N9", iban=None)) == []
