"""From a file to its values over HTTP, with real workers: the first walk of a program through the product."""

import time

import pytest

from tests.api.conftest import SAMPLES, client_of, is_problem
from tests.api.test_analyze import send


def finished(client, poll_url):
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        job = client.get(poll_url).json()
        if job["status"] in ("done", "deadletter", "cancelled"):
            return job
        time.sleep(0.05)
    raise AssertionError(f"still {job}")


@pytest.mark.django_db(transaction=True)
def test_an_e_invoice_ends_in_values_that_can_be_vouched_for(worker, anna):
    client = client_of(anna)
    sent = send(client, data=(SAMPLES / "factur-x.pdf").read_bytes(), name="bill.pdf").json()
    job = finished(client, sent["poll_url"])
    assert (job["status"], job["progress"], job["error"], job["partial"]) == ("done", 100, None, False)
    result = client.get(sent["result_url"])
    body = result.json()
    assert body["document_type"] == "invoice"
    assert body["validation"]["is_valid"] is True
    total = body["fields"]["total"]
    assert (total["source"], total["page"]) == ("xml", 1)
    assert len(total["box"]) == 4
    approved = client.post(f"{sent['result_url']}/approve", headers={"If-Match": result["ETag"]})
    assert approved.json()["review_status"] == "approved"
    document = client.get(f"/api/v1/documents/{sent['document_id']}").json()
    assert document["page_count"] == 1
    assert total["raw"] in client.get(document["markdown_url"]).content.decode()
    events = client.get(f"/api/v1/jobs/{sent['job_id']}/events").json()["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["type"], events[-1]["type"]) == ("job.submitted", "job.done")
    assert client.get(f"/api/v1/documents/{sent['document_id']}/pages/1.png?width=200").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_damaged_file_ends_with_its_cause(worker, anna):
    client = client_of(anna)
    sent = send(client, data=b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF", name="bill.pdf").json()
    job = finished(client, sent["poll_url"])
    assert (job["status"], job["error"]["code"], job["result_url"]) == ("deadletter", "malformed_pdf", None)
    assert is_problem(client.get(sent["result_url"]), 404, "not_found")
