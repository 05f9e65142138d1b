"""Reviews over HTTP: texts and files are judged, looked at, and taken away."""

import csv
import io
import json

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from analysis.models import ReviewCorrection, ReviewPart, ReviewRow
from documents import tenancy
from documents.models import Document, Membership, Workspace
from jobs.models import Job, Task
from tests.analysis.reviews.conftest import BAD, GOOD, work
from tests.api.conftest import client_of, is_problem

pytestmark = pytest.mark.usefixtures("transactional_db", "broker")
FILE = f'''text,shop
"{GOOD}",north
"{BAD}",south
"=HYPERLINK(""http://127.0.0.1/"") bad, bad, bad",south
,north
'''.encode()


@pytest.fixture
def as_sam(sam):
    return client_of(sam)


def send(client, data=FILE, name="reviews.csv", **fields):
    return client.post("/api/v1/reviews", {"file": SimpleUploadedFile(name, data), **fields})


def judged(client, person, **more):
    response = send(client, **more)
    assert response.status_code == 202, response.content
    work(person, Job(pk=response.json()["job_id"]))
    return response.json()["poll_url"]


def exported(client, url, form):
    response = client.get(url, {"format": form})
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_a_text_is_a_job(as_anna, anna):
    response = as_anna.post("/api/v1/reviews", {"text": GOOD}, format="json")
    assert response.status_code == 202
    body = response.json()
    assert (body["status"], body["duplicate"], body["document_id"]) == ("queued", False, None)
    assert response["Location"] == body["poll_url"] == f"/api/v1/reviews/{body['job_id']}"
    before = as_anna.get(body["poll_url"]).json()
    assert (before["status"], before["results"], before["statistics"]["classified"]) == ("queued", [], 0)
    work(anna, Job(pk=body["job_id"]))
    after = as_anna.get(body["poll_url"]).json()
    assert (after["status"], after["progress"], after["next"]) == ("done", 100, None)
    assert after["results"][0] | {"confidence": 1} == {
        "row": 1,
        "text": GOOD,
        "label": "positive",
        "confidence": 1,
        "language": "en",
        "corrected": False,
    }


def test_texts_that_are_none_are_refused(as_anna):
    for path in ("/api/v1/reviews", "/api/v1/reviews/verdict"):
        assert is_problem(as_anna.post(path, {"text": " \n"}, format="json"), 422, "text_empty")
        answer = as_anna.post(path, {"text": "x" * 513}, format="json")
        assert is_problem(answer, 422, "text_too_long")
        assert "512" in answer.json()["detail"]
        assert is_problem(as_anna.post(path, {"words": "x"}, format="json"), 422, "invalid_input")
        assert is_problem(as_anna.post(path, ["text"], format="json"), 422, "invalid_input")


def test_a_verdict_comes_at_once_and_leaves_nothing(as_anna, anna):
    body = as_anna.post("/api/v1/reviews/verdict", {"text": BAD}, format="json").json()
    assert body["label"] == "negative"
    assert body["language"] == "en"
    assert sum(body["scores"].values()) == pytest.approx(1, abs=0.01)
    assert body["confidence"] == max(body["scores"].values())
    with tenancy.as_user(anna.user):
        assert not Job.objects.exists()


def test_a_file_is_judged_and_its_rows_can_be_asked_for(as_anna, anna):
    url = judged(as_anna, anna)
    body = as_anna.get(url).json()
    assert (body["columns"], body["text_column"]) == (["text", "shop"], "text")
    assert [row["row"] for row in body["results"]] == [1, 2, 3]
    assert [(row["row"], row["code"]) for row in body["refused"]] == [(4, "text_empty")]
    assert body["statistics"]["by"]["shop"]["south"]["total"] == 2
    assert [row["row"] for row in as_anna.get(url, {"label": "positive"}).json()["results"]] == [1]
    assert [row["row"] for row in as_anna.get(url, {"q": "MONEY BACK"}).json()["results"]] == [2]
    sure = body["results"][0]["confidence"]
    found = as_anna.get(url, {"min_confidence": sure, "max_confidence": sure}).json()["results"]
    assert 1 in [row["row"] for row in found]
    assert is_problem(as_anna.get(url, {"label": "angry"}), 422, "invalid_input")


def test_pages_follow_each_other(as_anna, anna):
    url, rows = judged(as_anna, anna) + "?page_size=2", []
    while url:
        body = as_anna.get(url).json()
        rows += [row["row"] for row in body["results"]]
        url = body["next"]
    assert rows == [1, 2, 3]


def test_what_is_known_so_far_is_told_while_it_runs(as_anna, anna):
    lines = b"text\n" + b"".join(b"a plain sentence %d\n" % number for number in range(1_500))
    url = send(as_anna, data=lines).json()["poll_url"]
    with tenancy.as_user(anna.user):
        job = Job.objects.get()
    from jobs import runner

    runner.run("default")
    runner.run("embed")
    body = as_anna.get(url).json()
    assert (body["status"], body["statistics"]["total"], body["statistics"]["classified"]) == ("working", 1_500, 1_000)
    assert 10 < body["progress"] < 98
    assert len(exported(as_anna, url, "csv").splitlines()) == 1_001
    work(anna, job)
    assert as_anna.get(url).json()["statistics"]["classified"] == 1_500


def test_csv_has_the_original_columns_and_nothing_that_runs(as_anna, anna):
    text = exported(as_anna, judged(as_anna, anna), "csv").decode("utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text)))
    assert head == ["text", "shop", "label", "confidence", "language", "error"]
    assert [row[1] for row in rows] == ["north", "south", "south", "north"]
    assert rows[0][0] == GOOD
    assert rows[0][2] == "positive"
    assert rows[2][0].startswith("'=HYPERLINK")
    assert rows[3][2] == ""
    assert rows[3][5].startswith("text_empty: ")


def test_xlsx_and_json_hold_the_same(as_anna, anna):
    url = judged(as_anna, anna)
    sheet = openpyxl.load_workbook(io.BytesIO(exported(as_anna, url, "xlsx"))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[1][:3] == (GOOD, "north", "positive")
    assert sheet["A4"].data_type == "s"  # and no formula
    assert sheet["D2"].data_type == "n"
    found = json.loads(exported(as_anna, url, "json"))
    assert [one["row"] for one in found] == [1, 2, 3, 4]
    assert found[1]["columns"] == {"text": BAD, "shop": "south"}
    assert found[3]["error"].startswith("text_empty")


def test_exports_follow_the_filters(as_anna, anna):
    url = judged(as_anna, anna)

    def rows(**query):
        data = b"".join(as_anna.get(url, {"format": "json", **query}).streaming_content)
        return [(row["row"], row["label"]) for row in json.loads(data)]

    everything = rows()
    assert [row for row, _ in everything] == [1, 2, 3, 4]
    assert rows(label="positive") == [(1, "positive")]
    assert rows(q="MONEY BACK") == [(2, "negative")]
    assert rows(min_confidence=0) == everything[:3]
    assert rows(max_confidence=0) == []
    assert rows(label="refused") == [(4, "")]
    refused = as_anna.get(url, {"format": "csv", "label": "refused"})
    assert 'filename="reviews-refused.csv"' in refused["Content-Disposition"]
    assert "text_empty" in b"".join(refused.streaming_content).decode()
    book = openpyxl.load_workbook(io.BytesIO(b"".join(as_anna.get(url, {"format": "xlsx", "q": "money"}))))
    assert book.active.max_row == 2


def test_refused_rows_are_paged(as_anna, anna, as_mallory):
    url = judged(as_anna, anna, data=b"text,shop\nfine,1\n" + b",2\n" * 5) + "/refused"
    body = as_anna.get(url, {"page_size": 3}).json()
    assert [row["row"] for row in body["results"]] == [2, 3, 4]
    assert body["results"][0]["code"] == "text_empty"
    body = as_anna.get(body["next"]).json()
    assert ([row["row"] for row in body["results"]], body["next"]) == ([5, 6], None)
    assert is_problem(as_mallory.get(url), 404, "not_found")
    none = judged(as_anna, anna, data=b"text\nfine and good\n", name="fine.csv") + "/refused"
    assert as_anna.get(none).json() == {"results": [], "next": None}


def test_staff_correct_labels_and_take_it_back(as_sam, sam):
    url = judged(as_sam, sam)
    before = as_sam.get(url).json()

    def say(label, row=2, status=200):
        answer = as_sam.patch(f"{url}/rows/{row}", {"label": label}, format="json")
        assert answer.status_code == status, answer.content
        return answer.json()

    found = say("neutral")
    assert (found["label"], found["corrected"], found["confidence"]) == ("neutral", True, 1.0)
    assert as_sam.get(url).json()["statistics"]["neutral"]["count"] == before["statistics"]["neutral"]["count"] + 1
    say("positive")
    assert (say(None)["label"], say(None)["corrected"]) == ("neutral", False)
    assert as_sam.get(url).json() | {"next": None} == before
    say(None)  # nothing is left to take back
    with tenancy.as_user(sam.user):
        assert not ReviewCorrection.objects.exists()
    say("neutral", row=4, status=422)  # it has no text
    say("neutral", row=99, status=404)
    say("angry", status=422)


def test_a_refused_row_with_a_text_can_be_judged_by_a_person(as_sam, sam):
    url = judged(as_sam, sam, data=b"text,shop\nso, so,north\nfine,south\n")
    assert as_sam.get(url).json()["statistics"]["refused"] == 1
    as_sam.patch(f"{url}/rows/1", {"label": "neutral"}, format="json")
    assert as_sam.get(url).json()["statistics"]["refused"] == 0
    as_sam.patch(f"{url}/rows/1", {"label": None}, format="json")
    body = as_sam.get(url).json()
    assert [row["code"] for row in body["refused"]] == ["ragged_row"]


def test_only_staff_with_the_permission_correct(as_anna, anna, as_sam):
    url = judged(as_anna, anna)
    assert is_problem(as_anna.patch(f"{url}/rows/1", {"label": "neutral"}, format="json"), 403, "permission_denied")
    assert is_problem(as_sam.patch(f"{url}/rows/1", {"label": "neutral"}, format="json"), 404, "not_found")


def test_an_empty_export_is_valid(as_anna):
    url = send(as_anna).json()["poll_url"]
    assert json.loads(exported(as_anna, url, "json")) == []


def test_files_that_are_no_tables_are_refused_and_leave_nothing(as_anna, anna, settings):
    assert is_problem(send(as_anna, data=b"%PDF-1.7", name="a.pdf"), 415, "unsupported_type")
    assert is_problem(send(as_anna, name="a.pdf"), 415, "type_mismatch")
    assert is_problem(send(as_anna, data=b""), 422, "empty_file")
    settings.REVIEWS_MAX_MB = 1
    assert is_problem(send(as_anna, data=b"text\n" + b"x\n" * 2**19), 413, "file_too_large")
    with tenancy.as_user(anna.user):
        assert not Document.objects.exists()


def test_analyze_sends_reviews_where_they_are_judged(as_anna, anna):
    upload = {"file": SimpleUploadedFile("r.csv", FILE)}
    refused = as_anna.post("/api/v1/analyze", upload)
    assert is_problem(refused, 415, "unsupported_type")
    assert "reviews" in refused.json()["detail"]
    body = as_anna.post("/api/v1/analyze", {"file": SimpleUploadedFile("r.csv", FILE), "kind": "reviews"}).json()
    assert body["result_url"] == f"/api/v1/reviews/{body['job_id']}"
    assert work(anna, Job(pk=body["job_id"])).status == "done"
    assert as_anna.get(body["result_url"]).json()["statistics"]["total"] == 4
    assert as_anna.get(body["poll_url"]).json()["kind"] == "reviews"


def test_a_request_sent_twice_is_carried_out_once(as_anna, anna):
    key = {"Idempotency-Key": "once"}
    first = as_anna.post("/api/v1/reviews", {"text": GOOD}, format="json", headers=key)
    again = as_anna.post("/api/v1/reviews", {"text": GOOD}, format="json", headers=key)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert send(as_anna).status_code == 202
    assert (again := send(as_anna)).status_code == 200
    assert again.json()["duplicate"]
    with tenancy.as_user(anna.user):
        assert Job.objects.count() == 2


def test_deleting_leaves_no_row(as_anna, anna, as_mallory):
    url = judged(as_anna, anna)
    text = as_anna.post("/api/v1/reviews", {"text": GOOD}, format="json").json()["poll_url"]
    assert as_mallory.delete(url).status_code == 404
    assert as_mallory.get(url).status_code == 404
    assert as_anna.delete(url).status_code == as_anna.delete(text).status_code == 204
    with tenancy.as_user(anna.user):
        assert not any(model.objects.exists() for model in (Document, Job, Task, ReviewPart, ReviewRow))


def test_a_document_takes_its_reviews_with_it(as_anna, anna):
    url = judged(as_anna, anna)
    document = as_anna.get(url).json()["document_id"]
    assert as_anna.get(f"/api/v1/documents/{document}").status_code == 200
    assert as_anna.delete(f"/api/v1/documents/{document}").status_code == 204
    assert as_anna.get(url).status_code == 404
    with tenancy.as_user(anna.user):
        assert not ReviewRow.objects.exists()


def test_a_shared_workspace_shares_its_reviews(as_anna, anna, as_mallory, mallory):
    with tenancy.as_workspace(shared := Workspace.personal_id(anna.user)):
        Membership.objects.create(workspace_id=shared, user=mallory.user)
    answer = as_mallory.post("/api/v1/reviews", {"text": GOOD, "workspace": str(shared)}, format="json").json()
    assert as_anna.get(answer["poll_url"]).status_code == 200


def test_asking_for_the_state_is_polling_and_leafing_is_not(as_anna, settings):
    url = as_anna.post("/api/v1/reviews", {"text": GOOD}, format="json").json()["poll_url"]
    settings.POLLS_PER_MINUTE = 1
    assert as_anna.get(url).status_code == 200
    assert is_problem(as_anna.get(url), 429, "too_many_polls")
    assert as_anna.get(url, {"cursor": 0}).status_code == 200
