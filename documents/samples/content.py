"""What the sample invoices say: companies that don't exist, check digits and sums that hold."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any


def cents(amount: Decimal) -> Decimal:
    """`amount` rounded half up to two decimals."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Party:
    name: str
    street: str
    postcode: str
    city: str
    country: str  # ISO 3166, as the XML has it
    tax_id: str = ""
    country_name: str = ""  # as printed, where it is

    @property
    def place(self) -> str:
        """Postcode and city in the order of the country."""
        return f"{self.city} {self.postcode}" if self.country == "GB" else f"{self.postcode} {self.city}"

    def address(self, *, in_xml: bool) -> str:
        country = self.country if in_xml else self.country_name
        return ", ".join(filter(None, [self.street, self.place, country]))


@dataclass(frozen=True)
class Line:
    description: str
    quantity: Decimal
    unit: str  # UN/ECE Recommendation 20
    unit_name: str
    price: Decimal
    rate: Decimal  # per cent

    @property
    def amount(self) -> Decimal:
        return cents(self.quantity * self.price)


@dataclass(frozen=True)
class Invoice:
    number: str
    issued: date
    due: date
    currency: str
    vendor: Party
    buyer: Party
    iban: str
    bic: str
    bank: str
    lines: tuple[Line, ...]
    order: str = ""
    discount: Decimal = Decimal(0)  # before tax, on the standard rate
    discount_reason: str = ""

    @property
    def line_total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def subtotal(self) -> Decimal:
        return self.line_total - self.discount

    @property
    def taxes(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        """(rate, base, tax) by rate, the highest first."""
        bases: dict[Decimal, Decimal] = defaultdict(Decimal)
        for line in self.lines:
            bases[line.rate] += line.amount
        bases[max(bases)] -= self.discount
        return [(rate, bases[rate], cents(bases[rate] * rate / 100)) for rate in sorted(bases, reverse=True)]

    @property
    def tax(self) -> Decimal:
        return sum((tax for _, _, tax in self.taxes), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.tax

    def expected(self, *, in_xml: bool) -> dict[str, Any]:
        """The ground truth in the form that the evaluation reads: codes where XML says it, else words as printed."""
        fields = {
            "vendor": self.vendor.name,
            "vendor_tax_id": self.vendor.tax_id,
            "address": self.vendor.address(in_xml=in_xml),
            "buyer": self.buyer.name,
            "buyer_address": self.buyer.address(in_xml=in_xml),
            "invoice_number": self.number,
            "date": self.issued.isoformat(),
            "due_date": self.due.isoformat(),
            "currency": self.currency,
            "subtotal": float(self.subtotal),
            "tax": float(self.tax),
            "total": float(self.total),
            "iban": self.iban,
            "line_items": [_expected_line(line, in_xml=in_xml) for line in self.lines],
        }
        taxes = [{"rate": float(rate), "base": float(base), "tax": float(tax)} for rate, base, tax in self.taxes]
        return {"doc_type": "invoice", **fields, "taxes": taxes, "fields_given": list(fields)}


def _expected_line(line: Line, *, in_xml: bool) -> dict[str, Any]:
    return {
        "description": line.description,
        "quantity": float(line.quantity),
        "unit": line.unit if in_xml else line.unit_name or None,
        "unit_price": float(line.price),
        "amount": float(line.amount),
        "tax_rate": float(line.rate),
    }


def _line(description: str, quantity: str, unit: str, unit_name: str, price: str, rate: str) -> Line:
    return Line(description, Decimal(quantity), unit, unit_name, Decimal(price), Decimal(rate))


STATIONERY = Invoice(
    number="LP-2025-0417",
    issued=date(2025, 3, 14),
    due=date(2025, 3, 28),
    currency="EUR",
    vendor=Party("Lindenhof Papeterie GmbH", "Lindenallee 12", "50667", "Köln", "DE", "DE287463195"),
    buyer=Party("Architekturbüro Sommer & Kern", "Hafenstraße 7", "20457", "Hamburg", "DE"),
    iban="DE21990123450412345678",
    bic="LIHODEKKXXX",
    bank="Rheinufer Bank",
    order="SK-8841",
    lines=(
        _line("Skizzenbuch A4, 120 g/m²", "12", "H87", "Stück", "14.50", "19"),
        _line("Fineliner-Set, 6 Stärken", "8", "SET", "Set", "19.90", "19"),
        _line("Fachbuch „Zeichnen von Hand“", "4", "H87", "Stück", "38.00", "7"),
    ),
)

STUDIO = Invoice(
    number="HP-1092",
    issued=date(2025, 5, 12),
    due=date(2025, 6, 11),
    currency="GBP",
    vendor=Party("Harbour & Pine Studio Ltd", "18 Quayside Walk", "BS1 4RW", "Bristol", "GB", "GB730482157"),
    buyer=Party("Marlowe Teas Ltd", "5 Orchard Mews", "BA2 6QP", "Bath", "GB", country_name="United Kingdom"),
    iban="GB61HRPN20485117263940",
    bic="HRPNGB2L",
    bank="Harrow & Penn Bank",
    order="MT-2025-031",
    lines=(
        _line("Brand workshop, half a day", "1", "C62", "", "850.00", "20"),
        _line("Logo design, three drafts", "1", "C62", "", "1400.00", "20"),
        _line("Packaging illustration", "6", "C62", "", "145.00", "20"),
        _line("Print supervision, hours", "4.5", "HUR", "", "78.00", "20"),
    ),
)

ELECTRICIANS = Invoice(
    number="2025/0318",
    issued=date(2025, 2, 27),
    due=date(2025, 3, 13),
    currency="EUR",
    vendor=Party("Brückner & Söhne Elektrotechnik OG", "Feldgasse 41", "1080", "Wien", "AT", "ATU61830479"),
    buyer=Party("Hausverwaltung Donaublick GmbH", "Uferweg 3", "3400", "Klosterneuburg", "AT"),
    iban="AT139912082739465038",
    bic="FELDATWWXXX",
    bank="Donautal Bank",
    lines=(
        _line("Bestandsaufnahme und Planung", "3", "HUR", "Std", "84.00", "20"),
        _line("Verteilerschrank, 4-reihig", "2", "H87", "Stk", "186.50", "20"),
        _line("FI-Schutzschalter 40 A / 30 mA", "6", "H87", "Stk", "42.80", "20"),
        _line("Leitungsschutzschalter B16", "36", "H87", "Stk", "4.15", "20"),
        _line("Überspannungsableiter Typ 2", "2", "H87", "Stk", "118.00", "20"),
        _line("Mantelleitung NYM-J 3x1,5", "240", "MTR", "m", "0.92", "20"),
        _line("Mantelleitung NYM-J 5x2,5", "85", "MTR", "m", "2.36", "20"),
        _line("Installationsrohr, starr, 25 mm", "60", "MTR", "m", "1.45", "20"),
        _line("Unterputzdose, winddicht", "48", "H87", "Stk", "0.78", "20"),
        _line("Steckdose, reinweiß", "42", "H87", "Stk", "5.60", "20"),
        _line("Wechselschalter, reinweiß", "18", "H87", "Stk", "6.90", "20"),
        _line("Abdeckrahmen, 2-fach", "24", "H87", "Stk", "3.25", "20"),
        _line("LED-Einbauleuchte, 9 W", "22", "H87", "Stk", "17.40", "20"),
        _line("Bewegungsmelder, Stiegenhaus", "5", "H87", "Stk", "39.90", "20"),
        _line("Montage, Facharbeiter", "31.5", "HUR", "Std", "62.00", "20"),
        _line("Montage, Lehrling", "24", "HUR", "Std", "31.00", "20"),
        _line("Prüfung und Anlagenbuch", "1", "C62", "Psch", "245.00", "20"),
        _line("Entsorgung Altmaterial", "1", "C62", "Psch", "68.00", "20"),
    ),
)

FURNITURE = Invoice(
    number="FJ-20931",
    issued=date(2025, 4, 2),
    due=date(2025, 5, 2),
    currency="NOK",
    vendor=Party("Fjordlys Interiør AS", "Strandgaten 26", "5013", "Bergen", "NO", "NO984517327MVA"),
    buyer=Party("Skogheim Hotell AS", "Skoleveien 9", "3513", "Hønefoss", "NO"),
    iban="NO2799902717958",
    bic="FJORNOBB",
    bank="Fjordbanken",
    order="PO-5520",
    lines=(
        _line("Bordlampe Fure", "16", "C62", "stk", "649.00", "25"),
        _line("Ullpledd, grå", "24", "C62", "stk", "389.50", "25"),
    ),
    discount=Decimal("400.00"),
    discount_reason="Kvantumsrabatt",
)
