"""The XML is found in the file itself or among a PDF's attachments."""

import pickle

import pytest
from fpdf import FPDF
from fpdf.encryption import AccessPermission

from analysis.einvoice.source import find_xml
from documents.samples import FOLDER
from tests.analysis.einvoice.documents import cii


@pytest.fixture
def pdf_with(tmp_path):
    def made(attachments, password=None):
        pdf = FPDF()
        pdf.add_page()
        if password:
            pdf.set_encryption(owner_password="owner", user_password=password, permissions=AccessPermission.all())
        for name, content in attachments.items():
            pdf.embed_file(bytes=content, basename=name)
        path = tmp_path / "made.pdf"
        pdf.output(path)
        return path

    return made


def test_attachment_of_the_sample_is_found():
    assert b"LP-2025-0417" in find_xml(FOLDER / "factur-x.pdf", "application/pdf")


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml"])
def test_xml_file_is_its_own_source(media_type):
    path = FOLDER / "ubl.xml"
    assert find_xml(path, media_type) == path.read_bytes()


def test_other_types_and_pdfs_without_attachments_have_none():
    assert find_xml(FOLDER / "receipt.jpg", "image/jpeg") is None
    assert find_xml(FOLDER / "invoice.pdf", "application/pdf") is None


def test_invoice_under_any_name_is_found_among_others(pdf_with):
    path = pdf_with({"timesheet.pdf": b"%PDF-", "additional.xml": b"<data/>", "re-2024.xml": cii("")})
    assert find_xml(path, "application/pdf") == cii("")


def test_standard_name_goes_before_other_invoices(pdf_with):
    standard = cii("", "<ram:ID>R2</ram:ID>")
    path = pdf_with({"another.xml": cii(""), "ZUGFeRD-invoice.xml": standard})
    assert find_xml(path, "application/pdf") == standard


def test_invoice_goes_before_a_standard_name_that_holds_none(pdf_with):
    path = pdf_with({"factur-x.xml": b"<broken", "another.xml": cii("")})
    assert find_xml(path, "application/pdf") == cii("")


def test_standard_name_is_given_back_even_if_broken_so_that_the_fault_is_told(pdf_with):
    assert find_xml(pdf_with({"xrechnung.xml": b"<broken"}), "application/pdf") == b"<broken"


def test_attachments_that_are_no_invoices_are_left_alone(pdf_with):
    assert find_xml(pdf_with({"additional.xml": b"<data/>"}), "application/pdf") is None


def test_pdfs_that_cannot_be_opened_have_none(pdf_with, tmp_path):
    assert find_xml(pdf_with({"factur-x.xml": cii("")}, password="secret"), "application/pdf") is None
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing")
    assert find_xml(broken, "application/pdf") is None


def test_the_function_travels_to_the_sandbox():
    assert pickle.loads(pickle.dumps(find_xml)) is find_xml
