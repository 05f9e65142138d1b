"""Trials of thresholds, and the command on the bundled e-invoice."""

import json
import random
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from analysis.evaluation.approval_trials import Paper, tried
from analysis.evaluation.readings import read
from analysis.evaluation.truth import cases
from analysis.learning.thresholds import Seen

SAMPLES = Path(__file__).parents[3] / "documents" / "samples"
FIELDS = ("date", "total")


def paper(number, confidence, right, *, clean=True, missing=()):
    seen = {
        name: Seen(str(number), "receipt", name, confidence, right or name == "date")
        for name in FIELDS
        if name not in missing
    }
    return Paper(str(number), f"issuer-{number}", "receipt", FIELDS, seen, clean)


def by_name(papers, promise=0.9, count=20):
    return {one.of: one for one in tried(papers, promise, count)}


def test_sure_values_are_approved_and_doubtful_ones_are_not():
    dice = random.Random(3)
    sure = [paper(n, 0.9 + dice.random() / 100, True) for n in range(240)]
    doubtful = [paper(n, 0.5 + dice.random() / 100, n % 2 == 0) for n in range(240, 360)]
    found = by_name([*sure, *doubtful])
    for of in ("total", "document by its fields", "document as one"):
        assert found[of].found == 1.0
        assert found[of].precision == pytest.approx(1.0, abs=0.06)
        assert 0.6 < found[of].coverage < 0.85
    assert found["date"].coverage > 0.9


def test_what_cannot_be_promised_is_not_approved():
    found = by_name([paper(n, 0.9, True) for n in range(100)], promise=0.99)
    assert [(one.found, one.coverage, one.precision) for one in found.values()] == [(0.0, 0.0, None)] * 4
    assert found["total"].needed == 368
    assert found["document by its fields"].needed == 437


def test_documents_with_issues_or_gaps_are_never_approved():
    papers = [paper(n, 0.9, True) for n in range(200)]
    issues = by_name([*papers, *(paper(n, 0.9, True, clean=False) for n in range(200, 400))])
    gaps = by_name([*papers, *(paper(n, 0.9, True, missing=["total"]) for n in range(200, 400))])
    for found in (issues, gaps):
        assert found["document as one"].coverage == pytest.approx(0.5, abs=0.1)
        assert found["document by its fields"].coverage == pytest.approx(0.5, abs=0.1)
    assert issues["total"].coverage == 1.0


def test_an_e_invoice_is_approved_unless_its_xml_says_otherwise_than_its_page(tmp_path):
    for name in ("factur-x.pdf", "factur-x.expected.json"):
        shutil.copy(SAMPLES / name, tmp_path / name)
    kept = tmp_path / "kept"
    out = StringIO()
    call_command("evaluate", "approval", str(tmp_path), "--trials", "2", "--readings", str(kept), "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert report["with_xml"] == {
        "documents": 1,
        "approved": 1,
        "approved, a required value wrong": 0,
        "another total planted in an approved one": 1,
        "and approved again": 0,
    }
    assert {one["found"] for one in report["trials"]["documents"]} == {0.0}
    [case] = cases(tmp_path)
    assert read(case, kept) == read(case)
    shown = StringIO()
    call_command("evaluate", "approval", str(tmp_path), "--trials", "1", "--readings", str(kept), stdout=shown)
    assert "another total planted" in shown.getvalue()
    assert "document as one" in shown.getvalue()
