"""Finds the invoice's XML: the file itself, or what is attached to a PDF."""

from contextlib import closing
from pathlib import Path

import pypdfium2 as pdfium

from analysis.einvoice.parsing import is_invoice

# What the standards call the attachment, in the order of trust: Factur-X and ZUGFeRD 2.1, ZUGFeRD 2.0 and 1, XRechnung.
STANDARD_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "order-x.xml")
MAX_ATTACHMENTS = 100


def find_xml(path: str | Path, media_type: str) -> bytes | None:
    """The e-invoice's XML in the file at `path`, or None if there is none.

    It runs native code on untrusted bytes: call it inside the sandbox. An attachment under a standard name is given
    back even if it is no invoice, so that `parse` can say what is wrong with it. A PDF that can't be opened has no XML
    here: the reader of its pages says why.
    """
    if media_type in ("application/xml", "text/xml"):
        return Path(path).read_bytes()
    return _attached(Path(path)) if media_type == "application/pdf" else None


def _attached(path: Path) -> bytes | None:
    try:
        pdf = pdfium.PdfDocument(path)
    except pdfium.PdfiumError:
        return None
    with closing(pdf):
        candidates = _candidates(pdf)
    invoices = [data for _, data in candidates if is_invoice(data)]
    named = [data for name, data in candidates if name in STANDARD_NAMES]
    return next(iter(invoices + named), None)


def _candidates(pdf: pdfium.PdfDocument) -> list[tuple[str, bytes]]:
    """(lower-case name, content) of the attached XML files, those with standard names first."""
    attachments = [pdf.get_attachment(i) for i in range(min(pdf.count_attachments(), MAX_ATTACHMENTS))]
    named = [(attachment.get_name().lower(), attachment) for attachment in attachments]
    files = [(name, bytes(attachment.get_data())) for name, attachment in named if name.endswith(".xml")]
    return sorted(files, key=lambda file: (*STANDARD_NAMES, file[0]).index(file[0]))
