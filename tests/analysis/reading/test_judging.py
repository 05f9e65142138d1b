"""What trees make of the rules' headings: candidates, features, levels; and how they are trained."""

import fpdf
import numpy as np
import pytest

from analysis.reading import judging, lines, training, typography, usage
from analysis.reading.styles import Style, Type, Typography
from analysis.reading.trees import Trees
from documents.pages import Word

PROSE = "All pumps are looked at once a day by the engineer on watch who writes down what was found"
BODY = Style(10.0, family="serif")
BOLD = Style(10.0, bold=True, family="serif")


def line(text, y, x=50.0, size=10.0):
    """The words of a line, five points a letter."""
    words = []
    for part in text.split():
        words.append(Word(part, x, y, x + 5 * len(part), y + size))
        x += 5 * len(part) + 3
    return words


def page_of(*styled):
    """A flow and its type, from lines and how each is set."""
    styles = {word: style for words, style in styled for word in words}
    flow = [words for words, _ in styled]
    known = Typography(BODY)
    counted = usage.usage_of([[(flow, Type(styles, BODY, known))]])
    return flow, Type(styles, BODY, known._replace(usage=counted))


@pytest.fixture
def flow():
    return page_of(
        (line("Bilge pumps", 100), BOLD),
        (line(PROSE, 130), BODY),
        (line("and left.", 142), BODY),
        (line(PROSE + ".", 154), BODY),
    )


def test_long_lines_set_as_the_text_is_are_not_looked_at(flow):
    assert judging.candidates(*flow, [None] * 4) == [0, 2]
    assert judging.candidates(*flow, [None, 3, None, None]) == [0, 1, 2]


def test_a_row_of_numbers_for_each_line_that_is_looked_at(flow):
    rows = lines.features(*flow, [3, None, None, None], [0, 2])
    assert len(rows) == 2
    assert {len(row) for row in rows} == {79}
    assert lines.features(*flow, [None] * 4, []) == []


def test_what_only_makes_headings_likelier_stands_where_it_is_said_to(flow):
    size, of_document, bold, above, ruled = lines.RISING
    heading, rest = lines.features(*flow, [3, None, None, None], [0, 2])
    assert (heading[size], heading[of_document], heading[bold], heading[ruled]) == (1.0, 1.0, 1, 1.0)
    assert (rest[bold], rest[ruled]) == (0, 0.0)
    assert heading[above] > rest[above]


def test_places_are_mirrored_where_writing_begins_on_the_right():
    flow, page = page_of((line("مرحبا بالعالم", 100, x=400), BOLD), (line("مرحبا " * 12, 130), BODY))
    left, right = lines.features(flow, page, [None, None], [0])[0][31:33]
    assert left < 1 < right


def test_the_uses_of_styles_are_shares(flow):
    counted = dict(flow[1].document.usage)
    assert counted[BOLD.key].lines == 0.25
    assert counted[BOLD.key].above_text == counted[BOLD.key].alone == counted[BOLD.key].distinct == 1.0
    assert counted[BODY.key].ended == pytest.approx(2 / 3)
    assert usage.usage_of([]) == ()


@pytest.mark.parametrize(("size", "level"), [(10, 3), (13, 2), (18, 1)])
def test_levels_go_by_size(size, level):
    flow, page = page_of((line("Pumps", 100, size=size), BOLD._replace(size=float(size))))
    assert judging.level_by_size(flow[0], page) == level


def test_trees_take_back_what_rules_took_and_find_what_they_missed(flow, monkeypatch):
    bold = lines.RISING[2]
    stump = Trees(
        np.array([[bold]], np.int16),
        np.array([[0.5]]),
        np.array([[[1, -1]]], np.float32),
        np.ones((1, 2), np.float32),
        np.array([[-3, 3]], np.float32),
    )
    monkeypatch.setattr(judging, "shipped", lambda: stump)
    assert judging.judged(*flow, [None, None, 2, None]) == [3, None, None, None]
    assert judging.judged([], flow[1], []) == []


@pytest.mark.parametrize(("likelihood", "level", "kept"), [(0.0, 2, 2), (1.0, None, None)])
def test_trees_leave_sections_and_what_only_its_colour_tells(monkeypatch, likelihood, level, kept):
    flow, page = page_of((line("2.1 Scope", 100), BODY._replace(colour=3)), (line(PROSE, 130), BODY))

    class Sure:
        def likelihoods(self, rows):
            return np.full(len(rows), likelihood)

    monkeypatch.setattr(judging, "shipped", Sure)
    assert judging.judged(flow, page, [level, None])[0] == kept


def test_the_shipped_trees_tell_a_heading_from_a_line_of_text(flow):
    rows = np.array(lines.features(*flow, [None] * 4, [0, 2]))
    heading, rest = judging.shipped().likelihoods(rows)
    assert heading > 2 * rest
    assert judging.shipped().splits.max() < rows.shape[1]


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    """Four pages with bookmarked sections, and a title that no bookmark names."""
    document = fpdf.FPDF(unit="pt")
    document.set_auto_page_break(False)
    for place in ("fore", "aft", "below", "aloft"):
        document.add_page()
        document.set_y(50)
        if place == "fore":
            document.set_font("Times", "B", 22)
            document.cell(0, 40, "Ship's Manual", new_x="LMARGIN", new_y="NEXT")
        for part in ("Bilge", "Fire", "Fuel"):
            document.set_font("Times", "B", 13)
            document.start_section(f"{part} pumps {place}")
            document.cell(0, 30, f"{part} pumps {place}", new_x="LMARGIN", new_y="NEXT")
            document.set_font("Times", "", 10)
            document.multi_cell(480, 13, f"{PROSE}. " * 4, new_x="LMARGIN", new_y="NEXT")
    path = tmp_path_factory.mktemp("manual") / "manual.pdf"
    document.output(str(path))
    return str(path)


def test_bookmarks_say_what_headings_are_and_leave_titles_open(manual):
    whole, *pieces = training.examples_of(manual)
    assert int(whole.right.sum()) == 12
    assert int((whole.weights == 0).sum()) == 1
    assert [(piece.is_piece, int(piece.right.sum())) for piece in pieces] == [(True, 9), (True, 3)]
    assert sum(len(piece.rows) for piece in pieces) == len(whole.rows)


def test_documents_that_say_nothing_of_their_headings_teach_nothing(tmp_path):
    document = fpdf.FPDF()
    document.add_page()
    document.set_font("Helvetica", size=12)
    document.cell(0, 10, "Bilge pumps")
    document.output(str(tmp_path / "a.pdf"))
    assert training.examples_of(str(tmp_path / "a.pdf")) == []


def test_publishers_are_judged_by_trees_that_saw_none_of_theirs(manual, monkeypatch):
    monkeypatch.setattr(training, "_PARAMETERS", training._PARAMETERS | {"min_data_in_leaf": 2})
    examples = training.examples_of(manual)
    ((name, rules, trees, headings), *_) = training.apart({"one": examples, "other": examples})
    assert (name, headings) == ("one", 12)
    assert rules == trees == 1.0


def test_typography_has_no_uses_where_headings_are_tagged(manual):
    assert typography.sample(manual).usage
