"""Extractions that come again: the same findings, and found anew as soon as anything differs."""

import subprocess
import sys
from dataclasses import replace
from uuid import uuid4

import pytest
import redis
from django.conf import settings as configured

from analysis import document_types, extraction_cache
from analysis.document_types import DocumentType
from analysis.findings import Extraction, Found, Issue, LineItem
from analysis.learning.habits import Lesson
from analysis.learning.vendors import Identity
from analysis.learning.versions import Reference
from analysis.source import Source
from analysis.stages import extract
from analysis.stages.extract import Given
from documents.pages import PageReading, Word
from tests.analysis.test_caching import counted

FOUND = Extraction(
    "invoice",
    {"total": Found("119.00", "119,00 €", 1, (10.5, 20.0, 60.0, 30.0), 0.97), "taxes": Found([{"rate": "19"}], page=2)},
    [LineItem("Paper", "2", None, "50.00", "100.00", page=1, box=(1.0, 2.0, 3.0, 4.0))],
    {"lines": [{"charge": "1.00"}]},
    [Issue("xml_unusable", "It is broken.", ("total", "taxes"), "warning")],
    "rules-1+learned",
)
WORDS = [("Invoice", 10), ("Total", 40), ("119.00", 90)]
PAGES = [PageReading(1, 200, 100, words=tuple(Word(text, x, 10, x + 20, 20) for text, x in WORDS), source="text")]


@pytest.fixture(autouse=True)
def kept(settings):
    settings.CACHE_HOURS = 1
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield client
    for key in client.scan_iter("vouch:cache:*"):
        client.delete(key)
    client.close()


@pytest.fixture
def salt():
    """Tests run beside each other, on one cache."""
    return uuid4().hex


def again():
    raise AssertionError("found again although it is kept")


def make(*given, found=FOUND, keep=True):
    return extraction_cache.get_or_make(lambda: found, *given, keep=lambda: keep)


def test_what_is_kept_is_what_was_found_but_for_the_choice_that_is_over(salt):
    candidates = {"total": (Found("119.00"), Found("19.00"))}
    assert make(salt, found=replace(FOUND, candidates=candidates)) == FOUND
    assert extraction_cache.get_or_make(again, salt, keep=lambda: True) == FOUND


def test_what_was_found_without_an_answer_of_the_model_is_not_kept(salt):
    make(salt, keep=False)
    other = replace(FOUND, document_type="receipt")
    assert make(salt, found=other) == other


def test_another_language_model_or_document_type_finds_anew(salt, settings, monkeypatch):
    other = replace(FOUND, document_type="receipt")
    make(salt)
    settings.LLM_MODEL = "another"
    assert make(salt, found=other) == other
    settings.LLM_MODEL = ""
    assert make(salt, found=other) == FOUND
    types = document_types.all()
    monkeypatch.setattr(document_types, "all", lambda: {**types, "permit": DocumentType("permit", "Permit")})
    assert make(salt, found=other) == other


def test_another_release_finds_anew(salt, tmp_path, monkeypatch):
    prints = set()
    for text in ("A = 1\n", "A = 2\n"):
        (tmp_path / "rules.py").write_text(text)
        monkeypatch.setattr(extraction_cache, "_OWN", tmp_path)
        extraction_cache.fingerprint.cache_clear()
        prints.add(extraction_cache.fingerprint())
    monkeypatch.undo()
    extraction_cache.fingerprint.cache_clear()
    assert len(prints) == 2


LESSON = Lesson(7, "invoice", "vendor", Identity(frozenset({"a", "b"}), (), frozenset()), {"kind": "constant"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"pages": [replace(PAGES[0], width=201)]},
        {"kind": "receipt"},
        {"lessons": (LESSON,)},
        {"model": Reference("sentinel", "", "0" * 64)},
        {"source": Source("key", "other", "text/plain")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_stage_finds_again_only_what_may_differ(change, salt, tmp_path, monkeypatch):
    monkeypatch.setattr(extract.registry, "load", lambda reference: None)
    given = Given(uuid4(), Source("key", salt, "text/plain"), PAGES, "invoice")
    hits, misses = counted("hit", "extraction"), counted("miss", "extraction")
    first = extract.STAGE.compute(given, tmp_path)
    again = extract.STAGE.compute(
        replace(given, document_id=uuid4(), source=replace(given.source, storage_key="b")), tmp_path
    )
    assert again == first
    assert (counted("hit", "extraction") - hits, counted("miss", "extraction") - misses) == (1, 1)
    extract.STAGE.compute(replace(given, **change), tmp_path)
    assert counted("miss", "extraction") - misses == 2


def test_processes_agree_on_the_key():
    """The order of a set differs from process to process: nothing of the key may hang on it."""
    code = (
        "import django; django.setup()\n"
        "from analysis import custom_types, extraction_cache as c\n"
        "custom_types.current = dict\n"  # none: there is no database
        "print(c.fingerprint(), c._configuration())"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "PATH": "", "SECRET_KEY": "x" * 60}
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=configured.BASE_DIR,
            env=environment | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
