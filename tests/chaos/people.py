"""Users of the API, over HTTP as anybody, with a ledger of what they were promised."""

import hashlib
import itertools
from typing import TYPE_CHECKING, Any

import httpx

from tests.chaos.harness import until
from tests.chaos.servers import PASSWORD

if TYPE_CHECKING:
    from tests.chaos.stack import Stack

_numbers = itertools.count(1)


def text(number: int | None = None) -> bytes:
    """A small invoice, unlike all others."""
    number = next(_numbers) if number is None else number
    return (
        f"Blue Heron Bakery\n214 Maple Street\n\nINVOICE\nInvoice number: BH-{number:06d}\nDate: 2025-03-04\n\n"
        f"Net amount: 100.00 EUR\nVAT 19%: 19.00 EUR\nTotal: 119.00 EUR\nMarker {number:06d}.\n"
    ).encode()


class Person:
    """A user who is signed in."""

    def __init__(self, stack: "Stack", name: str) -> None:
        self._stack, self.name = stack, name
        self.http = httpx.Client(base_url=stack.url, timeout=60, limits=httpx.Limits(max_connections=100))
        self.sign_in()

    def sign_in(self) -> None:
        answer = self.http.post("/api/v1/token", json={"username": self.name, "password": PASSWORD})
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access']}"

    @property
    def workspace(self) -> str:
        query = "select w.id from documents_workspace w join documents_user u on u.id = w.personal_owner_id"
        return str(self._stack.one(f"{query} where u.username = %s", self.name))

    def send(
        self, data: bytes, name: str = "invoice.txt", *, headers: dict[str, str] | None = None, **form: str
    ) -> httpx.Response:
        """Uploads, and keeps in the ledger what the answer promised."""
        answer = self.http.post("/api/v1/analyze", files={"file": (name, data)}, data=form, headers=headers)
        if answer.status_code in (200, 202):
            self._stack.accepted[answer.json()["job_id"]] = hashlib.sha256(data).hexdigest()
        return answer

    def submit(self, data: bytes | None = None, name: str = "invoice.txt", **form: str) -> str:
        """The id of a job over a new document."""
        answer = self.send(text() if data is None else data, name, **form)
        if answer.status_code != 202:
            raise AssertionError(f"The upload was answered {answer.status_code}: {answer.text[:300]}")
        return str(answer.json()["job_id"])

    def insist(self, data: bytes, *, within: float) -> str:
        """Sends the same until it is taken; gives the job's id."""

        def attempt() -> str:
            try:
                answer = self.send(data)
            except httpx.HTTPError:
                return ""
            return str(answer.json()["job_id"]) if answer.status_code in (200, 202) else ""

        return until(attempt, within=within, what="an upload is taken", every=0.2)

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/v1/jobs/{job_id}")
        answer.raise_for_status()
        return dict(answer.json())
