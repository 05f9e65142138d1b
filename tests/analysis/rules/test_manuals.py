"""Manuals and procedures: title, version, date, sections."""

from dataclasses import replace

import pytest

from analysis import document_types
from analysis.document_types import manual
from analysis.extraction import extract
from analysis.rules.manuals import sections_of
from documents.pages import PageReading
from tests.analysis.rules.drawing import page

SOP = """
Acme Laboratories
Standard Operating Procedure
Title:            Cleaning of the kiln
Document No.:     SOP-0042          Revision: 3.1
Effective date:   2031-04-01        Author: Ada Lovelace
1 Purpose
"""
MARKDOWN = "# Kiln X200 User Manual\n\nVersion 2.4\n\n## Safety\n\ntext\n\n## Use\n\n### Heating **up**\n"


def test_a_procedure():
    found = extract([page(SOP)])
    assert found.document_type == "manual"
    assert {name: one.value for name, one in found.fields.items()} == {
        "title": "Cleaning of the kiln",
        "document_number": "SOP-0042",
        "version": "3.1",
        "effective_date": "2031-04-01",
        "author": "Ada Lovelace",
    }


def test_sections_are_the_headings_with_their_pages():
    pages = [PageReading(1, source="markup", markdown=MARKDOWN), PageReading(2, source="markup", markdown="## Care\n")]
    found = extract(pages, kind="manual")
    assert found.fields["title"].value == "Kiln X200 User Manual"
    assert found.fields["version"].value == "2.4"
    assert found.extra["sections"] == [
        {"level": 1, "title": "Kiln X200 User Manual", "page": 1},
        {"level": 2, "title": "Safety", "page": 1},
        {"level": 2, "title": "Use", "page": 1},
        {"level": 3, "title": "Heating up", "page": 1},
        {"level": 2, "title": "Care", "page": 2},
    ]


def test_numbered_lines_are_sections_where_nothing_is_marked():
    text = "1 Purpose ........ 3\n1 Purpose\n12 kilns stand here\n1.1 Scope\nwords.\n1.2 Terms\n2. Duties\n5 Left over"
    found = list(sections_of([PageReading(4, source="markup", markdown=text)]))
    assert [(one.level, one.title, one.page) for one in found] == [
        (1, "Purpose", 4), (2, "Scope", 4), (2, "Terms", 4), (1, "Duties", 4),
    ]  # fmt: skip


def test_without_headings_the_title_is_the_line_that_reads_like_one():
    drawn = replace(page("Acme Ltd\nOperating Instructions Kiln\nv1.2"), markdown="")
    found = extract([drawn], kind="manual")
    assert found.fields["title"].value == "Operating Instructions Kiln"
    assert found.fields["version"].value == "1.2"


def test_the_first_section_is_no_title():
    drawn = replace(page("Acme Ltd\nKiln Handbook\n1. Use"), markdown="# 1. Use\n")
    assert extract([drawn], kind="manual").fields["title"].value == "Kiln Handbook"


def test_nothing_is_made_up():
    assert extract([PageReading(1)], kind="manual").fields == {}
    assert manual.TYPE.fields["title"].required


def titled(title, *, taller):
    """A page with a title above a text, so many times as tall."""
    drawn = page(f"{title}\n\n\nTurn the key.\nWait for the lamp.\nPump the water.\nTurn it off.")
    size = len(title.split())
    tall = (word._replace(y1=word.y0 + taller * (word.y1 - word.y0)) for word in drawn.words[:size])
    return replace(drawn, words=(*tall, *drawn.words[size:]))


@pytest.mark.parametrize("title", ["Kiln Guide", "Pompe à eau Manuel", "Guida alla pompa", "Betriebsanleitung X2"])
def test_a_document_is_what_its_title_calls_it(title):
    assert document_types.detect([titled(title, taller=2)]) == "manual"


@pytest.mark.parametrize(("title", "taller"), [("Kiln Guide", 1), ("Clinical guidelines", 2), ("Kiln Prices", 2)])
def test_what_only_mentions_a_guide_is_none(title, taller):
    assert document_types.detect([titled(title, taller=taller)]) == "other"
