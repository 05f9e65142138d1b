"""Who sells and who buys: names and addresses from sender lines, labelled blocks and letterheads."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.findings import Found
from analysis.rules import addresses
from analysis.rules.blocks import Block, blocks_of, joined
from analysis.rules.languages import WORDS, pattern_of, plain
from analysis.rules.layout import Segment
from analysis.rules.names import ATTENTION, HOUSE_NUMBER, is_labelled, is_name, tidy_name
from analysis.rules.sheet import Sheet, best_under, found
from documents.pages import Box

_LONGEST_SENDER = 140  # characters
_LONGEST_FORM = 8  # characters of a legal form such as "Inc."
_SEPARATOR = re.compile(r"\s+[·•●|∙–—-]\s+|\s*[·•●|∙]\s*|\t|,\s+")
_LABEL = re.compile(rf"\s*{pattern_of([*WORDS['named'], *WORDS['placed']]).pattern}\s*:\s*(?=\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Party:
    """A name and, where known, the lines of its address. `whole` is one line that holds both."""

    name: str
    at: Segment
    score: float
    address: tuple[Segment, ...] = ()
    whole: str | None = None

    def fields(self, name_field: str, address_field: str) -> Iterator[tuple[str, Found]]:
        """The name and address as findings."""
        start = self.at.row.text.find(self.name, self.at.start)
        start = self.at.start if start < 0 else start
        yield name_field, found(self.name, self.at.row, start, start + len(self.name), self.score)
        if self.whole:
            yield address_field, found(self.whole, self.at.row, self.at.start, self.at.end, 0.95 * self.score)
        elif self.address:
            yield address_field, _address_found(self.address, 0.9 * self.score)


def find_parties(sheet: Sheet) -> dict[str, Found]:
    """vendor, address, buyer and buyer_address of an invoice."""
    blocks = [block for block in blocks_of(sheet) if block.lines[0].row.page in _pages_looked_at(sheet)]
    buyer = _buyer(sheet, blocks)
    vendor = _vendor(sheet, blocks, buyer)
    fields: dict[str, Found] = {}
    if vendor:
        fields |= vendor.fields("vendor", "address")
    if buyer:
        fields |= buyer.fields("buyer", "buyer_address")
    return fields


def _pages_looked_at(sheet: Sheet) -> set[int]:
    """Parties introduce themselves on the first two pages and the last."""
    return {1, 2, sheet.rows[-1].page} if sheet.rows else set()


def _address_found(lines: Sequence[Segment], score: float) -> Found:
    first = lines[0]
    at = found(joined(lines), first.row, first.start, first.end, score)
    box = Box.around([line.box for line in lines]) if first.row.boxed else None
    return replace(at, raw="\n".join(line.text for line in lines), box=box)


def party_of(block: Block, score: float) -> Party | None:
    """A block's first line that can be a name, and the lines that are its address."""
    lines = [_unlabelled(line) for line in block.lines if line.text.strip()]
    lines = [*map(_unaddressed, lines[:1]), *lines[1:]]
    name_at = next((i for i, line in enumerate(lines) if is_name(line.text)), None)
    if name_at is None:
        return None
    address = address_lines(lines[name_at + 1 :])
    return Party(tidy_name(lines[name_at].text), lines[name_at], score, tuple(address))


def _unlabelled(line: Segment) -> Segment:
    """Without the label of a form: "Name: John Doe" is John Doe."""
    label = _LABEL.match(line.text)
    return Segment(line.row, line.start + label.end(), line.end) if label else line


def _unaddressed(line: Segment) -> Segment:
    """Without the word that says whom it is for: "Firma Nagel GmbH" is Nagel GmbH."""
    word = ATTENTION.match(line.text)
    return Segment(line.row, line.start + word.end(), line.end) if word else line


def address_lines(lines: Sequence[Segment]) -> list[Segment]:
    """The lines of an address: from the first that looks like one to the postcode, and the country under it."""
    address: list[Segment] = []
    for number, line in enumerate(lines):
        text = line.text
        if address and addresses.has_town(address[-1].text):
            if addresses.is_country(re.split(r"\s[-–]\s", text)[0]):
                address.append(line)
            break
        if addresses.has_contact(text) or is_labelled(text):
            if address:
                break
            continue
        known = addresses.has_postcode(text) or addresses.has_street(text) or HOUSE_NUMBER.search(text)
        if known or (address and _town_follows(lines[number + 1 : number + 3])):
            address.append(line)
    return address if any(addresses.has_postcode(line.text) or len(address) > 1 for line in address) else []


def _town_follows(lines: Sequence[Segment]) -> bool:
    """Between street and postcode stands a part of a building, or the town itself: "Leeds" above "LS1 4AP"."""
    for line in lines:
        if addresses.has_contact(line.text) or is_labelled(line.text):
            return False
        if addresses.has_town(line.text):
            return True
    return False


def _buyer(sheet: Sheet, blocks: Sequence[Block]) -> Party | None:
    for role, score in (("buyer", 0.85), ("ship_to", 0.5)):
        for block in blocks:
            if block.role == role and (party := party_of(block, score)):
                return party
    return _in_window(sheet, blocks) or _addressee(sheet, blocks)


def _addressee(sheet: Sheet, blocks: Sequence[Block]) -> Party | None:
    """Of the blocks with an address that nothing labels the one that isn't the sender's own, whose name comes again.

    A line for somebody's attention shows it; else the sender comes first, or, if only one stands above the lines, last.
    """
    bare = [block for block in blocks if block.role is None and block.lines[0].row.page == 1]
    parties = [(block, party) for block in bare if (party := party_of(block, 0.5)) and party.address]
    for block, party in parties:
        if any(ATTENTION.match(line.text) for line in block.lines):
            return party
    lower = 0.6 * sheet.rows[0].page_size[1] if sheet.rows else 0.0
    head = [(block, party) for block, party in parties if party.at.row.box.y0 < lower]
    text = plain(sheet.text)
    strange = [party for block, party in head if text.count(plain(party.name)) <= 1 and not _is_taxed(sheet, block)]
    if len(strange) == len(head):
        domains = _domains(sheet)
        strange = [party for party in strange if not any(part in plain(party.name) for part in domains)]
    if len(head) > 1 and strange:
        return strange[-1]
    names = {plain(party.name) for party in [*(p for _, p in parties), *_sender_lines(sheet)]}
    return strange[0] if strange and names - {plain(strange[0].name)} else None


def _is_taxed(sheet: Sheet, block: Block) -> bool:
    """Whether the sender's tax number stands in the block."""
    numbers = (sheet.index(line.row) for line in block.lines)
    labels = {label.name for number in numbers for label in sheet.labels[number]}
    return "vendor_tax_id" in labels and "buyer_tax_id" not in labels


def _in_window(sheet: Sheet, blocks: Sequence[Block]) -> Party | None:
    """The lines right below the sender line, where letters show the addressee."""
    sender = next(_sender_lines(sheet), None)
    if sender is None:
        return None
    windows = (Block([line for line in block.lines if _is_below(line, sender.at)]) for block in blocks)
    parties = (party_of(window, 0.7) for window in windows)
    return next((party for party in parties if party and party.address), None)


def _is_below(line: Segment, sender: Segment) -> bool:
    """Within the height and width of an envelope's window."""
    width, height = sender.row.page_size
    drop, shift = line.box.y0 - sender.box.y1, abs(line.box.x0 - sender.box.x0)
    return (
        line.row.page == sender.row.page
        and line.row is not sender.row
        and -2 < drop < 0.13 * height
        and shift < 0.2 * width
    )


def _vendor(sheet: Sheet, blocks: Sequence[Block], buyer: Party | None) -> Party | None:
    taken = plain(buyer.name) if buyer else ""
    candidates = [c for c in _vendors(sheet, blocks) if plain(c.name) != taken]
    if not candidates:
        return None
    text, domains = plain(sheet.text), _domains(sheet)

    def evidence(party: Party) -> float:
        name = plain(party.name)
        return party.score + 0.1 * (text.count(name) > 1) + 0.15 * any(part in name for part in domains)

    best = max(candidates, key=evidence)
    if best.address or best.whole:
        return best
    twin = next((c for c in candidates if (c.address or c.whole) and _is_same(c.name, best.name)), None)
    return (
        Party(best.name, twin.at if twin and twin.whole else best.at, best.score, twin.address, twin.whole)
        if twin
        else best
    )


def _domains(sheet: Sheet) -> set[str]:
    """The names of web and mail addresses: a seller's are mostly made of its own name."""
    found = re.findall(r"(?:@|www\.|https?://)([\w-]{4,})(?=\.[a-z]{2,})", sheet.text.casefold())
    return {plain(name) for name in found} - {"gmail", "yahoo", "hotmail", "outlook", "localhost", "example"}


def _is_same(a: str, b: str) -> bool:
    a, b = plain(a), plain(b)
    return a in b or b in a


def _vendors(sheet: Sheet, blocks: Sequence[Block]) -> Iterator[Party]:
    yield from _sender_lines(sheet)
    for block in blocks:
        if block.role in ("vendor", None):
            score = 0.88 if block.role else _letterhead_score(sheet, block)
            party = _under_name(sheet, block, score) or party_of(block, score)
            if party:
                yield party


def _under_name(sheet: Sheet, block: Block, score: float) -> Party | None:
    """A block that begins with its address, below a name in larger letters."""
    address = address_lines(block.lines)
    name = _name_above(sheet, block.lines[0]) if address and address[0] is block.lines[0] else None
    return Party(tidy_name(name.text), name, score, tuple(address)) if name else None


def _name_above(sheet: Sheet, segment: Segment) -> Segment | None:
    """The name in the row above the segment, where its address begins without one."""
    number = sheet.index(segment.row)
    if not number or (is_name(segment.text) and not _is_street(segment.text)):
        return None
    row = sheet.rows[number - 1]
    columns = list(row.segments())
    over = best_under(row, segment.box) if columns[1:] else columns[0]
    near = row.page == segment.row.page and segment.row.box.y0 - row.box.y1 < 2 * row.height
    return over if over and near and is_name(over.text) else None


def _is_street(text: str) -> bool:
    return addresses.has_street(text) and not addresses.has_company_form(text)


def _letterhead_score(sheet: Sheet, block: Block) -> float:
    """How much an unlabelled block looks like the sender's own."""
    first, text = block.lines[0], block.text
    score = 0.3 + 0.2 * any(addresses.has_company_form(line.text) for line in block.lines[:2])
    score += 0.1 * addresses.has_contact(text) + 0.1 * any(addresses.has_postcode(line.text) for line in block.lines)
    score += 0.15 * (sheet.index(first.row) < 3)
    return min(score, 0.8)


def _sender_lines(sheet: Sheet) -> Iterator[Party]:
    """A single line with name, street and town, as above the window of an envelope or in a letterhead."""
    pages = _pages_looked_at(sheet)
    rows = (row for number, row in enumerate(sheet.rows) if row.page in pages and number not in sheet.table_rows)
    for segment in (segment for row in rows for segment in row.segments()):
        parts = _with_form([part.strip() for part in _SEPARATOR.split(segment.text) if part.strip()])
        holds_town = any(addresses.has_postcode(part) for part in parts[1:])
        if len(parts) < 2 or not holds_town or len(segment.text) >= _LONGEST_SENDER:
            continue
        if name := _name_above(sheet, segment) if _is_street(parts[0]) else None:
            yield Party(tidy_name(name.text), segment, 0.85, whole=", ".join(_until_country(parts)))
        elif len(parts) >= 3 and is_name(parts[0]):
            yield Party(tidy_name(parts[0]), segment, 0.85, whole=", ".join(_until_country(parts[1:])))


def _with_form(parts: list[str]) -> list[str]:
    """ "Ironbridge Services, Inc." is one name."""
    if len(parts) > 1 and len(parts[1]) <= _LONGEST_FORM and addresses.has_company_form(parts[1]):
        return [f"{parts[0]}, {parts[1]}", *parts[2:]]
    return parts


def _until_country(parts: Sequence[str]) -> Iterator[str]:
    """Address parts up to the town and its country; what follows is telephone and the like."""
    seen = False
    towns = any(addresses.has_town(part) for part in parts)
    for part in parts:
        if seen and not addresses.is_country(part):
            return
        yield part
        seen = seen or (addresses.has_town(part) if towns else addresses.has_postcode(part))
