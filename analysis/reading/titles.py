"""What the words of a line alone say: whether it may be a heading, and how it is numbered."""

import re

MAX_CHARACTERS = 160
PLAIN = 100  # characters, of headings that are no larger than the text
_NO_END = (",", ";", ":", ".", "…", "。", "，", "、", "；", "：")
_NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?|[A-Z][.)]|[IVX]+\.)\s+\S")
_SECTION = re.compile(r"^\d{1,2}((?:\.\d{1,2}){1,4})\.?\s+[^\W\d_a-z]")  # "2.1 Scope": set as the text is, too
_NUMBERING = re.compile(r"^\W*(?:\d+(?:[.-]\d+)*[.)](?=[^\W\d])|(?:\d+(?:[.-]\d+)*|[A-Za-z]|[IVX]+)[.):]*\s+)?")
_NUMBER = re.compile(r"\W*(?:[^\W\d]{3,10}\W+)?(?:[A-Za-z]?\W?\d+(?:[.-]\d+)*|[A-Za-z]|[IVXivx]+)?\W*")  # "Chapter 3:"
_CHAPTER = re.compile(
    r"(?i:chapter|section|part|article|appendix|annex|schedule|kapitel|abschnitt|teil|artikel|anhang|anlage|"
    r"chapitre|partie|annexe|cap[ií]tulo|secci[oó]n|parte|art[ií]culo|anexo|capitolo|sezione|articolo|allegato|"
    r"hoofdstuk|deel|bijlage)\s+(?:\d{1,3}(?:\.\d{1,2})*|[IVX]{1,5}|[A-Z])\b(?:\s*[-–—:.|]?\s*(?=[^\W\d_a-z])|[.:]?$)"
    r"|第\s?[\d一二三四五六七八九十百]{1,4}\s?[章节節编編篇部條条]|제\s?\d{1,3}\s?[장절편부조]|[一二三四五六七八九十]{1,3}、"
    r"|[（(][一二三四五六七八九十]{1,3}[)）]\S{1,20}$"
)
_FIRST = re.compile(r"(\d{1,2})\.?\s+[^\W\d_a-z]")  # "2 Pumps", a section that has others within
_LISTED = re.compile(r"\.\s?\.\s?\.|…|\s\d+$")  # with dots or the number of a page, as in a table of contents
_SENTENCE = re.compile(r"[^\W\d]{3}[.!?]\s+\S|[。；]")
_WEB = re.compile(r"@\w|www\.|https?:|\w\.(?:com|org|net)\b")
_FIGURE = re.compile(r"(?:fig(?:ure|\.)?|abb(?:ildung|\.)|figur[ae]|figuur)\s*[\dIVX]+(?:[.-]\d+)*\b", re.IGNORECASE)
_CAPTION = re.compile(
    r"(?:fig(?:ure|\.)?|table|chart|abb(?:ildung|\.)|tab(?:elle|leau|la|ella|el|\.)|figur[ae]|figuur|gráfico|schéma|"
    r"图|圖|表|図|그림|표)\s*[\dIVX]+(?:[.-]\d+)*\b",
    re.IGNORECASE,
)


def may_be(text: str) -> bool:
    """Whether the words alone allow for a heading."""
    letters = sum(map(str.isalpha, text))
    if letters < 2 or letters < len(text) / 3 or len(text) > MAX_CHARACTERS:
        return False
    if is_caption(text) or _WEB.search(text):
        return False
    return not text.endswith(_NO_END) or bool(_NUMBERED.match(text) and not text.endswith((",", ";")))


def may_be_plain(text: str) -> bool:
    """What is no larger than the text must look all the more like a heading."""
    first = next(filter(str.isalpha, text), "")
    number = _NUMBERED.match(text)
    sentence = _SENTENCE.search(text, number.end() - 1 if number else 0) or first.islower()
    return not sentence and len(text) <= PLAIN


def is_caption(text: str) -> bool:
    """Whether a line begins as the caption of a figure or a table does."""
    return bool(_CAPTION.match(text))


def is_figure(text: str) -> bool:
    """Whether it is the caption of a figure, which stands below it; those of tables stand above."""
    return bool(_FIGURE.match(text))


def is_numbered(text: str) -> bool:
    """Whether a line begins with a number or a letter, as headings and the items of lists do."""
    return bool(_NUMBERED.match(text))


def is_number(text: str) -> bool:
    """Whether there is nothing but a number, perhaps with what it counts: "3.1", "Chapter 3:"."""
    return bool(_NUMBER.fullmatch(text))


def is_chapter(text: str) -> bool:
    """Whether a line is called a chapter, section, article or the like, and looks like a heading."""
    listed = is_listed(text) and not is_number(text)
    return bool(_CHAPTER.match(text)) and may_be_plain(text) and may_be(text) and not listed


def is_listed(text: str) -> bool:
    """Whether a line looks like one of a table of contents."""
    return bool(_LISTED.search(text))


def section_of(text: str) -> int | None:
    """How many numbers follow the first one in a section's, as in "2.1 Scope"; None if there is none."""
    match = _SECTION.match(text)
    return match[1].count(".") if match else None


def holds(text: str, following: str) -> bool:
    """Whether the second line begins the first section within what the first one names: "2 Pumps", "2.1 Scope"."""
    match = _FIRST.match(text)
    return match is not None and may_be(text) and following.startswith((f"{match[1]}.1 ", f"{match[1]}.1."))


def key_of(text: str) -> str:
    """Letters and digits alone, without the numbering before them: bookmarks often leave it out."""
    bare = _NUMBERING.sub("", text, count=1)
    return "".join(filter(str.isalnum, bare or text)).casefold()
