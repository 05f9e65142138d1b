"""Writes the sample manual as DOCX."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

from docx import Document

TITLE, VERSION, DATE = "Kestrel K2 Espresso Machine", "1.4", "2025-02-10"

_SECTIONS: dict[str, list[str]] = {
    "Before you start": [
        "Place the machine on a dry, level surface, at least 10 cm from the wall. Fill the tank with fresh, cold water "
        "up to the MAX mark; never run the pump with an empty tank.",
        "Switch the machine on. The lamp blinks while it heats up and stays lit at 93 °C, after about four minutes.",
    ],
    "Making an espresso": [
        "1. Grind 18 g of coffee into the filter and tamp it level.",
        "2. Lock the filter holder in and place a warm cup under it.",
        "3. Press the cup button. A double espresso of 36 g should take 25 to 30 seconds.",
        "4. If it runs faster, grind finer; if it runs slower, grind coarser.",
    ],
}
_CARE = [
    ("Interval", "What to do", "Part"),
    ("Daily", "Rinse the filter holder, wipe the steam wand", "-"),
    ("Weekly", "Clean the shower screen with the brush", "K2-014"),
    ("Every 2 months", "Descale with citric acid, 20 g per litre", "K2-031"),
    ("Yearly", "Replace the group gasket", "K2-022"),
]
_FAULTS = {
    "The lamp blinks red": "The tank is empty or not seated. Fill it, push it back and switch the machine on again.",
    "No steam": "The nozzle is blocked. Let the machine cool down and clear the nozzle with the needle supplied.",
}


def manual() -> bytes:
    """The manual's DOCX, the same bytes each time."""
    document = Document()
    document.add_heading(TITLE, 0)
    document.add_paragraph(f"User manual · Version {VERSION} · 10 February 2025")
    for heading, paragraphs in _SECTIONS.items():
        document.add_heading(heading, 1)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    _add_care(document)
    document.add_heading("Troubleshooting", 1)
    for fault, cure in _FAULTS.items():
        document.add_heading(fault, 2)
        document.add_paragraph(cure)
    return _saved(document)


def _add_care(document: Any) -> None:
    document.add_heading("Care", 1)
    table = document.add_table(rows=0, cols=3, style="Light Grid Accent 1")
    for row in _CARE:
        for cell, words in zip(table.add_row().cells, row, strict=True):
            cell.text = words


def _saved(document: Any) -> bytes:
    properties = document.core_properties
    properties.title, properties.author, properties.comments = TITLE, "Kestrel Works", ""
    properties.created = properties.modified = datetime(2025, 2, 10, 9, tzinfo=UTC)
    out = io.BytesIO()
    document.save(out)
    return _repacked(out)


def _repacked(file: io.BytesIO) -> bytes:
    """The archive with a fixed time for each part."""
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (2025, 2, 10, 9, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def expected() -> dict[str, Any]:
    """The ground truth, in the form that the evaluation reads."""
    fields = {"title": TITLE, "version": VERSION, "date": DATE}
    return {"doc_type": "other", **fields, "fields_given": []}  # no document type asks for these fields yet
