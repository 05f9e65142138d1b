"""Reads UN/CEFACT invoices: CrossIndustryInvoice (Factur-X, ZUGFeRD 2, XRechnung), CrossIndustryDocument (ZUGFeRD 1).

ZUGFeRD 1 has the same elements under partly other names: those stand second wherever a path has two.
"""

from typing import Any

from analysis.einvoice.building import Line, address, compact, extraction, given
from analysis.einvoice.sublines import counted
from analysis.einvoice.tree import Element, all_at, amount_at, date_at, first_at, local_name, number_at, text_at
from analysis.findings import Extraction, LineItem


def read(root: Element) -> Extraction:
    """Every field and line item of the invoice `root`; what it doesn't say is absent."""
    deal = first_at(root, "SupplyChainTradeTransaction", "SpecifiedSupplyChainTradeTransaction")
    agreement = first_at(deal, "ApplicableHeaderTradeAgreement", "ApplicableSupplyChainTradeAgreement")
    delivery = first_at(deal, "ApplicableHeaderTradeDelivery", "ApplicableSupplyChainTradeDelivery")
    settlement = first_at(deal, "ApplicableHeaderTradeSettlement", "ApplicableSupplyChainTradeSettlement")
    lines, others = counted(
        [_line(node) for node in all_at(deal, "IncludedSupplyChainTradeLineItem") if _is_priced(node)]
    )
    return extraction(
        {**_heading(root), **_parties(agreement), **_settlement(settlement), **_sums(settlement)},
        lines,
        {
            **_context(root),
            **_references(agreement, delivery, settlement),
            **_other_sums(settlement),
            "other_lines": [_other_line(line) for line in others],
        },
    )


def _heading(root: Element) -> dict[str, Any]:
    document = first_at(root, "ExchangedDocument", "HeaderExchangedDocument")
    return {"invoice_number": text_at(document, "ID"), "date": date_at(document, "IssueDateTime/DateTimeString")}


def _parties(agreement: Element | None) -> dict[str, Any]:
    seller, buyer = (first_at(agreement, "SellerTradeParty"), first_at(agreement, "BuyerTradeParty"))
    return {
        "vendor": text_at(seller, "Name"),
        "vendor_tax_id": _tax_id(seller, "VA") or _tax_id(seller, "FC"),
        "address": _address(seller),
        "buyer": text_at(buyer, "Name"),
        "buyer_address": _address(buyer),
    }


def _tax_id(party: Element | None, scheme: str) -> str | None:
    ids = all_at(party, "SpecifiedTaxRegistration/ID")
    return next((compact(node.text) for node in ids if node.get("schemeID") == scheme and node.text), None)


def _address(party: Element | None) -> str | None:
    place = first_at(party, "PostalTradeAddress")
    lines = [text_at(place, name) for name in ("LineOne", "LineTwo", "LineThree")]
    return address(lines, text_at(place, "PostcodeCode"), text_at(place, "CityName"), text_at(place, "CountryID"))


def _settlement(settlement: Element | None) -> dict[str, Any]:
    account = "SpecifiedTradeSettlementPaymentMeans/PayeePartyCreditorFinancialAccount/IBANID"
    return {
        "due_date": date_at(settlement, "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString"),
        "currency": text_at(settlement, "InvoiceCurrencyCode"),
        "iban": compact(text_at(settlement, account)),
        "taxes": [_tax(node) for node in all_at(settlement, "ApplicableTradeTax")],
    }


def _tax(node: Element) -> dict[str, str | None]:
    return {
        "rate": number_at(node, "RateApplicablePercent", "ApplicablePercent"),
        "base": amount_at(node, "BasisAmount"),
        "tax": amount_at(node, "CalculatedAmount"),
        "category": text_at(node, "CategoryCode"),
    }


def _summation(settlement: Element | None) -> Element | None:
    names = ("SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation")
    return first_at(settlement, *names)


def _sums(settlement: Element | None) -> dict[str, Any]:
    sums = _summation(settlement)
    return {
        "subtotal": amount_at(sums, "TaxBasisTotalAmount"),
        "tax": _tax_total(sums, text_at(settlement, "InvoiceCurrencyCode")),
        "total": amount_at(sums, "GrandTotalAmount"),
        "prepaid": amount_at(sums, "TotalPrepaidAmount"),
        "amount_due": amount_at(sums, "DuePayableAmount"),
    }


def _tax_total(sums: Element | None, currency: str | None) -> str | None:
    """BT-110: the VAT in the invoice's currency; there may be another, BT-111, in the seller's accounting currency."""
    amounts = all_at(sums, "TaxTotalAmount")
    own = [node for node in amounts if node.get("currencyID") in (currency, None)]
    return next((amount_at(node, ".") for node in own or amounts), None)


def _other_sums(settlement: Element | None) -> dict[str, Any]:
    sums = _summation(settlement)
    allowances, charges = _allowances_and_charges(settlement)
    logistics = [_logistics(node) for node in all_at(settlement, "SpecifiedLogisticsServiceCharge")]
    return {
        "line_total": amount_at(sums, "LineTotalAmount"),
        "allowance_total": amount_at(sums, "AllowanceTotalAmount"),
        "charge_total": amount_at(sums, "ChargeTotalAmount"),
        "rounding": amount_at(sums, "RoundingAmount"),
        "allowances": allowances,
        "charges": charges + logistics,
    }


def _allowances_and_charges(node: Element | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    both: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for entry in all_at(node, "SpecifiedTradeAllowanceCharge"):
        is_charge = text_at(entry, "ChargeIndicator/Indicator") in ("true", "1")
        both[is_charge].append(_allowance_or_charge(entry))
    return both[False], both[True]


def _allowance_or_charge(node: Element) -> dict[str, Any]:
    rate = number_at(node, "CategoryTradeTax/RateApplicablePercent", "CategoryTradeTax/ApplicablePercent")
    return given(
        {
            "amount": amount_at(node, "ActualAmount"),
            "base": amount_at(node, "BasisAmount"),
            "percent": number_at(node, "CalculationPercent"),
            "reason": text_at(node, "Reason"),
            "tax_rate": rate,
        }
    )


def _logistics(node: Element) -> dict[str, Any]:
    rate = number_at(node, "AppliedTradeTax/RateApplicablePercent", "AppliedTradeTax/ApplicablePercent")
    return given({"amount": amount_at(node, "AppliedAmount"), "reason": text_at(node, "Description"), "tax_rate": rate})


def _context(root: Element) -> dict[str, Any]:
    context = first_at(root, "ExchangedDocumentContext", "SpecifiedExchangedDocumentContext")
    document = first_at(root, "ExchangedDocument", "HeaderExchangedDocument")
    return {
        "syntax": "cii" if local_name(root) == "CrossIndustryInvoice" else "zugferd1",
        "profile": text_at(context, "GuidelineSpecifiedDocumentContextParameter/ID"),
        "business_process": text_at(context, "BusinessProcessSpecifiedDocumentContextParameter/ID"),
        "type_code": text_at(document, "TypeCode"),
    }


def _references(agreement: Element | None, delivery: Element | None, settlement: Element | None) -> dict[str, Any]:
    seller = first_at(agreement, "SellerTradeParty")
    return {
        "vendor_trading_name": text_at(seller, "SpecifiedLegalOrganization/TradingBusinessName"),
        "vendor_tax_number": _tax_id(seller, "FC"),
        "buyer_tax_id": _tax_id(first_at(agreement, "BuyerTradeParty"), "VA"),
        "buyer_reference": text_at(agreement, "BuyerReference"),
        "purchase_order": _reference(agreement, "BuyerOrderReferencedDocument"),
        "sales_order": _reference(agreement, "SellerOrderReferencedDocument"),
        "contract": _reference(agreement, "ContractReferencedDocument"),
        "despatch_advice": _reference(delivery, "DespatchAdviceReferencedDocument"),
        "delivery_note": _reference(delivery, "DeliveryNoteReferencedDocument"),
        "delivery_date": date_at(delivery, "ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString"),
        "period": _period(settlement),
        "preceding_invoice": _reference(settlement, "InvoiceReferencedDocument"),
        "payment_reference": text_at(settlement, "PaymentReference"),
        "payment_means": text_at(settlement, "SpecifiedTradeSettlementPaymentMeans/TypeCode"),
        "payment_terms": text_at(settlement, "SpecifiedTradePaymentTerms/Description"),
    }


def _reference(node: Element | None, name: str) -> str | None:
    return text_at(node, f"{name}/IssuerAssignedID", f"{name}/ID")


def _period(node: Element | None) -> dict[str, Any]:
    period = first_at(node, "BillingSpecifiedPeriod")
    start, end = (date_at(period, f"{name}/DateTimeString") for name in ("StartDateTime", "EndDateTime"))
    return given({"start": start, "end": end})


def _is_priced(line: Element) -> bool:
    """Whether the line sells something; ZUGFeRD 1 also has lines that hold nothing but a note."""
    return first_at(line, "SpecifiedTradeProduct") is not None or _line_amount(line) is not None


def _line_settlement(line: Element) -> Element | None:
    return first_at(line, "SpecifiedLineTradeSettlement", "SpecifiedSupplyChainTradeSettlement")


def _line_amount(line: Element) -> str | None:
    settlement = _line_settlement(line)
    names = ("SpecifiedTradeSettlementLineMonetarySummation", "SpecifiedTradeSettlementMonetarySummation")
    return amount_at(settlement, *(f"{name}/LineTotalAmount" for name in names))


def _line(line: Element) -> Line:
    delivery = first_at(line, "SpecifiedLineTradeDelivery", "SpecifiedSupplyChainTradeDelivery")
    agreement = first_at(line, "SpecifiedLineTradeAgreement", "SpecifiedSupplyChainTradeAgreement")
    quantity = first_at(delivery, "BilledQuantity")
    tax = first_at(_line_settlement(line), "ApplicableTradeTax")
    item = LineItem(
        description=text_at(line, "SpecifiedTradeProduct/Name", "SpecifiedTradeProduct/Description"),
        quantity=number_at(quantity, "."),
        unit=quantity.get("unitCode") if quantity is not None else None,
        unit_price=amount_at(agreement, "NetPriceProductTradePrice/ChargeAmount"),
        amount=_line_amount(line),
        tax_rate=number_at(tax, "RateApplicablePercent", "ApplicablePercent"),
        source="xml",
    )
    return Line(item, _line_details(line, agreement, tax))


def _other_line(line: Line) -> dict[str, Any]:
    return given({"description": line.item.description, "amount": line.item.amount}) | line.details


def _line_details(line: Element, agreement: Element | None, tax: Element | None) -> dict[str, Any]:
    about = first_at(line, "AssociatedDocumentLineDocument")
    settlement = _line_settlement(line)
    allowances, charges = _allowances_and_charges(settlement)
    return given(
        {
            "id": text_at(about, "LineID"),
            "parent": text_at(about, "ParentLineID"),
            "status": text_at(about, "LineStatusReasonCode"),
            "note": text_at(about, "IncludedNote/Content"),
            "seller_item_id": text_at(line, "SpecifiedTradeProduct/SellerAssignedID"),
            "gross_price": amount_at(agreement, "GrossPriceProductTradePrice/ChargeAmount"),
            "price_base_quantity": number_at(agreement, "NetPriceProductTradePrice/BasisQuantity"),
            "tax_category": text_at(tax, "CategoryCode"),
            "allowances": allowances,
            "charges": charges,
            "period": _period(settlement),
        }
    )
