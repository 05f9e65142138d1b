"""DOCX as Markdown: headings, paragraphs, lists and tables in their order. Runs in the parser's child process.

The parts are parsed here, by local names, rather than with python-docx: that one opens no Strict documents, skips
content controls and unpacks all parts, media included, before any can be refused.
"""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from analysis.reading.markdown import normalised
from analysis.reading.numbering import Numbering
from analysis.reading.ooxml import attribute, child, name_of, value_of
from analysis.reading.tables import table_markdown
from documents.errors import InvalidInput, TooLarge
from documents.pages import PageReading

MAX_PART_BYTES = 64 * 2**20
_MAIN = "word/document.xml"
_NUMBERING = "word/numbering.xml"
_TRANSPARENT = {"sdt", "sdtContent", "customXml", "smartTag", "AlternateContent", "Choice"}  # holders of other blocks

_Element = etree._Element


@dataclass
class _Styles:
    """What paragraph styles say, by id, with what they inherit."""

    names: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)  # outline levels, from 0
    listed: set[str] = field(default_factory=set)
    lists: dict[str, tuple[str, int]] = field(default_factory=dict)  # numId and depth
    numbering: Numbering = field(default_factory=Numbering)

    def list_of(self, style: str) -> tuple[str, int] | None:
        """The list that the style or one of its parents belongs to; a style may say the depth alone."""
        seen: set[str] = set()
        depth = None
        while style and style not in seen:
            seen.add(style)
            number_id, own = self.lists.get(style) or ("", None)
            depth = own if depth is None else depth
            if number_id:
                return number_id, depth or 0
            style = self.parents.get(style, "")
        return None

    def first(self, style: str, say: Callable[[str], int | None]) -> int | None:
        """The nearest answer up the chain of parents."""
        seen: set[str] = set()
        while style and style not in seen:
            seen.add(style)
            if (answer := say(style)) is not None:
                return answer
            style = self.parents.get(style, "")
        return None


def read(path: str) -> PageReading:
    """The whole document as one page of markup. Raises InvalidInput `malformed_docx`, TooLarge `zip_too_large`."""
    try:
        with zipfile.ZipFile(path) as archive:
            return PageReading(1, source="markup", markdown=normalised(_document(archive)))
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError, NotImplementedError, EOFError, OSError) as error:
        raise InvalidInput(
            "malformed_docx", "The DOCX is damaged and can't be read. Save it anew and try again."
        ) from error


def _document(archive: zipfile.ZipFile) -> str:
    names = sorted(archive.namelist())
    styles = _styles(archive) if "word/styles.xml" in names else _Styles()
    if _NUMBERING in names:
        styles.numbering = Numbering.of(_part(archive, _NUMBERING))
    body = child(_part(archive, _MAIN), "body")
    if body is None:
        raise KeyError("body")
    headers = (_part(archive, name) for name in names if name.startswith("word/header") and name.endswith(".xml"))
    footers = (_part(archive, name) for name in names if name.startswith("word/footer") and name.endswith(".xml"))
    blocks = [*_edges(headers, styles), *_blocks(body, styles), *_edges(footers, styles)]
    return _joined(blocks)


def _part(archive: zipfile.ZipFile, name: str) -> _Element:
    with archive.open(name) as part:
        data = part.read(MAX_PART_BYTES + 1)
    if len(data) > MAX_PART_BYTES:
        raise TooLarge("zip_too_large", "The document unpacks to too much text. Split it and try again.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(data, parser)


def _edges(parts: Iterator[_Element], styles: _Styles) -> list[str]:
    """Headers or footers, each text once: sections and first pages repeat them."""
    texts = ("\n\n".join(block for block in _blocks(part, styles) if block) for part in parts)
    return list(dict.fromkeys(text for text in texts if text))


def _joined(blocks: list[str]) -> str:
    """Items of a list stay together; all else is set apart by an empty line."""
    text = ""
    for index, block in enumerate(blocks):
        in_list = index > 0 and _is_item(block) and _is_item(blocks[index - 1])
        text += ("\n" if in_list else "\n\n") + block
    return text


def _is_item(block: str) -> bool:
    return block.lstrip().startswith("- ")


def _blocks(parent: _Element, styles: _Styles) -> Iterator[str]:
    for element in parent.iterchildren("*"):
        match name_of(element):
            case "p":
                if text := _paragraph(element, styles):
                    yield text
            case "tbl":
                yield from _table_blocks(element, styles)
            case name if name in _TRANSPARENT:
                yield from _blocks(element, styles)


def _paragraph(element: _Element, styles: _Styles) -> str:
    text = _text(element).strip()
    if not text:
        return ""
    properties = child(element, "pPr")
    style = value_of(properties, "pStyle") or ""
    level = _heading_level(properties, style, styles)
    if level is not None:
        number = _heading_number(properties, style, styles)
        return f"{'#' * min(level + 1, 6)} {' '.join([number, *text.split()]).strip()}"
    depth = _list_depth(properties, style, styles)
    return text if depth is None else f"{'  ' * depth}- {' '.join(text.split())}"


def _heading_number(properties: _Element | None, style: str, styles: _Styles) -> str:
    """The number that Word writes before the heading, of its own list or that of its style; "" without one."""
    own = _list_of(properties)
    number_id, depth = own or styles.list_of(style) or ("0", 0)
    return styles.numbering.next(number_id, depth) if number_id != "0" else ""


def _list_of(properties: _Element | None) -> tuple[str, int] | None:
    numbering = None if properties is None else child(properties, "numPr")
    if numbering is None:
        return None
    depth = value_of(numbering, "ilvl") or "0"
    return value_of(numbering, "numId") or "", int(depth) if depth.isdigit() else 0


def _heading_level(properties: _Element | None, style: str, styles: _Styles) -> int | None:
    own = value_of(properties, "outlineLvl")
    if own is not None and own.isdigit():
        return int(own) if int(own) < 9 else None
    return styles.first(style, lambda style: _level_of(style, styles))


def _level_of(style: str, styles: _Styles) -> int | None:
    name = styles.names.get(style, style).lower()
    if name in ("title", "heading"):
        return 0
    if name.startswith("heading") and name[7:].strip().isdigit():
        return int(name[7:]) - 1
    return styles.levels.get(style)


def _list_depth(properties: _Element | None, style: str, styles: _Styles) -> int | None:
    numbering = None if properties is None else child(properties, "numPr")
    if numbering is not None:
        if value_of(numbering, "numId") == "0":  # switched off
            return None
        depth = value_of(numbering, "ilvl") or "0"
        return min(int(depth), 8) if depth.isdigit() else 0
    return styles.first(style, lambda style: 0 if style in styles.listed else None)


def _table_blocks(element: _Element, styles: _Styles) -> Iterator[str]:
    """A table, or what is in it if it has but one cell and so is only a frame."""
    rows = list(_within(element, "tr"))
    cells = list(_within(rows[0], "tc")) if len(rows) == 1 else []
    if len(cells) == 1:
        yield from _blocks(cells[0], styles)
    elif table := table_markdown([row for row in map(_row, rows) if any(row)]):
        yield table


def _row(row: _Element) -> list[str]:
    """Merged cells are filled once, nested tables become text."""
    cells: list[str] = []
    for cell in _within(row, "tc"):
        properties = child(cell, "tcPr")
        text = "" if _continues_merge(properties) else " ".join(_text(cell).split())
        span = value_of(properties, "gridSpan") or "1"
        cells += [text] + [""] * (min(int(span), 100) - 1 if span.isdigit() else 0)
    return cells


def _continues_merge(properties: _Element | None) -> bool:
    merge = None if properties is None else child(properties, "vMerge")
    return merge is not None and attribute(merge, "val") != "restart"


def _within(parent: _Element, name: str) -> Iterator[_Element]:
    """Children of a name, also those in content controls."""
    for inner in parent.iterchildren("*"):
        if name_of(inner) == name:
            yield inner
        elif name_of(inner) in _TRANSPARENT:
            yield from _within(inner, name)


def _text(element: _Element) -> str:
    """The visible text, with line feeds between nested paragraphs (cells, text boxes)."""
    parts: list[str] = []
    for inner in element.iterchildren("*"):
        match name_of(inner):
            case "t":
                parts.append(inner.text or "")
            case "tab" | "ptab":
                parts.append("\t" if name_of(element) == "r" else "")
            case "br" | "cr":
                parts.append("\n")
            case "noBreakHyphen":
                parts.append("-")
            case "p" | "tr":
                parts.append("\n" + _text(inner) + "\n")
            case "tc":
                parts.append(_text(inner) + " ")
            case "Fallback" | "del" | "moveFrom" | "pPr" | "rPr":
                pass
            case _:
                parts.append(_text(inner))
    return "".join(parts)


def _styles(archive: zipfile.ZipFile) -> _Styles:
    styles = _Styles()
    for style in _part(archive, "word/styles.xml").iterchildren("*"):
        identity = attribute(style, "styleId")
        if name_of(style) == "style" and identity:
            _note_style(styles, identity, style)
    return styles


def _note_style(styles: _Styles, identity: str, style: _Element) -> None:
    styles.names[identity] = value_of(style, "name") or identity
    styles.parents[identity] = value_of(style, "basedOn") or ""
    properties = child(style, "pPr")
    level = value_of(properties, "outlineLvl")
    if level is not None and level.isdigit() and int(level) < 9:
        styles.levels[identity] = int(level)
    if properties is not None and child(properties, "numPr") is not None:
        styles.listed.add(identity)
        styles.lists[identity] = _list_of(properties) or ("", 0)
