"""Draws the sample invoices as pages: letterhead, address, information, table, sums, footer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal

from fpdf import FPDF

from documents.samples.content import Invoice, Line

LEFT, RIGHT, BOTTOM = 20.0, 190.0, 262.0
INK, GREY, HAIR = (32, 33, 36), (110, 113, 118), (214, 216, 220)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Style:
    """A company's letterhead and the words of its language."""

    accent: Colour
    font: str
    title: str
    tagline: str
    logo: Callable[[FPDF, Colour], None]
    labels: dict[str, str]
    columns: Sequence[tuple[str, float, str]]  # heading, width in mm, alignment; 168 mm in all
    amount: Callable[[Decimal], str]
    number: Callable[[Decimal], str]
    day: Callable[[date], str]
    closing: str
    footer: Sequence[Sequence[str]] = field(default=())
    rows_per_page: int = 99


def draw(invoice: Invoice, style: Style) -> FPDF:
    """The invoice as a PDF of A4 pages, the same bytes each time."""
    pdf = FPDF(format="A4")
    pdf.core_fonts_encoding = "windows-1252"  # the core fonts' euro sign needs it
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    pdf.set_title(f"{style.title} {invoice.number}")
    pdf.set_author(invoice.vendor.name)
    pdf.set_creation_date(datetime.combine(invoice.issued, time(9), UTC))
    _first_page(pdf, invoice, style)
    _table(pdf, invoice, style)
    _sums(pdf, invoice, style)
    _payment(pdf, invoice, style)
    return pdf


def text(pdf: FPDF, x: float, y: float, words: str, *, width: float = 0, align: str = "L", size: float = 9.5,
         bold: bool = False, colour: Colour = INK, font: str | None = None) -> None:  # fmt: skip
    """One line of text, its top at `y` mm; without `width` it goes on to the right as far as it needs."""
    pdf.set_font(font or pdf.font_family, "B" if bold else "", size)
    pdf.set_text_color(*colour)
    pdf.set_xy(x, y)
    pdf.cell(width or pdf.get_string_width(words), size * 0.45, words, align=align)


def _rule(pdf: FPDF, y: float, colour: Colour = HAIR, width: float = 0.2, left: float = LEFT) -> None:
    pdf.set_draw_color(*colour)
    pdf.set_line_width(width)
    pdf.line(left, y, RIGHT, y)


def _first_page(pdf: FPDF, invoice: Invoice, style: Style) -> None:
    _page(pdf, invoice, style)
    vendor, buyer = invoice.vendor, invoice.buyer
    sender = f"{vendor.name} · {vendor.street} · {vendor.place}"
    text(pdf, LEFT, 48, sender, size=7, colour=GREY)
    for row, words in enumerate(filter(None, [buyer.name, buyer.street, buyer.place, buyer.country_name])):
        text(pdf, LEFT, 55 + row * 5, words, size=10.5, bold=row == 0)
    _information(pdf, invoice, style)
    text(pdf, LEFT, 94, f"{style.title} {invoice.number}", size=17, bold=True, colour=style.accent)
    text(pdf, LEFT, 103, style.labels["intro"], size=9.5, colour=GREY)


def _page(pdf: FPDF, invoice: Invoice, style: Style) -> None:
    pdf.add_page()
    pdf.set_font(style.font, "", 9.5)
    style.logo(pdf, style.accent)
    text(pdf, LEFT + 19, 17, invoice.vendor.name, size=14, bold=True)
    text(pdf, LEFT + 19, 24, style.tagline, size=8.5, colour=GREY)
    _rule(pdf, 272)
    for column, lines in enumerate(style.footer):
        for row, words in enumerate(lines):
            text(pdf, LEFT + column * 60, 275 + row * 3.8, words, size=7.5, colour=GREY)


def _information(pdf: FPDF, invoice: Invoice, style: Style) -> None:
    values = {
        "number": invoice.number,
        "date": style.day(invoice.issued),
        "due": style.day(invoice.due),
        "order": invoice.order,
        "tax_id": invoice.vendor.tax_id,
    }
    rows = [(style.labels[name], value) for name, value in values.items() if value]
    for row, (label, value) in enumerate(rows):
        text(pdf, 126, 54 + row * 6, label, size=9, colour=GREY)
        text(pdf, 156, 54 + row * 6, value, width=RIGHT - 156, align="R", size=9.5)


def _table(pdf: FPDF, invoice: Invoice, style: Style) -> None:
    _heading(pdf, style, 113)
    for index, line in enumerate(invoice.lines):
        if index == style.rows_per_page:
            _carry_over(pdf, invoice, style, sum((above.amount for above in invoice.lines[:index]), Decimal(0)))
        _row(pdf, style, index + 1, line)


def _heading(pdf: FPDF, style: Style, y: float) -> None:
    pdf.set_fill_color(*style.accent)
    pdf.rect(LEFT, y, RIGHT - LEFT, 7.5, style="F")
    _cells(pdf, style, y + 1.8, [heading for heading, _, _ in style.columns], bold=True, colour=(255, 255, 255))
    pdf.set_y(y + 9)


def _cells(
    pdf: FPDF, style: Style, y: float, words: Sequence[str], *, bold: bool = False, colour: Colour = INK
) -> None:
    x = LEFT + 2
    for (_, width, align), cell in zip(style.columns, words, strict=True):
        text(pdf, x, y, cell, width=width - 2, align=align, size=9, bold=bold, colour=colour)
        x += width


def _row(pdf: FPDF, style: Style, number: int, line: Line) -> None:
    y = pdf.get_y()
    quantity = f"{style.number(line.quantity)} {line.unit_name}".strip()
    cells = [
        str(number),
        line.description,
        quantity,
        style.amount(line.price),
        f"{line.rate} %",
        style.amount(line.amount),
    ]
    _cells(pdf, style, y, cells)
    _rule(pdf, y + 6)
    pdf.set_y(y + 8)


def _carry_over(pdf: FPDF, invoice: Invoice, style: Style, so_far: Decimal) -> None:
    y = pdf.get_y()
    text(pdf, 120, y + 1, style.labels["carried"], size=9, colour=GREY)
    text(pdf, 150, y + 1, style.amount(so_far), width=38, align="R", size=9, bold=True)
    text(pdf, LEFT, 264, style.labels["page"].format(1, 2), size=8, colour=GREY)
    _page(pdf, invoice, style)
    text(pdf, LEFT, 264, style.labels["page"].format(2, 2), size=8, colour=GREY)
    text(pdf, LEFT, 40, f"{style.title} {invoice.number}", size=11, bold=True, colour=style.accent)
    _heading(pdf, style, 50)


def _sums(pdf: FPDF, invoice: Invoice, style: Style) -> None:
    y = pdf.get_y() + 3
    rows = [(style.labels["subtotal"], invoice.subtotal)]
    rows += [(style.labels["tax"].format(rate=rate, base=style.amount(base)), tax) for rate, base, tax in invoice.taxes]
    if len(invoice.taxes) > 1:
        rows.append((style.labels["tax_total"], invoice.tax))
    for label, amount in rows:
        text(pdf, 106, y, label, size=9.5, colour=GREY)
        text(pdf, 150, y, style.amount(amount), width=38, align="R", size=9.5)
        y += 6.2
    _rule(pdf, y, style.accent, 0.6, left=106)
    text(pdf, 106, y + 2.5, style.labels["total"], size=12, bold=True)
    text(pdf, 150, y + 2.5, style.labels["money"].format(style.amount(invoice.total)), width=38, align="R", size=12,
         bold=True)  # fmt: skip
    pdf.set_y(y + 15)


def _payment(pdf: FPDF, invoice: Invoice, style: Style) -> None:
    y = pdf.get_y() + 4
    iban = " ".join(invoice.iban[start : start + 4] for start in range(0, len(invoice.iban), 4))
    pdf.set_fill_color(246, 246, 244)
    pdf.rect(LEFT, y, RIGHT - LEFT, 24, style="F")
    pdf.set_fill_color(*style.accent)
    pdf.rect(LEFT, y, 1.2, 24, style="F")
    text(pdf, LEFT + 6, y + 3.5, style.labels["pay"].format(style.day(invoice.due)), bold=True, size=9.5)
    text(pdf, LEFT + 6, y + 10, f"IBAN   {iban}")
    text(pdf, LEFT + 6, y + 16, f"BIC   {invoice.bic}   ·   {invoice.bank}", colour=GREY)
    text(pdf, LEFT, y + 32, style.closing, size=9.5)
