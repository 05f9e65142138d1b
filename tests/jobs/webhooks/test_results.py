"""What people do to results is told, too."""

import pytest
from django.urls import reverse

from analysis import review
from documents import tenancy
from tests.api.conftest import analysed
from tests.jobs.webhooks.conftest import deliver, of

pytestmark = pytest.mark.usefixtures("broker")


def test_corrections_and_approvals(anna, endpoint, receiver):
    case = analysed(anna)
    before = len(of(endpoint))
    with tenancy.as_user(anna.user):
        for total in ("120.00", "121.00", "121.00"):
            result = review.correct(
                case.result.pk, {"total": total}, user=anna.user, expected_version=_version(case.result)
            )
        review.approve(result.pk, user=anna.user, expected_version=result.version)
        review.approve(result.pk, user=anna.user, expected_version=result.version + 1)
        review.revert(result.pk, result.corrections.first().pk, user=anna.user)
    told = of(endpoint)[before:]
    assert [one.type for one in told] == ["result.corrected"] * 2 + ["result.approved", "result.corrected"]
    assert len({one.pk for one in told}) == 4
    data = told[2].payload["data"]
    assert data["review_status"] == "approved"
    assert data["result_url"] == reverse("api-result", args=[case.result.pk])
    assert "121.00" not in str(told[2].payload)
    assert deliver() == before + 4
    assert len(receiver.received) == before + 4


def _version(result):
    return type(result).objects.values_list("version", flat=True).get(pk=result.pk)
