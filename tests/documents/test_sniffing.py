"""Types by content, disguises, and names made safe."""

import io
import struct
import zipfile
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from documents import sniffing
from documents.errors import InvalidInput, TooLarge, UnsupportedType

UBL = b'<?xml version="1.0"?><!-- x --><i:Invoice xmlns:i="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><a/>'
CREDIT_NOTE = b'<CreditNote xmlns="urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"/>'
CII = b'<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100">'
ZUGFERD_1 = b'<r:CrossIndustryDocument xmlns:r="urn:ferd:CrossIndustryDocument:invoice:1p0">'


def image(kind, size=(8, 8), mode="RGB"):
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind)
    return file.getvalue()


def archive(*names, size=10):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, b"x" * size)
    return file.getvalue()


def png_of(width, height):
    """A PNG that claims a size without holding its pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (header, b"IDAT")
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def sniff(content, name):
    file = io.BytesIO(content)
    file.seek(min(3, len(content)))
    try:
        return sniffing.sniff(file, name)
    finally:
        assert not content or file.tell() == 0


def named(value):
    """Not by content: archives hold the time of day, and all processes must agree on the names of tests."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else None


DOCX_FILE = archive("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (b"%PDF-1.7\n...", "a.pdf", sniffing.PDF),
        (b"junk before\n%PDF-1.4\n", "a.PDF", sniffing.PDF),
        (b"%PDF-1.7\n...", "no ending", sniffing.PDF),
        (b"%PDF-1.7\n...", "report.bin", sniffing.PDF),
        (image("PNG"), "a.png", sniffing.PNG),
        (image("JPEG"), "a.jpeg", sniffing.JPEG),
        (image("PNG"), "a.jpg", sniffing.PNG),
        (image("TIFF"), "a.tif", sniffing.TIFF),
        (image("WEBP"), "a.webp", sniffing.WEBP),
        (DOCX_FILE, "a.docx", sniffing.DOCX),
        (UBL, "a.xml", sniffing.XML),
        (CREDIT_NOTE, "a.xml", sniffing.XML),
        (CII, "a.xml", sniffing.XML),
        (ZUGFERD_1, "a.xml", sniffing.XML),
        (b"\xef\xbb\xbf" + UBL, "a.xml", sniffing.XML),
        (UBL.decode().replace("1.0", "1.0").encode("utf-16"), "a.xml", sniffing.XML),
        (UBL, "a", sniffing.XML),
        (UBL, "a.txt", sniffing.XML),
        (b"Hello", "a.txt", sniffing.TEXT),
        (b"Hello", "README", sniffing.TEXT),
        (b"# Hello", "a.md", sniffing.MARKDOWN),
        (b"<b>Hello</b>", "a.md", sniffing.MARKDOWN),
        (b"<note>Hello</note>", "a.txt", sniffing.TEXT),
        ("Grüße €".encode(), "a.txt", sniffing.TEXT),
        ("Grüße €".encode("cp1252"), "a.txt", sniffing.TEXT),
        ("Grüße €".encode("utf-16"), "a.txt", sniffing.TEXT),
        (("ä" * 2**20).encode(), "a.txt", sniffing.TEXT),
    ],
    ids=named,
)
def test_what_is_read(content, name, media_type):
    assert sniff(content, name) == media_type
    assert media_type in sniffing.SUPPORTED


@pytest.mark.parametrize(
    ("content", "name", "error", "code"),
    [
        (b"", "a.pdf", InvalidInput, "empty_file"),
        (b"MZ\x90\0\x03\0", "invoice.pdf", UnsupportedType, "unsupported_type"),
        (b"\x7fELF\x02\x01\x01\0", "a", UnsupportedType, "unsupported_type"),
        (b"<!DOCTYPE html><html>", "invoice.pdf", UnsupportedType, "unsupported_type"),
        (b"Hello", "invoice.pdf", UnsupportedType, "type_mismatch"),
        (image("PNG"), "invoice.pdf", UnsupportedType, "type_mismatch"),
        (b"%PDF-1.7\n", "photo.jpg", UnsupportedType, "type_mismatch"),
        (DOCX_FILE, "a.pdf", UnsupportedType, "type_mismatch"),
        (UBL, "a.docx", UnsupportedType, "type_mismatch"),
        (b"<note/>", "a.xml", UnsupportedType, "unsupported_type"),
        (b"<note/>", "a", UnsupportedType, "unsupported_type"),
        (b"no tag", "a.xml", UnsupportedType, "unsupported_type"),
        (b"a,b\n1,2", "a.csv", UnsupportedType, "unsupported_type"),
        (image("GIF"), "a.gif", UnsupportedType, "unsupported_type"),
        (archive("xl/workbook.xml"), "a.xlsx", UnsupportedType, "unsupported_type"),
        (DOCX_FILE[:40], "a.docx", InvalidInput, "malformed_zip"),
        (archive(*(f"{n}.xml" for n in range(5_001))), "a.docx", TooLarge, "zip_too_large"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.doc", UnsupportedType, "unsupported_type"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "a.docx",
            InvalidInput,
            "encrypted_docx",
        ),
        (image("PNG")[:20], "a.png", InvalidInput, "malformed_image"),
        (png_of(10_000, 5_001), "a.png", TooLarge, "too_many_pixels"),
        (png_of(30_000, 30_000), "a.png", TooLarge, "too_many_pixels"),
        (b"text\0with a null", "a.txt", UnsupportedType, "unsupported_type"),
        (b"x" * 70_000 + b"\0", "a.txt", UnsupportedType, "unsupported_type"),
        (b"\xff\xfe\x00", "a.txt", UnsupportedType, "unsupported_type"),
        (b"caf\x81", "a.txt", UnsupportedType, "unsupported_type"),
    ],
    ids=named,
)
def test_what_is_refused(content, name, error, code):
    with pytest.raises(error) as caught:
        sniff(content, name)
    assert caught.value.code == code
    assert caught.value.detail.endswith(".")
    assert type(caught.value) is error


def test_a_bomb_is_known_by_its_directory_alone(monkeypatch):
    monkeypatch.setattr(sniffing, "_MAX_UNZIPPED", 2**20)
    bomb = archive("word/document.xml", size=2 * 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(TooLarge):
        sniff(bomb, "a.docx")


@given(st.binary(max_size=2_000), st.sampled_from(["a.pdf", "a.png", "a.docx", "a.txt", "a.xml", "a"]))
def test_any_bytes_get_a_type_or_a_reason(content, name):
    with suppress(InvalidInput):
        assert sniff(content, name) in sniffing.SUPPORTED


@given(
    st.sampled_from([image("PNG"), image("TIFF"), image("WEBP"), image("JPEG"), DOCX_FILE, UBL]),
    st.integers(8, 200),
    st.binary(max_size=20),
)
@pytest.mark.filterwarnings("ignore")
def test_damaged_files_get_a_type_or_a_reason(content, cut, noise):
    with suppress(InvalidInput):
        assert sniff(content[:cut] + noise + content[cut + len(noise) :], "a") in sniffing.SUPPORTED


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\me\Rechnung März.pdf", "Rechnung März.pdf"),
        ("a\x00b\r\nc.pdf", "ab  c.pdf"),
        ("evil\u202efdp.exe", "evilfdp.exe"),
        ("Mu\u0308ller.pdf", "Müller.pdf"),
        ('a<b>"c|d?*.pdf', "a_b__c_d__.pdf"),
        ("...", "document"),
        ("", "document"),
        ("folder/", "document"),
        (".hidden", "hidden"),
    ],
)
def test_names_are_made_safe(name, safe):
    assert sniffing.safe_filename(name) == safe


@given(st.text(max_size=400))
def test_safe_names_are_short_and_plain_and_stay_as_they_are(name):
    safe = sniffing.safe_filename(name)
    assert 0 < len(safe.encode()) <= 200
    assert "/" not in safe
    assert safe.isprintable()
    assert sniffing.safe_filename(safe) == safe


def test_long_names_keep_their_ending():
    assert sniffing.safe_filename("ä" * 300 + ".pdf").endswith("ä.pdf")


def test_an_archive_that_holds_a_pdf_is_no_pdf():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made:
        made.writestr("bill.pdf", b"%PDF-1.7\n%%EOF")
    with pytest.raises(UnsupportedType, match="unpack it"):
        sniff(file.getvalue(), "bundle.zip")


@pytest.mark.parametrize(
    ("content", "name", "next_step"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "IMG_1.HEIC", "save it as JPEG"),
        (archive("xl/workbook.xml"), "survey.xlsx", "on the page Reviews"),
        (b"a,b\n1,2", "survey.csv", "on the page Reviews"),
        (archive("mimetype", "content.xml"), "letter.odt", "save it as DOCX or PDF"),
        (archive("ppt/presentation.xml"), "talk.pptx", "save it as PDF"),
        (b"From: a@example.org\n\nHello", "mail.eml", "save it as PDF or TXT"),
    ],
    ids=named,
)
def test_a_refusal_says_what_to_do_with_such_a_file(content, name, next_step):
    with pytest.raises(UnsupportedType, match=next_step):
        sniff(content, name)
