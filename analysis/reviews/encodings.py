"""How the text of a file is encoded: by its mark, as UTF-8 if it is that, else by what its bytes look like."""

import codecs
import re
from pathlib import Path

import charset_normalizer

_SAMPLE = 1 << 16  # bytes that a guess is made from
_FEW = 24  # bytes beyond ASCII: fewer tell nothing apart
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What files come in; others that would decode, too, are only ever a wrong guess.
_LIKELY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r"),
    *("shift_jis", "euc_jp", "euc_kr", "gb18030", "big5"),
]
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def detect(path: Path) -> str:
    """A codec's name. What it can't decode all the same is for the reader to replace."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if encoding := wide(head):
        return encoding
    return "utf-8" if _is_utf8(path) or _nearly_utf8(head) else _guess(head)


def wide(head: bytes) -> str:
    """UTF-16 without its mark has a zero in every other byte of most scripts' blanks and figures; "" if it isn't."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2 or 1
    if odd > half * 0.3 and even < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.3 and odd < half * 0.05 else ""


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _nearly_utf8(head: bytes) -> bool:
    """A damaged byte here and there doesn't make it anything else."""
    read = head.decode("utf-8", "replace")
    damaged, beyond = read.count("\ufffd"), sum(character > "\x7f" for character in read)
    return damaged * 5 < beyond


def _guess(head: bytes) -> str:
    if len(_BEYOND_ASCII.findall(head)) < _FEW:
        return "cp1252"
    best = charset_normalizer.from_bytes(head, cp_isolation=_LIKELY, enable_fallback=False).best()
    return best.encoding if best else "cp1252"
