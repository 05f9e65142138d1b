"""Lines drawn on PDF pages, and how their text is set."""

import fpdf
import pypdfium2 as pdfium
import pytest

from analysis.reading import pdf, rules
from documents.pages import Box


def made(tmp_path, draw):
    document = fpdf.FPDF(unit="pt", format=(400, 300))
    document.set_auto_page_break(False)
    document.set_font("helvetica", size=12)
    document.add_page()
    draw(document)
    document.output(tmp_path / "a.pdf")
    return str(tmp_path / "a.pdf")


def lines(path):
    document = pdfium.PdfDocument(path)
    try:
        page = document[0]
        return sorted(
            tuple(round(place) for place in box)
            for box in rules.rules_of(page, lambda x0, y0, x1, y1: Box(x0, 300 - y1, x1, 300 - y0))
        )
    finally:
        document.close()


def test_stroked_lines_and_frames(tmp_path):
    def draw(document):
        document.line(10, 20, 110, 20)
        document.line(10, 20, 60, 90)  # a slanted one
        document.rect(200, 100, 80, 40)

    frame = [(200, 100, 200, 140), (200, 100, 280, 100), (200, 140, 280, 140), (280, 100, 280, 140)]
    assert lines(made(tmp_path, draw)) == sorted([(10, 20, 110, 20), *frame])


def test_thin_filled_shapes_are_lines_and_others_are_not(tmp_path):
    def draw(document):
        document.rect(10, 20, 100, 1, style="F")
        document.rect(10, 50, 100, 40, style="F")
        document.rect(10, 120, 2, 2, style="F")

    assert lines(made(tmp_path, draw)) == [(10, 20, 110, 21)]


def test_lines_within_scaled_drawings(tmp_path):
    def draw(document):
        with document.transform(fpdf.drawing.Transform.scaling(2, 2).about(0, 300)):
            document.line(10, 290, 60, 290)

    assert lines(made(tmp_path, draw)) == [(20, 280, 120, 280)]


def test_drawings_of_very_many_lines_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(rules, "MAX_SEGMENTS", 3)
    assert lines(made(tmp_path, lambda document: [document.rect(10 + 40 * n, 10, 30, 30) for n in range(4)])) == []


@pytest.mark.parametrize(("style", "mark"), [("B", "### "), ("I", "### "), ("", "")])
def test_headings_by_their_font(tmp_path, style, mark):
    def draw(document):
        document.set_font(style=style)
        document.text(20, 40, "Safety of nails")
        document.set_font(style="")
        for n in range(4):
            document.text(20, 70 + 15 * n, "Some text about nails that goes over the lines")

    assert pdf.read(made(tmp_path, draw), 1).markdown.startswith(f"{mark}Safety of nails\n\n")


def test_a_ruled_table_and_its_heading(tmp_path):
    def draw(document):
        document.set_font(size=24)
        document.text(20, 40, "Stock")
        document.set_font(size=12)
        document.set_y(80)
        with document.table((("Article", "Pieces"), ("Nails", "7"), ("Hooks", "")), width=300):
            pass

    rows = "| Article | Pieces |\n| --- | --- |\n| Nails | 7 |\n| Hooks |  |"
    assert pdf.read(made(tmp_path, draw), 1).markdown == f"# Stock\n\n{rows}\n"
