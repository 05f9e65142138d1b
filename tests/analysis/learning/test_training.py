"""From reviewed documents to a model that workers use: dataset, training, registry, shadow runs, commands."""

import hashlib
import io
import json
import random

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from analysis import learned, review
from analysis.findings import Extraction, Found
from analysis.learned import Model
from analysis.learning import dataset, registry, shadow, training, versions
from analysis.models import ModelVersion, Result
from documents import tenancy
from documents.errors import Conflict, InvalidInput
from tests.analysis.learning.papers import analysed, page
from tests.conftest import make_person


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """A storage, and a memory of models, for each test."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "media")},
        }
    }
    registry._loaded.clear()
    registry._failed.clear()
    yield
    registry._loaded.clear()
    registry._failed.clear()


def bill(number, dice):
    """An invoice of one of 30 issuers; what is to be paid stands apart and adds up with nothing."""
    net, more = dice.randint(1000, 90000) / 100, dice.randint(100, 900) / 100
    total = f"{net + more:.2f}"
    day = f"2025-{dice.randint(1, 12):02}-{dice.randint(13, 28)}"
    pages = [
        page(
            (f"Issuer{number % 30} Trading Ltd", 40, 30),
            (f"{number % 30} Harbour Road", 40, 44),
            ("Invoice", 300, 120),
            (f"Invoice number RX-{number:04}", 40, 200),
            (f"Invoice date {day}", 40, 220),
            ("Net", 40, 500),
            (f"{net:.2f}", 400, 500),
            ("Zum Mitnehmen", 40, 560),
            (total, 400, 560),
        )
    ]
    fields = {
        "vendor": f"Issuer{number % 30} Trading Ltd",
        "invoice_number": f"RX-{number:04}",
        "date": day,
        "total": total,
    }
    return pages, fields


def reviewed(person, count=3, *, approve=True):
    """Documents that a person put right."""
    dice = random.Random(5)
    cases = []
    for number in range(count):
        pages, fields = bill(number, dice)
        case = analysed(
            person, pages, Extraction("invoice", {"vendor": Found("Wrong"), "date": Found(fields["date"], page=1)})
        )
        result = review.correct(case.result.pk, fields, user=person.user, expected_version=1)
        if approve:
            review.approve(result.pk, user=person.user, expected_version=result.version)
        cases.append(case)
    return cases


@pytest.fixture(scope="module")
def lessons():
    """Examples, as an export of ninety documents would give them."""
    dice = random.Random(7)
    made = [bill(number, dice) for number in range(90)]
    return [
        learned.Example(pages, "invoice", fields, fields["vendor"], str(at)) for at, (pages, fields) in enumerate(made)
    ]


@pytest.fixture
def scope(anna):
    with tenancy.as_user(anna.user):
        yield


def test_the_dataset_holds_before_and_after_and_no_names_of_people(anna, tmp_path):
    with tenancy.as_user(anna.user):
        reviewed(anna, 2)
        analysed(anna, bill(9, random.Random(1))[0])
    exported = dataset.export(tmp_path)
    lines = [json.loads(line) for line in exported.path.read_text().splitlines()]
    assert exported.documents == len(lines) == 2
    one = min(lines, key=lambda line: line["fields"]["invoice_number"]["after"])
    assert one["fields"]["vendor"]["before"] == "Wrong"
    assert one["fields"]["vendor"]["after"] == "Issuer0 Trading Ltd"
    assert (one["fields"]["total"]["before"], one["fields"]["total"]["corrected"]) == (None, True)
    assert (one["fields"]["date"]["corrected"], one["status"], one["issuer"]) == (
        False,
        "approved",
        "issuer0tradingltd",
    )
    assert one["pages"][0]["words"][0][0] == "Issuer0"
    assert "anna" not in exported.path.read_text()
    kept = exported.path.with_name("corrections.jsonl.dvc").read_text()
    assert (
        f"- md5: {hashlib.md5(exported.path.read_bytes()).hexdigest()}\n  size: {exported.path.stat().st_size}\n"
        in kept
    )
    assert exported.sha256 == hashlib.sha256(exported.path.read_bytes()).hexdigest()
    assert dataset.export(tmp_path / "again").sha256 == exported.sha256


def test_only_the_workspaces_asked_for(anna, mallory, tmp_path):
    for person in (anna, mallory):
        with tenancy.as_user(person.user):
            reviewed(person, 1)
    assert dataset.export(tmp_path, [mallory.workspace.id]).documents == 1
    assert dataset.export(tmp_path).documents == 2


def test_of_what_nobody_approved_only_corrections_are_learned(anna, scope):
    [case] = reviewed(anna, 1, approve=False)
    [example] = dataset.examples([dataset.record_of(Result.objects.get(pk=case.result.pk))])
    assert set(example.fields) == {"vendor", "invoice_number", "total"}
    assert example.pages[0].words[0].text == "Issuer0"


def test_what_was_approved_by_nobody_is_no_truth(anna, scope):
    reviewed(anna, 1)
    Result.objects.update(automatic=True)
    assert not dataset.reviewed().exists()


@pytest.mark.parametrize("text", [None, "{", '{"schema": 99}', "[]"])
def test_a_dataset_that_is_none(text, tmp_path):
    if text is not None:
        (tmp_path / dataset.NAME).write_text(text)
    with pytest.raises(InvalidInput, match="dataset_unusable"):
        dataset.read(tmp_path)


def test_a_better_model_is_stored_promoted_used_and_rolled_back(db, lessons):
    trained = training.run(lessons, data_sha256="d" * 64)
    version = trained.version
    f1 = version.metrics["f1"]["invoice"]["total"]
    assert trained.better == ["invoice"]
    assert f1["candidate"] > f1["active"]
    assert (version.status, trained.promoted, len(version.sha256)) == ("active", True, 64)
    issuers = {one.issuer for one in lessons if training.is_held_out(one.issuer)}
    assert version.metrics["measured_on"]["issuers"] == len(issuers)
    model = registry.current()
    assert model.name == version.name
    assert registry.current() is model
    held_out = next(one for one in lessons if training.is_held_out(one.issuer))
    assert model.read(held_out.pages, "invoice").fields["total"].value == held_out.fields["total"]
    again = training.run(lessons, data_sha256="d" * 64)
    assert (again.better, again.version.pk) == ([], version.pk)
    assert versions.roll_back() is None
    assert registry.current().name != version.name
    with pytest.raises(Conflict, match="no_active_model"):
        versions.roll_back()


def test_too_few_documents_are_told_apart(db, lessons):
    with pytest.raises(InvalidInput, match="too_few_examples"):
        training.run(lessons[:9], data_sha256="d")


def published(status="candidate", name=None):
    model = learned.train([])
    version = registry.publish(model, metrics={}, thresholds={}, data_sha256="d")
    version.name, version.storage_key = name or "learned-tried", "models/fields/tried.zip"
    default_storage.delete(version.storage_key)
    default_storage.save(version.storage_key, ContentFile(registry._archive(model)))
    version.sha256 = hashlib.sha256(registry._archive(model)).hexdigest()
    version.save()
    return version


def test_a_damaged_model_gives_way_to_the_shipped_one(db):
    version = published()
    versions.promote(version)
    default_storage.delete(version.storage_key)
    default_storage.save(version.storage_key, ContentFile(b"something else"))
    before = registry.UNUSABLE._value.get()
    assert registry.current().name == registry.shipped().name
    assert registry.UNUSABLE._value.get() > before
    assert "learned-tried" in registry._failed
    with pytest.raises(Exception, match="storage_damaged"):
        registry.load_strictly(versions.reference(version))


def test_a_process_keeps_few_models(db):
    version = published()
    reference = versions.reference(version)
    for name in ("a", "b", "c"):
        registry.load(versions.Reference(name, reference.storage_key, reference.sha256))
    assert list(registry._loaded) == ["b", "c"]


def test_going_back_goes_further_back_each_time(db, anna):
    made = [ModelVersion.objects.create(name=name, data_sha256="", code_version="", sha256="") for name in "abc"]
    for version in made:
        versions.promote(version, anna.user)
    assert versions.active().name == "c"
    assert versions.roll_back().name == "b"
    assert versions.roll_back().name == "a"
    assert versions.roll_back() is None
    assert versions.active() is None
    assert ModelVersion.objects.get(name="c").promoted_by == anna.user


def test_a_shadow_run_says_what_would_change(db, anna, lessons):
    trained = training.run(lessons, data_sha256="d" * 64, promote=False)
    assert (trained.version.status, trained.promoted) == ("candidate", False)
    with tenancy.as_user(anna.user):
        reviewed(anna, 3)
        analysed(anna, bill(4, random.Random(2))[0])
        xml = analysed(
            anna, bill(5, random.Random(3))[0], Extraction("invoice", {"total": Found("1.00", source="xml")})
        )
    found = shadow.results_since(30)
    assert (anna.workspace.id, xml.result.pk) not in found
    total = {}
    for one in shadow.compare(registry.load(versions.reference(trained.version)), Model({}), found):
        shadow.add(total, one)
    totals = total["invoice.total"]
    assert totals.vouched == 3
    assert totals.candidate_right >= totals.active_right
    assert sum(totals.counts.values()) == 4
    out = io.StringIO()
    call_command("shadow", trained.version.name, stdout=out)
    assert "4 documents" in out.getvalue()
    assert "of 3" in out.getvalue()
    assert versions.active() is None


def test_the_commands(anna, tmp_path):
    with tenancy.as_user(anna.user):
        reviewed(anna, 60)
    out = io.StringIO()
    call_command("export_corrections", tmp_path, stdout=out)
    assert "60 documents" in out.getvalue()
    call_command("models", "list", stdout=out)
    assert "None was trained here" in out.getvalue()
    call_command("train", "--from", tmp_path, "--no-promote", stdout=out)
    version = ModelVersion.objects.get()
    assert "Better at: invoice" in out.getvalue()
    assert version.data_sha256 in out.getvalue()
    call_command("models", "promote", version.name, stdout=out)
    assert versions.active().name == version.name
    call_command("models", "rollback", stdout=out)
    assert versions.active() is None
    for wrong in (
        ("models", "promote", "x"),
        ("models", "rollback"),
        ("shadow", "x"),
        ("train", "--from", tmp_path / "x"),
    ):
        with pytest.raises(CommandError):
            call_command(*wrong, stdout=out)


def test_training_from_the_database_needs_documents(db):
    make_person("nobody")
    with pytest.raises(CommandError, match="0 reviewed documents"):
        call_command("train")


def test_an_active_model_that_is_only_measured_stays_as_it_is(db, lessons):
    version = training.run(lessons, data_sha256="d" * 64).version
    ModelVersion.objects.update(thresholds={"invoice": {"total": 0.5}}, metrics={"said": "before"})
    measured = training.run(lessons, data_sha256="e" * 64, promote=False)
    assert (measured.better, measured.promoted, measured.version.pk) == ([], False, None)
    assert measured.version.name == version.name
    assert measured.version.metrics["measured_on"]["documents"] > 0
    kept = ModelVersion.objects.get()
    assert (kept.thresholds, kept.metrics) == ({"invoice": {"total": 0.5}}, {"said": "before"})
    assert (kept.data_sha256, kept.status) == ("d" * 64, "active")


def test_new_figures_of_a_model_leave_what_its_blind_samples_said(db):
    sample = {"right": 3, "wrong": 1, "evidence": 2.5}
    first = registry.publish(learned.train([]), metrics={"seed": 0}, thresholds={}, data_sha256="d")
    ModelVersion.objects.filter(pk=first.pk).update(metrics={"seed": 0, versions.SAMPLE: sample})
    again = registry.publish(learned.train([]), metrics={"seed": 1}, thresholds={"x": {"y": 0.5}}, data_sha256="e")
    assert (again.pk, again.metrics) == (first.pk, {"seed": 1, versions.SAMPLE: sample})
    assert again.thresholds == {"x": {"y": 0.5}}
