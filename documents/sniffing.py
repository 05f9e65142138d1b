"""What a file is, by its content; names are only believed where they agree.

Safe in the web process: nothing is decompressed or decoded but headers and plain text.
"""

import codecs
import re
import unicodedata
import zipfile
from contextlib import suppress
from pathlib import PurePosixPath
from typing import BinaryIO
from xml.parsers import expat

from django.conf import settings
from PIL import Image

from documents.errors import InvalidInput, TooLarge, UnsupportedType

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
WEBP = "image/webp"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XML = "application/xml"
TEXT = "text/plain"
MARKDOWN = "text/markdown"

IMAGES = {PNG: "PNG", JPEG: "JPEG", TIFF: "TIFF", WEBP: "WEBP"}  # and Pillow's names for them
SUPPORTED = (PDF, *IMAGES, DOCX, XML, TEXT, MARKDOWN)

_HEAD = 65_536
_MAX_NAME_BYTES = 200
_MAX_ZIP_ENTRIES = 5_000
_MAX_UNZIPPED = 500 * 2**20

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
)

_TABLE = "a table. If its rows are reviews, hand it in on the page Reviews (kind=reviews); else save it as PDF"
_ARCHIVES = {  # by a member that it must have
    "xl/workbook.xml": _TABLE,
    "ppt/presentation.xml": "a presentation; save it as PDF",
    "content.xml": "an OpenDocument file; save it as DOCX or PDF",
}
_ANY_ARCHIVE = "an archive that is no DOCX document; unpack it and hand in what it holds"
_PHOTOS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}

# What a name may promise; a promise of another family than the content's is a disguise.
_FAMILIES = {
    ".pdf": "pdf",
    ".png": "image", ".jpg": "image", ".jpeg": "image", ".jpe": "image", ".jfif": "image",
    ".tif": "image", ".tiff": "image", ".webp": "image",
    ".docx": "docx",
    ".xml": "xml",
    ".txt": "text", ".text": "text", ".log": "text", ".md": "text", ".markdown": "text",
}  # fmt: skip
_FAMILY_OF_TYPE = {PDF: "pdf", DOCX: "docx", XML: "xml", TEXT: "text", MARKDOWN: "text"}
TABLE_NAMES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson")
_MARKDOWN_NAMES = (".md", ".markdown")
_HTML = re.compile(r"\s*(<!doctype html|<html|<script)", re.IGNORECASE)

_INVOICE_ROOTS = re.compile(
    r"urn:oasis:names:specification:ubl:schema:xsd:(Invoice|CreditNote)-2 (Invoice|CreditNote)$"
    r"|urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:\d+ CrossIndustryInvoice$"
    r"|urn:ferd:CrossIndustryDocument:invoice:\w+ CrossIndustryDocument$"
)


def sniff(file: BinaryIO, filename: str) -> str:
    """The media type of a seekable `file`, one of SUPPORTED; its position is reset.

    Raises InvalidInput (empty, malformed, encrypted), TooLarge (`too_many_pixels`, `zip_too_large`) or UnsupportedType.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        raise InvalidInput("empty_file", "The file is empty. Choose another one.")
    try:
        media_type = _by_signature(file, head) or _by_text(file, head, filename)
    finally:
        file.seek(0)
    _check_name(media_type, filename)
    return media_type


def safe_filename(name: str) -> str:
    """The last part of `name` without control and formatting characters, in NFC, at most 200 bytes with its ending."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(" " if char.isspace() else char for char in name if char.isspace() or char.isprintable())
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .")
    suffix = PurePosixPath(name).suffix[:20]
    stem = name.removesuffix(suffix) if suffix else name
    room = _MAX_NAME_BYTES - len(suffix.encode())
    return (stem.encode()[:room].decode(errors="ignore") + suffix) or "document"


def check_pixels(width: int, height: int) -> None:
    """Raises TooLarge for an image of more pixels than MAX_PIXELS."""
    if width * height > settings.MAX_PIXELS:
        raise TooLarge(
            "too_many_pixels",
            f"The image has {width} x {height} pixels; at most {settings.MAX_PIXELS:,} are read. Make it smaller.",
        )


def _by_signature(file: BinaryIO, head: bytes) -> str | None:
    """Marks at the very beginning go first: an archive or a picture may hold a PDF, whose mark may come later."""
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return _checked_image(file, media_type)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _checked_image(file, WEBP)
    if head.startswith(b"PK\x03\x04"):
        return _checked_zip(file)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise _old_office(file)
    if head[4:8] == b"ftyp" and head[8:12] in _PHOTOS:
        raise _unsupported("a HEIC or AVIF photo; save it as JPEG")
    return PDF if b"%PDF-" in head[:1024] else None


def _checked_image(file: BinaryIO, media_type: str) -> str:
    try:
        file.seek(0)
        with Image.open(file, formats=[IMAGES[media_type]]) as image:
            width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooLarge(
            "too_many_pixels", f"The image has more than {settings.MAX_PIXELS:,} pixels. Make it smaller and try again."
        ) from None
    except Exception as error:  # Pillow's readers raise whatever a broken header makes them raise
        raise malformed_image() from error
    check_pixels(width, height)
    return media_type


def malformed_image() -> InvalidInput:
    return InvalidInput("malformed_image", "The image is damaged and can't be read. Export or photograph it anew.")


def _checked_zip(file: BinaryIO) -> str:
    names = zip_names(file)
    if "word/document.xml" in names:
        return DOCX
    raise _unsupported(next((what for name, what in _ARCHIVES.items() if name in names), _ANY_ARCHIVE))


def zip_names(file: BinaryIO) -> set[str]:
    """What an archive holds. Raises InvalidInput `malformed_zip`, and TooLarge if it would unpack to too much."""
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise InvalidInput("malformed_zip", "The file is a damaged archive. Save it anew and try again.") from error
    if len(entries) > _MAX_ZIP_ENTRIES or sum(entry.file_size for entry in entries) > _MAX_UNZIPPED:
        raise TooLarge(
            "zip_too_large", "The file would unpack to too much data. Remove large media from it and try again."
        )
    return {entry.filename for entry in entries}


def _old_office(file: BinaryIO) -> InvalidInput:
    """Word's container before DOCX, which also wraps a DOCX with a password."""
    file.seek(0)
    if "EncryptedPackage".encode("utf-16-le") in file.read():
        return InvalidInput("encrypted_docx", "The document has a password. Save it without one and try again.")
    return _unsupported("an Office document of the old format; save it as DOCX or PDF")


def _by_text(file: BinaryIO, head: bytes, filename: str) -> str:
    root = _root_of(head)
    if root is not None and _INVOICE_ROOTS.match(root):
        return XML
    suffix = _suffix(filename)
    if not _is_text(file, head):
        raise _unsupported("of an unknown type")
    if suffix in _MARKDOWN_NAMES:
        return MARKDOWN
    if _HTML.match(head[:512].decode("latin-1")):
        raise _unsupported("a web page")
    if suffix == ".xml" or (root is not None and suffix not in _FAMILIES):
        raise _unsupported("XML that is no e-invoice (UBL or CII)")
    if suffix in TABLE_NAMES:
        raise _unsupported(_TABLE)
    if suffix and suffix not in _FAMILIES:
        raise _unsupported(f"a text file of the kind {suffix}; save it as PDF or TXT")
    return TEXT


def _root_of(head: bytes) -> str | None:
    """Namespace and name of an XML file's root element, or None."""
    found: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, _attributes: found.append(name)
    with suppress(expat.ExpatError, ValueError, LookupError):  # the head may be cut within a tag; what was found counts
        parser.Parse(head, False)
    return found[0] if found else None


def _is_text(file: BinaryIO, head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decodes(file, "utf-16")
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head):
        return False
    return _decodes(file, "utf-8") or _decodes(file, "cp1252")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(2**20):
            if "\0" in decoder.decode(block):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _suffix(filename: str) -> str:
    return PurePosixPath(filename).suffix.lower()


def _check_name(media_type: str, filename: str) -> None:
    promised = _FAMILIES.get(_suffix(filename))
    if promised is None or promised == _FAMILY_OF_TYPE.get(media_type, "image"):
        return
    if media_type == XML and promised == "text":
        return
    raise UnsupportedType(
        "type_mismatch",
        f"The file is named {_suffix(filename)} but holds {media_type}. If you trust it, correct its name.",
    )


def _unsupported(what: str) -> UnsupportedType:
    return UnsupportedType(
        "unsupported_type",
        f"The file is {what}. PDF, PNG, JPEG, TIFF, WebP, DOCX, TXT, MD and XML e-invoices are read.",
    )
