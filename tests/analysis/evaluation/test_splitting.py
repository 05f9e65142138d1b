"""Measuring splitting on a folder of PDFs."""

import json
from io import StringIO

import fpdf
from django.core.management import call_command

LINES = ["{vendor}", "Invoice number: {number}", "Invoice date: 2026-03-01", "Total EUR 11.00"]


def written(folder, id, *, vendor, number, terms=False):
    document = fpdf.FPDF(unit="pt")
    document.set_font("Helvetica", size=11)
    document.add_page()
    for line in LINES:
        document.cell(text=line.format(vendor=vendor, number=number), new_x="LMARGIN", new_y="NEXT")
    if terms:
        document.add_page()
        document.cell(text="All goods remain ours until they are paid.")
    document.output(str(folder / f"{id}.pdf"))
    truth = {"id": id, "issuer_group": vendor, "invoice_number": number}
    (folder / f"{id}.json").write_text(json.dumps(truth))


def folder(tmp_path):
    written(tmp_path, "x_1", vendor="Hook Ltd", number="A-100", terms=True)
    written(tmp_path, "x_2", vendor="Hook Ltd", number="A-101")
    written(tmp_path, "x_3", vendor="Hook Ltd", number="A-101")  # never put behind its copy
    return str(tmp_path)


def test_files_of_two_invoices_and_whole_documents(tmp_path):
    output = StringIO()
    call_command("evaluate", "splitting", folder(tmp_path), "--json", stdout=output)
    report = json.loads(output.getvalue())
    assert sum(report["joined"].values()) == sum(report["right"].values()) == 1
    assert (report["whole"], report["torn"]) == (1, [])


def test_whole_documents_alone_for_people(tmp_path):
    output = StringIO()
    call_command("evaluate", "splitting", folder(tmp_path), "--whole", stdout=output)
    assert "0 of 0 files of two invoices" in output.getvalue()
    assert "0 of 1 documents of several pages" in output.getvalue()
