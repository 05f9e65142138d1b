"""The cache in Redis: hits only for the same question, within its bound, and no error without Redis."""

import random
from uuid import uuid4

import pytest
import redis
from prometheus_client import REGISTRY

from analysis import caching
from analysis.reading import ocr
from analysis.reading.raster import Raster
from documents import removal
from documents.pages import PageReading, Word
from tests.analysis.reading.test_reading import receipt


@pytest.fixture(autouse=True)
def kept(settings):
    settings.CACHE_HOURS = 1
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield client
    for key in client.scan_iter("vouch:cache:*"):
        client.delete(key)
    client.close()


@pytest.fixture
def cache():
    return caching.Cache("test")


def counted(outcome, cache="test"):
    labels = {"cache": cache, "outcome": outcome}
    return REGISTRY.get_sample_value("vouch_cache_requests_total", labels) or 0


def forbidden():
    raise AssertionError("made although it is kept")


def test_the_second_time_the_answer_is_kept(cache, kept):
    hits, misses = counted("hit"), counted("miss")
    assert cache.get_or_make(lambda: b"answer", "v1", b"page") == b"answer"
    assert cache.get_or_make(forbidden, "v1", b"page") == b"answer"
    assert (counted("hit") - hits, counted("miss") - misses) == (1, 1)
    (key,) = kept.scan_iter("vouch:cache:test:*")
    assert 0 < kept.ttl(key) <= 3_600


@pytest.mark.parametrize("other", [("v2", b"page"), ("v1", b"page "), ("v1p", b"age"), ("v1",)])
def test_another_version_or_content_never_hits(cache, other):
    cache.get_or_make(lambda: b"answer", "v1", b"page")
    assert cache.get_or_make(lambda: b"other", *other) == b"other"


def test_kinds_of_answers_and_installations_are_kept_apart(cache, settings):
    cache.get_or_make(lambda: b"answer", "v1")
    assert caching.Cache("test2").get_or_make(lambda: b"other", "v1") == b"other"
    settings.SECRET_KEY = "another installation's"
    assert cache.get_or_make(lambda: b"other", "v1") == b"other"


def test_a_failure_is_not_kept(cache):
    with pytest.raises(AssertionError):
        cache.get_or_make(forbidden, "v1")
    assert cache.get_or_make(lambda: b"answer", "v1") == b"answer"


def test_damaged_and_huge_answers_are_made_again(cache, kept, monkeypatch):
    cache.get_or_make(lambda: b"answer", "v1")
    (key,) = kept.scan_iter("vouch:cache:test:*")
    kept.set(key, b"damaged")
    assert cache.get_or_make(lambda: b"anew", "v1") == b"anew"
    monkeypatch.setattr(caching, "_MAX_BYTES", 4)
    cache.get_or_make(lambda: b"huge", "v2")
    assert cache.get_or_make(lambda: b"huge again", "v2") == b"huge again"


def test_without_redis_answers_are_made_and_it_is_left_alone_for_a_while(cache, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    away, asked = counted("away"), []
    assert cache.get_or_make(lambda: b"answer", "v1") == b"answer"
    monkeypatch.setattr(caching, "_client", asked.append)
    assert cache.get_or_make(lambda: b"anew", "v1") == b"anew"
    assert (counted("away") - away, asked) == (2, [])


def test_it_can_be_turned_off(cache, kept, settings):
    settings.CACHE_HOURS = 0
    cache.get_or_make(lambda: b"answer", "v1")
    assert not list(kept.scan_iter("vouch:cache:test:*"))


def test_pages_read_once_come_from_the_cache_with_their_own_number(monkeypatch):
    page = PageReading(1, 480, 640, 90, "ocr", (Word("Größe", 1.5, 2, 3, 4, 0.75), Word("2", 5, 6, 7, 8)), "Größe 2\n")
    made = []
    monkeypatch.setattr(ocr, "_read_in_child", lambda raster, number, alphabet: made.append(number) or page)
    raster = Raster.of(receipt(), 480, 640)
    first, second = (ocr.read(raster, number, version="v1") for number in (1, 7))
    assert first == page
    assert second == PageReading(7, 480, 640, 90, "ocr", page.words, page.markdown)
    ocr.read(raster._replace(page_width=240), 1, version="v1")
    ocr.read(raster, 1, version="v2")
    assert made == [1, 1, 1]


def bulky(seed):
    return random.Random(seed).randbytes(300_000)


def test_the_oldest_answers_give_way(cache, kept, settings):
    settings.CACHE_MAX_MB = 1
    for number in range(5):
        cache.get_or_make(lambda number=number: bulky(number), str(number))
    assert len(list(kept.scan_iter("vouch:cache:test:*"))) == 3
    assert 900_000 < int(kept.get("vouch:cache:bytes")) <= 2**20
    for number in (2, 3, 4):
        cache.get_or_make(forbidden, str(number))
    with pytest.raises(AssertionError):
        cache.get_or_make(forbidden, "1")


def test_the_sum_stays_true_when_answers_are_kept_anew_or_run_out(cache, kept, settings):
    cache.get_or_make(lambda: bulky(1), "a")
    sum_of_one = int(kept.get("vouch:cache:bytes"))
    (key,) = kept.scan_iter("vouch:cache:test:*")
    kept.set(key, b"damaged")
    cache.get_or_make(lambda: bulky(1), "a")
    assert int(kept.get("vouch:cache:bytes")) == sum_of_one
    kept.delete(key)
    kept.zadd("vouch:cache:ages", {key: 0})  # it has run out
    cache.get_or_make(lambda: bulky(2), "b")
    assert int(kept.get("vouch:cache:bytes")) == pytest.approx(sum_of_one, abs=200)
    assert kept.zcard("vouch:cache:ages") == kept.hlen("vouch:cache:sizes") == 1


@pytest.mark.django_db
def test_what_was_read_of_a_document_is_forgotten_with_it(cache, kept, django_capture_on_commit_callbacks):
    first, twin, other = uuid4(), uuid4(), uuid4()
    for document, page in ((first, "1"), (first, "2"), (twin, "1"), (other, "3")):
        with caching.belonging_to(document):
            cache.get_or_make(lambda page=page: page.encode(), page)
    with django_capture_on_commit_callbacks(execute=True):
        caching.forget_document(twin, uuid4())
    assert len(list(kept.scan_iter("vouch:cache:test:*"))) == 2
    with caching.belonging_to(twin):  # a worker that doesn't know yet
        cache.get_or_make(lambda: b"1", "1")
    assert len(list(kept.scan_iter("vouch:cache:test:*"))) == 2
    with django_capture_on_commit_callbacks(execute=True):
        caching.forget_document(first, uuid4())
    cache.get_or_make(forbidden, "3")
    assert kept.zcard("vouch:cache:ages") == 1
    assert caching.forget_document in removal.before_removal


@pytest.mark.django_db
def test_a_document_goes_without_redis_too(settings, django_capture_on_commit_callbacks, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    with django_capture_on_commit_callbacks(execute=True):
        caching.forget_document(uuid4(), uuid4())
    assert "cache_not_purged" in caplog.text
