"""Tables within a passage: their rows as people read them, each cell under the title of its column."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from analysis.answers.sentences import Span

_RULE = re.compile(r"\|?[\s:|-]*-[\s:|-]*")  # below the head of a table
_TITLE = re.compile(r"[^\W\d][^\d:.!?]*(?:\([^)]*\)|\.)?")  # a unit may stand behind it, or an abbreviation end it
_LONGEST_TITLE = 5  # words
_FEWEST = 3  # columns that any words may be the titles of
_BETWEEN = " · "
# What stands above two columns, which might else be the first row of a list of properties.
_TITLES_WORDS = """
part parts item items task tasks interval frequency description name names meaning value values unit units quantity qty
amount price cause causes remedy problem fault symptom solution action function button key model size code error note
notes type step date time who what when where term definition service work feature activity check document contact
setting temperature programme program product material weight length duration period limit limits fee fees rate
teil teile artikel aufgabe tätigkeit intervall häufigkeit beschreibung bezeichnung bedeutung wert einheit menge preis
betrag ursache abhilfe störung fehler lösung maßnahme funktion taste modell größe code hinweis art schritt datum zeit
wann was wer begriff leistung arbeit prüfung
pièce tâche intervalle fréquence fréquences désignation signification valeur unité quantité prix cause remède problème
solution fonction touche modèle taille remarque étape
"""
_TITLES = frozenset(_TITLES_WORDS.split())


@dataclass(frozen=True, slots=True)
class Row:
    """Characters `start` to `end` of a text; `head` is where the titles of its columns stand, if it has any."""

    start: int
    end: int
    cells: tuple[str, ...]
    head: Span | None = None
    titles: tuple[str, ...] = ()

    def said(self, *, titled: bool) -> str:
        """Its cells, behind their titles if `titled`; what says nothing is left out."""
        titles = self.titles if titled and len(self.titles) == len(self.cells) else ("",) * len(self.cells)
        cells = zip(titles, self.cells, strict=True)
        return _BETWEEN.join(f"{title}: {cell}" if title else cell for title, cell in cells if _says(cell))


def stretches(text: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether it is a table) of what stands in a text, one after the other, without gaps."""
    place = 0
    for is_table, lines in groupby(text.splitlines(keepends=True), key=lambda line: line.lstrip().startswith("|")):
        end = place + sum(map(len, lines))
        yield place, end, is_table
        place = end


def rows(text: str, start: int = 0) -> list[Row]:
    """The rows of one table, which stands at `start` of a text: without its head, if that says what its columns are."""
    found, has_rule = list[Row](), False
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if len(found) == 1 and _RULE.fullmatch(bare):
            has_rule = True
        elif _says(bare):
            first = start + len(line) - len(line.lstrip())
            found.append(Row(first, first + len(bare), _cells(bare)))
        start += len(line)
    if len(found) > 1 and has_rule and _are_titles(found[0].cells):
        head = found[0]
        return [Row(row.start, row.end, row.cells, (head.start, head.end), head.cells) for row in found[1:]]
    return found


def readable(text: str, first: int, last: int) -> str:
    """The characters `first` to `last` of a text; rows of tables without marks, titled unless their head is in it."""
    parts = []
    for start, end, is_table in stretches(text):
        if start < last and end > first:
            part = _rows_said(text, (start, end), first, last) if is_table else text[max(start, first) : min(end, last)]
            parts.append(part.strip("\n"))
    return "\n".join(parts) if len(parts) == 1 else "\n\n".join(filter(None, parts))


def _rows_said(text: str, table: Span, first: int, last: int) -> str:
    found = [row for row in rows(text[slice(*table)], table[0]) if row.start < last and row.end > first]
    head = next((row.head for row in found), None)
    lines = [row.said(titled=head is not None and head[0] < first) for row in found]
    if head is not None and head[0] >= first:
        lines.insert(0, Row(*head, found[0].titles).said(titled=False))
    return "\n".join(lines)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip("|").split("|"))


def _are_titles(cells: Sequence[str]) -> bool:
    """Whether a first row says what stands below it, and isn't the first of the data."""
    named = [cell for cell in cells if cell]
    if len(named) < max(2, len(cells) - 1) or not all(map(_may_be_title, named)):
        return False
    return len(cells) >= _FEWEST or all(cell.casefold().split()[-1].strip("().") in _TITLES for cell in named)


def _may_be_title(cell: str) -> bool:
    return len(cell.split()) <= _LONGEST_TITLE and _TITLE.fullmatch(cell) is not None


def _says(text: str) -> bool:
    return any(map(str.isalnum, text))
