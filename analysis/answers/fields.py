"""Values that a question asks for by their name: "When is the invoice of Brückner due?" is told by the field.

As strict as sums: a word that isn't understood makes it a question for the documents' text. Names of fields are the
labels of all document types, operators' own among them, and the words below.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from analysis import document_types
from analysis.answers.answer import Answer, Citation, Mode
from analysis.answers.computing import evaluating, grammar, reading, words
from analysis.answers.computing.reading import Found, Value
from analysis.answers.computing.request import Request
from analysis.models import Field
from analysis.search.filtering import DATES
from analysis.search.vendors import FIELDS as VENDORS

_WORDS: Mapping[str, tuple[str, ...]] = {
    "due_date": ("payment due", "due", "fälligkeitsdatum", "fälligkeit", "fällig", "zahlungsziel", "zahlbar bis"),
    "date": ("date of issue", "issued", "dated", "date", "rechnungsdatum", "ausgestellt", "datum"),
    "invoice_number": ("invoice no", "number", "rechnungsnummer", "nummer"),
    "iban": ("bank account", "account number", "bankverbindung", "kontonummer"),
    "vendor_tax_id": ("vat id", "vat number", "tax id", "tax number", "ust-idnr", "ust-id", "umsatzsteuer-id"),
    "address": ("address", "adresse", "anschrift"),
    "buyer": ("customer", "billed to", "addressed to", "käufer", "käuferin", "kunde", "kundin", "rechnungsempfänger"),
    "vendor": ("supplier", "seller", "lieferant", "verkäufer", "aussteller"),
    "insured": ("versicherte", "versicherter", "versicherungsnehmer", "policyholder", "policy holder"),
    "policy_number": ("policy no", "policennummer", "versicherungsnummer", "versicherungsscheinnummer"),
    "claim_number": ("claim no", "schadennummer"),
    **words.FIELDS,
}
_NUMBER = re.compile(r"[^\s,;?!()]*\d[^\s,;?!()]*")
# What may stand around the name of a field and adds nothing, beside what adds nothing to sums.
_IDLE = words.pattern(
    (
        "when", "who", "whom", "whose", "where", "must", "should", "be", "until", "does", "as", "on", "wann", "wer",
        "wem", "wo", "muss", "werden", "wird", "sein", "bis", "lautet", "vendor", "supplier", "company", "firma",
        "number", "no", "nr", "nummer", "lieferant", "lieferanten",
    )
)  # fmt: skip
_PARTED = ("taxes",)  # values of several parts
_MOST = 5  # values that are told
_SAID = {
    "en": {"unreviewed": "not reviewed yet", "more": "and {count} more"},
    "de": {"unreviewed": "noch nicht geprüft", "more": "und {count} weitere"},
}


def answer(question: str, *, documents: Sequence[UUID] = ()) -> Answer | None:
    """In the caller's scope, of `documents` alone if any are given; None if it asks for no field, or none has it."""
    request, named = _requested(question)
    if request is None:
        return None
    chosen = tuple(set(documents) & set(named)) if documents and named else named or tuple(documents)
    if named and not chosen:
        return None
    filters = replace(request.filters(), documents=chosen)
    results = evaluating.once(reading.results(request, filters))
    told = [(result, result.fields[request.field]) for result in results if request.field in result.fields]
    told.sort(key=lambda pair: max(pair[0].text([name]) for name in DATES), reverse=True)
    return _answer(_distinct(told), request) if told else None


def _requested(question: str) -> tuple[Request | None, tuple[UUID, ...]]:
    """The field and the filters, and which documents the question names by their number."""
    name, rest = _field(question)
    if not name:
        return None, ()
    kind, rest = grammar.take("kind", rest)
    numbers = {found.strip(".") for found in _NUMBER.findall(rest)}
    named = _numbered(numbers)
    for number in {number for number, _ in named}:
        rest = rest.replace(number, " ")
    filters = grammar.filters_of(kind, _IDLE.sub(" ", rest), None)
    if filters is None or not (filters.vendor or named):
        return None, ()
    request = Request(
        "maximum", name, (kind,) if kind else (), filters.vendor, filters.since, filters.until, filters.conditions,
        language=grammar.language_of(question),
    )  # fmt: skip
    return request, tuple(document for _, document in named)


def _field(question: str) -> tuple[str, str]:
    """The field whose name stands first, of several the longest; and the question without it."""
    found = [
        (match.start(), -len(match[0]), name, match.end())
        for name, phrases in _phrases().items()
        if (match := words.pattern(tuple(phrases)).search(question))
    ]
    if not found:
        return "", question
    start, _, name, end = min(found)
    return name, f"{question[:start]} {question[end:]}"


def _phrases() -> dict[str, set[str]]:
    phrases = {name: set(known) for name, known in _WORDS.items()}
    for document_type in document_types.all().values():
        for name, spec in document_type.fields.items():
            if spec.type not in _PARTED:
                phrases.setdefault(name, set()).add(spec.label.casefold())
    return phrases


def _numbered(numbers: Iterable[str]) -> set[tuple[str, UUID]]:
    """(number, document) of the documents that have one of these, in any case."""
    asked = {number.lower(): number for number in numbers}
    found = Field.objects.filter(number__in=asked).values_list("number", "result__document") if asked else ()
    return {(asked[number], document) for number, document in found if number}


def _distinct(told: Sequence[tuple[Found, Value]]) -> list[tuple[Found, Value]]:
    """Each value once, in the order of its first document: of one that was looked at, if there is such."""
    of_value: dict[str, tuple[Found, Value]] = {}
    for result, one in told:
        kept = of_value.setdefault(one.text, (result, one))
        if result.is_approved and not kept[0].is_approved:
            of_value[one.text] = (result, one)
    return list(of_value.values())


def _answer(told: Sequence[tuple[Found, Value]], request: Request) -> Answer:
    said, text, citations = _SAID[request.language], "", list[Citation]()
    for result, one in told[:_MOST]:
        value = one.raw or one.text
        begin = len(text) + bool(text)
        text = f"{text}\n{value}" if text else value
        citations.append(_citation(result, one, value, begin, len(text)))
        notes = [_called(result)] if len(told) > 1 else []
        notes += [] if result.is_approved else [said["unreviewed"]]
        text += f" ({', '.join(notes)})" if notes else ""
    if len(told) > _MOST:
        text += "\n" + said["more"].format(count=len(told) - _MOST)
    return Answer(Mode.EXTRACTIVE, text, citations)


def _called(result: Found) -> str:
    return " · ".join(filter(None, (result.text(VENDORS), result.filename)))


def _citation(result: Found, one: Value, value: str, start: int, end: int) -> Citation:
    boxes = [{"page": one.page, "box": one.box}] if one.page and one.box else []
    return Citation(result.document_id, result.filename, one.page or 1, boxes, value, start, end)
