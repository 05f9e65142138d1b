"""Blocks: lines of one column that stand under each other, such as an address."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.rules.languages import WORDS, plain
from analysis.rules.layout import Segment
from analysis.rules.sheet import Sheet, best_under
from documents.pages import Box

PARTY_LABELS = {"vendor", "buyer", "ship_to"}
_EXACTLY = 0.2  # of a line's height
# Words that say who it is only where they stand alone: "To:", "Von"
_ADDRESSED = {plain(word): role for role, name in (("buyer", "to"), ("vendor", "from")) for word in WORDS[name]}


@dataclass(slots=True)
class Block:
    """Segments of one column, from top to bottom; `role` is the party label that heads it, if any."""

    lines: list[Segment] = field(default_factory=list)
    role: str | None = None

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def blocks_of(sheet: Sheet) -> list[Block]:
    """All blocks outside the table of lines. A label such as "Bill to:" begins one, and is not among its lines."""
    finished: list[Block] = []
    open_blocks: list[Block] = []
    for number, row in enumerate(sheet.rows):
        if number in sheet.table_rows:
            continue
        for segment in row.segments():
            role, line = party_role(sheet, segment)
            block = next((b for b in open_blocks if _continues(b, segment)), None)
            if role or block is None:
                block = Block(role=role)
                open_blocks = [b for b in open_blocks if _is_near(b, segment)] + [block]
                finished.append(block)
                block.lines.append(segment if line is None else line)
            else:
                block.lines.append(segment)
    for block in finished:
        if block.role and not _is_value(sheet, block.lines[0]):
            del block.lines[0]
    return [block for block in finished if block.lines]


def party_role(sheet: Sheet, segment: Segment) -> tuple[str | None, Segment | None]:
    """The party label that the segment begins with, and what follows it in the segment."""
    for label in sheet.labels[sheet.index(segment.row)]:
        if label.name in PARTY_LABELS and label.start == segment.start:
            rest = Segment(segment.row, label.end, segment.end)
            colon = segment.row.text[label.end - 1] == ":" or rest.text.lstrip().startswith(":")
            if not rest.text.strip(" :."):
                return label.name, _beside(sheet, segment) if colon else None
            if colon:
                return label.name, rest
    return _addressed(segment.text), None


def _addressed(text: str) -> str | None:
    """The role that a lone word gives; the shortest need a colon, for letters stand about alone as well."""
    word = plain(text)
    return _ADDRESSED.get(word) if len(word) > 2 or word == "to" or text.rstrip().endswith(":") else None


def _beside(sheet: Sheet, segment: Segment) -> Segment | None:
    """The value in the next column, where nothing stands under the label but other labels."""
    following = [s for s in segment.row.segments() if s.start > segment.start][:1]
    labels = {label.start for label in sheet.labels[sheet.index(segment.row)]}
    below = next((r for r in sheet.rows[sheet.index(segment.row) + 1 :][:1] if r.page == segment.row.page), None)
    under = best_under(below, segment.box) if below else None
    is_form = under is not None and under.text.rstrip().endswith(":")
    return following[0] if following and is_form and following[0].start not in labels else None


def _is_value(sheet: Sheet, line: Segment) -> bool:
    """The first line of a labelled block is the label itself unless a value stood beside it."""
    return party_role(sheet, line)[0] is None


def _continues(block: Block, segment: Segment) -> bool:
    last = block.lines[-1]
    if last.row.page != segment.row.page or last.row is segment.row:
        return False
    height = min(last.row.height, segment.row.height)
    gap = segment.box.y0 - last.box.y1
    indents = [_indent(segment.box, line.box, height) for line in block.lines[-2:]]
    # Below a name in large letters comes a gap of its size.
    above = last.row.height if len(block.lines) == 1 else height
    return -height < gap < 1.1 * max(height, above) and min(indents) < 1.2 * height


def _indent(box: Box, other: Box, height: float) -> float:
    """By how much the left edges differ; lines may share their middle or right edge instead, but exactly."""
    shifts = (box.x1 - other.x1, (box.x0 + box.x1 - other.x0 - other.x1) / 2)
    return 0.0 if min(map(abs, shifts)) < _EXACTLY * height else abs(box.x0 - other.x0)


def _is_near(block: Block, segment: Segment) -> bool:
    last = block.lines[-1]
    return last.row.page == segment.row.page and segment.box.y0 - last.box.y1 < 2 * last.row.height


def joined(lines: Sequence[Segment]) -> str:
    """The lines as one text, parted by commas."""
    return ", ".join(" ".join(line.text.split()).strip(" ,") for line in lines)
