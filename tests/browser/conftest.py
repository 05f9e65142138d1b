"""A real browser before the real server: pages, API, workers and engines together."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.asgi import Server, serving
from tests.conftest import Person

CHROMIUM = Path("/usr/bin/chromium")
SECONDS = 60_000  # the first page that is read waits for the models to load
expect.set_options(timeout=SECONDS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("VOUCH_REQUIRE_BROWSER") == "1":
            pytest.fail(f"{CHROMIUM} is missing, and VOUCH_REQUIRE_BROWSER=1 asks for it.")
        pytest.skip(f"{CHROMIUM} is missing: install chromium to run the tests in a browser.")
    with _database_beside_playwrights_loop(), sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=options)
        yield running
        running.close()


@contextmanager
def _database_beside_playwrights_loop() -> Iterator[None]:
    """Playwright keeps an event loop in this thread, beside which Django would refuse the database."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def site(transactional_db) -> Iterator[Server]:
    """With sockets, which the server that Django's tests bring has not."""
    with serving() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, site, client: Client, anna: Person) -> Iterator[Callable[..., Page]]:
    """Opens a page, signed in as anna. An error on its console or against its security policy fails the test."""
    complaints: list[str] = []
    contexts = []
    client.force_login(anna.user)
    session = client.cookies["sessionid"].value

    def open_(path: str = "/", *, width: int = 1280, scheme: str = "light", signed_in: bool = True, **options) -> Page:
        context = browser.new_context(
            base_url=site.url,
            viewport={"width": width, "height": 860},
            color_scheme=scheme,
            **{"locale": "de-DE"} | options,
        )
        contexts.append(context)
        if signed_in:
            context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    open_.complaints = complaints
    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
