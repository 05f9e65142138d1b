import json
import re

import pytest

from analysis import extraction, learned
from analysis.findings import Extraction, Found
from analysis.fusion import fuse
from analysis.learned import Model
from analysis.learned.model import FieldModel, Part, Rivalry
from analysis.learned.spelling import Spelling
from analysis.learned.training import Prepared
from analysis.rules import extract_receipt
from documents.errors import InvalidInput
from documents.pages import PageReading
from tests.analysis.learned.till import receipt, receipts
from tests.analysis.rules.drawing import page

UNSEEN = receipts(8, start=40)


def values(extraction):
    return {name: found.value for name, found in extraction.fields.items()}


def right(extractions, name):
    return sum(Prepared.of(e).is_right(name, str(x.fields[name].value)) for e, x in extractions if name in x.fields)


@pytest.mark.parametrize("name", ["vendor", "address", "date", "total"])
def test_reads_issuers_it_never_saw(model, name):
    assert right([(e, model.read(e.pages, "receipt")) for e in UNSEEN], name) >= 7


def test_learns_what_no_rule_knows(model):
    by_rules = [(e, extract_receipt(e.pages)) for e in UNSEEN]
    by_model = [(e, model.read(e.pages, "receipt")) for e in UNSEEN]
    assert right(by_model, "total") > right(by_rules, "total")


def test_findings_are_placed_and_signed(model):
    found = model.read(UNSEEN[0].pages, "receipt").fields["total"]
    words = [w for w in UNSEEN[0].pages[0].words if w.box == found.box]
    assert (found.source, found.page, [w.text for w in words]) == ("learned", 1, [UNSEEN[0].fields["total"]])
    assert 0.2 <= found.confidence <= 1


def test_vendor_spans_its_line(model):
    found = model.read(UNSEEN[0].pages, "receipt").fields["vendor"]
    assert found.raw == UNSEEN[0].fields["vendor"]
    assert found.box is not None
    assert found.box.y1 < 60


def test_the_best_is_first_among_alternatives(model):
    read = model.read(UNSEEN[0].pages, "receipt")
    for name, found in read.fields.items():
        assert read.candidates[name][0] == found
        assert [c.confidence for c in read.candidates[name]] == sorted(
            (c.confidence for c in read.candidates[name]), reverse=True
        )


def test_knows_nothing_of_other_types_and_empty_pages(model):
    assert model.read(UNSEEN[0].pages, "invoice").fields == {}
    assert model.read([PageReading(1)], "receipt").fields == {}


def test_saved_and_loaded_it_reads_the_same(model, tmp_path):
    model.save(tmp_path / "model")
    again = Model.load(tmp_path / "model")
    assert again.name == model.name
    assert again.read(UNSEEN[0].pages, "receipt") == model.read(UNSEEN[0].pages, "receipt")
    assert all(re.fullmatch(r"[\w.]+\.(json|txt|crfsuite)", file.name) for file in (tmp_path / "model").iterdir())


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "model.json").unlink(),
        lambda folder: (folder / "model.json").write_text("{"),
        lambda folder: (folder / "receipt.total.txt").unlink(),
        lambda folder: (folder / "receipt.total.txt").write_text("nonsense"),
        lambda folder: (folder / "receipt.crfsuite").write_bytes(b"nonsense"),
        lambda folder: (folder / "model.json").write_text(
            json.dumps(json.loads((folder / "model.json").read_text()) | {"features": -1})
        ),
    ],
)
def test_damaged_models_are_refused(model, tmp_path, damage):
    model.save(tmp_path)
    damage(tmp_path)
    with pytest.raises(InvalidInput) as error:
        Model.load(tmp_path)
    assert error.value.code == "model_unusable"


def rivals(rivalry):
    """A model that knows one field, and how often it was right where the rules said otherwise."""
    return Model({"receipt": Part({"total": FieldModel("amount", None, rivalry=rivalry)})})


def own(value="5.00", *others):
    ranked = tuple(Found(one, confidence=sure, source="learned") for one, sure in ((value, 0.7), *others))
    return Extraction("receipt", {"total": ranked[0]}, candidates={"total": ranked}, model_version="m")


def said(value):
    return Extraction("receipt", {"total": Found(value, confidence=0.97), "tax": Found("1.00", confidence=0.8)})


@pytest.mark.parametrize(
    ("rivalry", "rules", "value", "confidence"),
    [
        (Rivalry(0.9, 0.1), "5.00", "5.00", 0.7),  # the model has heard the rules: they add nothing
        (Rivalry(0.1, 0.9), "5.00", "5.00", 0.7),
        (Rivalry(0.9, 0.1), "6.00", "5.00", 0.7),
        (Rivalry(0.6, 0.3), "6.00", "5.00", 0.6),
        (Rivalry(0.1, 0.9), "6.00", "6.00", 0.9),
        (Rivalry(0.3, 0.3), "6.00", "6.00", 0.3),
    ],
)
def test_of_two_values_the_side_is_preferred_that_was_right_more_often(rivalry, rules, value, confidence):
    for mine in (own(), own("5.00", ("6.00", 0.3))):
        fused = fuse(rivals(rivalry).weighed(said(rules), mine))
        assert fused.fields["total"].value == value
        assert fused.fields["total"].confidence == pytest.approx(confidence)
        assert fused.fields["tax"].confidence == 0.8
        assert {one.value for one in fused.candidates["total"]} >= {"5.00", rules}


def test_where_the_model_is_silent_the_rules_are_as_likely_as_they_were():
    silent = Extraction("receipt")
    assert fuse(rivals(Rivalry(alone=0.6)).weighed(said("6.00"), silent)).fields["total"].confidence == 0.6
    fused = fuse(rivals(Rivalry(alone=0.2)).weighed(said("6.00"), silent))
    assert set(fused.fields) == {"tax"}
    assert Model({}).weighed(said("6.00"), silent) == [said("6.00"), silent]
    assert rivals(Rivalry()).weighed(silent, own()) == [silent, own()]


@pytest.mark.parametrize(
    ("source", "confidence", "address"),
    [("ocr", 0.9, "1, JALAN SELANGOR"), ("ocr", 0.995, "1, JALAN SCLANGOR"), ("text", 0.9, "1, JALAN SCLANGOR")],
)
def test_known_words_are_put_right_in_what_the_rules_found(source, confidence, address):
    pages = [page("KEDAI MAJU\n1, JALAN SCLANGOR\nTOTAL  5.00", source=source, confidence=confidence)]
    knows = Model({"receipt": Part({"total": FieldModel("amount", None)}, spelling=Spelling(frozenset({"SELANGOR"})))})
    rules, _ = knows.beside(extract_receipt(pages), pages)
    assert rules.fields["address"].value == address
    assert knows.beside(Extraction("receipt"), [PageReading(1)])[0].fields == {}
    assert Model({}).beside(extract_receipt(pages), pages)[0] == extract_receipt(pages)


def test_shipped_model_is_small_and_takes_part_in_extraction():
    assert sum(file.stat().st_size for file in learned.SHIPPED.iterdir()) < 2_000_000
    example = receipt(41)
    found = extraction.extract(example.pages, kind="receipt")
    assert learned.shipped().name in found.model_version
    assert {"vendor", "date", "address"} <= set(found.fields)  # the total stands beside a word that it never saw
    assert values(found).items() <= {**example.fields, "currency": "MYR"}.items()  # by the legal form
