"""The pages on which documents are searched and asked; what they show is fetched from the API by their scripts."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from analysis import document_types
from analysis.presenting import examples, rows
from documents.models import Document, Page

_MOST_PLACES = 200


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Where the words of all documents are found."""
    known = examples.known()
    context = {
        "kinds": [(name, kind.label) for name, kind in document_types.all().items()],
        "vendors": known.vendors,
        "examples": examples.searches(known),
        "any_documents": Document.objects.exists(),
    }
    return render(request, "search/search.html", context)


@login_required
@require_GET
def ask(request: HttpRequest, document_id: UUID | None = None) -> HttpResponse:
    """Where documents are asked: all of them, or one."""
    about = get_object_or_404(Document.objects.defer("markdown"), pk=document_id) if document_id else None
    context = {
        "about": about,
        "examples": examples.questions(examples.known(about)),
        "any_documents": about is not None or Document.objects.exists(),
    }
    return render(request, "ask/ask.html", context)


@login_required
@require_GET
def places(request: HttpRequest) -> JsonResponse:
    """What is to be known of pages to show them: `place=<document>:<page>`, as often as needed; others' are left out.

    {documents: {id: {title, filename, kind, date, total, currency, drawn, pages: {number: [width, height]}}}}
    """
    asked = _asked(request.GET.getlist("place")[:_MOST_PLACES])
    found = rows.of_documents(Document.objects.defer("markdown").filter(pk__in=asked))
    sizes = _sizes(asked)
    return JsonResponse({"documents": {str(row.document.id): _described(row, sizes[row.document.id]) for row in found}})


def _asked(places: Iterable[str]) -> dict[UUID, set[int]]:
    """Numbers of pages by document; what isn't a place is passed over."""
    asked: dict[UUID, set[int]] = defaultdict(set)
    for place in places:
        document_id, _, number = place.partition(":")
        try:
            key, page = UUID(document_id), int(number)
        except ValueError:
            continue
        asked[key].add(min(page, 2**31 - 1))
    return asked


def _sizes(asked: dict[UUID, set[int]]) -> dict[UUID, dict[str, list[float]]]:
    """Width and height of pages that have an image, in the unit of their boxes."""
    wanted = Q(pk__in=())
    for document_id, numbers in asked.items():
        wanted |= Q(document=document_id, number__in=numbers)
    sizes: dict[UUID, dict[str, list[float]]] = defaultdict(dict)
    for page in Page.objects.filter(wanted, width__gt=0, height__gt=0).only("document_id", "number", "width", "height"):
        sizes[page.document_id][str(page.number)] = [page.width, page.height]
    return sizes


def _described(row: rows.Row, sizes: dict[str, list[float]]) -> dict[str, Any]:
    kind = document_types.all().get(row.result.document_type) if row.result else None
    return {
        "title": row.vendor or row.document.filename,
        "filename": row.document.filename,
        "kind": kind.label if kind else "",
        "date": row.date,
        "total": row.total,
        "currency": row.currency,
        "drawn": row.has_image,
        "pages": sizes,
    }
