"""Text layers: words, boxes, turns, forms, and the pages that need OCR instead."""

import fpdf
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw

from analysis.reading import pdf, textlayer
from analysis.reading.raster import MAX_SIDE, Raster
from documents.errors import InvalidInput
from documents.pages import Box, PageReading

LINES = ["Invoice 2026-17", "Total due 1,234.50 EUR", "Thank you for your order"]


def made(tmp_path, draw, size=(400, 200), name="a.pdf"):
    document = fpdf.FPDF(unit="pt", format=size)
    document.set_auto_page_break(False)
    document.set_font("helvetica", size=12)
    document.add_page()
    draw(document)
    document.output(tmp_path / name)
    return str(tmp_path / name)


def write(document, x=50, y=50):
    for n, line in enumerate(LINES):
        document.text(x, y + 20 * n, line)


def texts(page):
    return [word.text for word in page.words]


def word(page, text):
    return next(word for word in page.words if word.text == text)


EXPECTED = " ".join(LINES).split()


def test_words_with_boxes(tmp_path):
    page = pdf.read(made(tmp_path, write), 1)
    assert isinstance(page, PageReading)
    assert (page.number, page.width, page.height, page.rotation, page.source) == (1, 400, 200, 0, "text")
    assert texts(page) == EXPECTED
    first = word(page, "Invoice")
    assert first.confidence == 1
    assert first.x0 == pytest.approx(50, abs=1)
    assert first.x1 == pytest.approx(50 + 38.0, abs=2)
    assert 36 < first.y0 < 42 < 50 < first.y1 < 56
    assert page.markdown == "\n".join(LINES) + "\n"


def changed(path, change):
    """The PDF again, after `change` of its first page with pdfium."""
    document = pdfium.PdfDocument(path)
    page = document[0]
    change(page)
    document.save(path)
    document.close()
    return path


def turned_box(box, rotation, width, height):
    """A box of the page as drawn, on the page turned clockwise by `rotation`."""
    for _ in range(rotation // 90):
        box = (height - box[3], box[0], height - box[1], box[2])
        width, height = height, width
    return box


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_pages_shown_turned_with_text_that_is_turned_back(tmp_path, rotation):
    """Drawn upright, then turned by /Rotate: readers show it turned, and so the page must be turned back."""
    path = made(tmp_path, write)
    upright = pdf.read(path, 1)
    page = pdf.read(changed(path, lambda page: page.set_rotation(rotation)), 1)
    assert page.rotation == 360 - rotation
    assert (page.width, page.height) == (400, 200)
    assert texts(page) == EXPECTED
    for one, other in zip(page.words, upright.words, strict=True):
        assert one.box == pytest.approx(other.box, abs=0.1)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_text_turned_on_the_page(tmp_path, rotation):
    """Turned to the left by so much: the page must be turned clockwise as much."""

    def draw(document):
        with document.rotation(rotation, 200, 200):
            write(document, 100, 150)

    page = pdf.read(made(tmp_path, draw, (400, 400)), 1)
    assert page.rotation == rotation
    assert texts(page) == EXPECTED
    assert word(page, "Invoice").x0 == pytest.approx(100, abs=1)
    assert word(page, "Invoice").y1 == pytest.approx(153, abs=3)


def test_text_turned_on_the_page_and_turned_back_by_the_page(tmp_path):
    """What readers show upright is upright: /Rotate 90 shows text that runs upwards (90 to the left) level."""

    def draw(document):
        with document.rotation(90, 200, 200):
            write(document, 100, 150)

    path = changed(made(tmp_path, draw, (400, 400)), lambda page: page.set_rotation(90))
    page = pdf.read(path, 1)
    assert page.rotation == 0
    assert texts(page) == EXPECTED
    assert word(page, "Invoice").x0 == pytest.approx(100, abs=1)


def test_crop_boxes_move_the_origin_and_hide_what_is_outside(tmp_path):
    path = changed(made(tmp_path, write), lambda page: page.set_cropbox(30, 80, 400, 180))
    page = pdf.read(path, 1)
    assert (page.width, page.height) == (370, 100)
    assert texts(page) == EXPECTED[:-5] + EXPECTED[-5:]
    assert word(page, "Invoice").x0 == pytest.approx(20, abs=1)
    assert word(page, "Invoice").y1 == pytest.approx(33, abs=3)
    path = changed(path, lambda page: page.set_cropbox(30, 120, 400, 180))
    assert texts(pdf.read(path, 1)) == LINES[0].split() + LINES[1].split()


def test_mirrored_text_is_not_upside_down(tmp_path):
    def draw(document):
        with document.mirror((200, 0), "NORTH"):
            write(document)

    assert pdf.read(made(tmp_path, draw), 1).rotation == 0


def test_words_broken_by_a_hyphen_are_two(tmp_path):
    def draw(document):
        document.text(50, 50, "This is a long sentence that ends in a hyphen-")
        document.text(50, 64, "ated word on its next line")

    page = pdf.read(made(tmp_path, draw), 1)
    assert "hyphen-" in texts(page)
    assert "ated" in texts(page)
    assert word(page, "hyphen-").y1 < word(page, "ated").y1


def test_letters_beyond_the_basic_plane_do_not_shift_boxes(tmp_path, monkeypatch):
    """Where pdfium's text and its list of characters differ in length, the list counts."""
    path = made(tmp_path, write)
    expected = pdf.read(path, 1).words
    monkeypatch.setattr(pdfium.PdfTextPage, "get_text_range", lambda self: "shifted")
    assert pdf.read(path, 1).words == expected


def test_fonts_without_metrics_get_the_boxes_of_their_letters(tmp_path, monkeypatch):
    path = made(tmp_path, write)
    monkeypatch.setattr(textlayer, "_loose_box", lambda textpage, index: Box(0, 0, 0, 0))
    first = word(pdf.read(path, 1), "Invoice")
    assert first.x0 == pytest.approx(51, abs=1)
    assert first.y1 == pytest.approx(50, abs=1)


FORM = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R/Annots[6 0 R]
>>endobj
4 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
5 0 obj<</Length 39>>stream
BT /F 12 Tf 50 150 Td (Your name:) Tj ET
endstream endobj
6 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Ada Lovelace)/Rect[150 145 300 165]/F 4/P 3 0 R
/AP<</N 7 0 R>>>>endobj
7 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 150 20]/Resources<</Font<</F 4 0 R>>>>/Length 39>>stream
BT /F 12 Tf 2 5 Td (Ada Lovelace) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
%%EOF"""


def test_what_is_written_in_forms_is_read(tmp_path):
    (tmp_path / "a.pdf").write_bytes(FORM)
    page = pdf.read(str(tmp_path / "a.pdf"), 1)
    assert texts(page) == ["Your", "name:", "Ada", "Lovelace"]
    assert word(page, "Ada").x0 == pytest.approx(152, abs=1)


def test_blank_pages_have_nothing_to_read(tmp_path):
    page = pdf.read(made(tmp_path, lambda document: None), 1)
    assert page == PageReading(1, 400, 200)


def scan(size=(800, 400)):
    picture = Image.new("L", size, 255)
    ImageDraw.Draw(picture).text((50, 50), "Invoice 17", 0, font_size=40)
    return picture


def test_scans_come_as_pixels(tmp_path):
    path = made(tmp_path, lambda document: document.image(scan(), 0, 0, 400, 200))
    raster = pdf.read(path, 1)
    assert isinstance(raster, Raster)
    assert (raster.page_width, raster.page_height, raster.channels) == (400, 200, 1)
    assert (raster.width, raster.height) == pytest.approx((400 * 200 / 72, 200 * 200 / 72), abs=1)
    assert len(raster.pixels) == raster.width * raster.height


def test_scans_with_a_stamp_are_scans(tmp_path):
    def draw(document):
        document.image(scan(), 0, 0, 400, 200)
        document.text(10, 10, "Received 5 May")

    assert isinstance(pdf.read(made(tmp_path, draw), 1), Raster)


def test_scans_with_a_text_layer_are_text(tmp_path):
    def draw(document):
        document.image(scan(), 0, 0, 400, 200)
        write(document)

    assert texts(pdf.read(made(tmp_path, draw), 1)) == EXPECTED


def test_letters_without_meaning_are_drawn_and_read_by_ocr(tmp_path, monkeypatch):
    path = made(tmp_path, write)
    monkeypatch.setattr(textlayer, "_characters", lambda textpage: "\ue000\ue001 \ufffdx")
    assert isinstance(pdf.read(path, 1), Raster)


def test_drawings_without_text_are_pixels(tmp_path):
    assert isinstance(pdf.read(made(tmp_path, lambda document: document.rect(10, 10, 50, 50)), 1), Raster)


def test_huge_pages_are_drawn_small(tmp_path):
    path = made(tmp_path, lambda document: document.rect(10, 10, 50, 50), (14_000, 14_000))
    raster = pdf.read(path, 1)
    assert max(raster.width, raster.height) <= MAX_SIDE + 1


def test_pages_are_counted(tmp_path):
    document = fpdf.FPDF()
    for _ in range(3):
        document.add_page()
    document.output(tmp_path / "a.pdf")
    assert pdf.count_pages(str(tmp_path / "a.pdf")) == 3
    with pytest.raises(InvalidInput, match="no_such_page"):
        pdf.read(str(tmp_path / "a.pdf"), 4)
