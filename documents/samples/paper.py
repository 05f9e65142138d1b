"""Makes clean pages look as if they came from a till, a scanner or a phone."""

import io
from contextlib import closing
from decimal import Decimal
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from fpdf import FPDF
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from documents.samples.content import cents

_SHOP, _STREET, _CITY = "BLUE HERON BAKERY", "214 Maple Street", "Portland, ME 04101"
_ITEMS = (
    ("Sourdough loaf", 1, Decimal("7.50")),
    ("Almond croissant", 2, Decimal("4.25")),
    ("Oat flat white", 1, Decimal("4.75")),
    ("Blueberry jam 250 g", 1, Decimal("6.90")),
    ("Canvas tote bag", 1, Decimal("12.00")),
)
_RATE = Decimal("5.5")
_SUBTOTAL = sum((count * price for _, count, price in _ITEMS), Decimal(0))
_TAX = cents(_SUBTOTAL * _RATE / 100)
_WIDTH = 36  # characters


def _row(left: str, right: str) -> str:
    return f"{left}{right:>{_WIDTH - len(left)}}"


def _receipt_lines() -> list[str]:
    items = [_row(f"{count} {name}", f"{count * price:.2f}") for name, count, price in _ITEMS]
    return [
        _STREET, _CITY, "Tel (207) 555-0136", "", _row("04/18/2025", "09:42 AM"), _row("Receipt 004127", "Till 2"),
        "-" * _WIDTH, *items, "-" * _WIDTH, _row("Subtotal", f"{_SUBTOTAL:.2f}"),
        _row(f"Sales tax {_RATE}%", f"{_TAX:.2f}"),
        "=" * _WIDTH, _row("TOTAL", f"${_SUBTOTAL + _TAX:.2f}"), "", _row("VISA **** 4021", f"{_SUBTOTAL + _TAX:.2f}"),
        "Approved 771204", "", "Baked this morning. Thank you!",
    ]  # fmt: skip


def receipt() -> bytes:
    """A receipt from a till, photographed on a table: JPEG."""
    pdf = FPDF(unit="mm", format=(80, 118))
    pdf.set_auto_page_break(False)
    pdf.add_page()
    pdf.set_font("courier", "B", 15)
    pdf.set_xy(0, 7)
    pdf.cell(80, 7, _SHOP, align="C")
    pdf.set_y(16)
    for line in _receipt_lines():
        pdf.set_font("courier", "B" if line.startswith("TOTAL") else "", 9.2)
        pdf.set_x(0)
        pdf.cell(80, 4.3, line, align="C")
        pdf.ln(4.3)
    slip = _rendered(bytes(pdf.output()), 0, 240)
    return _jpeg(_on_table(_thermal(slip)), 78)


def _rendered(pdf: bytes, page: int, dpi: int) -> Image.Image:
    """The page in grey."""
    with closing(pdfium.PdfDocument(pdf)) as document:
        image: Image.Image = document[page].render(scale=dpi / 72, grayscale=True).to_pil()
        return image.convert("L")


def _thermal(slip: Image.Image) -> Image.Image:
    """Greyish print with faint stripes, as a thermal head leaves them."""
    random = np.random.default_rng(7)
    pixels = np.asarray(slip.filter(ImageFilter.GaussianBlur(0.8)), np.float32)
    stripes = random.normal(0, 3, (1, pixels.shape[1])) + random.normal(0, 2, (pixels.shape[0], 1))
    return _image(58 + pixels * (238 - 58) / 255 + stripes)


def _image(pixels: NDArray[Any]) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _on_table(slip: Image.Image) -> Image.Image:
    """The slip slightly turned on a wooden table, with a soft shadow and light from the left."""
    width, height = slip.width + 200, slip.height + 180
    table = _wood(width, height)
    turned = slip.convert("RGB").rotate(1.6, Image.Resampling.BICUBIC, expand=True)
    mask = Image.new("L", slip.size, 255).rotate(1.6, Image.Resampling.BICUBIC, expand=True)
    at = ((width - turned.width) // 2, (height - turned.height) // 2)
    shadow = Image.new("L", table.size, 0)
    shadow.paste(mask, (at[0] + 10, at[1] + 14))
    dark = Image.new("RGB", table.size, (38, 26, 18))
    table = Image.composite(
        dark, table, shadow.filter(ImageFilter.GaussianBlur(14)).point(lambda value: int(value * 0.6))
    )
    table.paste(turned, at, mask)
    return _lit(table)


def _wood(width: int, height: int) -> Image.Image:
    random = np.random.default_rng(11)
    grain = np.cumsum(random.normal(0, 1.1, height)) + random.normal(0, 3, height)
    rows = (grain - grain.mean())[:, None] + 5 * np.sin(np.arange(width) / 210)[None, :]
    colour = np.array([134, 98, 66], np.float32)
    return _image(colour + np.clip(rows, -26, 26)[:, :, None])


def _lit(photo: Image.Image) -> Image.Image:
    """Falling light and a sensor's noise."""
    random = np.random.default_rng(13)
    pixels = np.asarray(photo, np.float32)
    across = np.linspace(1.04, 0.88, pixels.shape[1])[None, :, None]
    down = np.linspace(1.0, 0.95, pixels.shape[0])[:, None, None]
    return _image(pixels * across * down + random.normal(0, 2.2, pixels.shape))


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, dpi=(240, 240))
    return out.getvalue()


def scanned(letter: FPDF) -> bytes:
    """The letter as an office scanner gives it: a PDF of grey images, each sheet a little crooked."""
    clean = bytes(letter.output())
    pdf = FPDF(format="A4")
    pdf.set_creation_date(letter.creation_date)
    pdf.set_creator("Office scanner")
    for page, angle in enumerate((-0.5, 0.35)):
        pdf.add_page()
        pdf.image(io.BytesIO(_jpeg(_scan(_rendered(clean, page, 150), angle), 52)), 0, 0, 210, 297)
    return bytes(pdf.output())


def _scan(sheet: Image.Image, angle: float) -> Image.Image:
    """Crooked, a little soft and grey, with a dark edge and specks of dust."""
    random = np.random.default_rng(int(abs(angle) * 100))
    turned = sheet.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255).filter(ImageFilter.GaussianBlur(0.45))
    pixels = 26 + np.asarray(turned, np.float32) * (246 - 26) / 255
    pixels[:, :3] *= 0.75
    for x, y in random.integers(20, min(pixels.shape) - 20, (25, 2)):
        pixels[y : y + 2, x : x + 2] = 150
    return _image(pixels + random.normal(0, 1.6, pixels.shape))


def expected_receipt() -> dict[str, Any]:
    """The receipt's ground truth, in the form that the evaluation reads."""
    fields = {
        "vendor": _SHOP,
        "address": f"{_STREET}, {_CITY}",
        "date": "2025-04-18",
        "currency": "USD",
        "subtotal": float(_SUBTOTAL),
        "tax": float(_TAX),
        "total": float(_SUBTOTAL + _TAX),
        "line_items": [
            {"description": name, "quantity": float(count), "amount": float(count * price)}
            for name, count, price in _ITEMS
        ],
    }
    return {"doc_type": "receipt", **fields, "fields_given": list(fields)}
