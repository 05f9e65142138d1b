"""Insurance policies: declarations, schedules and certificates."""

from functools import partial

from analysis.checks import insurance
from analysis.document_types import DocumentType, FieldSpec
from analysis.rules.insurance import extract_insurance

_NAME = "insurance_policy"
_FIELDS = {
    "insurer": FieldSpec("text", "Insurer"),
    "insured": FieldSpec("text", "Insured", required=True),
    "policy_number": FieldSpec("code", "Policy number", required=True),
    "effective_date": FieldSpec("date", "In force from", required=True),
    "expiry_date": FieldSpec("date", "Expires"),
    "premium": FieldSpec("amount", "Premium", description="for the whole term or a year, not a month"),
    "deductible": FieldSpec("amount", "Deductible"),
    "coverage_limit": FieldSpec("amount", "Limit"),
    "currency": FieldSpec("currency", "Currency"),
}

TYPE = DocumentType(
    name=_NAME,
    label="Insurance policy",
    fields=_FIELDS,
    evidence={
        "insurance policy": 1.2, "policy declarations": 1.5, "declarations page": 1.5, "declarations": 0.8,
        "certificate of insurance": 1.5, "policy schedule": 1.2, "schedule of insurance": 1.2, "policy number": 1.0,
        "policy no": 0.8, "named insured": 1.2, "policyholder": 0.8, "policy holder": 0.8, "policy period": 1.0,
        "period of insurance": 1.2, "policy term": 0.6, "effective date": 0.3, "annual premium": 0.8, "premium": 0.5,
        "deductible": 0.5, "limit of liability": 0.6, "limits of liability": 0.6, "sum insured": 0.8,
        "coverages": 0.5, "insurance card": 1.5, "member id": 0.5, "group number": 0.5, "payer id": 0.8, "rxbin": 0.8,
        "rx bin": 0.8, "subscriber": 0.5, "endorsement": 0.4, "underwritten by": 0.6, "versicherungsschein": 1.8,
        "versicherungsnummer": 1.0, "versicherungsscheinnummer": 1.2, "versicherungsnehmer": 1.0,
        "versicherungsbeginn": 0.8, "versicherungssumme": 0.8, "police d'assurance": 1.5,
        "conditions particulières": 1.0, "numéro de police": 1.0, "souscripteur": 0.8, "claim number": -0.8,
        "claim id": -0.8, "claim form": -1.2, "claim report": -1.2, "date of loss": -0.6,
        "explanation of benefits": -2.0, "amount billed": -1.0, "invoice number": -1.0, "rechnungsnummer": -1.0,
    },
    extract=partial(extract_insurance, document_type=_NAME, fields=_FIELDS),
    checks=(insurance.check_period,),
)  # fmt: skip
