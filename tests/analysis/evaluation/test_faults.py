"""Planted faults are what they are said to be, and counted as what became of them."""

import json
import random
from io import StringIO

import pytest
from django.core.management import call_command

from analysis.evaluation import planting
from analysis.findings import Extraction, Found, LineItem
from documents.pages import Box
from documents.samples import FOLDER
from tests.analysis.rules.drawing import page


def evaluate(*options):
    out = StringIO()
    call_command("evaluate", "faults", str(FOLDER), *options, stdout=out)
    return out.getvalue()


def test_an_e_invoice_with_another_total_is_caught_and_none_is_suspected(tmp_path):
    report = json.loads(evaluate("--only", "factur-x", "--json", "--readings", str(tmp_path)))
    faults = {kind: {name for half in found.values() for name in half} for kind, found in report["faults"].items()}
    assert faults["another total in the XML"] == {"caught by the page"}
    assert faults["another IBAN in the XML"] == {"caught by the page"}
    assert faults["sent again"] == {"caught"}
    assert faults["nothing, as scanned"] == {"adds up"}
    assert not any("wrongly" in outcome for outcomes in faults.values() for outcome in outcomes)
    assert any(kind.startswith("a digit of the") for kind in faults)
    assert (report["wrong_repairs"], report["errors"]) == ([], {})
    again = json.loads(evaluate("--only", "factur-x", "--json", "--readings", str(tmp_path)))
    assert again == report


def test_a_table_for_people():
    shown = evaluate("--only", "ubl")
    assert "nothing, all documents in one workspace" in shown


def test_one_digit_of_one_word_is_misread():
    pages = planting.as_scanned([page("Total 142,80\nDue 142,80")])
    assert {word.confidence for word in pages[0].words} == {0.97}
    word = pages[0].words[1]
    place = Found("142.80", box=word.box, page=1)
    (after,) = planting.misread(pages, place, "142.80", random.Random(0))
    changed = [(a, b) for a, b in zip(pages[0].words, after.words, strict=True) if a != b]
    ((was, now),) = changed
    assert was == word
    assert sum(a != b for a, b in zip(was.text, now.text, strict=True)) == 1
    assert now.confidence == 0.8
    assert planting.misread(pages, place, "999.99", random.Random(0)) is None


@pytest.mark.parametrize("element", ["<ram:GrandTotalAmount>", '<cbc:PayableAmount currencyID="EUR">'])
def test_the_total_of_an_xml_is_changed_wherever_it_is_a_total(element):
    xml = f"<a>{element}142.80</x><ram:LineTotalAmount>142.80</x></a>".encode()
    after = planting.with_other_total(xml, "142.80", random.Random(0)).decode()
    assert after.startswith(f"<a>{element}")
    assert after.count("142.80") == 1


def test_only_located_amounts_can_be_misread():
    box = Box(0, 0, 1, 1)
    items = [LineItem(amount="5.00", page=1, box=box), LineItem(amount="6.00"), LineItem(page=1, box=box)]
    found = Extraction("invoice", {"total": Found("5.00", page=1, box=box), "tax": Found("1.00")}, items)
    assert planting.places(found).keys() == {"total", "line_items.0.amount"}
