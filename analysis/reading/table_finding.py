"""All tables of a page: ruled ones first, then those whose columns are set apart by white space alone."""

from collections.abc import Iterable, Sequence

from analysis.reading.ruled import ruled_tables
from analysis.reading.tables import Table
from documents.pages import Box, Word


def find_tables(words: Sequence[Word], rules: Iterable[Box]) -> list[Table]:
    """The tables among the words; `rules` are the lines drawn on the page. None of them overlap."""
    return ruled_tables(words, rules)
