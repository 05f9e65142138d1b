"""Insurance claims: forms, notices of loss and reports."""

from functools import partial

from analysis.checks import insurance
from analysis.document_types import DocumentType, FieldSpec
from analysis.rules.insurance import extract_insurance

_NAME = "insurance_claim"
_FIELDS = {
    "insurer": FieldSpec("text", "Insurer"),
    "insured": FieldSpec("text", "Insured", required=True),
    "claimant": FieldSpec("text", "Claimant"),
    "policy_number": FieldSpec("code", "Policy number", required=True),
    "claim_number": FieldSpec("code", "Claim number"),
    "loss_date": FieldSpec("date", "Date of loss"),
    "claim_date": FieldSpec("date", "Date of claim"),
    "effective_date": FieldSpec("date", "Policy in force from"),
    "expiry_date": FieldSpec("date", "Policy expires"),
    "premium": FieldSpec("amount", "Premium"),
    "deductible": FieldSpec("amount", "Deductible"),
    "coverage_limit": FieldSpec("amount", "Limit"),
    "amount_claimed": FieldSpec("amount", "Amount claimed"),
    "amount_paid": FieldSpec("amount", "Amount paid"),
    "currency": FieldSpec("currency", "Currency"),
}

TYPE = DocumentType(
    name=_NAME,
    label="Insurance claim",
    fields=_FIELDS,
    evidence={
        "claim form": 1.8, "insurance claim form": 1.0, "health insurance claim form": 1.5, "claim report": 1.8,
        "insurance claim": 1.2, "claim number": 1.2, "claim no": 1.0, "claim id": 1.0, "claim status": 0.8,
        "notice of loss": 1.5, "proof of loss": 1.0, "loss notice": 1.5, "date of loss": 1.2, "claimant": 1.0,
        "adjuster": 0.8, "claims adjuster": 0.5, "amount claimed": 1.0, "description of accident": 0.8,
        "incident": 0.3, "policy number": 0.5, "policyholder": 0.3, "insured's name": 0.8, "insurance plan name": 0.8,
        "schadenmeldung": 1.8, "schadenanzeige": 1.8, "schadennummer": 1.2, "schadendatum": 0.8, "schadentag": 0.8,
        "déclaration de sinistre": 1.8, "numéro de sinistre": 1.2, "date du sinistre": 0.8,
        "explanation of benefits": -2.0, "policy declarations": -0.8, "declarations page": -1.0,
    },
    extract=partial(extract_insurance, document_type=_NAME, fields=_FIELDS),
    checks=(insurance.check_period, insurance.check_loss),
)  # fmt: skip
