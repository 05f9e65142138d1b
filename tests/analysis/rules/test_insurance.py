"""Insurance documents as insurers print them: forms, schedules, sentences."""

import pytest

from analysis import document_types
from analysis.checks.insurance import check_benefits, check_loss, check_period
from analysis.extraction import extract
from analysis.findings import Extraction, Found
from tests.analysis.rules.drawing import page

POLICY = """
Northwind Mutual Insurance Company
Policy Declarations

Policy No.          Named Insured:  Ada Lovelace     Agent:  Bob Broker
NW-HO 2031-77

Policy Period: From 12:01 AM 03/14/2031 to 12:01 AM 03/14/2032
Total Annual Premium                1,284.50
Glass Deductible: $100
All Perils Deductible: $1,500
Limit of Liability                  $300,000
"""
CLAIM = """
Insurance Claim Form
1. Insured's Name (Last, First)     2. Claim Number
Lovelace, Ada                       CL-4711
Policyholder's insurer is not named here.
Date of Loss: 2 May 2031            Filing Date: 5 May 2031
The policy is effective from January 1,
2031 through December 31, 2031 with an annual premium of $980.00 in all.
Policy #: PX-99
"""
SCHEIN = """
Versicherungsschein
Versicherungsnehmer:  Max Muster         Versicherungsnummer:  HV 4711-8
Versicherungsbeginn:  01.02.2031         Versicherungsablauf:  01.02.2032
Versicherer: Nordlicht Versicherung AG
Jahresbeitrag:  1.284,50 EUR             Selbstbeteiligung:  150,00 EUR
"""
POLICE = """
Police d'assurance habitation
Numéro de police : AB-1002              Souscripteur : Marie Curie
Date d'effet : 01/02/2031               Date d'échéance : 31/01/2032
Prime annuelle : 512,40 EUR             Franchise : 150,00 EUR
"""
BENEFITS = """
Explanation of Benefits                 This is not a bill
Member: Ada Lovelace                    Member ID: W1122-33
Patient name: Byron Lovelace            Claim No: 998877
Amount billed: $400.00                  Plan discount: $100.00
Allowed amount: $300.00                 Plan paid: $240.00
Your responsibility: $50.00
"""


def values(text):
    found = extract([page(text)])
    return found.document_type, {name: one.value for name, one in found.fields.items()}


def test_a_declarations_page():
    assert values(POLICY) == (
        "insurance_policy",
        {
            "insurer": "Northwind Mutual Insurance Company",
            "insured": "Ada Lovelace",
            "policy_number": "NW-HO 2031-77",
            "effective_date": "2031-03-14",
            "expiry_date": "2032-03-14",
            "premium": "1284.50",
            "deductible": "1500.00",
            "coverage_limit": "300000.00",
            "currency": "USD",
        },
    )


def test_a_claim_form_with_its_labels_above_and_its_period_in_a_sentence():
    kind, found = values(CLAIM)
    assert kind == "insurance_claim"
    expected = {
        "insured": "Lovelace, Ada",
        "claim_number": "CL-4711",
        "policy_number": "PX-99",
        "loss_date": "2031-05-02",
        "claim_date": "2031-05-05",
        "effective_date": "2031-01-01",
        "expiry_date": "2031-12-31",
        "premium": "980.00",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert "insurer" not in found


def test_the_first_and_the_last_name_of_a_form_make_one():
    _, found = values("Policy Schedule\nPolicy number: P-1\nFirst name: Ada    Last name: Lovelace")
    assert found["insured"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            SCHEIN,
            {
                "insurer": "Nordlicht Versicherung AG",
                "insured": "Max Muster",
                "policy_number": "HV 4711-8",
                "effective_date": "2031-02-01",
                "expiry_date": "2032-02-01",
                "premium": "1284.50",
                "deductible": "150.00",
            },
        ),
        (
            POLICE,
            {
                "insured": "Marie Curie",
                "policy_number": "AB-1002",
                "effective_date": "2031-02-01",
                "expiry_date": "2032-01-31",
                "premium": "512.40",
                "deductible": "150.00",
            },
        ),
    ],
)
def test_german_and_french(text, expected):
    kind, found = values(text)
    assert kind == "insurance_policy"
    assert {name: found.get(name) for name in expected} == expected


def test_benefits_that_do_not_add_up():
    kind, found = values(BENEFITS)
    assert kind == "insurance_benefits"
    assert found["patient"] == "Byron Lovelace"
    assert found["member_number"] == "W1122-33"
    issues = check_benefits(extract([page(BENEFITS)]))
    assert [issue.fields for issue in issues] == [("amount_paid", "patient_responsibility", "amount_allowed")]
    assert "290.00" in issues[0].detail


def test_a_blank_form_yields_nothing():
    blank = (
        "Insurance Claim Form\n1. Insured's Name    2. Claim Number    3. Policy Number\n\nDate of Loss:    Deductible:"
    )
    assert values(blank) == ("insurance_claim", {})


def made(**fields):
    return Extraction("insurance_claim", {name: Found(value) for name, value in fields.items()})


@pytest.mark.parametrize(
    ("check", "fields", "codes"),
    [
        (check_period, {"effective_date": "2031-02-01", "expiry_date": "2031-01-01"}, ["period_reversed"]),
        (check_period, {"effective_date": "2031-02-01", "expiry_date": "2032-02-01"}, []),
        (check_period, {"expiry_date": "2032-02-01"}, []),
        (check_loss, {"loss_date": "2030-01-01", "effective_date": "2031-01-01"}, ["loss_outside_period"]),
        (check_loss, {"loss_date": "2033-01-01", "expiry_date": "2031-01-01"}, ["loss_outside_period"]),
        (check_loss, {"loss_date": "2031-01-02", "claim_date": "2031-01-01"}, ["claim_before_loss"]),
        (check_loss, {"loss_date": "2031-01-02", "claim_date": "2031-01-03"}, []),
        (check_benefits, {"amount_billed": "10", "discount": "-2", "amount_allowed": "8"}, []),
        (check_benefits, {"amount_billed": "10", "discount": "2", "amount_allowed": "9"}, ["benefits_mismatch"]),
        (check_benefits, {"amount_billed": "10"}, []),
    ],
)
def test_checks(check, fields, codes):
    assert [issue.code for issue in check(made(**fields))] == codes


def test_invoices_and_receipts_are_what_they_were():
    assert document_types.detect([page("INVOICE\nInvoice number: 7\nInsurance    12.00\nTotal 12.00")]) == "invoice"
