"""Pages as images: sizes, turns, colours, and refusals."""

import io
import os

import fpdf
import pytest
from django.conf import settings
from PIL import Image

from documents import rendering, sniffing
from documents.errors import BudgetExceeded, InvalidInput, TooLarge
from documents.pages import Box

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def near(pixel, colour):
    return all(abs(is_ - should) < 40 for is_, should in zip(pixel[:3], colour, strict=True))


def drawn(path, media_type, number=1, *, width_px, rotation=0, box=None):
    """As the child does it, in this process."""
    png = rendering._rendered(str(path), media_type, number, width_px, rotation, settings.MAX_PIXELS, box)
    assert png.startswith(b"\x89PNG")
    return Image.open(io.BytesIO(png)).convert("RGB")


def corners(image):
    """Top left, top right, bottom right, bottom left."""
    right, bottom = image.width - 3, image.height - 3
    return [image.getpixel(at) for at in ((2, 2), (right, 2), (right, bottom), (2, bottom))]


def is_marked(image, *colours):
    return all(near(pixel, colour) for pixel, colour in zip(corners(image), colours, strict=True))


@pytest.fixture
def pdf(tmp_path):
    """Two pages, 200 x 100 points: red at the top left and green at the top right; the second one is blank."""
    made = fpdf.FPDF(unit="pt", format=(200, 100))
    made.add_page()
    for colour, x in ((RED, 0), (GREEN, 180)):
        made.set_fill_color(*colour)
        made.rect(x, 0, 20, 20, style="F")
    made.add_page()
    made.output(tmp_path / "two.pdf")
    return tmp_path / "two.pdf"


def picture(size=(40, 20), mode="RGB"):
    made = Image.new("RGB", size, WHITE)
    made.paste(RED, (0, 0, 6, 6))
    made.paste(GREEN, (size[0] - 6, 0, size[0], 6))
    return made.convert(mode)


@pytest.mark.parametrize(
    ("rotation", "size", "marks"),
    [
        (0, (400, 200), (RED, GREEN, WHITE, WHITE)),
        (90, (400, 800), (WHITE, RED, GREEN, WHITE)),
        (180, (400, 200), (WHITE, WHITE, RED, GREEN)),
        (270, (400, 800), (GREEN, WHITE, WHITE, RED)),
    ],
)
def test_pages_are_as_wide_as_asked_and_turned_clockwise(pdf, tmp_path, rotation, size, marks):
    image = drawn(pdf, sniffing.PDF, width_px=400, rotation=rotation)
    assert image.size == size
    assert is_marked(image, *marks)
    picture((200, 100)).save(tmp_path / "a.png")
    image = drawn(tmp_path / "a.png", sniffing.PNG, width_px=400, rotation=rotation)
    assert image.size == size
    assert is_marked(image, *marks)


@pytest.mark.parametrize(("rotation", "box"), [(0, (180, 0, 200, 40)), (90, (60, 180, 100, 200))])
def test_a_part_of_a_page_is_as_wide_as_asked(pdf, tmp_path, rotation, box):
    picture((200, 100)).resize((200, 100)).save(tmp_path / "a.png")
    for path, media_type in ((pdf, sniffing.PDF), (tmp_path / "a.png", sniffing.PNG)):
        image = drawn(path, media_type, width_px=300, rotation=rotation, box=Box(*box))
        width, height = box[2] - box[0], box[3] - box[1]
        assert abs(image.width - 300) <= 2
        assert abs(image.height - 300 * height / width) <= 2
        assert near(corners(image)[1 if not rotation else 2], GREEN)
        assert near(corners(image)[3], WHITE)


def test_small_parts_are_not_blown_up_and_flat_ones_have_pixels(pdf):
    assert max(drawn(pdf, sniffing.PDF, width_px=3000, box=Box(10, 10, 12, 12)).size) <= 40
    assert min(drawn(pdf, sniffing.PDF, width_px=50, box=Box(0, 10, 200, 11)).size) >= 1
    for box in (Box(300, 0, 400, 50), Box(10, 10, 10.5, 40)):
        with pytest.raises(InvalidInput, match="box_outside"):
            drawn(pdf, sniffing.PDF, width_px=50, box=box)


def test_other_pages(pdf):
    assert is_marked(drawn(pdf, sniffing.PDF, 2, width_px=100), WHITE, WHITE, WHITE, WHITE)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_images(tmp_path, kind):
    picture().save(tmp_path / "image", kind, **({"quality": 95} if kind != "WEBP" else {"lossless": True}))
    media_type = next(media_type for media_type, name in sniffing.IMAGES.items() if name == kind)
    assert is_marked(drawn(tmp_path / "image", media_type, width_px=80), RED, GREEN, WHITE, WHITE)


def test_frames_of_a_tiff(tmp_path):
    picture().save(tmp_path / "a.tif", save_all=True, append_images=[Image.new("RGB", (40, 20), BLUE)])
    assert is_marked(drawn(tmp_path / "a.tif", sniffing.TIFF, 2, width_px=40), BLUE, BLUE, BLUE, BLUE)


@pytest.mark.parametrize(
    ("orientation", "marks"),
    [(3, (WHITE, WHITE, RED, GREEN)), (6, (WHITE, RED, GREEN, WHITE)), (8, (GREEN, WHITE, WHITE, RED))],
)
def test_photos_come_upright(tmp_path, orientation, marks):
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture().save(tmp_path / "a.png", exif=exif)
    assert is_marked(drawn(tmp_path / "a.png", sniffing.PNG, width_px=80), *marks)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16", "LA", "RGBA", "I", "F"])
def test_modes_become_plain(tmp_path, mode):
    if mode == "I;16":
        image = picture(mode="L").convert("I").point(lambda value: value * 257).convert("I;16")
    else:
        image = picture(mode=mode)
    image.save(tmp_path / "a.tif")
    frame, size = rendering.open_frame(str(tmp_path / "a.tif"), sniffing.TIFF, 1, 10**6)
    assert frame.mode in ("L", "RGB")
    assert size == (40, 20)
    assert near(frame.convert("RGB").getpixel((20, 18)), WHITE) or mode == "I"


def test_transparency_becomes_paper(tmp_path):
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert is_marked(drawn(tmp_path / "a.png", sniffing.PNG, width_px=10), WHITE, WHITE, WHITE, WHITE)


def test_fast_decoding_keeps_the_size_in_mind(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture((1600, 800)).save(tmp_path / "a.jpg", exif=exif)
    frame, size = rendering.open_frame(str(tmp_path / "a.jpg"), sniffing.JPEG, 1, 10**7, 200)
    assert size == (800, 1600)
    assert frame.size == (200, 400)


def test_huge_pages_are_drawn_smaller(tmp_path):
    made = fpdf.FPDF(unit="pt", format=(200, 14_000))
    made.add_page()
    made.output(tmp_path / "tall.pdf")
    image = drawn(tmp_path / "tall.pdf", sniffing.PDF, width_px=4_000)
    assert image.width * image.height <= 25_100_000


def test_an_open_document_is_forgotten_when_its_file_is_replaced(tmp_path):
    path = tmp_path / "a.pdf"
    for pages in (1, 2):
        made = fpdf.FPDF()
        for _ in range(pages):
            made.add_page()
        made.output(path)
        os.utime(path, ns=(pages, pages))
        assert len(rendering.open_pdf(str(path))) == pages


ENCRYPTED = fpdf.FPDF()
ENCRYPTED.add_page()
ENCRYPTED.set_encryption("owner", "user")

EMPTY_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF"


@pytest.mark.parametrize(
    ("content", "media_type", "number", "error", "code"),
    [
        (b"%PDF-1.4 broken", sniffing.PDF, 1, InvalidInput, "malformed_pdf"),
        (EMPTY_PDF, sniffing.PDF, 1, InvalidInput, "malformed_pdf"),
        (bytes(ENCRYPTED.output()), sniffing.PDF, 1, InvalidInput, "encrypted_pdf"),
        (b"\x89PNG broken", sniffing.PNG, 1, InvalidInput, "malformed_image"),
        (b"text", sniffing.TEXT, 1, InvalidInput, "no_page_image"),
    ],
    ids=["broken", "empty", "encrypted", "image", "text"],
)
def test_refusals(tmp_path, content, media_type, number, error, code):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(error) as caught:
        rendering.render_page(tmp_path / "file", media_type, number, width_px=100)
    assert caught.value.code == code
    with pytest.raises(error, match=code):
        drawn(tmp_path / "file", media_type, number, width_px=100)


@pytest.mark.parametrize("number", [0, 3])
def test_there_is_no_such_page(pdf, tmp_path, number):
    with pytest.raises(InvalidInput, match="no_such_page"):
        drawn(pdf, sniffing.PDF, number, width_px=100)
    picture().save(tmp_path / "a.tif")
    with pytest.raises(InvalidInput, match="no_such_page"):
        drawn(tmp_path / "a.tif", sniffing.TIFF, number, width_px=100)


def test_too_many_pixels(tmp_path, settings):
    settings.MAX_PIXELS = 799
    picture().save(tmp_path / "a.png")
    with pytest.raises(TooLarge, match="too_many_pixels"):
        drawn(tmp_path / "a.png", sniffing.PNG, 1, width_px=100)


def test_broken_pages_are_told(tmp_path):
    """A page tree that lists itself: pdfium counts two pages and opens one."""
    (tmp_path / "loop.pdf").write_bytes(LOOP)
    with pytest.raises(InvalidInput, match="malformed_page"):
        drawn(tmp_path / "loop.pdf", sniffing.PDF, 2, width_px=100)


LOOP = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
trailer<</Root 1 0 R>>
%%EOF"""

RECURSIVE_FORM = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<</XObject<</F 4 0 R>>>>/Contents 5 0 R>>endobj
4 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</F 4 0 R>>>>/Length 12>>stream
/F Do /F Do
endstream endobj
5 0 obj<</Length 6>>stream
/F Do
endstream endobj
trailer<</Root 1 0 R>>
%%EOF"""


def test_a_poisoned_page_costs_its_child_only(pdf, tmp_path, settings):
    settings.SANDBOX_MEMORY_MB, settings.SANDBOX_PAGE_SECONDS = 256, 2
    (tmp_path / "poison.pdf").write_bytes(RECURSIVE_FORM)
    with pytest.raises(BudgetExceeded) as caught:
        rendering.render_page(tmp_path / "poison.pdf", sniffing.PDF, 1, width_px=100)
    assert caught.value.code in ("memory_limit", "parser_crashed", "time_limit")
    png = rendering.render_page(pdf, sniffing.PDF, 1, width_px=100)
    assert Image.open(io.BytesIO(png)).size == (100, 50)
