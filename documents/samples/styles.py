"""The letterheads of the sample companies."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from fpdf import FPDF

from documents.samples.content import ELECTRICIANS, STATIONERY, STUDIO, Invoice
from documents.samples.letter import LEFT, Colour, Style

_MONTHS = ("January", "February", "March", "April", "May", "June")


def _german(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _english(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _short(number: Decimal) -> str:
    return f"{number:f}"


def _german_short(number: Decimal) -> str:
    return f"{number:f}".replace(".", ",")


def _german_day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _english_day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _leaf(pdf: FPDF, accent: Colour) -> None:
    pdf.set_fill_color(*accent)
    pdf.rect(LEFT, 15, 14, 14, style="F")
    pdf.set_draw_color(255, 255, 255)
    pdf.set_line_width(0.7)
    for x, y in ((11, 18), (11, 21.5), (8, 18)):
        pdf.line(LEFT + 3.2, 25.8, LEFT + x, y)


def _waves(pdf: FPDF, accent: Colour) -> None:
    pdf.set_fill_color(*accent)
    pdf.ellipse(LEFT, 15, 14, 14, style="F")
    pdf.set_draw_color(255, 255, 255)
    pdf.set_line_width(0.8)
    for y in (20, 22.5, 25):
        pdf.bezier([(LEFT + 2.4, y), (LEFT + 5.5, y - 2.6), (LEFT + 8.5, y + 2.6), (LEFT + 11.6, y)])


def _bolt(pdf: FPDF, accent: Colour) -> None:
    pdf.set_fill_color(*accent)
    pdf.rect(LEFT, 15, 14, 14, style="F")
    pdf.set_fill_color(255, 255, 255)
    points = ((8.2, 16.5), (3.2, 23), (6.6, 23), (5.6, 27.5), (10.8, 20.7), (7.3, 20.7))
    pdf.polygon([(LEFT + x, y) for x, y in points], style="F")


def _footer(invoice: Invoice, tax_label: str, *contact: str) -> Sequence[Sequence[str]]:
    vendor = invoice.vendor
    return (
        (vendor.name, vendor.street, vendor.place),
        contact,
        (f"{tax_label} {vendor.tax_id}", invoice.bank, f"BIC {invoice.bic}"),
    )


_GERMAN = {
    "number": "Rechnungsnummer",
    "date": "Rechnungsdatum",
    "due": "Fällig am",
    "order": "Ihre Bestellung",
    "tax_id": "USt-IdNr.",
    "subtotal": "Summe netto",
    "tax": "USt. {rate} % auf {base}",
    "tax_total": "Umsatzsteuer gesamt",
    "total": "Gesamtbetrag",
    "money": "{} EUR",
    "carried": "Übertrag",
    "page": "Seite {} von {}",
}
_GERMAN_COLUMNS = (
    ("Pos.", 13.0, "L"),
    ("Bezeichnung", 63.0, "L"),
    ("Menge", 25.0, "R"),
    ("Einzelpreis", 25.0, "R"),
    ("USt.", 15.0, "R"),
    ("Betrag", 27.0, "R"),
)

LINDENHOF = Style(
    accent=(31, 92, 74),
    font="helvetica",
    title="Rechnung",
    tagline="Papier, Stifte und Bücher seit 1987",
    logo=_leaf,
    labels=_GERMAN
    | {
        "intro": "Vielen Dank für Ihren Einkauf. Wir berechnen Ihnen unsere Lieferung vom 12.03.2025:",
        "pay": "Bitte überweisen Sie den Betrag bis zum {}.",
    },
    columns=_GERMAN_COLUMNS,
    amount=_german,
    number=_german_short,
    day=_german_day,
    closing="Mit freundlichen Grüßen aus der Lindenallee",
    footer=_footer(
        STATIONERY, "USt-IdNr.", "Telefon 0221 555 0142", "kontor@lindenhof.example", "www.lindenhof.example"
    ),
)

HARBOUR = Style(
    accent=(28, 63, 104),
    font="helvetica",
    title="Invoice",
    tagline="Brand design and illustration",
    logo=_waves,
    labels={
        "number": "Invoice number",
        "date": "Invoice date",
        "due": "Due date",
        "order": "Your order",
        "tax_id": "VAT number",
        "subtotal": "Subtotal",
        "tax": "VAT {rate} %",
        "total": "Total due",
        "money": "£{}",
        "intro": "For our work on your spring collection. All amounts in pounds sterling (GBP).",
        "pay": "Please pay by {}, quoting the invoice number.",
    },
    columns=(
        ("#", 13.0, "L"),
        ("Description", 67.0, "L"),
        ("Quantity", 21.0, "R"),
        ("Unit price", 25.0, "R"),
        ("VAT", 15.0, "R"),
        ("Amount", 27.0, "R"),
    ),
    amount=_english,
    number=_short,
    day=_english_day,
    closing="Thank you for working with us.",
    footer=_footer(STUDIO, "VAT", "Phone +44 117 496 0182", "hello@harbourpine.example", "www.harbourpine.example"),
)

BRUECKNER = Style(
    accent=(146, 60, 28),
    font="times",
    title="Rechnung",
    tagline="Meisterbetrieb für Elektroinstallationen",
    logo=_bolt,
    labels=_GERMAN
    | {
        "intro": "Für die Erneuerung der Elektroanlage im Stiegenhaus Uferweg 3 erlauben wir uns zu berechnen:",
        "pay": "Zahlbar ohne Abzug bis {}.",
    },
    columns=_GERMAN_COLUMNS,
    amount=_german,
    number=_german_short,
    day=_german_day,
    closing="Wir danken für Ihren Auftrag.",
    footer=_footer(ELECTRICIANS, "UID", "Telefon 01 555 73 20", "buero@brueckner.example", "www.brueckner.example"),
    rows_per_page=15,
)
