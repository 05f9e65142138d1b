"""What the columns of a table are: which holds the texts, which the day, which ones group the rows."""

import re
import statistics
from collections.abc import Sequence
from datetime import date

from documents.errors import InvalidInput

# English; German; French, Spanish, Italian, Portuguese; Dutch, Polish, Turkish; Russian, Chinese, Japanese, Arabic.
_USUAL = """
    text review reviews reviewtext reviewbody reviewcontent comment comments commenttext feedback tweet content body
    message sentence opinion post remark remarks answer response verbatim
    kommentar kommentare bewertung bewertungstext rezension meinung nachricht anmerkung
    avis commentaire commentaires texte contenu texto comentario comentarios opinión reseña
    recensione commento testo comentário avaliação
    tekst recensie opmerking opinia recenzja komentarz yorum metin
    текст отзыв комментарий 评论 内容 文本 レビュー コメント テキスト نص تعليق
"""
_NAMES = frozenset(_USUAL.split())
_NAME_LIKE = re.compile(r"[^\W\d][\w .#/()-]{0,39}")
_NUMBER = re.compile(r"[-+]?[\d.,: %/-]*\d[\d.,: %/-]*")
_LETTER = re.compile(r"[^\W\d_]")
_DATE = re.compile(
    r"\s*(?P<year>\d{4})(?P<mark>[./-])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)"
    r"|\s*(?P<first>\d{1,2})(?P<between>[./-])(?P<second>\d{1,2})(?P=between)(?P<last>\d{4})(?!\d)"
)
_CLOCK = re.compile(r"[T, ]*\d{1,2}:\d\d[\d:.]*(?i:\s*[ap]\.?m\.?)?\s*(?:Z|[A-Z]{3,4})?(?:[+-]\d[\d:]*)?\s*|\s*")
LONGEST_GROUP = 60  # characters of a value that rows are grouped by
MOST_GROUPS = 20
MOST_COLUMNS = 5  # that rows are grouped by


def has_header(rows: Sequence[Sequence[str]], wanted: str) -> bool:
    """Whether the first row names the columns.

    It does if it has the one that is wanted or a usual one, if all are like names, or if it has words on top of numbers
    or dates: surveys have whole questions for names.
    """
    first = [cell.strip() for cell in rows[0]]
    if (wanted and _place(first, wanted) is not None) or any(_folded(cell) in _NAMES for cell in first):
        return True
    if len(first) < 2 or len({cell.casefold() for cell in first}) < len(first):
        return False
    if all(_NAME_LIKE.fullmatch(cell) and len(cell.split()) <= 4 for cell in first):
        return True
    return any(_heads(cell, _column(rows[1:], place)) for place, cell in enumerate(first))


def _column(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [cell for row in rows if place < len(row) and (cell := row[place].strip())]


def _heads(cell: str, below: Sequence[str]) -> bool:
    """Words above two or more numbers or dates; a mark like "n/a" comes again below and is none."""
    if not _LETTER.search(cell) or _is_measured(cell) or cell in below or len(below) < 2:
        return False
    return sum(map(_is_measured, below)) >= 0.9 * len(below)


def _is_measured(cell: str) -> bool:
    """A number or a date, with the time of day or without."""
    found = _DATE.match(cell)
    return bool(_NUMBER.fullmatch(cell) or (found and _CLOCK.fullmatch(cell, found.end())))


def text_column(names: Sequence[str], rows: Sequence[Sequence[str]], wanted: str) -> int:
    """The place of the texts: the named column, else a usual name, else the one that reads most like sentences.

    Raises InvalidInput `unknown_column` or `no_text_column`.
    """
    if wanted:
        if (place := _place(names, wanted)) is None:
            raise InvalidInput("unknown_column", f"There is no column {wanted[:60]!r}; there are {_listed(names)}.")
        return place
    scores = [_wordiness([row[place] for row in rows if place < len(row)]) for place in range(len(names))]
    named = [place for place, name in enumerate(names) if _folded(name) in _NAMES and scores[place]]
    best = max(named or range(len(names)), key=lambda place: scores[place], default=None)
    if best is None or not scores[best]:
        detail = f"No column reads like reviews. Name it in text_column; there are {_listed(names)}."
        raise InvalidInput("no_text_column", detail)
    return best


def named(cells: Sequence[str], width: int) -> list[str]:
    """A name for each of the columns, made up where the header has none, and no two the same."""
    names: list[str] = []
    for place in range(width):
        name = " ".join((cells[place] if place < len(cells) else "").replace("\0", "").split())[:100]
        name = name or f"column {place + 1}"
        while name in names:
            name += "'"
        names.append(name)
    return names


class Census:
    """Counts what stands in each column, to say at the end which ones group the rows and which has the days."""

    def __init__(self) -> None:
        self._values: dict[int, set[str] | None] = {}
        self._filled: dict[int, int] = {}
        self._dates: dict[int, int] = {}
        self._day_first: dict[int, bool] = {}

    def count(self, cells: Sequence[str]) -> None:
        for place, cell in enumerate(cells):
            if not cell:
                continue
            self._filled[place] = self._filled.get(place, 0) + 1
            seen = self._values.setdefault(place, set())
            if seen is not None:
                seen.add(cell)
                if len(seen) > MOST_GROUPS or len(cell) > LONGEST_GROUP:
                    self._values[place] = None
            if "0" <= cell.lstrip()[:1] <= "9" and (found := _DATE.match(cell)):
                self._dates[place] = self._dates.get(place, 0) + 1
                if found["second"] and int(found["second"]) > 12:
                    self._day_first[place] = False

    def groups(self, text: int) -> list[int]:
        """Columns of few values, but several, that come again."""
        found = [
            place
            for place, seen in sorted(self._values.items())
            if place != text and seen and 2 <= len(seen) <= self._filled[place] / 2 and place != self.day(text)
        ]
        return found[:MOST_COLUMNS]

    def day(self, text: int) -> int | None:
        """The first column whose cells are dates, nine in ten of them."""
        found = (place for place, count in sorted(self._dates.items()) if count >= 0.9 * self._filled[place])
        return next((place for place in found if place != text), None)

    def is_day_first(self, place: int) -> bool:
        """Whether 03/04/2026 is in April: with slashes, unless some row would have a thirteenth month."""
        return self._day_first.get(place, True)


def day_of(cell: str, *, day_first: bool) -> str:
    """The date that a cell begins with, in ISO form; "" if there is none."""
    if not (found := _DATE.match(cell)):
        return ""
    if found["year"]:
        year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    else:
        day, month, year = int(found["first"]), int(found["second"]), int(found["last"])
        if not day_first and found["between"] != ".":
            day, month = month, day
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _place(names: Sequence[str], wanted: str) -> int | None:
    if wanted in names:
        return list(names).index(wanted)
    folded = [_folded(name) for name in names]
    return folded.index(_folded(wanted)) if _folded(wanted) in folded else None


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _wordiness(cells: Sequence[str]) -> float:
    """0 for a column without words; else the more, the more words its cells have and the less they repeat."""
    filled = [cell for cell in cells if cell.strip()]
    wordy = [cell for cell in filled if _LETTER.search(cell) and not _is_measured(cell)]
    if not wordy:
        return 0.0
    # Scripts without blanks have words, too: about two characters each.
    words = [
        len(cell.split()) + sum("\u2e80" <= character <= "\u9fff" for character in cell[:500]) / 2 for cell in wordy
    ]
    plain = sum("@" not in cell[1:] and "://" not in cell[:8] for cell in wordy) / len(wordy)
    return statistics.fmean(words) * len(wordy) / len(filled) * len(set(wordy)) / len(wordy) * (0.2 + plain)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:12])
    return shown + (" …" if len(names) > 12 else "")
