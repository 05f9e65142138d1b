"""Insurance documents: periods run forward, losses fall into them, and benefits add up."""

from decimal import Decimal

from analysis.checks.values import amount, date, shown
from analysis.findings import Extraction, Issue

_CENT = Decimal("0.01")


def check_period(extraction: Extraction) -> list[Issue]:
    """A warning for a policy that ends before it begins."""
    begin, end = date(extraction, "effective_date"), date(extraction, "expiry_date")
    if begin and end and end <= begin:
        detail = f"The policy expires on {end}, no later than it takes effect ({begin}); compare both with the page."
        return [_warning("period_reversed", detail, "effective_date", "expiry_date")]
    return []


def check_loss(extraction: Extraction) -> list[Issue]:
    """Warnings for a loss outside the policy's period, or claimed before it happened."""
    loss, claimed = date(extraction, "loss_date"), date(extraction, "claim_date")
    begin, end = date(extraction, "effective_date"), date(extraction, "expiry_date")
    issues = []
    if loss and ((begin and loss < begin) or (end and loss > end)):
        detail = f"The loss of {loss} lies outside the policy's period; compare the dates with the page."
        issues.append(_warning("loss_outside_period", detail, "loss_date", "effective_date", "expiry_date"))
    if loss and claimed and claimed < loss:
        detail = f"The claim is dated {claimed}, before the loss of {loss}; compare both with the page."
        issues.append(_warning("claim_before_loss", detail, "claim_date", "loss_date"))
    return issues


def check_benefits(extraction: Extraction) -> list[Issue]:
    """Billed less discount is what is allowed; what is allowed is paid by the plan or left to the patient."""
    allowed = amount(extraction, "amount_allowed")
    if allowed is None:
        return []
    issues = []
    billed, discount = amount(extraction, "amount_billed"), amount(extraction, "discount")
    if billed is not None and discount is not None and abs(billed - abs(discount) - allowed) > _CENT:
        detail = (
            f"Billed {shown(billed)} less discount {shown(abs(discount))} is {shown(billed - abs(discount))}, "
            f"but {shown(allowed)} is allowed."
        )
        issues.append(Issue("benefits_mismatch", detail, ("amount_billed", "discount", "amount_allowed")))
    paid, left = amount(extraction, "amount_paid"), amount(extraction, "patient_responsibility")
    if paid is not None and left is not None and abs(paid + left - allowed) > _CENT:
        detail = f"Paid {shown(paid)} and left {shown(left)} are {shown(paid + left)}, but {shown(allowed)} is allowed."
        issues.append(Issue("benefits_mismatch", detail, ("amount_paid", "patient_responsibility", "amount_allowed")))
    return issues


def _warning(code: str, detail: str, *fields: str) -> Issue:
    return Issue(code, detail, fields, severity="warning")
