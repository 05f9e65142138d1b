"""Parses untrusted XML without entities, DTD or network, and reads texts, numbers and dates from its elements."""

import re
from datetime import date as Date
from decimal import Decimal

from lxml import etree

from documents.errors import InvalidInput, TooLarge

MAX_BYTES = 10 * 1024 * 1024
# Bounds the tree's memory (about 100 bytes an element), which the size in bytes alone doesn't.
MAX_TAGS = 1_000_000

_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{0,18})?")
_COMPACT_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)")

Element = etree._Element


def root_of(xml: bytes) -> Element:
    """The root element of `xml`; raises TooLarge (xml_too_large) and InvalidInput (malformed_xml, xml_with_dtd)."""
    if len(xml) > MAX_BYTES or xml.count(b"<") > MAX_TAGS:
        raise TooLarge("xml_too_large", f"The XML is larger than {MAX_BYTES >> 20} MB or has too many elements.")
    # A byte order mark or blank lines before the declaration are common in invoices, and harmless.
    tree = _parsed(xml.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n"))
    if tree.getroottree().docinfo.internalDTD is not None:
        raise _with_dtd()
    return tree


def _with_dtd() -> InvalidInput:
    return InvalidInput("xml_with_dtd", "The XML has a document type declaration; remove it and send the file again.")


def _parsed(xml: bytes) -> Element:
    # libxml2 itself ends the nesting at 256 levels and a text at 10 MB, as `huge_tree` is off.
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if b"<!DOCTYPE" in xml:  # such as entities that would grow without end
            raise _with_dtd() from error
        raise InvalidInput("malformed_xml", f"The XML can't be read ({error}); export the invoice again.") from error


def local_name(node: Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(node).localname


def all_at(node: Element | None, path: str) -> list[Element]:
    """All elements at `path` ("A/B", or "." for the node itself), whatever their namespace."""
    if node is None or path == ".":
        return [] if node is None else [node]
    return node.findall("/".join(f"{{*}}{name}" for name in path.split("/")))


def first_at(node: Element | None, *paths: str) -> Element | None:
    """The first element at the first of `paths` that leads to one."""
    return next((found for path in paths for found in all_at(node, path)), None)


def text_at(node: Element | None, *paths: str) -> str | None:
    """The first text at any of `paths` that isn't blank, with white space collapsed."""
    texts = (" ".join((found.text or "").split()) for path in paths for found in all_at(node, path))
    return next((text for text in texts if text), None)


def number_at(node: Element | None, *paths: str) -> str | None:
    """The number at one of `paths` as a decimal string without trailing zeros; None if it isn't an XSD decimal."""
    text = text_at(node, *paths)
    if text is None or not _NUMBER.fullmatch(text):
        return None
    return plain(Decimal(text))


def amount_at(node: Element | None, *paths: str) -> str | None:
    """Like `number_at`, with two decimals at least."""
    number = number_at(node, *paths)
    return number and money(number)


def plain(number: Decimal) -> str:
    """`number` without exponent and trailing zeros: "1200", "0.025"."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def money(number: str) -> str:
    """`number` with two decimals at least: "1200.00", "0.025"."""
    whole, _, decimals = number.partition(".")
    return f"{whole}.{decimals:0<2}"


def date_at(node: Element | None, *paths: str) -> str | None:
    """The date at one of `paths` in ISO form, from 20180605, 2018-06-05 or a date with a time; None if it isn't one."""
    found = _COMPACT_DATE.match(text_at(node, *paths) or "")
    try:
        return Date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None
