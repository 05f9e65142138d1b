"""Pages that move by themselves: over the socket, and without it when it can't be had."""

import pytest
from playwright.sync_api import expect

from documents import tenancy
from jobs import control, events, pace
from jobs.models import Job, StagePace, Status
from tests.asgi import serving
from tests.browser.test_walk import hand_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def move(anna):
    """Moves anna's only job, as the engine does."""

    def move(**fields):
        with tenancy.as_workspace(anna.workspace.id):
            job = Job.objects.select_for_update(of=("self",)).get()
            for name, value in fields.items():
                setattr(job, name, value)
            events.write(job)
        return job

    return move


def count_requests(page, of):
    found = []
    page.on("request", lambda request: of in request.url and found.append(request.url))
    return found


@pytest.fixture
def paces():
    for stage in ("validate", "read", "assemble", "extract", "check", "chunk", "embed", "index"):
        StagePace.objects.create(pipeline="document", stage=stage, seconds=7, seconds_per_part=7, jobs=1)
    pace._paces.forget()
    yield
    pace._paces.forget()


@pytest.mark.parametrize("path", ["/", "/documents"])
def test_rows_move_without_being_asked_for(open_page, move, paces, path):
    page = open_page("/")
    with page.expect_websocket() as opened:
        hand_in(page, "factur-x.pdf")
    expect(page.locator("[data-eta]").first).to_have_text("· about 1 min left")
    if path != "/":
        with page.expect_websocket() as opened:
            page.goto(path)
    opened.value.wait_for_event("framereceived")
    page.wait_for_timeout(700)  # what was asked before the socket was there
    asked = count_requests(page, "/api/v1/jobs/")
    move(status=Status.WORKING, stage="parsing", progress=27)
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "27", timeout=5_000)
    expect(page.locator("[data-stage]").first).to_have_text("Reading the pages")
    move(progress=29)
    expect(bar).to_have_attribute("aria-valuenow", "29", timeout=5_000)
    job = move()
    with tenancy.as_workspace(job.workspace_id):
        control.cancel(job.pk)
    expect(page.locator(".row")).to_contain_text("Cancelled", timeout=5_000)
    assert asked == []


def test_it_comes_back_to_a_server_that_was_restarted(open_page, move, site):
    """Polling meanwhile fails and goes on; then the socket is there again, with what was missed."""
    port = int(site.url.rpartition(":")[2])
    page = open_page("/")
    with page.expect_websocket() as opened:
        hand_in(page, "factur-x.pdf")
    opened.value.wait_for_event("framereceived")
    site.stop()
    expect(page.locator(".row[data-job] [role=progressbar]")).to_have_attribute("aria-valuenow", "0")
    move(status=Status.WORKING, stage="parsing", progress=41)
    with page.expect_websocket(lambda socket: "after=" in socket.url) as again, serving(port):
        again.value.wait_for_event("framereceived")
        expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "41", timeout=15_000)
        move(progress=43)
        expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "43", timeout=15_000)
        page.goto("about:blank")
    assert all("ERR_CONNECTION_REFUSED" in text or "WebSocket" in text for text in open_page.complaints)
    open_page.complaints.clear()


def test_without_sockets_pages_ask(open_page, move):
    page = open_page("/", service_workers="block")
    page.route_web_socket("**/ws/**", lambda socket: socket.close(code=1011))
    page.reload()
    asked = count_requests(page, "/api/v1/jobs/")
    hand_in(page, "factur-x.pdf")
    expect(page.locator(".row[data-job] [role=progressbar]")).to_have_attribute("aria-valuenow", "0")
    move(status=Status.WORKING, stage="parsing", progress=27)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "27")
    move(progress=29)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "29")
    assert len(asked) >= 2
