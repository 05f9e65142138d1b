"""Reads UBL 2 invoices and credit notes (EN 16931, Peppol BIS, XRechnung)."""

from typing import Any

from analysis.einvoice.building import Line, address, compact, extraction, given
from analysis.einvoice.tree import Element, all_at, amount_at, date_at, first_at, number_at, text_at
from analysis.findings import Extraction, LineItem


def read(root: Element) -> Extraction:
    """Every field and line item of the invoice or credit note `root`; what it doesn't say is absent."""
    return extraction(
        {**_heading(root), **_parties(root), **_payment(root), **_sums(root)},
        [_line(node) for name in ("InvoiceLine", "CreditNoteLine") for node in all_at(root, name)],
        {**_context(root), **_references(root), **_other_sums(root)},
    )


def _heading(root: Element) -> dict[str, Any]:
    return {
        "invoice_number": text_at(root, "ID"),
        "date": date_at(root, "IssueDate"),
        "due_date": date_at(root, "DueDate", "PaymentMeans/PaymentDueDate", "PaymentTerms/PaymentDueDate"),
        "currency": text_at(root, "DocumentCurrencyCode"),
    }


def _parties(root: Element) -> dict[str, Any]:
    seller, buyer = (first_at(root, f"Accounting{who}Party/Party") for who in ("Supplier", "Customer"))
    return {
        "vendor": _name(seller),
        "vendor_tax_id": _tax_id(seller, "VAT") or _tax_id(seller, None),
        "address": _address(seller),
        "buyer": _name(buyer),
        "buyer_address": _address(buyer),
    }


def _name(party: Element | None) -> str | None:
    return text_at(party, "PartyLegalEntity/RegistrationName", "PartyName/Name")


def _tax_id(party: Element | None, scheme: str | None) -> str | None:
    """The VAT number, or with no `scheme` any other tax number (schemes like "TAX" and "FC")."""
    for entry in all_at(party, "PartyTaxScheme"):
        is_vat = text_at(entry, "TaxScheme/ID") == "VAT"
        if is_vat == (scheme == "VAT") and (number := text_at(entry, "CompanyID")):
            return compact(number)
    return None


def _address(party: Element | None) -> str | None:
    place = first_at(party, "PostalAddress")
    street = " ".join(filter(None, [text_at(place, "StreetName"), text_at(place, "BuildingNumber")]))
    lines = [street, text_at(place, "AdditionalStreetName"), text_at(place, "AddressLine/Line")]
    country = text_at(place, "Country/IdentificationCode")
    return address(lines, text_at(place, "PostalZone"), text_at(place, "CityName"), country)


def _payment(root: Element) -> dict[str, Any]:
    subtotals = [node for total in _own_tax_totals(root) for node in all_at(total, "TaxSubtotal")]
    return {
        "iban": compact(text_at(root, "PaymentMeans/PayeeFinancialAccount/ID")),
        "taxes": [_tax(node) for node in subtotals],
    }


def _own_tax_totals(root: Element) -> list[Element]:
    """BT-110: the VAT in the invoice's currency; there may be another, BT-111, in the seller's accounting currency."""
    currency = text_at(root, "DocumentCurrencyCode")
    totals = all_at(root, "TaxTotal")
    amounts = [first_at(total, "TaxAmount") for total in totals]
    own = [t for t, a in zip(totals, amounts, strict=True) if a is not None and a.get("currencyID") == currency]
    return (own or totals)[:1]


def _tax(node: Element) -> dict[str, str | None]:
    return {
        "rate": number_at(node, "TaxCategory/Percent", "Percent"),
        "base": amount_at(node, "TaxableAmount"),
        "tax": amount_at(node, "TaxAmount"),
        "category": text_at(node, "TaxCategory/ID"),
    }


def _sums(root: Element) -> dict[str, Any]:
    sums = first_at(root, "LegalMonetaryTotal")
    return {
        "subtotal": amount_at(sums, "TaxExclusiveAmount"),
        "tax": next((amount_at(total, "TaxAmount") for total in _own_tax_totals(root)), None),
        "total": amount_at(sums, "TaxInclusiveAmount"),
        "prepaid": amount_at(sums, "PrepaidAmount"),
        "amount_due": amount_at(sums, "PayableAmount"),
    }


def _other_sums(root: Element) -> dict[str, Any]:
    sums = first_at(root, "LegalMonetaryTotal")
    allowances, charges = _allowances_and_charges(root)
    return {
        "line_total": amount_at(sums, "LineExtensionAmount"),
        "allowance_total": amount_at(sums, "AllowanceTotalAmount"),
        "charge_total": amount_at(sums, "ChargeTotalAmount"),
        "rounding": amount_at(sums, "PayableRoundingAmount"),
        "allowances": allowances,
        "charges": charges,
    }


def _allowances_and_charges(node: Element) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    both: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for entry in all_at(node, "AllowanceCharge"):
        both[text_at(entry, "ChargeIndicator") in ("true", "1")].append(_allowance_or_charge(entry))
    return both[False], both[True]


def _allowance_or_charge(node: Element) -> dict[str, Any]:
    return given(
        {
            "amount": amount_at(node, "Amount"),
            "base": amount_at(node, "BaseAmount"),
            "percent": number_at(node, "MultiplierFactorNumeric"),
            "reason": text_at(node, "AllowanceChargeReason"),
            "tax_rate": number_at(node, "TaxCategory/Percent"),
        }
    )


def _context(root: Element) -> dict[str, Any]:
    return {
        "syntax": "ubl",
        "profile": text_at(root, "CustomizationID"),
        "business_process": text_at(root, "ProfileID"),
        "type_code": text_at(root, "InvoiceTypeCode", "CreditNoteTypeCode"),
    }


def _references(root: Element) -> dict[str, Any]:
    seller, buyer = (first_at(root, f"Accounting{who}Party/Party") for who in ("Supplier", "Customer"))
    return {
        "vendor_trading_name": text_at(seller, "PartyName/Name"),
        "vendor_tax_number": _tax_id(seller, None),
        "buyer_tax_id": _tax_id(buyer, "VAT"),
        "buyer_reference": text_at(root, "BuyerReference"),
        "purchase_order": text_at(root, "OrderReference/ID"),
        "sales_order": text_at(root, "OrderReference/SalesOrderID"),
        "contract": text_at(root, "ContractDocumentReference/ID"),
        "despatch_advice": text_at(root, "DespatchDocumentReference/ID"),
        "delivery_date": date_at(root, "Delivery/ActualDeliveryDate"),
        "period": _period(root),
        "preceding_invoice": text_at(root, "BillingReference/InvoiceDocumentReference/ID"),
        "payment_reference": text_at(root, "PaymentMeans/PaymentID"),
        "payment_means": text_at(root, "PaymentMeans/PaymentMeansCode"),
        "payment_terms": text_at(root, "PaymentTerms/Note"),
    }


def _period(node: Element) -> dict[str, Any]:
    period = first_at(node, "InvoicePeriod")
    return given({"start": date_at(period, "StartDate"), "end": date_at(period, "EndDate")})


def _line(node: Element) -> Line:
    quantity = first_at(node, "InvoicedQuantity", "CreditedQuantity")
    item = LineItem(
        description=text_at(node, "Item/Name", "Item/Description"),
        quantity=number_at(quantity, "."),
        unit=quantity.get("unitCode") if quantity is not None else None,
        unit_price=amount_at(node, "Price/PriceAmount"),
        amount=amount_at(node, "LineExtensionAmount"),
        tax_rate=number_at(node, "Item/ClassifiedTaxCategory/Percent", "TaxTotal/TaxSubtotal/TaxCategory/Percent"),
        source="xml",
    )
    return Line(item, _line_details(node))


def _line_details(node: Element) -> dict[str, Any]:
    allowances, charges = _allowances_and_charges(node)
    return given(
        {
            "id": text_at(node, "ID"),
            "note": text_at(node, "Note"),
            "seller_item_id": text_at(node, "Item/SellersItemIdentification/ID"),
            "gross_price": amount_at(node, "Price/AllowanceCharge/BaseAmount"),
            "price_base_quantity": number_at(node, "Price/BaseQuantity"),
            "tax_category": text_at(node, "Item/ClassifiedTaxCategory/ID"),
            "allowances": allowances,
            "charges": charges,
            "period": _period(node),
            # XRechnung's extension nests lines; the outer line's amount holds theirs, so only the outer one counts.
            "sub_lines": [_sub_line(sub) for sub in all_at(node, "SubInvoiceLine")],
        }
    )


def _sub_line(node: Element) -> dict[str, Any]:
    inner = [_sub_line(sub) for sub in all_at(node, "SubInvoiceLine")]
    amount = amount_at(node, "LineExtensionAmount")
    return given(
        {"id": text_at(node, "ID"), "description": text_at(node, "Item/Name"), "amount": amount, "lines": inner}
    )
