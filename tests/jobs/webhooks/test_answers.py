"""What a status and its headers say."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from jobs.webhooks.answers import of_status


@pytest.mark.parametrize(
    ("status", "code"), [(200, ""), (299, ""), (199, "webhook_status"), (300, "webhook_redirected")]
)
def test_where_taken_begins_and_ends(status, code):
    assert of_status(status, []).code == code


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        (" 30 ", 30),
        ("0", 0),
        ("999999999999", 3600),
        ("-5", 0),
        ("soon", 0),
        ("²", 0),
        ("", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2199 07:28:00 GMT", 3600),
        ("Wed, 21 Oct 2199 07:28:00", 3600),
    ],
)
def test_retry_after_within_bounds(text, seconds):
    assert of_status(503, [(b"Retry-After", text.encode("latin-1"))]).retry_after == seconds


def test_retry_after_as_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert of_status(429, [(b"X", b"1"), (b"retry-after", soon.encode())]).retry_after == pytest.approx(100, abs=3)
