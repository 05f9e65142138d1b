"""Tells the invoice syntaxes apart and reads each with its reader."""

from collections.abc import Callable

from lxml import etree

from analysis.einvoice import cii, ubl
from analysis.einvoice.tree import Element, local_name, root_of
from analysis.findings import Extraction
from documents.errors import InvalidInput

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_ORDERS = ("SCRDMCCBDACIOMessageStructure", "Order", "OrderChange", "OrderResponse", "OrderResponseSimple")


def parse(xml: bytes) -> Extraction:
    """All that the e-invoice says, every value with source "xml" and confidence 1.

    Raises InvalidInput (order_not_invoice, unknown_xml, malformed_xml, xml_with_dtd) and TooLarge (xml_too_large).
    """
    root = root_of(xml)
    reader = _reader(root)
    if reader:
        return reader(root)
    name = local_name(root)
    if name in _ORDERS:
        detail = "The XML is an order (Order-X or UBL), not an invoice; send the invoice that belongs to it."
        raise InvalidInput("order_not_invoice", detail)
    detail = f"The XML's root <{name[:60]}> is no invoice known here; send Factur-X, ZUGFeRD, XRechnung or UBL."
    raise InvalidInput("unknown_xml", detail)


def is_invoice(xml: bytes) -> bool:
    """Whether `xml` can be parsed and is an invoice in a known syntax."""
    try:
        return _reader(root_of(xml)) is not None
    except InvalidInput:
        return False


def _reader(root: Element) -> Callable[[Element], Extraction] | None:
    name = etree.QName(root)
    if name.localname in ("CrossIndustryInvoice", "CrossIndustryDocument"):
        return cii.read
    if name.localname in ("Invoice", "CreditNote") and (name.namespace or "").startswith(_UBL):
        return ubl.read
    return None
