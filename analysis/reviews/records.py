"""What readers of tables give: one record after the other, each read or refused with its cause."""

from dataclasses import dataclass

LONGEST_CELL = 1 << 20  # characters; what is longer is no review and no attribute of one


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file: its cells, or with `code` and `detail` why it can't be read."""

    cells: list[str]
    code: str = ""
    detail: str = ""


def encodable(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can hold and nothing else can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
