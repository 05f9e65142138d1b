"""What a reader could search for and ask, told by what their own documents hold."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from analysis.models import Field, Result
from documents.models import Document

_LATEST = 200  # results that are looked at: their vendors are those a reader has in mind
_VENDORS = 12
_PLURALS = {"invoice": "invoices", "receipt": "receipts"}


@dataclass(frozen=True, slots=True)
class Known:
    """Vendors, the commonest first, the kind and date of one document of the first of them, and a title."""

    vendors: list[str]
    kind: str = ""
    day: date | None = None
    title: str = ""


def known(document: Document | None = None) -> Known:
    """Of the latest results of the scope, or of one document."""
    results = Result.objects.filter(document=document) if document else Result.objects.all()
    latest = dict(results.order_by("-created_at").values_list("id", "document_type")[: 1 if document else _LATEST])
    found = list(
        Field.objects.filter(result__in=latest, name__in=("vendor", "insurer", "title", "date")).values_list(
            "result_id", "name", "value"
        )
    )
    # A title is that of a manual; what invoices have for one is the word itself.
    titled = [value for of, name, value in found if name == "title" and latest[of] not in _PLURALS]
    title = next(filter(_is_short, titled), "")
    counts = Counter(value for _, name, value in found if name in ("vendor", "insurer") and _is_short(value))
    vendors = [vendor for vendor, _ in counts.most_common(_VENDORS)]
    if not vendors:
        return Known([], title=title)
    sample = next(of for of, name, value in found if name in ("vendor", "insurer") and value == vendors[0])
    day = next((_day(value) for of, name, value in found if of == sample and name == "date"), None)
    return Known(vendors, latest[sample], day, title)


def searches(found: Known) -> list[str]:
    """Questions for the search, each showing something else that it understands."""
    examples = []
    if found.vendors:
        kind, vendor = _PLURALS.get(found.kind, "documents"), found.vendors[0]
        examples.append(f"{kind} of {vendor}" if kind != "documents" else vendor)
        if found.day and found.kind in _PLURALS:
            examples += [f"{kind} from {found.day:%B %Y}", f"{kind} of {vendor} over 100"]
    return [*examples, *filter(None, [found.title])][:4]


def questions(found: Known) -> list[str]:
    """Questions with an answer in the documents: one to quote, others to compute."""
    examples = []
    if found.vendors and found.kind in _PLURALS:
        kind, vendor = _PLURALS[found.kind], found.vendors[0]
        examples += [f"What is the total of the {kind} of {vendor}?", f"How many {kind} are there from {vendor}?"]
        if found.day:
            examples.append(f"How much VAT is in the {kind} of {found.day:%Y}?")
    if found.title:
        examples.append(f"What does “{found.title}” say about safety?")
    return examples[:4]


def _is_short(value: object) -> bool:
    return isinstance(value, str) and 2 < len(value) <= 60 and "\n" not in value


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
