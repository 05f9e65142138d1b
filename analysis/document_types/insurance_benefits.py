"""Explanations of benefits: what a health insurer paid, and what is left to the patient."""

from functools import partial

from analysis.checks import insurance
from analysis.document_types import DocumentType, FieldSpec
from analysis.rules.insurance import extract_insurance

_NAME = "insurance_benefits"
_FIELDS = {
    "insurer": FieldSpec("text", "Insurer"),
    "insured": FieldSpec("text", "Insured", required=True),
    "patient": FieldSpec("text", "Patient"),
    "provider": FieldSpec("text", "Provider"),
    "member_number": FieldSpec("code", "Member number"),
    "policy_number": FieldSpec("code", "Policy number"),
    "claim_number": FieldSpec("code", "Claim number"),
    "service_date": FieldSpec("date", "Date of service"),
    "amount_billed": FieldSpec("amount", "Amount billed"),
    "discount": FieldSpec("amount", "Discount"),
    "amount_allowed": FieldSpec("amount", "Amount allowed"),
    "amount_paid": FieldSpec("amount", "Amount paid"),
    "deductible": FieldSpec("amount", "Deductible"),
    "copay": FieldSpec("amount", "Copay"),
    "coinsurance": FieldSpec("amount", "Coinsurance"),
    "patient_responsibility": FieldSpec("amount", "Patient's responsibility"),
    "currency": FieldSpec("currency", "Currency"),
}

TYPE = DocumentType(
    name=_NAME,
    label="Explanation of benefits",
    fields=_FIELDS,
    evidence={
        "explanation of benefits": 3.0, "eob": 1.0, "this is not a bill": 2.0, "amount billed": 0.8,
        "allowed amount": 0.8, "amount allowed": 0.8, "plan discount": 0.8, "plan paid": 0.8,
        "patient responsibility": 1.0, "your responsibility": 0.8, "what you owe": 0.8, "you may owe": 0.8,
        "amount you owe": 0.5, "member id": 0.5, "copay": 0.4, "coinsurance": 0.4, "leistungsabrechnung": 2.0,
        "erstattungsbetrag": 0.8, "eigenanteil": 0.6, "relevé de prestations": 2.0, "décompte de prestations": 2.0,
    },
    extract=partial(extract_insurance, document_type=_NAME, fields=_FIELDS),
    checks=(insurance.check_benefits,),
)  # fmt: skip
