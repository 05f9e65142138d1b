"""Markdown in one normal form."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.reading.markdown import document_markdown, normalised, page_markdown
from documents.pages import PageReading
from tests.analysis.reading.test_layout import column, two_columns, words


def test_paragraphs_and_gaps():
    page = [
        *words("Invoice", 0, 0),
        *words("Total", 0, 12),
        *words("5.00", 100, 12),
        *words("Thanks", 0, 60),
        *words("a lot", 0, 72),
    ]
    assert page_markdown(page) == "Invoice\nTotal   5.00\n\nThanks\na lot\n"


def test_columns_of_prose_follow_each_other():
    left, right = column("left"), column("right")
    page = two_columns(left, right)
    assert page_markdown(page) == f"{' '.join(left)}\n\n{' '.join(right)}\n"


def test_an_empty_page():
    assert page_markdown([]) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc", "a\nb\nc\n"),
        ("a  \t\n\n\n\n\nb\n\n", "a\n\nb\n"),
        ("u\u0308", "ü\n"),
        ("a\x00\x07b\ud800", "ab\n"),
        ("one\fother", "one\n\nother\n"),
        ("  indented", "  indented\n"),
        (" \n\t\n", ""),
    ],
)
def test_normal_form(text, expected):
    assert normalised(text) == expected


@given(st.text())
def test_the_normal_form_is_stable(text):
    once = normalised(text)
    assert normalised(once) == once
    assert unicodedata.is_normalized("NFC", once)


def test_documents_name_their_pages_and_have_a_hash():
    pages = [
        PageReading(1, markdown="one\n"),
        PageReading(2, markdown="two\n"),
        PageReading(3, error="time_limit", detail="Too slow."),
        PageReading(4),
    ]
    text, digest = document_markdown(pages)
    assert text == (
        "one\n\n<!-- page 2 -->\n\ntwo\n\n<!-- page 3 -->\n\n*Page 3 could not be read: Too slow.*\n\n<!-- page 4 -->\n"
    )
    assert digest == hashlib.sha256(text.encode()).hexdigest()


def test_an_empty_document():
    assert document_markdown([]) == ("", hashlib.sha256(b"").hexdigest())
