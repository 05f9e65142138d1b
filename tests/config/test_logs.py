"""Logs: a JSON object per line, with the request's id and no secret."""

import json
import subprocess
import sys

import pytest
import structlog
from django.http import HttpResponse
from django.test import RequestFactory

from config import logs
from config.middleware import RequestIdMiddleware


def masked(**event):
    return logs.mask(None, "info", event)


@pytest.mark.parametrize(
    "name", ["password", "Authorization", "secret_key", "access_token", "cookie", "api_key", "DSN"]
)
def test_values_of_secret_names_are_hidden(name):
    assert masked(**{name: "hunter2"}) == {name: "***"}


def test_secrets_within_texts_are_hidden():
    assert masked(event="postgresql://vouch:hunter2@db/x failed")["event"] == "postgresql://vouch:***@db/x failed"
    assert masked(event="redis://:hunter2@host")["event"] == "redis://:***@host"
    assert masked(event="Authorization: Bearer abc.def-1 refused")["event"] == "Authorization: Bearer *** refused"
    assert masked(event="see https://host/path?x=1", count=3) == {"event": "see https://host/path?x=1", "count": 3}


LINES = """
import logging, structlog
from config import logs
logs.configure(logs.settings("INFO", as_json={as_json}))
with structlog.contextvars.bound_contextvars(request_id="r-1"):
    structlog.get_logger("ours").info("taken_in", size=3, password="hunter2")
    logging.getLogger("theirs").warning("odd %s", "thing", extra={{"url": "redis://u:hunter2@h"}})
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger("theirs").exception("failed")
"""


def written(as_json):
    """What a process of its own writes to stderr: logging is global."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LINES.format(as_json=as_json)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


def test_ours_and_theirs_are_the_same_lines():
    ours, theirs, failure = (json.loads(line) for line in written(True).splitlines())
    assert (ours["event"], ours["size"], ours["password"], ours["level"]) == ("taken_in", 3, "***", "info")
    assert (theirs["event"], theirs["url"], theirs["logger"]) == ("odd thing", "redis://u:***@h", "theirs")
    assert ours["request_id"] == theirs["request_id"] == "r-1"
    assert "ZeroDivisionError" in failure["exception"]
    assert ours["timestamp"].endswith("Z")


def test_people_get_lines_to_read():
    text = written(False)
    assert "taken_in" in text
    assert "hunter2" not in text
    assert not text.startswith("{")


def test_a_request_binds_its_id_and_leaves_nothing_to_the_next():
    during = []

    def view(request):
        during.append(structlog.contextvars.get_contextvars())
        return HttpResponse()

    RequestIdMiddleware(view)(RequestFactory().get("/", headers={"X-Request-ID": "r-2"}))
    assert during == [{"request_id": "r-2"}]
    assert "request_id" not in structlog.contextvars.get_contextvars()
