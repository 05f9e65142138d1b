"""The lists and the pages of single rows: who sees them, what they show, what they cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis import review
from documents import tenancy
from documents.models import Workspace
from tests.admin.conftest import as_staff, make_case, signed_in, told
from tests.conftest import make_person

LISTS = {
    "documents/user": None,
    "documents/workspace": None,
    "documents/document": "bill.pdf",
    "jobs/job": "bill.pdf",
    "analysis/result": "Ink &amp; Paper Ltd",
    "analysis/correction": "bill.pdf",
    "analysis/habit": None,
    "analysis/reviewbatch": None,
    "analysis/reviewrow": None,
    "analysis/reviewcorrection": None,
    "analysis/modelversion": None,
    "analysis/llmcall": None,
    "analysis/querylog": None,
    "analysis/customtype": None,
}


def corrected(case, person, total="1309.00"):
    with tenancy.as_user(person.user):
        review.correct(case.result.pk, {"total": total}, user=person.user, expected_version=case.result.version)


def test_a_list_costs_the_same_however_many_rows_it_has(admin, anna, bills):
    for case in bills(3):
        corrected(case, anna)
    few = {where: queries(admin, f"/admin/{where}/", shows, 3) for where, shows in LISTS.items()}
    for number in range(4, 31):
        corrected(make_case(anna, number), anna)
        make_person(f"person-{number}")
    many = {where: queries(admin, f"/admin/{where}/", shows, 30) for where, shows in LISTS.items()}
    assert many == few
    assert max(few.values()) < 16


def queries(client, url, shows, rows) -> int:
    client.get(url)  # an operator's own types are read anew now and then
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    assert len(response.context["cl"].result_list) >= (rows if shows else 0)
    assert shows is None or shows in response.content.decode()
    columns = " ".join(query["sql"] for query in captured if "LIMIT" in query["sql"])
    assert '"markdown"' not in columns
    assert '"words"' not in columns
    return len(captured)


@pytest.mark.parametrize("where", LISTS)
def test_only_staff_get_in(where, anna, client, bill):
    assert client.get(f"/admin/{where}/").url.startswith("/admin/login/")
    assert signed_in(anna).get(f"/admin/{where}/").url.startswith("/admin/login/")


@pytest.mark.parametrize("where", LISTS)
def test_staff_without_permission_see_nothing(where, clerk, bill):
    assert clerk().get(f"/admin/{where}/").status_code == 403


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ({"partial": True}, "Done, pages missing"),
        ({"partial": True, "pipeline": "reviews"}, "Done, some rows refused"),
        ({"status": "queued", "held": True}, "Waits for your others"),
    ],
)
def test_a_document_is_in_the_state_of_its_job(admin, anna, bill, job, words):
    with tenancy.as_user(anna.user):
        bill.document.jobs.update(**{"status": "done"} | job)
    assert words in admin.get("/admin/documents/document/").content.decode()


def test_staff_see_all_tenants(admin, anna, mallory):
    for person in (anna, mallory):
        make_case(person, filename=f"of-{person.name}.pdf")
    html = admin.get("/admin/documents/document/").content.decode()
    assert "of-anna.pdf" in html
    assert "of-mallory.pdf" in html


@pytest.mark.parametrize("where", ["documents/document", "jobs/job", "analysis/result", "analysis/correction"])
def test_what_the_product_writes_is_neither_added_nor_deleted(where, admin, bill, anna):
    corrected(bill, anna)
    assert admin.get(f"/admin/{where}/add/").status_code == 403
    cases = {"documents/document": bill.document, "jobs/job": bill.job, "analysis/result": bill.result}
    with as_staff(anna):
        row = cases.get(where) or bill.result.corrections.get()
    assert admin.post(f"/admin/{where}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    if where != "analysis/result":
        assert admin.post(f"/admin/{where}/{row.pk}/change/", {"filename": "x"}).status_code == 403
    assert admin.get(f"/admin/{where}/{row.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("documents/document/?q=bill", 1),
        ("documents/document/?q=nothing", 0),
        ("documents/document/?q={document}", 1),
        ("documents/document/?type=pdf", 1),
        ("documents/document/?type=docx", 0),
        ("documents/document/?type=nonsense", 1),
        ("jobs/job/?q={document}", 1),
        ("jobs/job/?q={job}", 1),
        ("jobs/job/?q=bill", 1),
        ("jobs/job/?q=5b0f6f0e-52d2-5a0a-9d6e-0d2a5b1f3c01", 0),
        ("jobs/job/?status__exact=done", 1),
        ("jobs/job/?status__exact=deadletter", 0),
        ("analysis/result/?q={result}", 1),
        ("analysis/result/?valid=no", 1),
        ("analysis/result/?valid=yes", 0),
        ("analysis/result/?valid=maybe", 1),
        ("analysis/result/?type=invoice", 1),
        ("analysis/result/?type=receipt", 0),
    ],
)
def test_rows_are_found(url, found, admin, bill):
    url = url.format(document=bill.document.pk, job=bill.job.pk, result=bill.result.pk)
    assert admin.get(f"/admin/{url}").context["cl"].result_count == found


def test_null_bytes_are_no_error(admin, bill):
    assert admin.get("/admin/jobs/job/?q=%00").status_code in (200, 302)
    assert admin.get("/admin/jobs/job/nonsense%00/change/").status_code in (302, 404)


def test_a_job_shows_its_tasks_and_its_story(admin, bill):
    html = admin.get(f"/admin/jobs/job/{bill.job.pk}/change/").content.decode()
    assert "validate 1/1" in html
    assert "job.submitted" in html
    assert "Handed in" in html
    assert 'value="100"' in html
    assert 'name="_save"' not in html


def test_a_document_shows_pages_jobs_and_results(admin, bill):
    html = admin.get(f"/admin/documents/document/{bill.document.pk}/change/").content.decode()
    assert f"/admin/jobs/job/{bill.job.pk}/change/" in html
    assert bill.url in html
    assert "595 × 842" in html


def test_the_original_file_comes_as_an_attachment(admin, clerk, bill):
    url = f"/admin/documents/document/{bill.document.pk}/file/"
    response = admin.get(url)
    assert response.getvalue().startswith(b"%PDF")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert clerk("view_result").get(url).status_code == 403


def test_a_lost_file_is_told(admin, bill):
    from django.core.files.storage import default_storage

    default_storage.delete(bill.document.storage_key)
    response = admin.get(f"/admin/documents/document/{bill.document.pk}/file/", follow=True)
    assert any("storage" in message for message in told(response))


def test_members_are_added_to_a_workspace(admin, sam, anna, mallory):
    url = f"/admin/documents/workspace/{anna.workspace.pk}/change/"
    with as_staff(sam):
        membership = anna.workspace.memberships.get()
    sent = {
        "name": "Anna's",
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": str(membership.pk),
        "memberships-0-workspace": str(anna.workspace.pk),
        "memberships-0-user": str(anna.user.pk),
        "memberships-0-role": "owner",
        "memberships-1-workspace": str(anna.workspace.pk),
        "memberships-1-user": str(mallory.user.pk),
        "memberships-1-role": "member",
    }
    assert admin.post(url, sent).status_code == 302
    with as_staff(sam):
        assert Workspace.objects.get(pk=anna.workspace.pk).name == "Anna's"
    case = make_case(anna)
    with tenancy.as_user(mallory.user):
        assert type(case.document).objects.filter(pk=case.document.pk).exists()


def test_a_clerk_does_not_become_a_superuser(clerk, sam):
    client = clerk("view_user", "change_user", "add_user")
    me = int(client.session["_auth_user_id"])
    sent = {"username": "clerk", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    assert client.post(f"/admin/documents/user/{me}/change/", sent).status_code == 302
    sam.user.refresh_from_db()
    assert not type(sam.user).objects.get(pk=me).is_superuser
    assert client.post(f"/admin/documents/user/{sam.user.pk}/change/", sent).status_code == 403
    assert client.post(f"/admin/documents/user/{sam.user.pk}/password/", {}).status_code == 403


def test_users_are_made_and_not_deleted(admin, sam):
    sent = {
        "username": "newcomer",
        "usable_password": "true",
        "password1": "long-enough-9",
        "password2": "long-enough-9",
    }
    assert admin.post("/admin/documents/user/add/", sent).status_code == 302
    assert type(sam.user).objects.filter(username="newcomer").exists()
    assert admin.post(f"/admin/documents/user/{sam.user.pk}/delete/", {"post": "yes"}).status_code == 403


def test_our_accent_is_the_pages_accent():
    """Django's admin has an --accent of its own, so that ours is written twice."""
    import re

    from django.conf import settings

    def accent(path):
        return re.search(r"--accent: (light-dark\([^)]*\))", (settings.BASE_DIR / "static" / path).read_text())[1]

    assert accent("admin_vouch/admin.css") == accent("vouch.css")
