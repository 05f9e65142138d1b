"""Cutting pages out of files."""

import io

import pypdfium2 as pdfium
import pytest
from fpdf import FPDF
from PIL import Image

from documents import parting, sniffing
from documents.errors import InvalidInput, TooLarge


def pdf(tmp_path, pages: int = 1):
    made = FPDF()
    made.set_font("Helvetica", size=12)
    for number in range(1, pages + 1):
        made.add_page(orientation="landscape" if number == 2 else "portrait")
        made.cell(text=f"This is page {number}.")
    path = tmp_path / "all.pdf"
    made.output(str(path))
    return path


def tiff(tmp_path):
    """A page of black and white, one in colours, one in grey; all of them lie on their sides."""
    frames = [Image.new("1", (60, 40), 1), Image.new("RGB", (60, 40), "red"), Image.new("L", (60, 40), 77)]
    path = tmp_path / "all.tiff"
    frames[0].save(path, save_all=True, append_images=frames[1:], tiffinfo={274: 6}, compression="tiff_lzw")
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


def cut_here(path, media_type: str, run: range, *, most: int = 2**20, max_pixels: int = 10_000) -> bytes:
    """What the child does."""
    return parting._cut(str(path), media_type, run.start, run.stop, most, max_pixels)


def test_the_pages_of_a_part_are_as_they_were(tmp_path):
    path = pdf(tmp_path, 2)
    with pdfium.PdfDocument(path) as whole, pdfium.PdfDocument(cut_here(path, sniffing.PDF, range(1, 2))) as part:
        before, after = (page.render(scale=0.5).to_pil().tobytes() for page in (whole[1], part[0]))
    assert before == after


def test_frames_of_a_tiff_keep_their_pixels_and_stand_upright(tmp_path):
    path = tiff(tmp_path)
    with Image.open(io.BytesIO(cut_here(path, sniffing.TIFF, range(1)))) as image:
        assert (image.mode, image.size, image.n_frames) == ("1", (40, 60), 1)
    rest = cut_here(path, sniffing.TIFF, range(1, 3))
    with Image.open(io.BytesIO(rest)) as image:
        assert (image.n_frames, image.mode, image.size, image.getpixel((0, 0))) == (2, "RGB", (40, 60), (255, 0, 0))
        image.seek(1)
        assert (image.mode, image.size, image.getpixel((0, 0))) == ("L", (40, 60), 77)
        assert image.getexif().get(274, 1) == 1
    assert sniffing.sniff(io.BytesIO(rest), "a.tiff") == sniffing.TIFF


@pytest.mark.parametrize(("make", "media_type"), [(pdf, sniffing.PDF), (tiff, sniffing.TIFF)])
def test_pages_that_are_not_there(tmp_path, make, media_type):
    with pytest.raises(InvalidInput, match="malformed"):
        cut_here(make(tmp_path), media_type, range(5, 7))


def test_only_pages_can_be_cut(tmp_path):
    with pytest.raises(InvalidInput, match="not_cuttable"):
        cut_here(tmp_path / "a.docx", sniffing.DOCX, range(1))


def test_parts_are_no_larger_together_than_an_upload(tmp_path, settings):
    settings.MAX_UPLOAD_MB = 0
    with pytest.raises(TooLarge, match="parts_too_large"):
        parting.cut(pdf(tmp_path, 2), sniffing.PDF, [range(1), range(1, 2)])
    with pytest.raises(TooLarge, match="parts_too_large"):
        cut_here(pdf(tmp_path, 2), sniffing.PDF, range(2), most=100)


def test_frames_with_too_many_pixels(tmp_path):
    with pytest.raises(TooLarge, match="too_many_pixels"):
        cut_here(tiff(tmp_path), sniffing.TIFF, range(1), max_pixels=1_000)
