"""What all pages have: signing in and out, errors in the same look, a strict policy for scripts."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.views.defaults import bad_request, permission_denied, server_error


def test_signing_in_and_out(client, anna):
    page = client.post("/login", {"username": "anna", "password": "wrong"}).content.decode()
    assert "Please enter a correct username and password" in page
    answer = client.post("/login", {"username": "anna", "password": "secret-of-anna", "next": "/documents"})
    assert (answer.status_code, answer.url) == (302, "/documents")
    assert client.get("/login").url == "/"
    assert client.post("/logout").url == "/login"
    assert client.get("/").status_code == 302


def test_people_change_their_own_password(client, anna):
    assert client.get("/password").status_code == 302  # to the login
    client.force_login(anna.user)
    assert 'href="/password"' in client.get("/").content.decode()
    sent = {"old_password": "wrong", "new_password1": "quite-another-one", "new_password2": "quite-another-one"}
    assert "Your old password was entered incorrectly" in client.post("/password", sent).content.decode()
    answer = client.post("/password", sent | {"old_password": "secret-of-anna"}, follow=True)
    assert "Your password is changed." in answer.content.decode()
    assert client.get("/documents").status_code == 200
    assert Client().login(username="anna", password="quite-another-one")


def test_an_unknown_address(client, db):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "Nothing is here" in page
    assert answer["X-Request-ID"] in page


def test_a_form_that_is_too_old(anna):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/login", {"username": "anna", "password": "secret-of-anna"})
    assert answer.status_code == 403
    assert "The page was too old" in answer.content.decode()


@pytest.mark.parametrize(
    ("view", "status", "words"),
    [
        (lambda request: server_error(request), 500, "That went wrong here"),
        (lambda request: permission_denied(request, Exception()), 403, "Not for this account"),
        (lambda request: bad_request(request, Exception()), 400, "That can't be read"),
    ],
)
def test_other_errors(rf, view, status, words):
    answer = view(rf.get("/"))
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_staff_are_led_to_the_admin(client, sam, anna):
    client.force_login(anna.user)
    assert "/admin/" not in client.get("/").content.decode()
    client.force_login(sam.user)
    assert "/admin/" in client.get("/").content.decode()


def test_no_script_stands_in_a_page(signed_in, make_document):
    document = make_document()
    for address in ("/", "/documents", "/jobs", f"/documents/{document.id}"):
        answer = signed_in.get(address)
        page = answer.content.decode()
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        inline = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>", page)
        assert inline == [], address
        assert re.findall(r"\son\w+=", page) == [], address


def test_scripts_and_styles_import_what_is_there():
    folder = Path(settings.BASE_DIR) / "static"
    for script in folder.glob("*.js"):
        for name in re.findall(r'from "\./([\w.]+)"', script.read_text()):
            assert (folder / name).exists(), f"{script.name} imports {name}"
    for sheet in folder.glob("*.css"):
        assert sheet.read_text().count("{") == sheet.read_text().count("}"), sheet.name
