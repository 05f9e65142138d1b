"""The evaluation command on the bundled samples, through the real reading."""

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analysis.evaluation.truth import Case, cases

SAMPLES = Path(__file__).parents[3] / "documents" / "samples"


def evaluate(folder, *options):
    out = StringIO()
    call_command("evaluate", "extraction", str(folder), *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    """Two samples: a PDF whose truth is changed in one value, and a file that can't be read."""
    shutil.copy(SAMPLES / "factur-x.pdf", tmp_path / "x_good.pdf")
    truth = json.loads((SAMPLES / "factur-x.expected.json").read_text())
    (tmp_path / "x_good.json").write_text(json.dumps(truth | {"total": 1.0, "issuer_group": "g2"}))
    (tmp_path / "x_bad.pdf").write_bytes(b"%PDF-1.7 nothing else")
    (tmp_path / "x_bad.expected.json").write_text(
        json.dumps({"doc_type": "invoice", "total": 5, "fields_given": ["total"]})
    )
    return tmp_path


def test_e_invoices_are_read_without_a_fault():
    report = json.loads(evaluate(SAMPLES, "--only", "factur-x", "--json"))
    assert report["total"]["all_fields"]["f1"] == 1.0
    assert report["total"]["fields"]["line_items"]["f1"] == 1.0


def test_rules_read_the_plain_invoice_and_the_e_invoices_page():
    report = json.loads(evaluate(SAMPLES, "--only", "invoice", "--json"))
    assert report["total"]["all_fields"]["f1"] > 0.9
    assert report["total"]["fields"]["line_items"]["f1"] > 0.9
    page = json.loads(evaluate(SAMPLES, "--only", "factur-x", "--no-xml", "--json"))
    assert page["total"]["all_fields"]["f1"] > 0.8


def test_wrong_and_unreadable_are_counted(folder):
    report = json.loads(evaluate(folder, "--json"))
    total = report["total"]["fields"]["total"]
    assert (total["right"], total["wrong"], total["missed"]) == (0, 1, 1)
    assert list(report["errors"]) == ["x_bad"]
    assert report["issuer_groups"].keys() == {"g2", "x_bad"}
    assert report["families"]["x"]["documents"] == 2


def test_table_for_people(folder):
    shown = evaluate(folder)
    for words in ("x: 2 documents", "vendor_tax_id", "line_items", "held out", "x_bad could not be read: "):
        assert words in shown


def test_limit_and_workers(folder):
    report = json.loads(evaluate(folder, "--limit", "1", "--workers", "2", "--json"))
    assert report["total"]["documents"] == 1


def test_empty_folder_is_refused_in_words(tmp_path):
    with pytest.raises(CommandError, match="no document with ground truth"):
        evaluate(tmp_path)


def test_issuers_are_split_evenly_and_for_good():
    halves = [Case(f"a_{i}", Path(), {"issuer_group": f"issuer-{i}"}).half for i in range(200)]
    assert 70 < halves.count("held out") < 130
    assert Case("a_0", Path(), {"issuer_group": "einv-lieferant-gmbh"}).half == "development"


def test_cases_pair_documents_with_their_truth(folder):
    assert [(c.id, c.family, c.path.name) for c in cases(folder)] == [
        ("x_bad", "x", "x_bad.pdf"),
        ("x_good", "x", "x_good.pdf"),
    ]
    assert [c.family for c in cases(SAMPLES, limit=1)] == ["documents"]
