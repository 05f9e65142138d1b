"""Makes the sample documents and what is expected of them: `python -m documents.samples.make [FOLDER]`."""

import json
import sys
from pathlib import Path
from typing import Any

from fpdf import FPDF

from documents.samples import FOLDER, invoice_xml, manual, paper
from documents.samples.content import ELECTRICIANS, FURNITURE, STATIONERY, STUDIO, Invoice
from documents.samples.letter import draw
from documents.samples.styles import BRUECKNER, HARBOUR, LINDENHOF


def make(folder: Path) -> None:
    """Writes all samples into `folder`; the same bytes each time."""
    _write(folder, "factur-x.pdf", _factur_x(STATIONERY), STATIONERY.expected(in_xml=True))
    _write(folder, "invoice.pdf", bytes(draw(STUDIO, HARBOUR).output()), STUDIO.expected(in_xml=False))
    _write(folder, "receipt.jpg", paper.receipt(), paper.expected_receipt())
    _write(folder, "scan.pdf", paper.scanned(draw(ELECTRICIANS, BRUECKNER)), ELECTRICIANS.expected(in_xml=False))
    _write(folder, "ubl.xml", invoice_xml.ubl(FURNITURE), FURNITURE.expected(in_xml=True))
    _write(folder, "manual.docx", manual.manual(), manual.expected())


def _write(folder: Path, name: str, content: bytes, expected: dict[str, Any]) -> None:
    (folder / name).write_bytes(content)
    truth = {"id": Path(name).stem, "file": name, "source": "made for this project", **expected}
    text = json.dumps(truth, ensure_ascii=False, indent=1)
    (folder / f"{Path(name).stem}.expected.json").write_text(text + "\n", encoding="utf-8")


def _factur_x(invoice: Invoice) -> bytes:
    pdf = draw(invoice, LINDENHOF)
    _embed(pdf, invoice_xml.cii(invoice))
    return bytes(pdf.output())


def _embed(pdf: FPDF, cii: bytes) -> None:
    pdf.embed_file(
        bytes=cii,
        basename="factur-x.xml",
        desc="Factur-X invoice",
        mime_type="text/xml",
        modification_date=pdf.creation_date,
        associated_file_relationship="Alternative",
        compress=True,
    )
    pdf.set_xmp_metadata(_XMP)


_XMP = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
</rdf:Description></rdf:RDF>"""

if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
