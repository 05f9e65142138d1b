"""Reading as a whole: through the child processes, with the real OCR engine."""

import io
import threading
import time
from pathlib import Path

import fpdf
import numpy as np
import pytest
from PIL import Image, ImageDraw

from analysis import reading
from analysis.engines.ocr.null import NullOcr
from analysis.reading import ocr
from analysis.reading.orientation import Orientation
from analysis.reading.raster import Raster
from documents import sandbox, sniffing
from documents.errors import InvalidInput, TooLarge, UnsupportedType
from documents.pages import Box
from tests.documents.test_rendering import RECURSIVE_FORM

NULL, RAPID = "analysis.engines.ocr.null.NullOcr", "analysis.engines.ocr.rapid.RapidOcr"
RECEIPT = [
    "CORNER SHOP",
    "Main Street 12",
    "Rusty nails  4.50",
    "Brass screws  7.25",
    "TOTAL  11.75",
    "Thank you, come again",
]


def receipt(scale=1):
    """A receipt of 480 x 640 pixels, in large print."""
    picture = Image.new("RGB", (480 * scale, 640 * scale), "white")
    draw = ImageDraw.Draw(picture)
    for n, line in enumerate(RECEIPT):
        for x, text in zip((40, 330), line.split("  "), strict=False):
            draw.text((x * scale, (60 + 80 * n) * scale), text, "black", font_size=32 * scale)
    return picture


def pdf_of(*pictures, text="", path):
    made = fpdf.FPDF(unit="pt", format=(240, 320))
    made.set_font("helvetica", size=12)
    for picture in pictures:
        made.add_page()
        if picture is not None:
            made.image(picture, 0, 0, 240, 320)
        else:
            made.text(20, 50, text)
    made.output(path)
    return path


def word(page, text):
    return next(word for word in page.words if word.text == text)


def assert_is_the_receipt(page, unit=1.0):
    assert page.source == "ocr"
    assert page.text.split() == " ".join(RECEIPT).split()
    total = word(page, "TOTAL")
    assert total.confidence > 0.9
    assert total.box == pytest.approx(Box(40 * unit, 385 * unit, 150 * unit, 410 * unit), abs=14 * unit)
    assert word(page, "11.75").x0 > total.x1


def test_an_image_is_read_by_ocr(tmp_path):
    receipt().save(tmp_path / "a.png")
    page = reading.read_page(tmp_path / "a.png", sniffing.PNG, 1)
    assert_is_the_receipt(page)
    assert (page.number, page.width, page.height, page.rotation) == (1, 480, 640, 0)
    assert page.markdown.startswith("CORNER SHOP\n")


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_photos_are_turned_upright(tmp_path, rotation):
    receipt().rotate(rotation, expand=True).save(tmp_path / "a.png")
    page = reading.read_page(tmp_path / "a.png", sniffing.PNG, 1)
    assert page.rotation == rotation
    assert (page.width, page.height) == (480, 640)
    assert_is_the_receipt(page)


def test_large_images_have_boxes_in_their_own_pixels(tmp_path):
    receipt(scale=6).save(tmp_path / "a.jpg")
    page = reading.read_page(tmp_path / "a.jpg", sniffing.JPEG, 1)
    assert (page.width, page.height) == (2_880, 3_840)
    assert_is_the_receipt(page, unit=6)


def test_scanned_pages_have_boxes_in_points_and_others_keep_their_text(tmp_path):
    path = pdf_of(receipt(), None, text="A page of text", path=tmp_path / "a.pdf")
    assert reading.inspect(path, sniffing.PDF) == reading.Inspection(page_count=2)
    scan, text = reading.read_pages(path, sniffing.PDF, [1, 2])
    assert_is_the_receipt(scan, unit=0.5)
    assert (scan.width, scan.height) == (240, 320)
    assert (text.number, text.source, text.text) == (2, "text", "A page of text")


def test_pages_of_a_tiff(tmp_path):
    receipt().save(tmp_path / "a.tif", save_all=True, append_images=[Image.new("RGB", (100, 100), "white")])
    assert reading.inspect(tmp_path / "a.tif", sniffing.TIFF).page_count == 2
    first, second = reading.read_pages(tmp_path / "a.tif", sniffing.TIFF, [1, 2])
    assert_is_the_receipt(first)
    assert (second.source, second.words, second.error) == ("none", (), "")


@pytest.mark.parametrize(
    ("media_type", "content", "expected"),
    [
        (sniffing.TEXT, b"Hello\r\n", "Hello\n"),
        (sniffing.MARKDOWN, b"# Hello", "# Hello\n"),
        (sniffing.XML, b"<a><b>Hello</b></a>", "b: Hello\n"),
    ],
)
def test_markup(tmp_path, media_type, content, expected):
    (tmp_path / "a").write_bytes(content)
    assert reading.inspect(tmp_path / "a", media_type).page_count == 1
    page = reading.read_page(tmp_path / "a", media_type, 1)
    assert (page.source, page.markdown) == ("markup", expected)


def test_the_null_engine_reads_text_layers_only(tmp_path, settings):
    settings.OCR_ENGINE = NULL
    path = pdf_of(receipt(), None, text="A page of text", path=tmp_path / "a.pdf")
    scan, text = reading.read_pages(path, sniffing.PDF, [1, 2])
    assert (scan.source, scan.words, scan.width, scan.error) == ("none", (), 240, "")
    assert text.text == "A page of text"


def test_one_poisoned_page_costs_itself_only(tmp_path, settings):
    settings.SANDBOX_MEMORY_MB, settings.SANDBOX_PAGE_SECONDS = 256, 3
    sandbox._slot("parse").close()  # the next one has the smaller budget
    (tmp_path / "poison.pdf").write_bytes(RECURSIVE_FORM)
    page = reading.read_page(tmp_path / "poison.pdf", sniffing.PDF, 1)
    assert page.error in ("memory_limit", "time_limit", "parser_crashed")
    assert page.detail
    assert page.words == ()
    path = pdf_of(None, text="A page of text", path=tmp_path / "a.pdf")
    first, missing = reading.read_pages(path, sniffing.PDF, [1, 2])
    assert first.text == "A page of text"
    assert missing.error == "no_such_page"


def test_budgets_are_per_page(tmp_path, settings):
    settings.SANDBOX_PAGE_SECONDS = 0.01
    receipt().save(tmp_path / "a.png")
    assert reading.read_page(tmp_path / "a.png", sniffing.PNG, 1).error == "time_limit"


def test_reading_stops_when_asked_to(tmp_path):
    receipt().save(tmp_path / "a.png")
    reading.warm_up()
    stop = threading.Event()
    token = sandbox.stop_event.set(stop)
    threading.Timer(0.3, stop.set).start()
    begin = time.monotonic()
    try:
        with pytest.raises(sandbox.Interrupted):
            list(reading.read_pages(tmp_path / "a.png", sniffing.PNG, [1] * 100))
    finally:
        sandbox.stop_event.reset(token)
    assert time.monotonic() - begin < 1.5


def encrypted():
    made = fpdf.FPDF()
    made.add_page()
    made.set_encryption("owner", "user")
    return bytes(made.output())


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (encrypted(), sniffing.PDF, "encrypted_pdf"),
        (b"%PDF-1.7", sniffing.PDF, "malformed_pdf"),
        (b"\x89PNG", sniffing.PNG, "malformed_image"),
    ],
    ids=["encrypted", "broken", "image"],
)
def test_documents_that_cannot_be_opened(tmp_path, content, media_type, code):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        reading.inspect(tmp_path / "a", media_type)
    assert caught.value.code == code
    assert reading.read_page(tmp_path / "a", media_type, 1).error == code


def test_unknown_types_are_refused(tmp_path):
    with pytest.raises(UnsupportedType):
        reading.inspect(tmp_path, "text/csv")
    with pytest.raises(UnsupportedType):
        reading.read_page(tmp_path, "text/csv", 1)


def test_too_many_pages(tmp_path, settings):
    path = pdf_of(None, None, None, text="x", path=tmp_path / "a.pdf")
    with pytest.raises(TooLarge, match="too_many_pages"):
        reading.inspect(path, sniffing.PDF, max_pages=2)
    settings.MAX_PAGES = 2
    with pytest.raises(TooLarge, match="too_many_pages"):
        reading.inspect(path, sniffing.PDF)
    assert reading.inspect(path, sniffing.PDF, max_pages=3).page_count == 3


def test_the_version_names_the_engines(settings):
    reading.reading_version.cache_clear()
    named = reading.reading_version()
    assert "pypdfium2-" in named
    assert "rapidocr-" in named
    settings.OCR_ENGINE = NULL
    reading.reading_version.cache_clear()
    assert reading.reading_version() != named
    reading.reading_version.cache_clear()


# The child's side, in this process.


@pytest.fixture(scope="module")
def orientation():
    return Orientation(1)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("size", [None, (60, 400), (1_200, 60)])
def test_orientation(orientation, rotation, size):
    picture = receipt() if size is None else receipt().resize(size)
    turn = orientation.turn(np.asarray(picture.rotate(rotation, expand=True)))
    assert turn == rotation if size is None else turn in (0, 90, 180, 270)


def test_noise_is_left_as_it_is(orientation):
    noise = np.random.default_rng(1).integers(0, 255, (300, 300, 3), np.uint8)
    assert orientation.turn(noise) == 0


def test_the_child_reads_and_turns_pages():
    ocr._load(RAPID, 1)
    picture = receipt().rotate(90, expand=True)
    page = ocr._read(RAPID, 1, "latin", Raster.of(picture.convert("L"), 320, 240), 2)
    assert (page.number, page.rotation, page.width, page.height) == (2, 90, 240, 320)
    assert_is_the_receipt(page, unit=0.5)


def test_without_an_engine_pages_keep_their_size():
    raster = Raster.of(Image.new("L", (30, 20), 255), 300, 200)
    page = ocr._read(NULL, 1, "latin", raster, 4)
    assert (page.number, page.width, page.height, page.rotation, page.source) == (4, 300, 200, 0, "none")
    assert NullOcr(threads=1).read(np.zeros((1, 1, 3), np.uint8)) == []


@pytest.mark.parametrize("name", ["receipt.jpg", "factur-x.pdf", "manual.docx", "ubl.xml"])
def test_the_sample_documents_are_read(name):
    path = Path(reading.__file__).parents[2] / "documents" / "samples" / name
    with path.open("rb") as file:
        media_type = sniffing.sniff(io.BytesIO(file.read()), name)
    count = reading.inspect(path, media_type).page_count
    pages = list(reading.read_pages(path, media_type, range(1, count + 1)))
    assert [page.number for page in pages] == list(range(1, count + 1))
    assert all(page.markdown and not page.error for page in pages)
