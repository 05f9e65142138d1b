"""Text, Markdown and XML files: one page of text without boxes. Runs in the parser's child process."""

import codecs
from pathlib import Path

from lxml import etree

from analysis.reading.markdown import normalised
from documents.errors import InvalidInput
from documents.pages import PageReading


def read_text(path: str) -> PageReading:
    """UTF-8, UTF-16 with a byte order mark, or Windows-1252."""
    return PageReading(1, source="markup", markdown=normalised(_decoded(Path(path).read_bytes())))


def read_xml(path: str) -> PageReading:
    """The values of the elements, a line each, with their names. Raises InvalidInput for broken XML."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.parse(path, parser).getroot()
    except etree.XMLSyntaxError as error:
        raise InvalidInput(
            "malformed_xml", "The XML is damaged and can't be read. Export it anew and try again."
        ) from error
    leaves = ((element, (element.text or "").strip()) for element in root.iter("*") if _is_leaf(element))
    lines = (f"{etree.QName(element).localname}: {text}" for element, text in leaves if text)
    return PageReading(1, source="markup", markdown=normalised("\n".join(lines)))


def _is_leaf(element: etree._Element) -> bool:
    """Without children, and no embedded file."""
    return len(element) == 0 and "mimeCode" not in element.attrib


def _decoded(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")
