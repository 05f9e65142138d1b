"""Chunking: a document's pages cut by their structure into the passages that are found and quoted.

Nothing is lost: each letter of the pages' Markdown stands in a passage, in order. Said twice are only the head of a
table that is cut, and the sentences by which passages of one text overlap. Equal pages make equal passages.
"""

from collections.abc import Iterable, Iterator

from django.conf import settings

from analysis.chunking.aligning import locate
from analysis.chunking.blocks import Block, Piece, blocks, join, joins
from analysis.chunking.measuring import measure
from analysis.chunking.packing import Packer, Passage
from documents.pages import PageReading

__all__ = ["Passage", "chunk", "version"]

_OWN_VERSION = 1  # to be raised when the same pages would be cut otherwise
_FEW_WORDS = 25  # on a scanned page, which is a picture with a caption then


def version() -> str:
    """Equal versions cut equal pages equally."""
    return f"{_OWN_VERSION}:{settings.CHUNK_TOKENS}:{settings.CHUNK_OVERLAP}"


def chunk(pages: Iterable[PageReading]) -> list[Passage]:
    """The passages of some pages, which come in order, of about CHUNK_TOKENS tokens each.

    Headings make sections; paragraphs are packed; lists and tables stay whole where they can. Takes time in proportion
    to the text, and beside the passages the memory of a page.
    """
    packer = Packer(settings.CHUNK_TOKENS, settings.CHUNK_OVERLAP)
    found = [passage for block in _joined(pages) for passage in packer.add(block)]
    return [*found, *packer.end()]


def _joined(pages: Iterable[PageReading]) -> Iterator[Block]:
    """The blocks of all pages, measured; a paragraph that goes on on the next page is one."""
    last: Block | None = None
    for page in pages:
        found = _on_page(page)
        if last is not None and found and joins(last, found[0]):
            found[0] = join(last, found[0])
        elif last is not None:
            yield last
            last = None
        if not found:
            continue
        measure(found)
        yield from found[:-1]
        last = found[-1]
    if last is not None:
        yield last


def _on_page(page: PageReading) -> list[Block]:
    found = list(blocks(page.markdown))
    if page.source == "ocr" and len(page.words) < _FEW_WORDS:
        for block in found:
            block.kind = "image"
    pieces: list[Piece] = [piece for block in found for piece in block.pieces]
    locate(pieces, page)
    return found
