"""The command that trains the trees for headings, and what it learns from."""

import fpdf
import pytest
from django.core.management import CommandError, call_command

from analysis.reading import training
from analysis.reading.trees import Trees

PROSE = "All pumps are looked at once a day by the engineer on watch, who writes down what was found. " * 4


@pytest.fixture
def folder(tmp_path):
    document = fpdf.FPDF(unit="pt")
    for place in ("fore", "aft", "below"):
        document.add_page()
        for number, part in enumerate(("Bilge", "Fire", "Fuel"), 1):
            document.set_font("Times", "B", 13)
            if part != "Fuel":
                document.start_section(f"{part} pumps {place}")
            document.cell(0, 30, f"2.{number} {part} pumps {place}", new_x="LMARGIN", new_y="NEXT")
            document.set_font("Times", "", 10)
            document.multi_cell(480, 13, PROSE, new_x="LMARGIN", new_y="NEXT")
    (tmp_path / "ships").mkdir()
    document.output(str(tmp_path / "ships" / "manual.pdf"))
    return tmp_path


def test_numbered_sections_that_no_bookmark_names_teach_nothing(folder):
    whole, *_ = training.examples_of(str(folder / "ships" / "manual.pdf"))
    assert int(whole.right.sum()) == 6
    assert int((whole.weights == 0).sum()) == 3


def test_the_command_trains_trees_and_says_from_what(folder, capsys):
    (folder / "ships" / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    call_command("ship_headings", str(folder), "--into", str(folder / "made" / "trees.npz"))
    told = capsys.readouterr()
    assert told.out == "trees.npz, from 1 documents of 1 publishers\n"
    assert "broken.pdf is left out" in told.err
    assert Trees.load(folder / "made" / "trees.npz").splits.shape[0] > 0


def test_a_folder_without_anything_to_learn_from_is_told(tmp_path):
    with pytest.raises(CommandError, match="No PDF with tags or bookmarks"):
        call_command("ship_headings", str(tmp_path), "--into", str(tmp_path / "trees.npz"))
