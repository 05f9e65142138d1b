"""Documents that mean harm, made here: each of them has brought down a worker somewhere."""

import io
import zlib
from pathlib import Path

import fpdf
from PIL import Image

EXECUTABLE = b"MZ\x90\x00" + bytes(60) + b"PE\x00\x00" + bytes(2000)
GIGABYTE = 2**30


def pdf(
    contents: bytes, *, pages: int = 1, filters: str = "", resources: str = "", extra: tuple[bytes, ...] = ()
) -> bytes:
    """A PDF by hand: `pages` pages that share one content stream. Extra objects are numbered from 4 on."""
    kids = range(4 + len(extra), 4 + len(extra) + pages)
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 3 0 R /Resources << {resources} >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {pages} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>".encode(),
        stream(contents, filters),
        *extra,
        *[page.encode()] * pages,
    ]
    return _file(objects)


def stream(contents: bytes, entries: str = "") -> bytes:
    return f"<< /Length {len(contents)} {entries} >>\nstream\n".encode() + contents + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    made, places = io.BytesIO(), []
    made.write(b"%PDF-1.7\n")
    for number, content in enumerate(objects, 1):
        places.append(made.tell())
        made.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = made.tell()
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    made.write(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table))
    made.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return made.getvalue()


def flate_bomb() -> bytes:
    """Two gigabytes of drawing in some kilobytes: deflated twice, the first time from copies of one packed piece."""
    piece = b"0 0 m 9 9 l S " * 65_536
    packer = zlib.compressobj(9)
    head = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    body = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    once = head + body * (2 * GIGABYTE // len(piece)) + packer.flush()
    return pdf(zlib.compress(once, 9), filters="/Filter [/FlateDecode /FlateDecode]")


def recursive_form() -> bytes:
    """A form that draws itself twice: memory and time without end in some hundred bytes."""
    entries = "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X 4 0 R >> >>"
    return pdf(b"/X Do", resources="/XObject << /X 4 0 R >>", extra=(stream(b"/X Do /X Do", entries),))


def wide_image() -> bytes:
    """20,000 by 20,000 pixels in 50 kB."""
    made = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(made, "PNG", compress_level=9)
    return made.getvalue()


def long_pdf() -> bytes:
    """5,000 empty pages."""
    return pdf(b"", pages=5_000)


def encrypted() -> bytes:
    made = fpdf.FPDF()
    made.add_page()
    made.set_encryption("owner", "user")
    return bytes(made.output())


def photographed(copies: int) -> bytes:
    """A scan: as many pages, each a photographed receipt and no text."""
    photo = Path(__file__).resolve().parent.parent.parent / "documents" / "samples" / "receipt.jpg"
    made = fpdf.FPDF()
    for _ in range(copies):
        made.add_page()
        made.image(str(photo), x=40, y=10, w=120)
    return bytes(made.output())


HARMFUL = {
    "flate-bomb.pdf": flate_bomb,
    "recursive-form.pdf": recursive_form,
    "wide.png": wide_image,
    "long.pdf": long_pdf,
    "encrypted.pdf": encrypted,
    "empty.pdf": lambda: b"",
    "executable.pdf": lambda: EXECUTABLE,
}
