"""Text in its encodings, and XML without its dangers."""

import pytest

from analysis.reading import plain
from documents.errors import InvalidInput

GREETING = "Grüße, 5 €\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes(GREETING.encode(encoding))
    page = plain.read_text(str(tmp_path / "a.txt"))
    assert (page.number, page.source, page.markdown) == (1, "markup", GREETING)


def read_xml(tmp_path, text):
    (tmp_path / "a.xml").write_text(text)
    return plain.read_xml(str(tmp_path / "a.xml"))


def test_values_of_xml(tmp_path):
    page = read_xml(
        tmp_path,
        '<i:a xmlns:i="u:r"><!--no--><i:ID> 7 </i:ID><b/><c>x<d>5.00</d></c><e mimeCode="text/csv">AAAA</e></i:a>',
    )
    assert page.markdown == "ID: 7\nd: 5.00\n"
    assert page.source == "markup"


def test_entities_are_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    page = read_xml(tmp_path, f'<!DOCTYPE a [<!ENTITY s SYSTEM "file://{tmp_path}/secret">]><a><b>&s;</b><c>1</c></a>')
    assert "secret" not in page.markdown


@pytest.mark.parametrize("text", ["<a><b></a>", "", "<a>" * 300 + "</a>" * 300])
def test_broken_xml(tmp_path, text):
    with pytest.raises(InvalidInput, match="malformed_xml"):
        read_xml(tmp_path, text)
