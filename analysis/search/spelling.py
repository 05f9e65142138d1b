"""What unknown words were meant to be: the nearest words that the tenant's own passages hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from analysis.search import words
from documents import sql

_FEWEST = 4  # letters of a word that may be misspelt
_LONG = 8  # letters from which two slips are forgiven
_COMPLETED = 20  # words that begin with an unknown one
_MOST = 50_000  # words that are looked at

# By a range of words: of the operators for text, those that compare are leakproof, so the index serves them under RLS.
_NEIGHBOURS = (
    "select word, sum(length(entries))::bigint from analysis_posting where workspace_id = any(string_to_array(nullif("
    "current_setting('vouch.workspaces', true), ''), ',')::uuid[]) and word >= %(low)s and word < %(high)s"
    " and length(word) between %(least)s and %(most)s group by word limit %(limit)s"
)


@dataclass(frozen=True, slots=True)
class Meant:
    """What stands for an unknown word: a correction as it is in the index, or words that begin with it (`stem` "")."""

    stem: str
    stems: tuple[str, ...]


class Speller:
    """Corrects by words of the index; these are stems, so unknown words are stemmed in its languages."""

    def __init__(self, languages: Iterable[str]) -> None:
        self._languages = tuple(languages)

    def correct(self, unknown: Sequence[str]) -> dict[str, Meant]:
        """By word what it was meant to be, of those for which there is something."""
        letters = [word for word in unknown if word.isalpha() and len(word) >= _FEWEST]
        stems = words.variants(letters, self._languages)
        found = {word: _nearest(word, stems[word]) for word in letters}
        return {word: meant for word, meant in found.items() if meant}


def _nearest(word: str, stems: Iterable[str]) -> Meant | None:
    plain = words.folded(word)
    known = _known(plain)
    beginning = sorted((one for one in known if one.startswith(plain)), key=lambda one: -known[one])
    if beginning:
        return Meant("", tuple(beginning[:_COMPLETED]))
    best: tuple[int, int, str] | None = None
    for stem in {plain, *stems}:
        slips = 2 if len(stem) >= _LONG else 1
        near = process.extract(stem, known.keys(), scorer=OSA.distance, score_cutoff=slips, limit=5)
        for one, distance, _ in near:
            ranked = (int(distance), -known[one], one)
            best = ranked if best is None else min(best, ranked)
    return Meant(best[2], (best[2],)) if best else None


def _known(plain: str) -> dict[str, int]:
    """Words of the index by how much there is of each: with the same first letter, or the second one in its place."""
    found: dict[str, int] = {}
    for first in dict.fromkeys(plain[:2]):
        values = {"low": first, "high": chr(ord(first) + 1), "least": len(plain) - 6, "most": len(plain) + 12}
        found |= dict(sql.rows(_NEIGHBOURS, values | {"limit": _MOST}))
    return found
