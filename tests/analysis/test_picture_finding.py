"""What is a picture of a document: real PDFs and images, the hostile among them, through the real sandbox."""

import io
import time
import zlib
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image

from analysis import picture_drawing, picture_finding, reading
from analysis.picture_captions import caption_of
from analysis.picture_finding import FoundPicture
from documents import sandbox
from documents.pages import Box, PageReading, Word
from tests.picture_papers import HEIGHT, WIDTH, image, manual, paper, photo_file, put, raw_pdf, stream

PDF = "application/pdf"


@pytest.fixture
def here(monkeypatch):
    """What the child does, in this process; hostile files go through the child itself."""
    monkeypatch.setattr(sandbox, "call", lambda _kind, function, *given, timeout_s: function(*given))


def found(tmp_path: Path, data: bytes, media_type=PDF, pages=None) -> list[FoundPicture]:
    path = tmp_path / "original"
    path.write_bytes(data)
    if pages is None:
        count = reading.inspect(path, media_type).page_count
        pages = list(reading.read_pages(path, media_type, range(1, count + 1)))
    return picture_finding.find(path, media_type, pages)


def boxes(pictures) -> list[tuple[int, list[int]]]:
    return [(one.page, [round(side) for side in one.box]) for one in pictures]


def colour(picture: FoundPicture) -> str:
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        red, green, blue = image.resize((1, 1)).getpixel((0, 0))
    return max({"red": red, "green": green, "blue": blue}.items(), key=lambda one: one[1])[0]


def test_pictures_are_found_where_they_stand_with_what_is_written_below_them(tmp_path, here):
    red, blue = found(tmp_path, manual())
    assert boxes([red, blue]) == [(1, [60, 100, 260, 250]), (2, [150, 400, 350, 550])]
    assert (colour(red), colour(blue)) == ("red", "blue")
    assert red.caption == "Figure 1: The pump as it comes out of its box"
    assert blue.caption == ""
    with Image.open(io.BytesIO(red.jpeg)) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (512, 384))


def test_icons_borders_paper_and_repeats_are_no_pictures(tmp_path, here):
    def page(page):
        put(page, "yellow", 0, 0, WIDTH, HEIGHT)
        for row in range(30):
            page.text(5, 40 + 26 * row, "A line of the text that is printed on this paper from side to side. " * 2)
        put(page, "red", 500, 5, 20, 20)
        put(page, "green", 20, 800, 550, 40, size=(550, 40))

    def with_logo(page):
        put(page, "blue", 400, 40, 150, 120)
        page.text(60, 400, "Some words of another page, which there are so that it is taken for a text.")

    assert boxes(found(tmp_path, paper(page, with_logo, with_logo))) == [(2, [400, 40, 550, 160])]


def test_strips_are_one_picture_and_neighbours_are_two(tmp_path, here):
    def page(page):
        page.text(60, 60, "Strips of one photograph above, and two of them side by side below.")
        for strip in range(10):
            put(page, (200, 10 * strip, 0), 60, 100 + 20 * strip, 300, 20, size=(300, 20))
        put(page, "blue", 60, 500)
        put(page, "green", 260, 500)

    assert boxes(found(tmp_path, paper(page))) == [
        (1, [60, 100, 360, 300]),
        (1, [60, 500, 260, 650]),
        (1, [260, 500, 460, 650]),
    ]


def test_boxes_are_those_of_the_upright_page(tmp_path, here):
    path = tmp_path / "turned.pdf"
    path.write_bytes(manual())
    with pdfium.PdfDocument(path) as document:
        for page in document:
            page.set_rotation(90)
        document.save(tmp_path / "rotated.pdf")
    pages = [PageReading(n, HEIGHT, WIDTH, source="text") for n in (1, 2)]
    turned = found(tmp_path, (tmp_path / "rotated.pdf").read_bytes(), pages=pages)
    assert boxes(turned) == [(1, [592, 60, 742, 260]), (2, [292, 150, 442, 350])]
    assert list(map(colour, turned)) == ["red", "blue"]
    pages = [PageReading(n, WIDTH, HEIGHT, rotation=270, source="text") for n in (1, 2)]
    upright = found(tmp_path, (tmp_path / "rotated.pdf").read_bytes(), pages=pages)
    assert boxes(upright) == [(1, [60, 100, 260, 250]), (2, [150, 400, 350, 550])]
    assert list(map(colour, upright)) == ["red", "blue"]


def test_images_in_forms_are_found_where_those_are_drawn(tmp_path, here):
    form = stream(
        b"/Type /XObject /Subtype /Form /BBox [0 0 600 600] /Matrix [0.5 0 0 0.5 0 0]"
        b" /Resources << /XObject << /B 6 0 R >> >>",
        b"q 400 0 0 300 100 100 cm /B Do Q",
    )
    data = raw_pdf(b"q 1 0 0 1 20 30 cm /A Do Q", form, image(640, 480, photo_file("green")), names=b"/A 5 0 R")
    (inner,) = found(tmp_path, data, pages=[PageReading(1, WIDTH, HEIGHT, source="text")])
    assert boxes([inner]) == [(1, [70, 612, 270, 762])]
    assert colour(inner) == "green"


def test_drawings_are_where_curves_and_slanted_lines_stand_close_together(tmp_path, here):
    def diagram(page):
        page.text(60, 60, "Figure 1: How the water runs, and a table of what it takes, which is no picture.")
        for number in range(8):
            page.circle(150 + 20 * number, 200, 30)
            page.line(120 + 20 * number, 230, 160 + 20 * number, 280)
        page.text(180, 300, "VALVE")

    def table(page):
        for row in range(12):
            page.line(60, 400 + 20 * row, 500, 400 + 20 * row)
            page.line(60 + 40 * row, 400, 60 + 40 * row, 620)
            page.circle(65, 100 + 22 * row, 2, style="F")  # bullets
        page.rect(5, 5, WIDTH - 10, HEIGHT - 10)
        page.rect(60, 650, 400, 100, round_corners=True, corner_radius=9)

    def both(page):
        diagram(page)
        table(page)

    pages = list(range(1, 4))
    words = (Word("VALVE", 180, 292, 215, 302),)
    readings = [PageReading(number, WIDTH, HEIGHT, source="text", words=words) for number in pages]
    shown = found(tmp_path, paper(table, both, diagram), pages=readings)
    assert [number for number, _ in boxes(shown)] == [2]  # on the third page the same stands in the same place
    assert boxes(shown)[0][1] == pytest.approx([116, 166, 324, 284], abs=2)
    assert shown[0].caption == "VALVE"


def test_scans_and_photographs_are_whole_pages_unless_they_are_full_of_text(tmp_path, here):
    scan = paper(lambda page: put(page, "green", 0, 0, WIDTH, HEIGHT))
    empty = PageReading(1, WIDTH, HEIGHT, source="ocr")
    assert boxes(found(tmp_path, scan, pages=[empty])) == [(1, [0, 0, WIDTH, HEIGHT])]
    line = Word("line", 30, 0, 560, 12)
    text = tuple(line._replace(y0=20.0 * row, y1=20.0 * row + 12) for row in range(40))
    full = PageReading(1, WIDTH, HEIGHT, source="ocr", words=text)
    assert found(tmp_path, scan, pages=[full]) == []
    lines = paper(lambda page: [page.circle(300, 400, radius) for radius in range(10, 200, 4)])
    assert boxes(found(tmp_path, lines, pages=[empty])) == [(1, [0, 0, WIDTH, HEIGHT])]
    blank = paper(lambda page: None)
    assert found(tmp_path, blank, pages=[empty]) == []
    image = PageReading(1, 480, 640, rotation=90, source="ocr", words=(Word("bumper", 100, 600, 160, 620),))
    (turned,) = found(tmp_path, photo_file("blue"), "image/jpeg", [image])
    assert (turned.box, turned.caption) == (Box(0, 0, 480, 640), "bumper")
    with Image.open(io.BytesIO(turned.jpeg)) as shown:
        assert shown.size == (384, 512)


def test_what_has_no_pages_or_was_not_read_has_no_pictures(tmp_path, here):
    page = PageReading(1, source="markup")
    assert found(tmp_path, b"words", "text/plain", [page]) == []
    assert found(tmp_path, manual(), pages=[page, PageReading(2, WIDTH, HEIGHT, error="time_limit")]) == []


def test_there_are_as_many_as_the_operator_pays_for(tmp_path, here, settings):
    settings.PICTURES_PER_DOCUMENT = 1
    assert boxes(found(tmp_path, manual())) == [(1, [60, 100, 260, 250])]


def bomb() -> bytes:
    """A page with an image of 3.6 billion pixels in some bytes, one that is broken, and one that is sound."""
    draw = b"q 200 0 0 150 60 600 cm /A Do Q q 200 0 0 150 60 400 cm /B Do Q q 200 0 0 150 60 200 cm /C Do Q"
    images = [
        image(60_000, 60_000, zlib.compress(bytes(100)), b"/FlateDecode"),
        image(640, 480, b"no image."),
        image(640, 480, photo_file("red")),
    ]
    return raw_pdf(draw, *images, names=b"/A 5 0 R /B 6 0 R /C 7 0 R")


def test_a_bomb_costs_nothing_but_itself(tmp_path):
    pictures = found(tmp_path, bomb(), pages=[PageReading(1, WIDTH, HEIGHT, source="text")])
    assert boxes(pictures) == [(1, [60, 492, 260, 642])]
    assert colour(pictures[0]) == "red"


def slow(*_given):
    time.sleep(5)


def test_what_takes_too_long_again_and_again_is_left_alone(tmp_path, settings, monkeypatch, caplog):
    settings.SANDBOX_PAGE_SECONDS = 0.2
    for name in ("drawn", "shown_on"):
        caplog.clear()
        monkeypatch.setattr(picture_drawing, name, slow)
        pages = [PageReading(number, WIDTH, HEIGHT, source="text") for number in (1, 2) * 3]
        assert found(tmp_path, five(), pages=pages) == []
        assert caplog.text.count("picture_not_drawn") == 3


def five() -> bytes:
    """Two pages with five pictures."""
    colours = ["red", "green", "blue", "yellow", "orange"]
    return paper(
        lambda page: [put(page, colour, 60, 30 + 160 * row) for row, colour in enumerate(colours)],
        lambda page: page.text(60, 60, "And a page of text."),
    )


def test_a_document_has_its_time_and_no_more(tmp_path, here, monkeypatch):
    monkeypatch.setattr(picture_finding, "_MOST_SECONDS", -1)
    assert found(tmp_path, manual()) == []


def words(text: str, x: float, y: float) -> list[Word]:
    placed = []
    for word in text.split():
        placed.append(Word(word, x, y, x + 6 * len(word), y + 10))
        x += 6 * len(word) + 3
    return placed


@pytest.mark.parametrize(
    ("about", "caption"),
    [
        ([("Fig. 2. A pump", 100, 305), ("with its lid", 100, 317), ("Next", 100, 360)], "Fig. 2. A pump with its lid"),
        ([("Figure 1: Above", 100, 85), ("Some text", 100, 305)], "Figure 1: Above"),
        ([("The line before", 100, 75), ("and the next", 100, 87)], "The line before and the next"),
        ([("Beside it", 400, 200), ("far below", 100, 400)], ""),
        ([("VALVE", 150, 150)], "VALVE"),
    ],
)  # fmt: skip
def test_what_is_written_about_a_picture(about, caption):
    given = [word for text, x, y in about for word in words(text, x, y)]
    assert caption_of(given, Box(100, 100, 300, 300)) == caption
