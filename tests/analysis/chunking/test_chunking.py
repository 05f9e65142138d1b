"""Chunking: by structure, with every word, and each line knows where it stands."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from analysis import chunking, reading
from analysis.chunking import measuring
from documents import sniffing
from documents.pages import PageReading, Word

SAMPLES = Path(settings.BASE_DIR) / "documents" / "samples"


@pytest.fixture(autouse=True)
def counted_by_words(monkeypatch):
    """A word is a token: the tests can count."""
    counting = SimpleNamespace(count_tokens=lambda texts: [len(text.split()) for text in texts])
    monkeypatch.setattr(measuring, "embedding", counting)


def page(markdown: str, number: int = 1, words: tuple[Word, ...] = (), source="markup") -> PageReading:
    return PageReading(number, 600, 800, source=source, words=words, markdown=markdown)


def prose(words: int, start: int = 0) -> str:
    """Sentences of ten words, all different."""
    said = [f"w{number}" for number in range(start, start + words)]
    return " ".join(" ".join(said[at : at + 10]).capitalize() + "." for at in range(0, words, 10))


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def is_within(text: str, longer: str) -> bool:
    """Whether all characters come in this order."""
    rest = iter(longer)
    return all(char in rest for char in text)


def is_inside(word: Word, span) -> bool:
    near = 0.1  # they are rounded
    across = span.x0 - near <= word.x0 and word.x1 <= span.x1 + near
    return across and span.y0 - near <= word.y0 and word.y1 <= span.y1 + near


def check(pages: list[PageReading]) -> list[chunking.Passage]:
    """What holds of any pages; returns their passages."""
    found = chunking.chunk(pages)
    assert found == chunking.chunk(iter(pages))
    assert is_within(letters("".join(one.markdown for one in pages)), letters("".join(one.text for one in found)))
    for passage in found:
        assert passage.text.strip()
        assert 0 < passage.tokens <= 400
        assert passage.page <= passage.last_page
        assert {span.page for span in passage.spans} <= set(range(passage.page, passage.last_page + 1))
        places = [(span.start, span.end) for span in passage.spans]
        assert places == sorted(places)
        assert all(0 <= start < end <= len(passage.text) for start, end in places)
    return found


def test_headings_make_sections():
    titles = ["# Pump", "## Safety", "### Power", "## Care"]
    found = check([page("\n\n".join(f"{title}\n\n{prose(60, 100 * n)}" for n, title in enumerate(titles)))])
    assert [one.section for one in found] == ["Pump", "Pump › Safety", "Pump › Safety › Power", "Pump › Care"]
    assert [one.text.split("\n")[0] for one in found] == ["Pump", "Safety", "Power", "Care"]
    assert {one.type for one in found} == {"text"}


def test_tiny_sections_go_together_below_what_they_share():
    (found,) = check([page("# Staff\n\n## Leave\n\nTen days.\n\n## Pay\n\nMonthly.\n")])
    assert (found.section, found.text) == ("Staff", "Staff\n\nLeave\n\nTen days.\n\nPay\n\nMonthly.")


def test_paragraphs_are_packed_and_long_ones_cut_between_sentences():
    found = check([page("\n\n".join(prose(50, at) for at in range(0, 500, 50)))])
    assert [one.tokens for one in found] == [200, 200, 100]
    found = check([page(prose(900))])
    assert all(one.text.endswith(".") for one in found)
    assert all(150 < one.tokens <= 200 for one in found[:-1])


def test_texts_that_are_cut_overlap_by_whole_sentences(settings):
    settings.CHUNK_OVERLAP = 25
    first, second, *_ = check([page(prose(900))])
    assert [one for one in sentences(second) if one in sentences(first)] == sentences(first)[-2:]
    settings.CHUNK_OVERLAP = 0
    first, second, *_ = check([page(prose(900))])
    assert not set(sentences(first)) & set(sentences(second))


def sentences(passage: chunking.Passage) -> list[str]:
    return passage.text.rstrip(".").split(". ")


def table(rows: int) -> str:
    lines = [f"| Part {row} | {row}.50 EUR | in stock |" for row in range(rows)]
    return "\n".join(["| Article | Price | State |", "| --- | --- | --- |", *lines])


def test_a_table_stays_whole_or_repeats_its_head():
    (found,) = check([page(table(10))])
    assert (found.type, found.text) == ("table", table(10))
    found = check([page(table(120))])
    assert len(found) > 2
    assert all(one.text.startswith("| Article | Price | State |\n| --- | --- | --- |\n| Part") for one in found)
    rows = [line for one in found for line in one.text.split("\n")[2:]]
    assert rows == table(120).split("\n")[2:]


def test_a_table_with_its_text_is_composite():
    (found,) = check([page(f"# Prices\n\nAs of March.\n\n{table(5)}\n")])
    assert (found.type, found.section) == ("composite", "Prices")


def test_a_list_stays_together():
    items = "\n".join(f"- {prose(10, at)}" for at in range(0, 120, 10))
    first, second = check([page(f"{prose(150, 500)}\n\n{items}")])
    assert second.text == items
    assert first.type == second.type == "text"


def test_captions_and_scanned_pictures_are_images():
    words = tuple(Word(text, 10 * at, 10, 10 * at + 8, 20) for at, text in enumerate(["The", "works", "in", "1962"]))
    (found,) = check([page("The works in 1962\n", words=words, source="ocr")])
    assert (found.type, found.spans) == ("image", [(0, 17, 1, 0.0, 10.0, 38.0, 20.0)])
    (found,) = check([page("Figure 3: The valve\n\n![A plan](plan.png)\n")])
    assert found.type == "image"


def test_a_paragraph_goes_on_over_the_page():
    (found,) = check([page("The warranty covers all repla-", 1), page("cements within a year. Else none.", 2)])
    assert found.text == "The warranty covers all replacements within a year. Else none."
    assert (found.page, found.last_page) == (1, 2)
    assert [span[:3] for span in found.spans] == [(0, 29, 1), (29, 51, 2), (52, 62, 2)]
    (found,) = check([page("It ends here.", 1), page("this is another", 2)])
    assert "\n\n" in found.text


def test_code_is_no_heading():
    (found,) = check([page("# Set-up\n\n```\n# install it\nmake\n```\n")])
    assert (found.section, found.text) == ("Set-up", "Set-up\n\n```\n# install it\nmake\n```")


@pytest.mark.parametrize("text", ["x" * 5_000, "word " * 3_000, f"| {'cell ' * 900} | b |\n| --- | --- |\n| c | d |"])
def test_what_has_no_end_is_cut(text, monkeypatch):
    counting = SimpleNamespace(count_tokens=lambda texts: [(len(text) + 3) // 4 for text in texts])
    monkeypatch.setattr(measuring, "embedding", counting)
    assert len(check([page(text.strip())])) > 2


def test_no_text_no_passages():
    assert check([]) == check([page(""), page("", 2)]) == []
    assert check([PageReading(1, error="time_limit", detail="It took too long.")]) == []


def test_lines_and_cells_have_boxes_though_columns_are_read_in_another_order():
    """The words come line by line, the text column by column; what stands there twice is told apart by its company."""
    left, right = (
        ["the red valve is open", "the pump is on"],
        ["the green valve is shut", "the tank is full"],
    )
    words = []
    for line, (one, other) in enumerate(zip(left, right, strict=True)):
        for side, text in ((0, one), (300, other)):
            words += [
                Word(word, side + 40 * at, 20 * line, side + 40 * at + 30, 20 * line + 10)
                for at, word in enumerate(text.split())
            ]
    (found,) = check([page("\n".join([*left, "", *right]), words=tuple(words), source="text")])
    assert [(found.text[span.start : span.end], *span[3:]) for span in found.spans] == [
        ("the red valve is open", 0, 0, 190, 10),
        ("the pump is on", 0, 20, 150, 30),
        ("the green valve is shut", 300, 0, 490, 10),
        ("the tank is full", 300, 20, 450, 30),
    ]


def test_cells_and_words_that_a_line_broke():
    words = (
        Word("Art.", 0, 0, 30, 10), Word("Price", 100, 0, 130, 10), Word("Ver-", 0, 20, 30, 30),
        Word("9.50", 100, 20, 130, 30), Word("packung", 0, 40, 60, 50),
    )  # fmt: skip
    (found,) = check([page("| Art. | Price |\n| --- | --- |\n| Verpackung | 9.50 |", words=words, source="text")])
    said = {found.text[span.start : span.end]: span[3:] for span in found.spans}
    assert said["Price"] == (100, 0, 130, 10)
    assert said["9.50"] == (100, 20, 130, 30)
    assert {text[:3] for text in said} >= {"Art", "Ver"}


MARKS = ["# ", "## ", "- ", "| ", "1. ", "> ", "```", "\\# ", ""]
LINES = st.builds(
    lambda mark, words, end: mark + " ".join(words) + end,
    st.sampled_from(MARKS),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1, max_size=8), max_size=40),
    st.sampled_from(["", ".", " |", "-", ":"]),
)


@given(st.lists(st.lists(LINES, max_size=12), max_size=4), st.integers(0, 25))
def test_nothing_is_lost(texts, overlap):
    pages = []
    for number, lines in enumerate(texts, 1):
        markdown = reading.markdown.normalised("\n".join(lines))
        words = tuple(Word(text, at, 5, at + 1, 9) for at, text in enumerate(markdown.split()[::-1]))
        pages.append(page(markdown, number, words, "text"))
    kept, settings.CHUNK_OVERLAP = settings.CHUNK_OVERLAP, overlap
    try:
        check(pages)
    finally:
        settings.CHUNK_OVERLAP = kept


@pytest.mark.parametrize("name", ["factur-x.pdf", "invoice.pdf", "manual.docx", "ubl.xml"])
def test_the_samples_are_covered_and_placed(name):
    path = SAMPLES / name
    with path.open("rb") as file:
        media_type = sniffing.sniff(file, name)
    count = reading.inspect(path, media_type).page_count
    pages = list(reading.read_pages(path, media_type, range(1, count + 1)))
    found = check(pages)
    assert found
    if pages[0].source == "text":
        spans = [span for passage in found for span in passage.spans]
        assert sum(span.x1 > span.x0 for span in spans) >= 0.98 * len(spans)
        for passage in found:
            for span in passage.spans:
                held = "".join(word.text for word in pages[span.page - 1].words if is_inside(word, span))
                assert letters(passage.text[span.start : span.end])[:3] in letters(held)


def test_a_long_document_takes_time_in_proportion(monkeypatch):
    """Counted in calls, for clocks of busy machines lie: each page is measured once, whatever came before."""
    asked: list[int] = []

    def count_tokens(texts):
        asked.append(sum(map(len, texts)))
        return [len(text.split()) for text in texts]

    monkeypatch.setattr(measuring, "embedding", SimpleNamespace(count_tokens=count_tokens))
    pages = [page(prose(300, 1000 * number), number) for number in range(1, 201)]
    chunking.chunk(pages)
    assert len(asked) == 200
    assert sum(asked) <= sum(len(one.markdown) for one in pages)
