"""Cutting pages out of files."""

import io

import pypdfium2 as pdfium
import pytest
from fpdf import FPDF
from PIL import Image

from documents import parting, sniffing
from documents.errors import InvalidInput, TooLarge


def pdf(tmp_path, pages: int):
    made = FPDF()
    made.set_font("Helvetica", size=12)
    for number in range(1, pages + 1):
        made.add_page(orientation="landscape" if number == 2 else "portrait")
        made.cell(text=f"This is page {number}.")
    path = tmp_path / "all.pdf"
    made.output(str(path))
    return path


def tiff(tmp_path):
    """A page of black and white, one in colours that lies on its side, one in grey."""
    frames = [Image.new("1", (40, 60), 1), Image.new("RGB", (60, 40), "red"), Image.new("L", (40, 60), 77)]
    frames[1].getexif()[274] = 6
    path = tmp_path / "all.tiff"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    return path


def words_of(data: bytes) -> list[str]:
    with pdfium.PdfDocument(data) as document:
        return [page.get_textpage().get_text_bounded().strip() for page in document]


def test_runs_of_pages_are_files_of_their_own(tmp_path):
    first, second = parting.cut(pdf(tmp_path, 3), sniffing.PDF, [range(1), range(1, 3)])
    assert (first.first, first.last, second.first, second.last) == (1, 1, 2, 3)
    assert words_of(first.data) == ["This is page 1."]
    assert words_of(second.data) == ["This is page 2.", "This is page 3."]
    with pdfium.PdfDocument(second.data) as document:
        assert [page.get_width() > page.get_height() for page in document] == [True, False]
    assert sniffing.sniff(io.BytesIO(first.data), "a.pdf") == sniffing.PDF


def test_frames_of_a_tiff_keep_their_pixels_and_stand_upright(tmp_path):
    first, rest = parting.cut(tiff(tmp_path), sniffing.TIFF, [range(1), range(1, 3)])
    with Image.open(io.BytesIO(first.data)) as image:
        assert (image.mode, image.size, image.n_frames) == ("1", (40, 60), 1)
    with Image.open(io.BytesIO(rest.data)) as image:
        assert (image.n_frames, image.mode, image.getpixel((0, 0))) == (2, "RGB", (255, 0, 0))
        image.seek(1)
        assert (image.mode, image.getpixel((0, 0))) == ("L", 77)
    assert sniffing.sniff(io.BytesIO(rest.data), "a.tiff") == sniffing.TIFF


@pytest.mark.parametrize("media_type", [sniffing.PDF, sniffing.TIFF])
def test_pages_that_are_not_there(tmp_path, media_type):
    path = pdf(tmp_path, 1) if media_type == sniffing.PDF else tiff(tmp_path)
    with pytest.raises(InvalidInput, match="malformed"):
        parting.cut(path, media_type, [range(5, 7)])


def test_only_pages_can_be_cut(tmp_path):
    with pytest.raises(InvalidInput, match="not_cuttable"):
        parting.cut(tmp_path / "a.docx", sniffing.DOCX, [range(1)])


def test_parts_are_no_larger_together_than_an_upload(tmp_path, settings):
    settings.MAX_UPLOAD_MB = 0
    with pytest.raises(TooLarge, match="parts_too_large"):
        parting.cut(pdf(tmp_path, 2), sniffing.PDF, [range(1), range(1, 2)])


def test_frames_with_too_many_pixels(tmp_path, settings):
    settings.MAX_PIXELS = 1_000
    with pytest.raises(TooLarge, match="too_many_pixels"):
        parting.cut(tiff(tmp_path), sniffing.TIFF, [range(1)])
