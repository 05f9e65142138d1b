"""The parts of search by themselves: posting lists, words, snippets, fusion, scores of an evaluation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.evaluation.retrieval import scored
from analysis.search import entries, fusion, snippets, words
from analysis.search.snippets import Highlighter

NUMBERS = st.lists(st.integers(0, 2**31), min_size=1, max_size=50, unique=True)


@given(NUMBERS, st.integers(0, 2**40))
def test_lists_come_back_as_they_were(numbers, base):
    numbers = [base + number for number in numbers]
    back = entries.unpack(entries.pack(entries.of(numbers, [300] * len(numbers), range(len(numbers)))))
    assert back.numbers.tolist() == sorted(numbers)
    assert set(back.times.tolist()) == {255}
    assert dict(zip(back.numbers.tolist(), back.lengths.tolist(), strict=True)) == {
        number: place for place, number in enumerate(numbers)
    }


def test_numbers_that_are_too_far_apart_are_refused():
    with pytest.raises(ValueError, match="far apart"):
        entries.pack(entries.of([1, 2**33], [1, 1], [1, 1]))


def test_a_passage_in_two_segments_counts_as_the_last_has_it():
    first, second = entries.of([1, 2], [1, 1], [5, 5]), entries.of([2, 3], [9, 9], [7, 7])
    both = entries.together([first, second])
    assert dict(zip(both.numbers.tolist(), both.times.tolist(), strict=True)) == {1: 1, 2: 9, 3: 9}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Wi-Fi's 1.234,50 €", ["wi", "fi", "s", "123450"]),
        ("ﬁne STRASSE", ["fine", "strasse"]),
        ("保険料は", ["保険", "険料", "料は"]),
        ("snake_case ½", ["snake", "case", "1⁄2"]),
        ("عام ٢٠٢٤، ١٬٢٣٤٫٥٠ ريال", ["عام", "2024", "123450", "ريال"]),
    ],
)
def test_words_of_a_text(text, found):
    assert [token.word for token in words.tokens(text)] == found


def test_words_stand_where_they_are_said_to():
    text = "Über 保険 naïve 12.5"
    assert [text[token.start : token.end] for token in words.tokens(text)] == ["Über", "保険", "naïve", "12.5"]


@pytest.mark.parametrize(
    ("word", "plain"),
    [("naïve", "naive"), ("ılık", "ilik"), ("مُحَمَّد", "محمد"), ("مدرسة", "مدرسه"), ("إلى", "الي"), ("ガ", "ガ")],
)
def test_accents_are_folded(word, plain):
    assert words.folded(word) == plain


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "stems"),
    [
        ("en", {"premiums": "premium", "the": ""}),
        ("de", {"kündigungen": "kundig", "und": ""}),
        ("zh", {"保険": "保険"}),
        ("ar", {"الشركات": "شرك", "شركة": "شرك", "المدرسة": "مدرس", "أحمد": "احمد"}),
        ("tr", {"şirketlerin": "sirket", "ve": ""}),
    ],
)
def test_stems_by_language(language, stems):
    assert words.stems(stems, language) == stems


@pytest.mark.django_db
def test_a_snippet_is_where_the_words_are():
    text = f"{'Filler words go here. ' * 40}The annual premium is due. {'More of the filler. ' * 40}"
    snippet = Highlighter("annual premiums", (), ["en"]).snippet(text)
    assert [snippet.text[start:end] for start, end in snippet.highlights] == ["annual", "premium"]
    assert text[snippet.start : snippet.end] == snippet.text
    assert len(snippet.text) <= snippets.LENGTH
    assert text[snippet.start - 1] == " "


@pytest.mark.django_db
def test_stop_words_of_the_question_are_not_marked_in_other_languages_either():
    text = "Der Gesamtbetrag is what der Gesamtbetrag says"
    marked = [text[start:end] for start, end in Highlighter("Wie hoch ist der Gesamtbetrag?", (), ["en"]).marks(text)]
    assert marked == ["Gesamtbetrag", "Gesamtbetrag"]
    assert Highlighter("der die das", (), ["en"]).marks("der Hund") == [(0, 3)]


@pytest.mark.django_db
def test_a_text_without_the_words_begins_at_its_beginning():
    snippet = Highlighter("保険料", (), ["en"]).snippet("word " * 200)
    assert (snippet.start, snippet.highlights) == (0, [])
    assert Highlighter("保険料", (), ["ja"]).marks("年間保険料は") == [(2, 5)]


def test_boxes_are_those_of_the_lines_shown():
    spans = [[0, 10, 1, 1, 2, 3, 4], [10, 20, 2, 5, 6, 7, 8]]
    assert snippets.boxes(spans, 12, 15) == [{"page": 2, "box": [5, 6, 7, 8]}]


def test_a_document_without_pages_to_show_has_no_boxes():
    assert snippets.boxes([[0, 10, 1, 0.0, 0.0, 0.0, 0.0]], 0, 10) == []


def test_fused_scores_weigh_both():
    fused = fusion.fuse({1: 10.0, 2: 5.0}, {1: 0.8, 2: 0.9, 3: 0.7})
    assert [one.number for one in fused] == [2, 1, 3]
    assert fused[0].score == pytest.approx(fusion.WEIGHT + (1 - fusion.WEIGHT) / 2)
    assert [one.number for one in fusion.fuse({1: 10.0, 2: 5.0}, {})] == [1, 2]
    assert [one.number for one in fusion.fuse({}, {1: 0.8, 2: 0.9})] == [2, 1]


def test_words_of_which_little_is_known_weigh_little():
    fused = fusion.fuse({1: 10.0}, {1: 0.7, 2: 0.9}, known=0.1)
    assert fused[0].number == 2
    assert fused[1].score == pytest.approx((1 - fusion.WEIGHT) * 0.1)


def test_scores_of_an_evaluation():
    assert scored(["a", "x"], {"a": 1}) == (1.0, 1.0)
    ndcg, recall = scored(["x", "a"], {"a": 1, "b": 1})
    assert ndcg == pytest.approx(0.6309 / 1.6309, abs=1e-3)
    assert recall == 0.5


@pytest.mark.django_db
def test_a_snippet_of_a_table_begins_with_a_whole_row():
    rows = [f"| {number} | a thing of the kind {number} | 1,200.00 |" for number in range(40)]
    text = "\n".join([*rows, "| 41 | the pump | 7.00 |", *rows])
    snippet = Highlighter("pump", (), ["en"]).snippet(text)
    assert snippet.text.startswith("| ")
    assert text[snippet.start - 1] == "\n"
    assert [snippet.text[start:end] for start, end in snippet.highlights] == ["pump"]
