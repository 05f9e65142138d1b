"""PDFs with pictures of plain colours, for tests that look for them."""

import io
from collections.abc import Callable

import fpdf
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 595, 842


def photo(colour, size=(320, 240)) -> Image.Image:
    """A colour with a black mark and edge: flat ones show nothing."""
    image = Image.new("RGB", size, colour)
    image.paste("black", (0, size[1] - 6, size[0], size[1]))
    ImageDraw.Draw(image).ellipse((10, 10, 40, 40), fill="black")
    return image


def photo_file(colour, kind="JPEG", size=(640, 480)) -> bytes:
    data = io.BytesIO()
    photo(colour, size).save(data, kind)
    return data.getvalue()


def paper(*pages: Callable[[fpdf.FPDF], object]) -> bytes:
    """Each page as its function draws it, in points from the upper left corner."""
    made = fpdf.FPDF(unit="pt", format=(WIDTH, HEIGHT))
    made.set_auto_page_break(False)
    made.set_font("helvetica", size=11)
    for draw in pages:
        made.add_page()
        draw(made)
    return bytes(made.output())


def put(page: fpdf.FPDF, colour, x, y, width=200, height=150, size=(320, 240)) -> None:
    page.image(photo(colour, size), x, y, width, height)


def manual() -> bytes:
    """Two pages of text: a red picture with its caption, then a blue one without."""

    def first(page):
        page.text(60, 60, "How the pump is looked after in the first year, and by whom.")
        put(page, "red", 60, 100)
        page.text(60, 266, "Figure 1: The pump as it comes out of its box")

    def second(page):
        page.text(60, 60, "What is done in each of the following years by the fitter on duty.")
        put(page, "blue", 150, 400)

    return paper(first, second)


def raw_pdf(content: bytes, *objects: bytes, names: bytes) -> bytes:
    """A page that draws `content` of the objects, which are numbered from 5 on and named in its resources."""
    written = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << %s >> >> >>"
        % names,
        stream(b"", content),
        *objects,
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, text) for number, text in enumerate(written, start=1))
    return b"%PDF-1.5\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF"


def stream(dictionary: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >> stream\n%s\nendstream" % (dictionary, len(data), data)


def image(width: int, height: int, data: bytes, kind=b"/DCTDecode") -> bytes:
    dictionary = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter %s" % kind
    return stream(b"%s /Width %d /Height %d" % (dictionary, width, height), data)
