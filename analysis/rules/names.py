"""What can be a name of a person or company, and what is something else: a label, a street, a date."""

import re

from analysis.rules import addresses
from analysis.rules.dates import is_date
from analysis.rules.labels import field_phrases
from analysis.rules.languages import WORDS, pattern_of

# "Lindenhof 12", "12b Orchard Mews"
HOUSE_NUMBER = re.compile(r"(?<!\d)\d{1,4}\s?(?:[-/]?\s?[A-Za-z])?$|^\d{1,4}[a-z]?,?\s[^\W\d]{2}")
# What begins a line of an addressee's that is not its name.
ATTENTION = re.compile(rf"(?:{pattern_of(WORDS['attention']).pattern})\.?(?:\s|:|$)", re.IGNORECASE)

_NOISE = pattern_of(WORDS["noise"])
_REGISTERED = re.compile(r"\s\d{4,}(?:\s?-\s?[A-Z]\)?|\s?\))\s*$")  # "519537-X)", whose bracket was not read
_LABELS = {
    "due_date",
    "date",
    "other_date",
    "invoice_number",
    "other_number",
    "subtotal",
    "total",
    "amount_due",
    "bank",
}


def is_name(text: str) -> bool:
    """Letters mostly, and neither a label, a contact, nor an address."""
    text = text.strip()
    letters = sum(c.isalpha() for c in text)
    # "Unit 1", "11 Main Street", "C/ Alcalá, 71, 2º B"
    if addresses.has_street(text) and (HOUSE_NUMBER.search(text) or re.search(r",.*\d", text)):
        return False
    if (
        letters < 2
        or letters < 0.5 * len(text.replace(" ", ""))
        or len(text.split()) > 8
        or not (text[0].isalnum() or text[0] in "'\"&")
    ):
        return False
    return not (
        is_labelled(text)
        or _is_label(text)
        or ATTENTION.match(text)
        or addresses.has_contact(text)
        or addresses.has_postcode(text)
        or addresses.is_country(text)
        or text.endswith(":")
    )


def tidy_name(text: str) -> str:
    """Without what clings to names (registration numbers, punctuation) and without OCR's zeros within words."""
    text = re.sub(r"(?<=[A-Z])0(?=[A-Z]|\b)|\b0(?=[A-Z]{2})", "O", text)
    text = re.sub(r"5/B|(?<=\s)[S5]/[D8](?!\w)", "S/B", text)
    text = re.sub(r"^\W*#\d+\s", "", text)
    text = re.sub(
        r"\s*[(（\[]\s*[^()（）]*\d{3,}[^()（）]*[)）\]]?\s*$", "", text.replace("\t", " "), flags=re.IGNORECASE
    )
    text = _REGISTERED.sub("", text)
    return re.sub(r"\s+", " ", text).strip(" ,;:-–·•|*")


def _is_label(text: str) -> bool:
    """Whether the whole text is the label of a value: "Due date"; or a date."""
    meanings, _ = field_phrases().find(text, fuzzy=False)
    return any(name in _LABELS for name, _ in meanings) or is_date(text)


def is_labelled(text: str) -> bool:
    """Whether the line begins with a word that names no party, or with any label and its colon."""
    return bool(_NOISE.match(text.strip()) or re.match(r"[^\W\d][\w .-]{1,30}\s?[:#]", text.strip()))
