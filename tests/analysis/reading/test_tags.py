"""Headings and artifacts as a PDF's own structure names them."""

import re

import fpdf
import pytest

from analysis.reading import pdf, typography
from analysis.reading.tags import MAX_DEPTH

PROSE = [
    f"All {count} pumps are looked at once a day by the engineer on watch, who writes it down." for count in range(9)
]


def raw_pdf(contents, elements, roles="", letters=""):
    """One page whose structure has `elements`: (type, marked content) each; all in Helvetica of 10 points."""
    tagged = [f"<< /Type /StructElem /S /{name} /P 5 0 R /Pg 3 0 R /K {content} >>" for name, content in elements]
    kids = " ".join(f"{8 + n} 0 R" for n in range(len(tagged)))
    stream = f"BT /F1 10 Tf 12 TL 40 700 Td {contents} ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 5 0 R /MarkInfo << /Marked true >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /StructParents 0"
        " /Resources << /Font << /F1 7 0 R >> >> >>",
        f"<< /Length {len(stream)} >> stream\n{stream}\nendstream",
        f"<< /Type /StructTreeRoot /K [{kids}] /ParentTree 6 0 R /RoleMap << {roles} >> >>",
        f"<< /Nums [0 [{kids}]] >>",
        f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica {letters} >>",
        *tagged,
    ]
    body, places = "%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj {text} endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return f"{body}{head}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"


def marked(lines):
    """Lines of text, each a marked content of its own, counted from 0; `None` as its name makes an artifact."""
    parts = []
    for number, line in enumerate(lines):
        begin = "/Artifact BMC" if line.startswith("~") else f"/P << /MCID {number} >> BDC"
        parts.append(f"{begin} ({line.strip('~')}) Tj T* T* EMC")
    return " ".join(parts)


def made(tmp_path, lines, names, roles=""):
    """`names` has the type of the element of each line."""
    path = tmp_path / "tagged.pdf"
    path.write_text(raw_pdf(marked(lines), [(name, n) for n, name in enumerate(names)], roles), "latin-1")
    return str(path)


def headings(path):
    markdown = pdf.read(path, 1, typography.sample(path)).markdown
    return [line for line in markdown.splitlines() if line.startswith("#")]


@pytest.mark.parametrize(("name", "mark"), [("H1", "#"), ("H2", "##"), ("H5", "#####"), ("Title", "#"), ("H", "##")])
def test_what_is_tagged_as_a_heading_is_one_though_set_as_the_text_is(tmp_path, name, mark):
    lines = ["care of pumps, and their repair", *PROSE]
    assert headings(made(tmp_path, lines, ["P"] * 10)) == []
    assert headings(made(tmp_path, lines, [name] + ["P"] * 9)) == [f"{mark} care of pumps, and their repair"]


def test_types_of_the_authors_own_are_looked_up(tmp_path):
    path = made(tmp_path, ["care of pumps", *PROSE], ["Kopf"] + ["P"] * 9, "/Kopf /H3")
    assert headings(path) == ["### care of pumps"]


def test_an_artifact_is_no_heading_where_headings_are_tagged(tmp_path):
    lines = ["~2.1 The pump company~", PROSE[0], "2.2 Bilge pumps of all kinds and sizes", *PROSE]
    both = ["## 2.1 The pump company", "## 2.2 Bilge pumps of all kinds and sizes"]
    assert headings(made(tmp_path, lines, ["P"] * 12)) == both
    assert headings(made(tmp_path, lines, ["P", "P", "H2", *["P"] * 9])) == both[1:]


def test_a_tree_that_goes_round_in_circles_ends(tmp_path):
    path = tmp_path / "round.pdf"
    text = raw_pdf(marked(["a pump", *PROSE]), [("Sect", "[8 0 R 0]")] + [("P", n) for n in range(1, 10)])
    path.write_text(text, "latin-1")
    assert "a pump" in pdf.read(str(path), 1).markdown
    assert MAX_DEPTH < 100


def lettered(tmp_path, code, letters):
    """A page with the text of `code`, whose letters mean what `letters` says: lines of a ToUnicode map."""
    stream = (
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange"
        f" {len(letters.split()) // 2} beginbfchar {letters} endbfchar endcmap end"
    )
    text = raw_pdf(marked([code]), [("P", 0), ("P", 0), ("P", 0)], letters="/ToUnicode 11 0 R")
    cmap = f"11 0 obj << /Length {len(stream)} >> stream\n{stream}\nendstream endobj\n"
    path = tmp_path / "letters.pdf"
    path.write_text(text.split("xref\n")[0] + cmap + "trailer << /Root 1 0 R /Size 12 >>\n%%EOF\n", "latin-1")
    return str(path)


def test_arabic_ligatures_have_their_letters_in_order(tmp_path):
    """One glyph that stands for lam and alef, between two others: pdfium gives the line turned, and so the glyph."""
    # on the page from left to right: ye, lam-alef, alef, kaf
    path = lettered(tmp_path, "ABCD", "<41> <06CC> <42> <06440627> <43> <0627> <44> <06A9>")
    assert [word.text for word in pdf.read(path, 1).words] == ["\u06a9\u0627\u0644\u0627\u06cc"]


@pytest.mark.parametrize("sign", ["D83DDE00", "0000"])
def test_signs_that_no_database_keeps_are_left_out(tmp_path, sign):
    """Of a picture of a face pdfium gives half a sign; some fonts say that a letter is none at all."""
    path = lettered(tmp_path, "ABCD EF", f"<41> <0041> <42> <0042> <43> <{sign}> <44> <0044> <45> <0045> <46> <0046>")
    words = [word.text for word in pdf.read(path, 1).words]
    assert not re.search("[\0\ud800-\udfff]", "".join(words))
    assert "AB" in words[0]


def test_text_that_is_drawn_twice_is_read_once(tmp_path):
    document = fpdf.FPDF(unit="pt", format=(400, 200))
    document.add_page()
    document.set_font("helvetica", size=12)
    for shift in (0, 0.3):
        document.text(50 + shift, 50, "ENFORCED")
    document.text(150, 50, "ENFORCED")
    document.output(path := str(tmp_path / "twice.pdf"))
    assert [word.text for word in pdf.read(path, 1).words] == ["ENFORCED", "ENFORCED"]
