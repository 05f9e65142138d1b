"""Headings that are no larger than the text, in made documents of many styles: what is a heading is known of each."""

import fpdf
import pytest

from analysis.reading import pdf, typography
from analysis.reading.fonts import family_of

PROSE = "All pumps are looked at once a day by the engineer on watch, who writes down what was found. " * 3
HEADS = ("Bilge pumps", "Storage of fuel", "What to do when the light stays red", "Contact us")
BLUE, GREY = (26, 95, 180), (90, 90, 90)


def made(tmp_path, blocks):
    """A PDF of (text, how) from the top; `how` may have font, style, colour, align, above and below."""
    document = fpdf.FPDF(unit="pt")
    document.set_margin(60)
    document.set_auto_page_break(True, 60)
    document.add_page()
    for text, how in blocks:
        document.ln(how.get("above", 0))
        document.set_font(how.get("font", "Times"), how.get("style", ""), how.get("size", 11))
        document.set_text_color(*how.get("colour", (0, 0, 0)))
        document.multi_cell(how.get("width", 0), 14, text, align=how.get("align", "L"), new_x="LMARGIN", new_y="NEXT")
        document.ln(how.get("below", 4))
    document.output(path := str(tmp_path / "a.pdf"))
    return path


def headings(path):
    known = typography.sample(path)
    pages = (pdf.read(path, number, known).markdown for number in range(1, pdf.count_pages(path) + 1))
    return [line.lstrip("# ") for page in pages for line in page.splitlines() if line.startswith("#")]


def under(heads, **how):
    return [block for head in heads for block in ((head, {"above": 10, **how}), (PROSE, {}))]


@pytest.mark.parametrize(
    "how",
    [
        {"font": "Helvetica"},
        {"font": "Helvetica", "size": 10},
        {"colour": BLUE},
        {"colour": GREY, "font": "Helvetica"},
        {"align": "C"},
        {"style": "I"},
        {"style": "I", "align": "C"},
        {"above": 24, "below": 6},
    ],
    ids=str,
)
def test_headings_of_the_texts_size(tmp_path, how):
    assert headings(made(tmp_path, under(HEADS, **how))) == list(HEADS)


def test_headings_in_capitals(tmp_path):
    heads = [head.upper() for head in HEADS]
    assert headings(made(tmp_path, under(heads))) == heads


def test_numbered_headings_set_as_the_text_is(tmp_path):
    heads = [f"{number}. {head}" for number, head in enumerate(HEADS, 1)]
    assert headings(made(tmp_path, under(heads))) == heads


def test_numbered_steps_are_no_headings(tmp_path):
    steps = [(f"{number}. Open the valve and wait for a minute", {"above": 6}) for number in range(1, 6)]
    assert headings(made(tmp_path, [(PROSE, {}), *steps, (PROSE, {"above": 6})])) == []


def test_a_heading_over_several_lines_is_one(tmp_path):
    heads = [f"{head} in small ships that go from port to port on lakes" for head in HEADS]
    assert headings(made(tmp_path, under(heads, style="B", width=200))) == heads


def test_an_only_line_in_colour_is_no_heading(tmp_path):
    link = ("Visit our pages for more", {"colour": BLUE, "above": 10})
    assert headings(made(tmp_path, [(PROSE, {}), link, (PROSE, {}), (PROSE, {})])) == []


def test_names_of_authors_below_titles_are_no_headings(tmp_path):
    articles = [
        block
        for head in HEADS
        for block in (
            (head, {"size": 18, "above": 10}),
            (f"By Anna {head[:4]}", {"style": "I", "above": 6}),
            (PROSE, {}),
        )
    ]
    assert headings(made(tmp_path, articles)) == list(HEADS)


def test_listings_are_no_headings(tmp_path):
    assert headings(made(tmp_path, under(HEADS, font="Courier"))) == []


def test_words_of_a_letter_are_no_headings(tmp_path):
    lines = ["Harbour Authority", "12 Quay Street", "Dear Mr Lund,", PROSE, "Yours sincerely,", "Ada Okafor"]
    signed = ("Head of Services", {"style": "I"})
    assert headings(made(tmp_path, [*((line, {"above": 10}) for line in lines), signed])) == []


def test_a_heading_in_capitals_before_small_letters_stays_one(tmp_path):
    items = [("a valid passport", {"below": 0}), ("proof of your address", {"below": 0})]
    block = [("WHAT TO BRING", {"style": "B", "above": 10, "below": 0}), *items]
    assert headings(made(tmp_path, [(PROSE, {}), *block, (PROSE, {"above": 10})])) == ["WHAT TO BRING"]


@pytest.mark.parametrize(
    ("font", "family"),
    [
        ("ABCDEF+LiberationSans-Bold", "liberationsans"),
        ("TimesNewRomanPS-BoldMT", "timesnewroman"),
        ("Arial,Bold", "arial"),
        ("CMBX12", "cm"),
        ("CMR10", "cm"),
        ("CMSS10", "cmss"),
        ("CMCSC10", "cmcsc"),
        ("", ""),
    ],
)
def test_family_of_a_font(font, family):
    assert family_of(font) == family
