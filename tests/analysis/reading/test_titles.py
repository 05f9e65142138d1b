"""What the words of a line say of it."""

import pytest

from analysis.reading import titles


@pytest.mark.parametrize(
    "text",
    [
        "Chapter 3", "Section 2.1 – Cover", "Article IV. Premiums", "Appendix A",
        "Kapitel 2 Pumpen", "Anhang B: Muster",
        "Chapitre 1 Les pompes", "Artículo 5. Prima", "Capitolo 3", "Hoofdstuk 4 Pompen", "第三章 水泵",
        "（一）日常检查", "二、检查要求", "제2장 펌프",
    ],
)  # fmt: skip
def test_chapters_are_called_so_in_many_languages(text):
    assert titles.is_chapter(text)


@pytest.mark.parametrize(
    "text",
    [
        "Section four",
        "Chapter 3 ........ 17",
        "Article 5 17",
        "section 2 Pumps",
        "Part 7 of the pump",
        "Sections 1 and 2",
    ],
)
def test_what_only_begins_like_a_chapter_is_none(text):
    assert not titles.is_chapter(text)


def test_bookmarks_and_lines_are_compared_without_their_numbers():
    assert {titles.key_of(text) for text in ("1.SÉCURITÉ", "1. Sécurité", "IV. sécurité", "sécurité")} == {"sécurité"}


def test_a_section_holds_the_first_one_within():
    assert titles.holds("2 Pumps", "2.1 Scope")
    assert not titles.holds("2 Pumps", "3.1 Scope")
    assert not titles.holds("2 pumps", "2.1 Scope")


@pytest.mark.parametrize(
    ("text", "depth"), [("2.1 Scope", 1), ("2.1.3. Scope", 2), ("2 Scope", None), ("2.1 scope", None)]
)
def test_depth_of_sections(text, depth):
    assert titles.section_of(text) == depth
