"""The bundled samples are what their script makes, hold together and stay small."""

import io
import json
import zipfile
from contextlib import closing
from decimal import Decimal

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image
from stdnum import iban
from stdnum.at import uid
from stdnum.de import vat as de_vat
from stdnum.gb import vat as gb_vat
from stdnum.no import mva

from documents.samples import FOLDER, sample_files
from documents.samples.make import make

NAMES = ["factur-x.pdf", "invoice.pdf", "manual.docx", "receipt.jpg", "scan.pdf", "ubl.xml"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    make(folder)
    return folder


def truths():
    return [json.loads(path.with_suffix(".expected.json").read_text()) for path in sample_files()]


def text_of(path):
    with closing(pdfium.PdfDocument(path)) as pdf:
        return [page.get_textpage().get_text_range() for page in pdf]


def sheets_of(path):
    with closing(pdfium.PdfDocument(path)) as pdf:
        return [np.asarray(page.render(scale=0.5, grayscale=True).to_numpy(), float) for page in pdf]


def test_every_sample_has_its_truth_and_all_together_are_small():
    assert [path.name for path in sample_files()] == NAMES
    assert [truth["file"] for truth in truths()] == NAMES
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 600_000


def test_truths_and_xml_are_what_the_script_makes(made):
    for path in (*FOLDER.glob("*.json"), FOLDER / "ubl.xml"):
        assert path.read_bytes() == (made / path.name).read_bytes(), path.name


@pytest.mark.parametrize("name", ["factur-x.pdf", "invoice.pdf"])
def test_pages_say_what_the_script_makes(made, name):
    assert text_of(FOLDER / name) == text_of(made / name)


def test_manual_says_what_the_script_makes(made):
    kept, new = (zipfile.ZipFile(folder / "manual.docx") for folder in (FOLDER, made))
    assert kept.namelist() == new.namelist()
    assert kept.read("word/document.xml") == new.read("word/document.xml")


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"), float)


def test_photo_is_what_the_script_makes(made):
    kept, new = (pixels((folder / "receipt.jpg").read_bytes()) for folder in (FOLDER, made))
    assert np.abs(kept - new).mean() < 1


def test_scan_is_two_pages_of_nothing_but_images(made):
    assert text_of(FOLDER / "scan.pdf") == ["", ""]
    for kept, new in zip(sheets_of(FOLDER / "scan.pdf"), sheets_of(made / "scan.pdf"), strict=True):
        assert np.abs(kept - new).mean() < 1


def test_factur_x_attachment_is_declared_as_an_alternative():
    content = (FOLDER / "factur-x.pdf").read_bytes()
    assert b"/AFRelationship /Alternative" in content
    assert b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in content


@pytest.mark.parametrize("truth", [truth for truth in truths() if "total" in truth], ids=lambda truth: truth["id"])
def test_sums_balance(truth):
    number = {name: Decimal(str(truth[name])) for name in ("subtotal", "tax", "total")}
    lines = [Decimal(str(line["amount"])) for line in truth["line_items"]]
    discount = Decimal("400") if truth["id"] == "ubl" else 0
    assert sum(lines) - discount == number["subtotal"]
    assert number["subtotal"] + number["tax"] == number["total"]
    for line in truth["line_items"]:
        if "unit_price" in line:
            assert line["quantity"] * line["unit_price"] == pytest.approx(line["amount"])
    if "taxes" in truth:
        assert sum(Decimal(str(tax["tax"])) for tax in truth["taxes"]) == number["tax"]


def test_check_digits_are_right():
    given = {truth["id"]: truth for truth in truths() if "iban" in truth}
    assert all(iban.is_valid(truth["iban"]) for truth in given.values())
    checks = {"factur-x": de_vat, "invoice": gb_vat, "scan": uid, "ubl": mva}
    assert [name for name, check in checks.items() if not check.is_valid(given[name]["vendor_tax_id"])] == []


def test_printed_truth_stands_on_the_page():
    (page,) = text_of(FOLDER / "invoice.pdf")
    for printed in (
        "Harbour & Pine Studio Ltd",
        "18 Quayside Walk",
        "Bristol BS1 4RW",
        "12 May 2025",
        "£4,165.20",
        "694.20",
    ):
        assert printed in page
