"""What tells names, postal addresses and countries from other lines, in whatever country."""

import re
from functools import lru_cache

from babel import Locale

from analysis.rules.languages import LANGUAGES, WORDS, pattern_of, plain

_STREET = pattern_of(WORDS["street"])
# German and Dutch write the kind of street onto its name.
_STREET_ENDING = re.compile(
    r"\w{3,}(?:straße|strasse|str\.|weg|platz|allee|gasse|straat|laan|plein)(?!\w)", re.IGNORECASE
)
_POSTCODE = re.compile(
    r"""(?<![\w/.-])(?:
        (?:[A-Z]{1,3}\s?[-–]?\s?)?\d{5}(?:\s*,)?\s?\s?(?=[^\W\d_]{2})     # 12345 City, D-12345, 81100 JOHOR
      | \d{4}\s?[A-Z]{2}(?=[\s,]+[^\W\d_]{2})                          # 1012 AB Amsterdam
      | (?:[A-Z]{1,2}[-–]?)?\d{4}\s+(?=[A-ZÄÖÜ][a-zäöü]{2})            # 8001 Zürich
      | [A-Z]{2}\.?,?\s+\d{5}(?:-\d{4})?(?![\w])                       # WA 98109-5210
      | [A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}(?!\w)                        # M1 1AA
      | [A-Z]\d[\dW]\s?[A-Z\d]{4}(?!\w)                                # D02 XA00
      | [A-Z]\d[A-Z]\s?\d[A-Z]\d(?!\w)                                 # M5H 2N2
      | (?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT)\s+\d{4}(?!\w)                # Perth WA 6000
      | \d{5}(?=\s*[,.]|\s*$)
    )""",
    re.VERBOSE,
)
_NUMBERED_STREET = re.compile(r"\d{4,5}\s+[^\s,]+\s+(?P<rest>[^,]*)")
_BOX = re.compile(r"(?<!\w)(?:p\.?\s?o\.?\s?box|postfach|postbus|bp|apartado)\s*\d+", re.IGNORECASE)
_CONTACT = re.compile(
    r"@|www\.|https?:|(?<!\w)(?:te[l1i]|telefon|telephone|phone|fax|e-?mail|mobil|mobile|hp|fon|tél)(?!\w)|\+\d\d",
    re.IGNORECASE,
)


_ALSO_COUNTRIES = ("USA", "UK", "England", "Scotland", "Wales", "Northern Ireland", "Great Britain", "Holland")
_STRAY = re.compile(r"(?<=[^\W\d_]{3}[.,])\s?[^\W_]$")


def _company_pattern() -> re.Pattern[str]:
    """Legal forms and trades' words; short ones only as they are written, for KG is no kg."""
    suffixes = {form for word in WORDS["company"] for form in (word, word.upper())}
    ordered = sorted(suffixes, key=len, reverse=True)
    forms = [r"[.\s]*".join(map(re.escape, form.split())) for form in ordered]
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)")


_COMPANY = _company_pattern()


def has_company_form(text: str) -> bool:
    """Whether a legal form such as GmbH, Ltd or Sdn Bhd stands in the text."""
    return bool(_COMPANY.search(text))


def has_postcode(text: str) -> bool:
    """Whether a postcode with its town stands in the text."""
    return bool(_POSTCODE.search(text))


def has_town(text: str) -> bool:
    """Whether the text has a postcode that is no house number nor a box: "1600 Oak Avenue" has none."""
    text = _BOX.sub("", text)
    numbered = _NUMBERED_STREET.match(text)
    return has_postcode(text[numbered.start("rest") :] if numbered and has_street(numbered["rest"]) else text)


def has_street(text: str) -> bool:
    """Whether a word of streets or places stands in the text."""
    return bool(_STREET.search(text) or _STREET_ENDING.search(text))


def has_contact(text: str) -> bool:
    """Telephone, mail, web."""
    return bool(_CONTACT.search(text))


def without_stray(address: str) -> str:
    """Without the lone character of a frame or a drawing that OCR read behind its last word."""
    return _STRAY.sub("", address)


def is_country(text: str) -> bool:
    """Whether the text is a country's name, in one of the languages, or its code."""
    return plain(text) in _countries()


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    codes = {code: name for code, name in Locale("en").territories.items() if re.fullmatch("[A-Z]{2}", code)}
    names = {name for language in LANGUAGES for code, name in Locale(language).territories.items() if code in codes}
    return frozenset(plain(name) for name in {*codes, *names, *_ALSO_COUNTRIES})
