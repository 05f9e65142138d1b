"""Fields as they are shown."""

import pytest

from analysis.models import Field, Result
from analysis.presenting import fields
from documents.models import Page


def field(name="total", value="5.00", **given) -> Field:
    return Field(name=name, value=value, **({"source": "rules", "confidence": 0.95} | given))


@pytest.mark.parametrize(
    ("confidence", "source", "word"),
    [
        (0.95, "rules", "sure"),
        (0.9, "learned", "sure"),
        (0.89, "llm", "likely"),
        (0.6, "rules", "likely"),
        (0.59, "rules", "doubtful"),
        (0.1, "xml", "exact"),
        (0.1, "person", "confirmed"),
    ],
)
def test_how_sure(confidence, source, word):
    assert fields.Sureness.of(confidence, source).word == word


def test_groups_keep_the_readers_order_and_drop_empty_ones():
    groups = fields.grouped([field("total"), field("salary_band", "B"), field("invoice_number", "7")])
    assert [(heading, [one.label for one in shown]) for heading, shown in groups] == [
        ("Document", ["Number"]),
        ("Amounts", ["Total"]),
        ("More", ["Salary band"]),
    ]


def test_raw_is_shown_where_it_differs():
    assert fields.shown(field(raw="5,00")).raw == "5,00"
    assert fields.shown(field("vendor", "A B", raw="A\n B ")).raw == ""


def test_a_box_needs_a_page():
    assert fields.shown(field(box=[1, 2, 3, 4], page=1)).has_box
    assert not fields.shown(field(box=[1, 2, 3, 4], page=None)).has_box


@pytest.mark.parametrize(
    ("amounts", "total"), [(["1.10", "2.20"], "3.30"), (["1.10", None], ""), ([], ""), (["-1.10", "1.10"], "0.00")]
)
def test_sum_of_lines(amounts, total):
    assert fields.lines_total(Result(line_items=[{"amount": amount} for amount in amounts])) == total


@pytest.mark.django_db
def test_boxes_off_known_pages_are_left_out(anna):
    lines = [
        {"description": "A", "page": 1, "box": [0, 0, 10, 10], "confidence": 0.5},
        {"description": None, "page": 2, "box": [0, 0, 10, 10], "confidence": 0.9},
        {"description": "C", "page": None, "box": None, "confidence": 0.9},
    ]
    result = Result(line_items=lines)
    result._prefetched_objects_cache = {"fields": [field(box=[50, 0, 100, 25], page=1), field("tax", box=[1, 1, 2, 2])]}
    found = fields.boxes(result, [Page(number=1, width=100, height=50), Page(number=2)])
    assert list(found) == [1]
    line, total = found[1]
    assert (line.target, line.label, line.doubtful) == ("line-1", "Line 1: A", True)
    assert total.place == "left:50.000%;top:0.000%;width:50.000%;height:50.000%"
