"""Icons, numbers, dates and Markdown for templates. Numbers and dates get the reader's locale in the browser."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

register = template.Library()

_ICONS = {
    "arrow": "M3 8h10M9 4l4 4-4 4",
    "camera": "M2 5h3l1-2h4l1 2h3v8H2zM8 11.2a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8",
    "check": "m3 8.6 3.4 3.7L13 4.2",
    "clock": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12M8 4.6V8l2.4 1.6",
    "code": "M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4",
    "copy": "M6 6h7.5v7.5H6zM10 3.5V2.5H2.5V10h1",
    "cross": "m4 4 8 8m0-8-8 8",
    "doubtful": "M8 2 1.6 13.4h12.8zM8 6.4v3.4M8 11.6v.2",
    "download": "M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11",
    "file": "M4 1.8h5.2L12.5 5v9.2H4zM9 2v3.2h3.3",
    "flat": "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M6.1 6.5v.3M9.9 6.5v.3M5.9 10h4.2",
    "frown": "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M6.1 6.5v.3M9.9 6.5v.3M5.7 10.7c1.2-1.6 3.4-1.6 4.6 0",
    "half": "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M8 5v3.4M8 10.8v.2",
    "likely": "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M5.4 8h5.2",
    "minus": "M3 8h10",
    "moon": "M13.2 9.7A5.8 5.8 0 0 1 6.3 2.8a5.8 5.8 0 1 0 6.9 6.9",
    "paste": "M5 3H3v11h10V3h-2M5.5 1.8h5v2.6h-5z",
    "person": "M8 7.6a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6M2.8 14c.3-3 2.3-4.6 5.2-4.6s4.9 1.6 5.2 4.6",
    "plus": "M3 8h10M8 3v10",
    "retry": "M13 8a5 5 0 1 1-1.6-3.7M13.4 1.8v3h-3",
    "search": "M7 11.6a4.6 4.6 0 1 0 0-9.2 4.6 4.6 0 0 0 0 9.2M10.4 10.4 14 14",
    "smile": "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M6.1 6.5v.3M9.9 6.5v.3M5.7 9.5c1.2 1.6 3.4 1.6 4.6 0",
    "sure": "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11m-2.5-5.4 1.9 2 3.2-4",
    "thumb": "M2 7h3v6.6H2zM5 7.2 7.6 2c1.2 0 1.9.8 1.7 2l-.4 2.4h3.5c1 0 1.6.8 1.4 1.7l-1 4.3q-.3 1.2-1.5 1.2H5",
    "upload": "M8 10.5v-8M4.8 5.6 8 2.4l3.2 3.2M2.5 13.5h11",
    "working": "M8 2v2.6M8 11.4V14M2 8h2.6M11.4 8H14m-10.2-4.2 1.8 1.8m4.8 4.8 1.8 1.8m0-8.4-1.8 1.8m-4.8 4.8-1.8 1.8",
}

_UNITS = {
    "C62": "pcs", "EA": "pcs", "H87": "pcs", "NAR": "pcs", "PCE": "pcs", "SET": "sets", "PR": "pairs",
    "HUR": "h", "MIN": "min", "SEC": "s", "DAY": "days", "WEE": "weeks", "MON": "months", "ANN": "years",
    "KGM": "kg", "GRM": "g", "TNE": "t", "MTR": "m", "CMT": "cm", "MMT": "mm", "KMT": "km", "MTK": "m²", "MTQ": "m³",
    "LTR": "l", "KWH": "kWh", "XPK": "packs", "XBX": "boxes", "LS": "flat rate",
}  # fmt: skip

# HTML in documents is shown as text, and an image would be fetched from somewhere else: neither is rendered.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_PAGE_MARK = re.compile(r"^<!-- page (\d+) -->$", re.MULTILINE)  # where a page begins in the Markdown of a document


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawn sign in the colour of its text; hidden from screen readers, for a word always stands beside it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6"'
        ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{}"/></svg>',
        _ICONS[name],
    )


@register.simple_tag
def amount(value: Any, currency: str = "") -> SafeString:
    """A decimal string as an amount of money (of a number, without a currency)."""
    if value in (None, ""):
        return SafeString("")
    text = f"{value} {currency}".strip()
    return format_html('<data class="amount" value="{}" data-currency="{}">{}</data>', value, currency or "", text)


@register.simple_tag
def day(value: str) -> SafeString:
    """An ISO date."""
    return format_html('<time datetime="{0}">{0}</time>', value) if value else SafeString("")


@register.simple_tag
def moment(value: datetime | None, style: str = "full") -> SafeString:
    """A point in time; `style` is full, short (today's without the date) or clock (with seconds)."""
    if value is None:
        return SafeString("")
    plain = f"{value:%Y-%m-%d %H:%M}"
    return format_html(
        '<time datetime="{}" data-moment="{}">{}</time>', value.isoformat(timespec="milliseconds"), style, plain
    )


@register.simple_tag
def page_image(document_id: UUID, number: int, width: int) -> str:
    """The address of a page's image, `width` pixels wide."""
    return f"/api/v1/documents/{document_id}/pages/{number}.png?width={width}"


@register.filter
def duration(value: timedelta | None) -> str:
    """340 ms, 2.4 s, 3 min 20 s."""
    if value is None:
        return ""
    seconds = value.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


@register.filter
def fours(value: str) -> str:
    """An IBAN as it is printed: in groups of four."""
    return " ".join(value[at : at + 4] for at in range(0, len(value), 4))


@register.filter
def unit(code: str) -> str:
    """A unit of measure for people; e-invoices give the codes of UN/ECE Recommendation 20."""
    return _UNITS.get(code, code)


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as HTML that can't run or fetch anything."""
    first, *rest = _PAGE_MARK.split(text)
    pages = [_markdown.render(first)]  # the renderer escapes what isn't Markdown
    for number, page in zip(rest[::2], rest[1::2], strict=True):
        pages += [f'<p class="page-mark">Page {number}</p>\n', _markdown.render(page)]
    return SafeString("".join(pages))
