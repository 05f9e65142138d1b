"""Pictures found by what they show, over HTTP: beside passages, filtered, of one's own, whatever the server does."""

import io
import time
import uuid

import pytest
from PIL import Image

from analysis import picture_sets
from analysis.engines.embedding import pictures
from analysis.models import Picture, QueryLog
from analysis.picture_finding import FoundPicture
from analysis.search import pictures as search_pictures
from analysis.search.hits import Hit
from analysis.search.pictures import PictureHit
from documents import tenancy
from documents.pages import Box
from jobs.models import Job
from tests.analysis.search.conftest import embedder, keep  # noqa: F401 - the embedder is by words, and used by all
from tests.analysis.test_picture_sets import picture
from tests.api.conftest import analysed, is_problem
from tests.llm_server import Said, refused
from tests.picture_papers import manual, photo_file
from tests.picture_server import PictureServer, answer

pytestmark = pytest.mark.django_db

TEXTS = ["The annual premium of the policy is due in advance.", "Switch the pump off before you clean the filter."]


@pytest.fixture(autouse=True)
def server(settings):
    running = PictureServer()
    settings.PICTURE_EMBEDDER_URL, settings.PICTURE_EMBEDDER_MODEL = running.url, "colours"
    yield running
    running.close()


def show(person, document, *shown) -> list[Picture]:
    """As the pipeline leaves them."""
    with tenancy.as_user(person.user):
        job = Job.objects.create(workspace_id=document.workspace_id, document=document, pipeline="document")
        picture_sets.put(document, job.id, shown)
        drafts = picture_sets.lacking(job.id, 0, 99, "colours")
        made = picture_sets.embed([jpeg for _, jpeg in drafts])
        picture_sets.put_vectors(job, [ordinal for ordinal, _ in drafts], made, "colours")
        picture_sets.swap(document, job.id)
        return list(Picture.objects.filter(document=document))


def search(client, **query):
    response = client.get("/api/v1/search", query)
    assert response.status_code == 200, response.content
    return response.json()


def shown(body) -> list[str]:
    return [hit["chunk_id"] for hit in body["results"] if hit["picture"]]


@pytest.fixture
def document(anna):
    found = keep(anna, TEXTS)
    show(anna, found, picture("red", 1, "The pump in its box"), picture("blue", 2))
    return found


def test_a_picture_comes_with_its_place_and_address(as_anna, anna, document):
    body = search(as_anna, q="something red")
    assert body["pictures"] == "searched"
    hit = body["results"][0]
    assert (hit["type"], hit["page"], hit["document_id"], hit["filename"]) == ("image", 1, str(document.id), "a.pdf")
    assert (hit["text"], hit["snippet"], hit["section"]) == ("The pump in its box", "The pump in its box", "")
    assert hit["boxes"] == [{"page": 1, "box": [0, 0, 30, 20.12]}]
    assert hit["picture"] == f"/api/v1/documents/{document.id}/pages/1.png?width=480&box=0,0,30,20.12"
    assert 0.5 <= hit["score"] <= 1
    assert len(shown(body)) == 1
    assert all(one["picture"] is None for one in body["results"][1:])
    with tenancy.as_user(anna.user):
        log = QueryLog.objects.get(pk=body["query_id"])
        assert log.retrieved[0] == [hit["chunk_id"], hit["score"]]
        assert log.documents == [str(document.id)]


def test_what_no_picture_shows_finds_none(as_anna, document):
    assert shown(search(as_anna, q="annual premium")) == []
    assert shown(search(as_anna, q="green")) == []


def test_a_passage_with_the_words_comes_before_a_picture(as_anna, document):
    first, second, *_ = search(as_anna, q="red pump")["results"]
    assert (first["text"], first["picture"]) == (TEXTS[1], None)
    assert second["picture"]
    assert second["score"] <= first["score"]


def test_pictures_are_few_beside_passages(as_anna, anna, document):
    reds = [picture((200, n, n), n + 3) for n in range(5)]
    show(anna, keep(anna, ["Red things of all kinds."], "b.pdf"), *reds)
    assert len(shown(search(as_anna, q="red", limit=30))) == 3
    assert len(shown(search(as_anna, q="red", limit=2))) == 1


def test_filters_apply_to_pictures(as_anna, anna, document):
    case = analysed(anna, b"Bill of a car", "bill.txt")
    [mine] = show(anna, case.document, picture("red"))
    assert len(shown(search(as_anna, q="red"))) == 2
    assert shown(search(as_anna, q="red", kind="invoice")) == [str(mine.id)]
    assert shown(search(as_anna, q="red", document=str(case.document.id))) == [str(mine.id)]
    assert shown(search(as_anna, q="red", kind="receipt")) == []


def test_others_never_see_it(as_mallory, mallory, document):
    body = search(as_mallory, q="something red")
    assert (body["results"], body["pictures"]) == ([], "searched")
    own = keep(mallory, ["Nothing of the kind."], "m.pdf")
    show(mallory, own, picture("blue"))
    assert shown(search(as_mallory, q="red", document=str(document.id))) == []
    assert len(shown(search(as_mallory, q="blue"))) == 1


def test_without_an_address_nothing_is_different(as_anna, document, settings, server):
    settings.PICTURE_EMBEDDER_URL = ""
    asked = len(server.asked)
    body = search(as_anna, q="something red")
    assert (shown(body), body["pictures"], len(server.asked)) == ([], "off", asked)


def test_where_there_are_no_pictures_nobody_is_asked(as_anna, anna, server):
    keep(anna, TEXTS)
    assert search(as_anna, q="something red")["pictures"] == "searched"
    assert server.asked == []


def test_a_server_that_fails_or_is_slow_costs_its_pictures_alone(as_anna, document, server):
    for reply in (Said(delay=3), refused(500, "secret"), Said(body=b"no JSON")):
        server.always = lambda _asked, reply=reply: reply
        begin = time.monotonic()
        body = search(as_anna, q="annual premium")
        assert time.monotonic() - begin < 2.5
        assert (body["pictures"], body["results"][0]["text"]) == ("unavailable", TEXTS[0])
    server.always = answer
    pictures._made.cache_clear()  # it would be left alone for a minute
    assert search(as_anna, q="annual premium")["pictures"] == "searched"


def test_where_all_wait_for_a_slow_server_nobody_waits_longer(as_anna, document):
    waiting = [search_pictures._threads().submit(time.sleep, 2.5) for _ in range(8)]
    begin = time.monotonic()
    assert search(as_anna, q="annual premium")["pictures"] == "unavailable"
    assert time.monotonic() - begin < 2.4
    for one in waiting:
        one.result()


def test_the_sentences_that_suit_any_picture_are_embedded_once(as_anna, document, server):
    search(as_anna, q="something red")
    search(as_anna, q="something blue")
    texts = [asked.body["input"] for asked in server.asked if asked.body["modality"] == "text"][1:]
    assert texts[0] == ["something red", *search_pictures._ANY]
    assert texts[1] == ["something blue"]


def test_vectors_of_another_model_are_not_compared(as_anna, document, settings):
    settings.PICTURE_EMBEDDER_MODEL = "others"
    assert shown(search(as_anna, q="red")) == []


def test_the_address_shows_the_picture_to_its_owner_alone(as_anna, as_mallory, anna):
    case = analysed(anna, manual(), "manual.pdf")
    show(anna, case.document, FoundPicture(1, Box(60, 100, 260, 250), "", photo_file("red", size=(320, 240))))
    [hit] = search(as_anna, q="red", document=str(case.document.id))["results"]
    response = as_anna.get(hit["picture"])
    with Image.open(io.BytesIO(response.content)) as image:
        assert abs(image.width - 480) <= 2
        assert image.convert("RGB").getpixel((240, 100))[:2] == (255, 0)
    assert as_anna.get(hit["picture"], headers={"If-None-Match": response["ETag"]}).status_code == 304
    whole = as_anna.get(hit["picture"].partition("&")[0], headers={"If-None-Match": response["ETag"]})
    assert whole.status_code == 200
    assert is_problem(as_mallory.get(hit["picture"]), 404, "not_found")
    page = f"/api/v1/documents/{case.document.id}/pages/1.png"
    for box in ("1,2,3", "a,b,c,d", "5,5,5,9", "nan,0,9,9", "0,0,inf,9", "-1,0,9,9"):
        assert as_anna.get(page, {"box": box}).status_code == 422
    assert is_problem(as_anna.get(page, {"box": "700,0,800,50"}), 422, "box_outside")


def hit(score, lexical=1.0) -> Hit:
    return Hit(uuid.uuid4(), uuid.uuid4(), "a", "text", "", 1, "", [], score, lexical, 0.5)


def seen(score) -> PictureHit:
    return PictureHit(uuid.uuid4(), uuid.uuid4(), "a", 1, [0, 0, 1, 1], "", score)


@pytest.mark.parametrize(
    ("passages", "seen_at", "order"),
    [
        ([], [0.9, 0.6], "PP"),
        ([hit(1.0), hit(0.7)], [0.95], "tPt"),
        ([hit(0.8), hit(0.5)], [1.0], "tPt"),
        ([hit(1.0), hit(0.9), hit(0.8)], [0.5], "ttt"),
        ([hit(0.6, 0), hit(0.5, 0)], [0.7], "Ptt"),
        ([hit(0.6, 0), hit(0.4, 2.0)], [0.9], "ttP"),
    ],
)
def test_pictures_are_mixed_in_behind_passages_that_hold_the_words(passages, seen_at, order):
    mixed = search_pictures.mixed(passages, [seen(one) for one in seen_at], 3)
    assert "".join("t" if isinstance(one, Hit) else "P" for one in mixed) == order
