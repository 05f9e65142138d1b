"""What is approved without a person, what a person sees all the same, and how the promise is watched."""

import pytest
from django.test import override_settings

from analysis import results, review
from analysis.admin_review import following
from analysis.findings import Extraction, Found, Issue
from analysis.learning import approval
from analysis.models import ModelVersion, Result
from analysis.stages.check import STAGE as CHECK
from documents import tenancy
from tests.analysis.learning.papers import analysed, invoice

THRESHOLDS = {"invoice": {"vendor": 0.8, "invoice_number": 0.8, "date": 0.8, "total": 0.8}}


@pytest.fixture
def version(db):
    return ModelVersion.objects.create(
        name="learned-1", status="active", thresholds=THRESHOLDS, data_sha256="a", code_version="b", sha256="c"
    )


@pytest.fixture
def scope(anna):
    with tenancy.as_user(anna.user):
        yield


def sure(model="rules-1+learned-1", **fields):
    found = {
        "vendor": Found("Ink & Paper Ltd", confidence=0.9),
        "invoice_number": Found("RX-17", confidence=0.9),
        "date": Found("2025-03-01", confidence=0.9),
        "total": Found("119.00", confidence=0.9),
        "currency": Found("EUR", confidence=0.9),
    }
    kept = {name: value for name, value in (found | fields).items() if value is not None}
    return Extraction("invoice", kept, model_version=model)


def checked(person, found):
    """The result after the check stage."""
    case = analysed(person, invoice(), found)
    CHECK.save(case.job.tasks.model(job=case.job), CHECK.compute(results.extraction_of(case.result), None))
    return Result.objects.get(pk=case.result.pk)


@override_settings(APPROVAL_SAMPLE_PERCENT=0)
def test_what_is_sure_and_clean_needs_nobody(anna, scope, version):
    result = checked(anna, sure())
    assert (result.review_status, result.automatic, result.sampled) == ("approved", True, False)
    assert (result.approved_by, result.version) == (None, 2)
    assert result.approved_at is not None


@override_settings(APPROVAL_SAMPLE_PERCENT=0)
@pytest.mark.parametrize(
    "found",
    [
        sure(total=Found("119.00", confidence=0.7)),
        sure(date=None),
        sure(tax=Found("50.00", confidence=0.9), subtotal=Found("100.00", confidence=0.9)),
        sure(model="rules-1+learned-0"),
    ],
    ids=["doubt", "missing", "sums", "another model"],
)
def test_the_rest_waits(found, anna, scope, version):
    result = checked(anna, found)
    assert (result.review_status, result.automatic) == ("pending", False)
    assert result.worth > 0


@override_settings(APPROVAL_SAMPLE_PERCENT=0)
def test_without_thresholds_or_when_switched_off_nothing_is_approved(anna, scope, version):
    with override_settings(APPROVAL_PRECISION=0):
        assert checked(anna, sure()).review_status == "pending"
    version.thresholds = {}
    version.save()
    assert checked(anna, sure()).review_status == "pending"


@override_settings(APPROVAL_SAMPLE_PERCENT=0)
def test_an_xml_says_it_exactly_and_needs_no_thresholds(anna, scope):
    assert checked(anna, from_xml()).review_status == "approved"
    with override_settings(APPROVAL_PRECISION=0):
        assert checked(anna, from_xml(number="RX-18")).review_status == "pending"


@override_settings(APPROVAL_SAMPLE_PERCENT=0)
@pytest.mark.parametrize(
    "found",
    [
        lambda: from_xml(page=None),
        lambda: from_xml(issues=[Issue("xml_not_on_page", "compare", ("total",), severity="warning")]),
        lambda: from_xml(total=Found("119.00", confidence=0.9, page=1)),
    ],
    ids=["no page that could be read", "the page says otherwise", "a value of the page alone"],
)
def test_an_xml_that_its_pages_do_not_confirm_waits(found, anna, scope):
    result = checked(anna, found())
    assert (result.review_status, result.automatic) == ("pending", False)


def from_xml(number="RX-17", page=1, issues=(), **fields):
    found = sure(invoice_number=Found(number)).fields
    exact = {name: Found(value.value, page=page, confidence=1.0, source="xml") for name, value in found.items()}
    return Extraction("invoice", exact | fields, issues=list(issues), model_version="xml-1")


@override_settings(APPROVAL_SAMPLE_PERCENT=100)
def test_a_sample_waits_like_the_others_and_is_counted_once(anna, scope, version):
    result = checked(anna, sure())
    assert (result.review_status, result.automatic, result.sampled) == ("pending", True, True)
    assert following(None) == result
    review.correct(result.pk, {"total": "118.00"}, user=anna.user, expected_version=1)
    review.approve(result.pk, user=anna.user, expected_version=2)
    version.refresh_from_db()
    assert (version.metrics["sample"]["right"], version.metrics["sample"]["wrong"]) == (3, 1)
    review.correct(result.pk, {"total": "117.00"}, user=anna.user, expected_version=3)
    again = review.approve(result.pk, user=anna.user, expected_version=4)
    version.refresh_from_db()
    assert version.metrics["sample"]["wrong"] == 1
    assert (again.automatic, again.sampled) == (False, True)


@override_settings(APPROVAL_SAMPLE_PERCENT=100)
def test_a_broken_promise_switches_approval_off(anna, scope, version):
    for _ in range(5):
        result = checked(anna, sure())
        review.correct(result.pk, {"total": "118.00", "date": "2025-01-01"}, user=anna.user, expected_version=1)
        review.approve(result.pk, user=anna.user, expected_version=2)
    version.refresh_from_db()
    assert version.thresholds == {}
    with override_settings(APPROVAL_SAMPLE_PERCENT=0):
        assert checked(anna, sure()).review_status == "pending"


def test_a_promise_that_is_kept_raises_no_alarm(version):
    for number in range(1, 1_000):
        approval._count(version, right=number % 150 != 0)
    assert version.thresholds == THRESHOLDS
    assert version.metrics["sample"]["wrong"] == 6


def test_the_sample_is_about_as_large_as_it_should_be(anna):
    chosen = sum(approval.is_sampled(Result()) for _ in range(4_000))
    assert 10 <= chosen <= 90


@override_settings(APPROVAL_SAMPLE_PERCENT=0)
def test_reading_again_or_correcting_ends_an_approval_by_nobody(anna, scope, version):
    result = checked(anna, sure())
    corrected = review.correct(result.pk, {"total": "118.00"}, user=anna.user, expected_version=2)
    assert (corrected.review_status, corrected.automatic) == ("corrected", False)
    other = checked(anna, sure())
    stored = results.store(other.job, sure())
    assert (stored.review_status, stored.automatic) == ("pending", False)


def test_the_most_valuable_doubt_comes_first(anna, scope):
    small = checked(anna, sure(total=Found("5.00", confidence=0.5)))
    large = checked(anna, sure(total=Found("90000.00", confidence=0.5)))
    yen = checked(anna, sure(total=Found("90000", confidence=0.5), currency=Found("JPY")))
    certain = checked(anna, sure(total=Found("100.00", confidence=0.95)))
    order, now = [], None
    for _ in range(4):
        now = following(now)
        order.append(now)
    assert order == [large, yen, certain, small]
    assert following(small) == large


def test_results_without_an_amount_have_a_worth(anna, scope):
    assert checked(anna, Extraction("other")).worth > 0
    assert checked(anna, sure(total=Found("much", confidence=0.5))).worth > 0
