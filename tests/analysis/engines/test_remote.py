"""A remote parsing service, over real HTTP: submit, poll, fetch; and pages that stay as they are when it fails."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from analysis.engines import remote
from documents.errors import Unavailable
from documents.pages import PageReading
from documents.samples import FOLDER

PDF = FOLDER / "invoice.pdf"
ITEM = {"type": "text", "value": "Total 119,00", "bBox": {"x": 10, "y": 20, "w": 120, "h": 12}}
PAGES = [
    {"page": 1, "text": "Total 119,00", "md": "# Total\n119,00", "width": 595, "height": 842, "items": [ITEM]},
    {"page": 2, "text": "only text"},
    {"page": "three"},
    "four",
]


class Service:
    """Speaks the service's protocol; `answers` are (status, body) for "upload", "job" (one by one) and "result"."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict, bytes]] = []
        self.jobs = [(503, {}), (200, {"status": "PENDING"}), (200, {"status": "SUCCESS"})]
        self.upload, self.result = (200, {"id": "job-1", "status": "PENDING"}), (200, {"pages": PAGES})
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.requests.append((self.path, dict(self.headers), b""))
                self.say(*(service.result if self.path.endswith("/json") else service.next_job()))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.requests.append((self.path, dict(self.headers), body))
                self.say(*service.upload)

            def say(self, status: int, body: object) -> None:
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def next_job(self) -> tuple[int, object]:
        return self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0]


@pytest.fixture
def service(settings, monkeypatch):
    running = Service()
    settings.REMOTE_PARSER_URL = f"http://127.0.0.1:{running.http.server_port}/api/parsing"
    settings.REMOTE_PARSER_KEY, settings.REMOTE_PARSER_TIMEOUT_SECONDS = "rp-key", 5
    monkeypatch.setattr(remote, "_FIRST_WAIT", 0.02)
    yield running
    running.http.shutdown()
    running.http.server_close()


def failure() -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        remote.parse(PDF, "application/pdf", [1])
    return caught.value


def test_a_file_is_submitted_polled_for_and_fetched(service):
    first, second = remote.parse(PDF, "application/pdf", [1, 2])
    assert [path for path, *_ in service.requests] == [
        "/api/parsing/upload",
        *["/api/parsing/job/job-1"] * 3,
        "/api/parsing/job/job-1/result/json",
    ]
    _, headers, body = service.requests[0]
    assert headers["Authorization"] == "Bearer rp-key"
    assert PDF.read_bytes() in body
    assert b'name="target_pages"\r\n\r\n0,1\r\n' in body
    assert (first.number, first.source, first.width, first.markdown) == (1, "ocr", 595, "# Total\n119,00")
    total, amount = first.words
    assert (total.text, total.box) == ("Total", (10, 20, 60, 32))
    assert (amount.text, amount.x0, amount.x1) == ("119,00", 70, 130)
    assert (second.source, second.text, second.markdown) == ("markup", "only text", "only text")


def test_only_broken_pages_are_asked_for(service):
    pages = [PageReading(1, error="parser_crashed"), PageReading(2, source="text"), PageReading(9, error="time_limit")]
    first, second, ninth = remote.mended(pages, PDF, "application/pdf")
    assert (first.error, first.source) == ("", "ocr")
    assert (second, ninth) == (pages[1], pages[2])
    assert b"\r\n\r\n0,8\r\n" in service.requests[0][2]


def test_nothing_is_sent_without_need_or_address(service, settings):
    good = [PageReading(1, source="text")]
    assert remote.mended(good, PDF, "application/pdf") == good
    settings.REMOTE_PARSER_URL = ""
    broken = [PageReading(1, error="parser_crashed")]
    assert remote.mended(broken, Path("nowhere"), "application/pdf") == broken
    assert service.requests == []


def test_pages_stay_broken_when_it_fails(service):
    service.upload = (401, {})
    broken = [PageReading(1, error="parser_crashed")]
    assert remote.mended(broken, PDF, "application/pdf") == broken


def test_a_job_that_fails(service):
    service.jobs = [(200, {"status": "ERROR"})]
    assert failure().code == "remote_parser_status"


def test_a_job_that_never_ends(service, settings):
    service.jobs, settings.REMOTE_PARSER_TIMEOUT_SECONDS = [(200, {"status": "PENDING"})], 1
    assert failure().code == "remote_parser_timeout"


def test_a_service_that_is_not_there(service, settings):
    settings.REMOTE_PARSER_URL = "http://127.0.0.1:1/api"
    assert failure().code == "remote_parser_unreachable"


@pytest.mark.parametrize(
    ("name", "body"),
    [("upload", {"id": "../admin"}), ("upload", []), ("result", b"{"), ("result", {"pages": None})],
    ids=range(4),
)
def test_an_answer_that_is_none(service, name, body):
    setattr(service, name, (200, body))
    assert failure().code == "remote_parser_answer"


@pytest.mark.parametrize("box", [None, {}, {"x": 1, "y": 1, "w": 0, "h": 5}, {"x": "1", "y": 1, "w": 1, "h": -5}])
def test_parts_without_a_box_make_no_words_with_one(service, box):
    service.result = (200, {"pages": [{"page": 1, "text": "a b", "width": 9, "height": 9, "items": [{"bBox": box}]}]})
    (page,) = remote.parse(PDF, "application/pdf", [1])
    assert (page.source, page.width, page.text) == ("markup", 0, "a b")
