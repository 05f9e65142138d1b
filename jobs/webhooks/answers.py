"""What an attempt came to, and whether another may help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_WAIT = 3600.0  # seconds that a receiver may ask for


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is empty if it was taken. `final`: another attempt can't help. `retry_after`: seconds asked for."""

    status: int | None = None
    code: str = ""
    detail: str = ""
    final: bool = False
    retry_after: float = 0.0

    @property
    def taken(self) -> bool:
        return not self.code

    @property
    def gone(self) -> bool:
        """The receiver wants nothing any more."""
        return self.status == 410


def of_status(status: int, headers: Sequence[tuple[bytes, bytes]]) -> Answer:
    """What a status says: any 2xx is taken, all else is not."""
    if 200 <= status < 300:
        return Answer(status)
    if status == 410:
        detail = "It answered 410 Gone. If that was a mistake, switch the endpoint on again and replay."
        return Answer(status, "webhook_gone", detail, final=True)
    if 300 <= status < 400:
        detail = f"It answered {status}. Redirects are not followed: give the address that it leads to."
        return Answer(status, "webhook_redirected", detail)
    detail = f"It answered {status}; any status from 200 to 299 counts as taken."
    return Answer(status, "webhook_status", detail, retry_after=_retry_after(headers))


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> float:
    """Seconds, within bounds; 0 if the header is missing or nonsense."""
    text = next((value.decode("latin-1").strip() for name, value in headers if name.lower() == b"retry-after"), "")
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT)
