"""Reviews by people without an account."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from documents import guests, tenancy
from documents.models import Document, User, Workspace
from jobs import maintenance
from jobs.models import Job
from tests.analysis.reviews.conftest import GOOD, work
from tests.api.conftest import is_problem

pytestmark = pytest.mark.usefixtures("transactional_db", "broker")


@pytest.fixture(autouse=True)
def open_to_guests(settings):
    settings.REVIEWS_GUESTS = True


def say(client, text=GOOD, **more):
    return client.post("/api/v1/reviews", {"text": text}, format="json", **more)


def stranger(**more):
    return APIClient(raise_request_exception=False, **more)


def test_without_the_setting_nobody_comes_in(settings):
    settings.REVIEWS_GUESTS = False
    assert is_problem(say(stranger()), 401, "not_authenticated")
    assert not User.objects.exists()


def test_a_guest_is_known_again_by_cookie_or_header(broker):
    guest = stranger()
    response = say(guest)
    assert response.status_code == 202
    cookie = response.cookies["vouch_guest"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    url, token = response.json()["poll_url"], response["X-Guest-Token"]
    assert guest.get(url).status_code == 200
    assert stranger().get(url, headers={"X-Guest-Token": token}).status_code == 200
    assert User.objects.count() == 1
    found = guests.find(token)
    with tenancy.as_workspace(Workspace.personal_id(found)):
        job = Job.objects.get()
        assert job.created_by == found
    work(type("Someone", (), {"user": found}), job)
    assert guest.get(url).json()["results"][0]["label"] == "positive"


def test_guests_see_nothing_of_each_other_and_of_the_rest(anna):
    first, second = stranger(), stranger()
    url = say(first).json()["poll_url"]
    assert say(second).status_code == 202
    assert is_problem(second.get(url), 404, "not_found")
    assert is_problem(stranger().get(url), 401, "not_authenticated")
    assert is_problem(stranger().get(url, headers={"X-Guest-Token": "made:up"}), 401, "not_authenticated")
    for path in ("/api/v1/jobs", "/api/v1/documents"):
        assert is_problem(first.get(path), 401, "not_authenticated")
    assert is_problem(first.post("/api/v1/analyze", {}), 401, "not_authenticated")


def test_a_cookie_alone_is_not_enough_to_send_something():
    browser = stranger(enforce_csrf_checks=True)
    assert say(browser).status_code == 202
    assert is_problem(say(browser), 403, "permission_denied")
    browser.cookies["csrftoken"] = "c" * 32
    assert say(browser, headers={"X-CSRFToken": "c" * 32}).status_code == 202
    token = say(stranger())["X-Guest-Token"]
    assert say(stranger(enforce_csrf_checks=True), headers={"X-Guest-Token": token}).status_code == 202


def test_limits_are_the_addresses_and_tight(settings):
    settings.GUEST_REQUESTS_PER_HOUR, settings.GUEST_UPLOADS_PER_DAY = 4, 1
    upload = "/api/v1/reviews"
    assert stranger().post(upload, {"file": SimpleUploadedFile("a.csv", b"text\ngood\n")}).status_code == 202
    again = stranger().post(upload, {"file": SimpleUploadedFile("b.csv", b"text\nfine\n")})
    assert is_problem(again, 429, "too_many_uploads")
    large = stranger().post(upload, {"file": SimpleUploadedFile("c.csv", b"text\n" + b"x\n" * 2**20)})
    assert large.status_code in (413, 429)
    assert say(stranger()).status_code == 202
    before = User.objects.count()
    assert is_problem(say(stranger()), 429, "too_many_requests")
    assert User.objects.count() == before
    assert User.objects.count() == 4


def test_files_of_guests_are_small_and_call_nobody():
    large = SimpleUploadedFile("c.csv", b"text\n" + b"x\n" * 2**20)
    assert is_problem(stranger().post("/api/v1/reviews", {"file": large}), 413, "file_too_large")
    body = {"text": GOOD, "callback_url": "https://example.org/done"}
    assert is_problem(stranger().post("/api/v1/reviews", body, format="json"), 422, "callback_refused")


def test_a_guest_is_gone_after_a_while(settings, anna):
    guest = stranger()
    token = say(guest)["X-Guest-Token"]
    upload = {"file": SimpleUploadedFile("a.csv", b"text\ngood\n")}
    assert guest.post("/api/v1/reviews", upload).status_code == 202
    known = guests.find(token)
    with tenancy.as_workspace(Workspace.personal_id(known)):
        key = Document.objects.get().storage_key
    assert maintenance.run()["guests"] == 0
    User.objects.filter(pk=known.pk).update(date_joined=timezone.now() - timedelta(hours=25))
    assert maintenance.run()["guests"] == 1
    assert guests.find(token) is None
    assert not default_storage.exists(key)
    with tenancy.as_sweeper():
        assert not Job.objects.exists()
    assert list(User.objects.all()) == [anna.user]
