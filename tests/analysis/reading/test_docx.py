"""DOCX as Markdown, on small files made by hand and by python-docx."""

import zipfile

import docx as python_docx
import pytest

from analysis.reading import docx
from documents.errors import InvalidInput, TooLarge

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"


def made(tmp_path, body, namespace=W, **parts):
    """A DOCX with that body; parts are named like `styles` or `header1`."""
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>')
        for name, inner in parts.items():
            archive.writestr(f"word/{name}.xml", f'<w:part xmlns:w="{namespace}">{inner}</w:part>')
    return str(path)


def p(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def style(identity, name, based_on="", properties=""):
    return (
        f'<w:style w:styleId="{identity}"><w:name w:val="{name}"/><w:basedOn w:val="{based_on}"/>'
        f"<w:pPr>{properties}</w:pPr></w:style>"
    )


def cell(text, properties=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def markdown(path):
    page = docx.read(path)
    assert (page.number, page.source, page.words) == (1, "markup", ())
    return page.markdown


def test_what_python_docx_writes(tmp_path):
    document = python_docx.Document()
    document.add_heading("Manual", 0)
    document.add_heading("Safety", 1)
    document.add_paragraph("Wear gloves.")
    document.add_paragraph("first", style="List Bullet")
    document.add_paragraph("second", style="List Number")
    table = document.add_table(2, 2)
    for n, text in enumerate(["Part", "Price", "A|B", "2.00"]):
        table.cell(n // 2, n % 2).text = text
    document.add_paragraph("The end.")
    document.sections[0].header.paragraphs[0].text = "ACME"
    document.sections[0].footer.paragraphs[0].text = "Page"
    document.save(tmp_path / "a.docx")
    assert markdown(str(tmp_path / "a.docx")) == (
        "ACME\n\n# Manual\n\n# Safety\n\nWear gloves.\n\n- first\n- second\n\n"
        "| Part | Price |\n| --- | --- |\n| A\\|B | 2.00 |\n\nThe end.\n\nPage\n"
    )


def test_strict_documents(tmp_path):
    assert markdown(made(tmp_path, p("Hello"), STRICT)) == "Hello\n"


def test_headings_by_style_inheritance_and_outline_level(tmp_path):
    styles = (
        style("H2", "heading 2")
        + style("Mine", "My heading", "H2")
        + style("Level", "Chapter", properties='<w:outlineLvl w:val="2"/>')
        + style("Body", "Body", properties='<w:outlineLvl w:val="9"/>')
        + style("Loop", "Loop", "Loop")
        + "<w:latentStyles/>"
    )
    body = (
        p("two", '<w:pStyle w:val="Mine"/>')
        + p("three", '<w:pStyle w:val="Level"/>')
        + p("four", '<w:outlineLvl w:val="3"/>')
        + p("plain", '<w:pStyle w:val="Mine"/><w:outlineLvl w:val="9"/>')
        + p("body", '<w:pStyle w:val="Body"/>')
        + p("loop", '<w:pStyle w:val="Loop"/>')
        + p("unknown", '<w:pStyle w:val="Heading5"/>')
    )
    expected = "## two\n\n### three\n\n#### four\n\nplain\n\nbody\n\nloop\n\n##### unknown\n"
    assert markdown(made(tmp_path, body, styles=styles)) == expected


def test_lists_of_several_levels(tmp_path):
    def item(text, level, number="1"):
        return p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')

    body = item("one", 0) + item("one a", 1) + item("odd", "x") + item("none", 0, "0")
    assert markdown(made(tmp_path, body)) == "- one\n  - one a\n- odd\n\nnone\n"


WIDE, MERGED = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>'


def test_merged_cells_are_filled_once(tmp_path):
    rows = (
        f"<w:tr>{cell('wide', WIDE)}{cell('c')}</w:tr>"
        f"<w:tr>{cell('tall', MERGED)}{cell('1')}{cell('2')}</w:tr>"
        f"<w:tr>{cell('gone', '<w:vMerge/>')}<w:sdt><w:sdtContent>{cell('3')}</w:sdtContent></w:sdt></w:tr>"
        f"<w:tr>{cell('')}</w:tr>"
    )
    expected = "| wide |  | c |\n| --- | --- | --- |\n| tall | 1 | 2 |\n|  | 3 |  |\n"
    assert markdown(made(tmp_path, f"<w:tbl>{rows}</w:tbl><w:tbl/>")) == expected


def test_a_table_of_one_cell_is_a_frame(tmp_path):
    inner = f"<w:tbl><w:tr>{cell('in')}{cell('ner')}</w:tr></w:tbl>"
    path = made(tmp_path, f"<w:tbl><w:tr><w:tc>{p('out')}{inner}</w:tc></w:tr></w:tbl>")
    assert markdown(path) == "out\n\n| in | ner |\n| --- | --- |\n"


def test_nested_tables_become_text(tmp_path):
    inner = f"<w:tbl><w:tr>{cell('in')}{cell('ner')}</w:tr></w:tbl>"
    assert (
        markdown(made(tmp_path, f"<w:tbl><w:tr><w:tc>{p('out')}{inner}</w:tc>{cell('side')}</w:tr></w:tbl>"))
        == "| out in ner | side |\n| --- | --- |\n"
    )


def test_what_is_seen_and_what_is_not(tmp_path):
    body = (
        "<w:sdt><w:sdtContent>" + p("control") + "</w:sdtContent></w:sdt>"
        "<w:p><w:hyperlink><w:r><w:t>link</w:t><w:tab/><w:t>x</w:t><w:noBreakHyphen/><w:t>ray</w:t></w:r></w:hyperlink>"
        "<w:ins><w:r><w:t> new</w:t></w:r></w:ins><w:del><w:r><w:t>old</w:t></w:r></w:del>"
        "<w:r><w:br/><w:t>below</w:t></w:r></w:p>"
        "<w:p><w:r><w:Choice><w:txbxContent>"
        + p("box")
        + "</w:txbxContent></w:Choice><w:Fallback>"
        + p("box")
        + "</w:Fallback></w:r></w:p>"
        "<w:sectPr/>"
    )
    assert markdown(made(tmp_path, body)) == "control\n\nlink\tx-ray new\nbelow\n\nbox\n"


def test_headers_are_told_once(tmp_path):
    parts = {"header1": p("ACME"), "header2": p("ACME"), "header3": p("Page one"), "footer1": p(" ")}
    assert markdown(made(tmp_path, p("Hello"), **parts)) == "ACME\n\nPage one\n\nHello\n"


BILLION = '<!DOCTYPE d [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
) + "]>"  # fmt: skip


def raw(tmp_path, document):
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", document)
    return str(tmp_path / "a.docx")


@pytest.mark.parametrize("document", ["<broken", f'<w:document xmlns:w="{W}"/>', ""])
def test_damage(tmp_path, document):
    with pytest.raises(InvalidInput, match="malformed_docx"):
        docx.read(raw(tmp_path, document))


def test_entities_do_not_multiply(tmp_path):
    bomb = BILLION + f'<w:document xmlns:w="{W}"><w:body>{p("&j;")}{p("end")}</w:body></w:document>'
    with pytest.raises(InvalidInput, match="malformed_docx"):
        docx.read(raw(tmp_path, bomb))


def test_no_archive_and_no_document(tmp_path):
    (tmp_path / "a.docx").write_bytes(b"PK\x03\x04")
    with pytest.raises(InvalidInput, match="malformed_docx"):
        docx.read(str(tmp_path / "a.docx"))
    zipfile.ZipFile(tmp_path / "b.docx", "w").close()
    with pytest.raises(InvalidInput, match="malformed_docx"):
        docx.read(str(tmp_path / "b.docx"))


def test_parts_too_large_are_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(docx, "MAX_PART_BYTES", 10_000)
    with pytest.raises(TooLarge, match="zip_too_large"):
        docx.read(made(tmp_path, " " * 20_000))


def level(depth, form, pattern, start=1):
    says = f'<w:start w:val="{start}"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{pattern}"/>'
    return f'<w:lvl w:ilvl="{depth}">{says}</w:lvl>'


def lists(*levels):
    return (
        f'<w:abstractNum w:abstractNumId="7">{"".join(levels)}</w:abstractNum>'
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'
    )


def numbered(depth, number_id="3"):
    return f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number_id}"/></w:numPr>'


def headings_of(tmp_path, numbering, *paragraphs, styles=""):
    body = "".join(p(text, f"{properties}<w:outlineLvl w:val='0'/>") for text, properties in paragraphs)
    path = made(tmp_path, body, numbering=numbering, styles=styles)
    return [line.lstrip("# ") for line in markdown(path).splitlines() if line]


def test_headings_have_the_numbers_that_word_makes(tmp_path):
    numbering = lists(level(0, "decimal", "%1."), level(1, "decimal", "%1.%2"), level(2, "lowerLetter", "(%3)"))
    found = headings_of(
        tmp_path, numbering, ("Scope", numbered(0)), ("Pumps", numbered(0)), ("Bilge", numbered(1)),
        ("Fire", numbered(1)), ("Hoses", numbered(2)), ("Valves", numbered(0)), ("Gate", numbered(1)), ("End", ""),
    )  # fmt: skip
    assert found == ["1. Scope", "2. Pumps", "2.1 Bilge", "2.2 Fire", "(a) Hoses", "3. Valves", "3.1 Gate", "End"]


def test_numbers_of_a_style_come_with_its_children(tmp_path):
    styles = style("H1", "heading 1", "", numbered(0)) + style("Own", "own", "H1")
    path = made(
        tmp_path,
        p("Scope", '<w:pStyle w:val="H1"/>') + p("Pumps", '<w:pStyle w:val="Own"/>'),
        styles=styles,
        numbering=lists(level(0, "upperRoman", "%1", start=4)),
    )
    assert markdown(path) == "# IV Scope\n\n# V Pumps\n"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("bullet", "Scope"),
        ("none", "Scope"),
        ("lowerRoman", "ii Scope"),
        ("decimalZero", "02 Scope"),
        ("upperLetter", "B Scope"),
    ],
)
def test_forms_of_numbers(tmp_path, form, expected):
    assert headings_of(tmp_path, lists(level(0, form, "%1", start=2)), ("Scope", numbered(0))) == [expected]


def test_unknown_lists_and_those_switched_off_have_no_numbers(tmp_path):
    numbering = lists(level(0, "decimal", "%1"))
    given = [("Scope", numbered(0, "0")), ("Pumps", numbered(0, "99")), ("Gates", numbered(5))]
    assert headings_of(tmp_path, numbering, *given) == ["Scope", "Pumps", "Gates"]
