"""What a question says of documents: in several languages, and not where it only seems so."""

from datetime import date
from decimal import Decimal

import pytest

from analysis.search import periods, understanding
from analysis.search.hits import Condition, Filters
from documents import tenancy
from tests.api.conftest import analysed

TODAY = date(2026, 11, 22)
YEAR = {"since": date(2024, 1, 1), "until": date(2024, 12, 31)}


@pytest.fixture
def ink(anna):
    """A workspace that knows Ink & Paper Ltd as a vendor."""
    analysed(anna)
    return anna


def understood(person, text):
    with tenancy.as_user(person.user):
        return understanding.understand(text, today=TODAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "left", "filters"),
    [
        (
            "invoices of Ink & Paper over 500 in March",
            "",
            {
                "kinds": ("invoice",),
                "vendor": "Ink & Paper",
                "since": date(2026, 3, 1),
                "until": date(2026, 3, 31),
                "conditions": (Condition("total", ">", Decimal("500")),),
            },
        ),
        (
            "Rechnungen von Ink & Paper Ltd über 1.234,50 € seit dem 1.2.2025",
            "",
            {
                "kinds": ("invoice",),
                "vendor": "Ink & Paper Ltd",
                "since": date(2025, 2, 1),
                "conditions": (Condition("total", ">", Decimal("1234.50")),),
            },
        ),
        (
            "receipts between 10 and 20 euros last month",
            "",
            {
                "kinds": ("receipt",),
                "since": date(2026, 10, 1),
                "until": date(2026, 10, 31),
                "conditions": (Condition("total", ">=", Decimal(10)), Condition("total", "<=", Decimal(20))),
            },
        ),
        ("bills for toner since 2025", "toner", {"kinds": ("invoice",), "since": date(2025, 1, 1)}),
        ("paper from Ink & Paper", "paper", {"vendor": "Ink & Paper"}),
        ("paper from Ink", "paper", {"vendor": "Ink"}),  # as its name begins
        ("invoices of Ink", "", {"kinds": ("invoice",), "vendor": "Ink"}),
        ("paper from Inka", "paper from Inka", {}),
        ("paper of paper", "paper of paper", {}),
        ("all my manuals", "", {"kinds": ("manual",)}),
        ("how hot over 500 degrees", "how hot over 500 degrees", {}),
        ("what happened in 2019?", "what happened in 2019?", {}),
        ("invoice processing guide", "invoice processing guide", {}),
        ("Ink & Paper", "Ink & Paper", {}),  # a name alone is searched for
        ("Ink & Paper's invoices", "", {"kinds": ("invoice",), "vendor": "Ink & Paper"}),
        ("show me all Ink & Paper bills", "", {"kinds": ("invoice",), "vendor": "Ink & Paper"}),
        ("ink & paper ltd invoices", "", {"kinds": ("invoice",), "vendor": "ink & paper ltd"}),
        ("Rechnungen Ink & Paper 2024", "", {"kinds": ("invoice",), "vendor": "Ink & Paper", **YEAR}),
        ("invoices from 2024", "", {"kinds": ("invoice",), **YEAR}),
        ("invoices between 2024 and 2024", "", {"kinds": ("invoice",), **YEAR}),
        (
            "invoices from 2024 EUR",
            "",
            {"kinds": ("invoice",), "conditions": (Condition("total", ">=", Decimal(2024)),)},
        ),
        ("invoices 2024", "", {"kinds": ("invoice",), **YEAR}),
        ("invoice 2024", "invoice 2024", {}),  # its number
        ("invoices for ink", "invoices for ink", {}),
        ("ink invoices", "ink invoices", {}),  # a common word
        ("paper from ink", "paper from ink", {}),
        ("How do I clean Ink & Paper bills?", "How do I clean Ink & Paper bills?", {}),
    ],
)  # fmt: skip
def test_a_question_is_taken_apart(ink, text, left, filters):
    assert understood(ink, text) == (left, Filters(**filters))


@pytest.mark.django_db
def test_vendors_of_others_are_unknown(ink, mallory):
    assert understood(mallory, "paper from Ink & Paper") == ("paper from Ink & Paper", Filters())


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("in the second quarter of 2025", date(2025, 4, 1), date(2025, 6, 30)),
        ("Q4 2025", date(2025, 10, 1), date(2025, 12, 31)),
        ("im 1. Quartal", date(2026, 1, 1), date(2026, 3, 31)),
        ("im Dezember", date(2025, 12, 1), date(2025, 12, 31)),
        ("since 2024", date(2024, 1, 1), None),
        ("before May 2025", None, date(2025, 4, 30)),
        ("bis 31.3.2026", None, date(2026, 3, 31)),
        ("after 2025-02-28", date(2025, 3, 1), None),
        ("en février 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("dieses Jahr", date(2026, 1, 1), date(2026, 12, 31)),
        ("last year", date(2025, 1, 1), date(2025, 12, 31)),
        ("this week", date(2026, 11, 16), date(2026, 11, 22)),
        ("until next week", None, date(2026, 11, 29)),
        ("letzten Monat", date(2026, 10, 1), date(2026, 10, 31)),
        ("next month", date(2026, 12, 1), date(2026, 12, 31)),
        ("last quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("in den letzten 30 Tagen", date(2026, 10, 23), TODAY),
        ("in the next 2 weeks", TODAY, date(2026, 12, 6)),
        ("in the past 3 months", date(2026, 8, 22), TODAY),
        ("between March and June 2025", date(2025, 3, 1), date(2025, 6, 30)),
        ("from 2013 to 2014", date(2013, 1, 1), date(2014, 12, 31)),
        ("vom 1.2.2025 bis zum 5.3.2025", date(2025, 2, 1), date(2025, 3, 5)),
        ("zwischen Mai 2024 und Januar 2025", date(2024, 5, 1), date(2025, 1, 31)),
        ("between the sheets and in 2013", date(2013, 1, 1), date(2013, 12, 31)),
        ("yesterday", date(2026, 11, 21), date(2026, 11, 21)),
        ("seit gestern", date(2026, 11, 21), None),
    ],
)
def test_periods(text, since, until):
    found = periods.find(text, TODAY)
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    "text", ["you may march", "the year 3024", "31.2.2026 is none", "invoice 2025", "these 3 weeks", "next day"]
)
def test_what_is_no_period(text):
    assert periods.find(text, TODAY) is None
