"""Plants faults into documents: digits misread, an XML that was changed, the same page photographed again."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

from analysis.arithmetic.confusions import alike
from analysis.findings import Extraction, Found, LineItem
from documents.pages import PageReading, Word

AMOUNTS = ("total", "subtotal", "tax", "amount_due")
_SCANNED = 0.97  # the most that OCR is sure of its words
_SMUDGED = 0.8  # how sure it is of a word that it misread
_XML_TOTALS = "GrandTotalAmount|DuePayableAmount|TaxInclusiveAmount|PayableAmount"


def as_scanned(pages: Sequence[PageReading]) -> list[PageReading]:
    """The pages as if OCR had read them: nothing on them is certain."""
    return [
        replace(page, source="ocr", words=tuple(w._replace(confidence=min(w.confidence, _SCANNED)) for w in page.words))
        for page in pages
    ]


def places(extraction: Extraction) -> dict[str, Found | LineItem]:
    """The amounts that a digit can be changed in, by name."""
    found: dict[str, Found | LineItem] = {n: extraction.fields[n] for n in AMOUNTS if n in extraction.fields}
    lines = {f"line_items.{i}.amount": item for i, item in enumerate(extraction.line_items) if item.amount}
    return {name: place for name, place in {**found, **lines}.items() if place.box and place.page}


def misread(
    pages: Sequence[PageReading], place: Found | LineItem, amount: str, chance: random.Random
) -> list[PageReading] | None:
    """The pages with one digit of the amount at the place taken for one that looks like it; None if it isn't there."""
    digits = re.sub(r"\D", "", amount)
    for number, page in enumerate(pages):
        for index, word in enumerate(page.words):
            if page.number == place.page and _stands_in(word, place) and re.sub(r"\D", "", word.text) == digits:
                words = (*page.words[:index], _smudged(word, chance), *page.words[index + 1 :])
                return [*pages[:number], replace(page, words=words), *pages[number + 1 :]]
    return None


def _stands_in(word: Word, place: Found | LineItem) -> bool:
    assert place.box is not None
    x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
    return place.box.x0 <= x <= place.box.x1 and place.box.y0 <= y <= place.box.y1


def _smudged(word: Word, chance: random.Random) -> Word:
    positions = [index for index, letter in enumerate(word.text) if alike(letter)]
    if not positions:
        return word
    at = chance.choice(positions)
    text = word.text[:at] + chance.choice(alike(word.text[at])) + word.text[at + 1 :]
    return word._replace(text=text, confidence=min(word.confidence, _SMUDGED))


def with_other_total(xml: bytes, total: str, chance: random.Random) -> bytes:
    """The XML with another total and amount due, wherever it gives the `total`."""
    other = f"{Decimal(total) + chance.choice((-1, 1)) * chance.randint(1, 99_999) / Decimal(100):.2f}"
    pattern = rf"(<(?:\w+:)?(?:{_XML_TOTALS})\b[^>]*>\s*){re.escape(total)}0*(\s*<)"
    return re.sub(pattern, rf"\g<1>{other}\g<2>", xml.decode("utf-8", "replace")).encode()


def with_other_iban(xml: bytes, iban: str, other: str) -> bytes:
    """The XML with another account."""
    return xml.replace(iban.encode(), other.encode())


def photographed_again(path: Path, chance: random.Random) -> Image.Image:
    """The image turned a little, in another light and frame, and compressed anew."""
    with Image.open(path) as image:
        page = ImageOps.exif_transpose(image).convert("L")
    page.thumbnail((1024, 1024))
    turned = page.rotate(chance.uniform(-2, 2), expand=True, fillcolor=220, resample=Image.Resampling.BILINEAR)
    margin = chance.randint(0, turned.width // 20)
    framed = ImageOps.expand(turned, margin, fill=200)
    return ImageEnhance.Brightness(framed).enhance(chance.uniform(0.6, 1.2))
