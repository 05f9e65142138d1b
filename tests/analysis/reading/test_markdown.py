"""Markdown in one normal form."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.reading.markdown import document_markdown, normalised, page_markdown
from analysis.reading.styles import Style
from documents.pages import Box, PageReading, Word
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


BODY, LARGE, BOLD, SLANTED = Style(10), Style(18), Style(10, bold=True), Style(10, italic=True)


def styled(*parts):
    """A page of (text, style) lines, the lines of one part close to each other."""
    page, styles, y = [], {}, 0
    for text, style in parts:
        line = words(text, 0, y)
        page += line
        styles |= dict.fromkeys(line, style)
        y += 12
    return page_markdown(page, styles)


PROSE = [(text, BODY) for text in column("Some")]


@pytest.mark.parametrize(("style", "mark"), [(LARGE, "#"), (Style(14), "##"), (BOLD, "###"), (SLANTED, "###")])
def test_headings(style, mark):
    text = " ".join(column("Some"))
    assert styled(("What to know", style), *PROSE) == f"{mark} What to know\n\n{text}\n"


def test_a_heading_of_two_lines_is_one():
    assert styled(("What to know", LARGE), ("about nails", LARGE), *PROSE).startswith("# What to know about nails\n\n")
    comma = styled(("For carpenters,", LARGE), ("their families and friends", LARGE), *PROSE)
    assert comma.startswith("# For carpenters, their families and friends\n\n")


def test_a_sentence_that_begins_in_bold_is_no_heading():
    assert styled(("Never leave the machine running", BOLD), ("while nobody is there", BODY), *PROSE).startswith(
        "Never leave the machine running while nobody is there"
    )


@pytest.mark.parametrize("text", ["Total:", "12.50", "A", "word " * 40])
def test_what_is_no_heading(text):
    assert "#" not in styled((text.strip(), BOLD), *PROSE)


def test_a_text_in_large_type_is_no_heading():
    page = [("What to know", LARGE)] * 5 + PROSE * 3
    assert "#" not in styled(*page)


def test_text_along_the_margin_comes_last():
    page = words("some text of the page", 0, 0) + words("draft", 0, 5)
    styles = dict.fromkeys(page[:-1], BODY) | {page[-1]: Style(10, turn=90)}
    assert page_markdown(page, styles) == "some text of the page\n\ndraft\n"


def test_lists():
    page = [
        *words("• nails that are rusty and of no use any more", 0, 0),
        *words("and bent", 10, 12),
        *words("• screws", 0, 24),
        *words("after all", 0, 70),
    ]
    assert page_markdown(page) == ("- nails that are rusty and of no use any more and bent\n- screws\n\nafter all\n")


def test_broken_words_are_joined():
    page = words("this is a line of a good length with a bro-", 0, 0) + words("ken word in it", 0, 12)
    assert page_markdown(page) == "this is a line of a good length with a broken word in it\n"


def test_a_paragraph_ends_with_its_last_line():
    page = [*column("one"), "the end.", *column("two")]
    made = page_markdown([word for n, text in enumerate(page) for word in words(text, 0, 12 * n)])
    assert made == f"{' '.join(column('one'))} the end.\n\n{' '.join(column('two'))}\n"


def test_what_looks_like_markup_is_escaped():
    assert page_markdown(words("# 5 of all", 0, 0)) == "\\# 5 of all\n"


def test_tables_stand_where_they_are_read():
    table = [
        word for n in range(3) for x, cell in ((0, "nails"), (120, f"{n}.00")) for word in words(cell, x, 60 + 15 * n)
    ]
    made = page_markdown([*words("Before", 0, 0), *table, *words("After", 0, 160)])
    rows = "| nails | 0.00 |\n| --- | --- |\n| nails | 1.00 |\n| nails | 2.00 |"
    assert made == f"Before\n\n{rows}\n\nAfter\n"


def test_ruled_tables_stand_where_they_are_read():
    rules = [Box(0, y, 200, y) for y in (40, 60, 80)] + [Box(x, 40, x, 80) for x in (0, 100, 200)]
    cells = words("a", 4, 44) + words("b", 104, 44) + words("c", 4, 64) + words("d", 104, 64)
    made = page_markdown([*words("Before", 0, 0), *cells, *words("After", 0, 120)], rules=rules)
    assert made == "Before\n\n| a | b |\n| --- | --- |\n| c | d |\n\nAfter\n"


def test_right_to_left_lines_are_read_from_the_right():
    line = [Word("بورس", 0, 0, 20, 10), Word("12", 25, 0, 35, 10), Word("شرکت", 40, 0, 60, 10)]
    assert page_markdown(line) == "شرکت 12 بورس\n"


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
