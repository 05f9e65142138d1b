"""Results over HTTP: read, corrected, approved."""

import csv
import io

import openpyxl
import pytest

from analysis import results
from analysis.models import Correction, Result
from documents import tenancy
from tests.api.conftest import analysed, is_problem


@pytest.fixture
def url(invoice):
    return f"/api/v1/results/{invoice.result.id}"


def patch(client, url, body, etag='"1"'):
    return client.patch(url, body, format="json", headers={"If-Match": etag} if etag else {})


def test_a_result_shows_values_and_where_they_stand(as_anna, invoice, url):
    response = as_anna.get(url)
    body = response.json()
    assert response["ETag"] == '"1"'
    assert body["result_id"] == body["job_id"] == str(invoice.job.id)
    assert (body["document_type"], body["review_status"], body["version"]) == ("invoice", "pending", 1)
    assert body["fields"]["total"] == {
        "value": "119.00",
        "raw": "119,00",
        "confidence": 0.8,
        "page": 1,
        "box": [10.0, 70.0, 50.0, 80.0],
        "source": "rules",
    }
    assert [line["amount"] for line in body["line_items"]] == ["80.00", "20.00"]
    assert body["validation"]["math_ok"] is True


def test_the_command_line_shows_the_same(as_anna, anna, invoice, url):
    shown = as_anna.get(url).json()
    with tenancy.as_user(anna.user):
        told = results.as_json(Result.objects.get(pk=invoice.result.pk))
    assert {name: value for name, value in shown.items() if name not in ("created_at", "updated_at")} == told


def test_a_correction_is_kept_checked_and_told(as_anna, anna, invoice, url):
    response = patch(as_anna, url, {"fields": {"total": "120.00", "invoice_number": "A-7", "vendor": None}})
    assert response.status_code == 200, response.content
    body = response.json()
    assert response["ETag"] == '"2"'
    assert body["review_status"] == "corrected"
    total = body["fields"]["total"]
    assert (total["value"], total["raw"], total["source"], total["confidence"]) == ("120.00", "119,00", "person", 1.0)
    assert total["box"] == [10.0, 70.0, 50.0, 80.0]
    assert body["fields"]["invoice_number"]["value"] == "A-7"
    assert "vendor" not in body["fields"]
    assert body["validation"]["math_ok"] is False
    with tenancy.as_user(anna.user):
        made = list(Correction.objects.values_list("field", "old_value", "new_value", "old_source", "user"))
    assert sorted(made) == [
        ("invoice_number", None, "A-7", "", anna.user.id),
        ("total", "119.00", "120.00", "rules", anna.user.id),
        ("vendor", "Ink & Paper Ltd", None, "rules", anna.user.id),
    ]


def test_a_correction_can_say_where_the_value_stands(as_anna, url):
    change = {"value": "120.00", "raw": "120.-", "page": 1, "box": [1, 2, 3, 4]}
    body = patch(as_anna, url, {"fields": {"total": change}}).json()
    total = body["fields"]["total"]
    assert (total["raw"], total["page"], total["box"]) == ("120.-", 1, [1.0, 2.0, 3.0, 4.0])


def test_line_items_are_replaced_and_those_unchanged_keep_their_origin(as_anna, url):
    lines = as_anna.get(url).json()["line_items"]
    lines[1]["quantity"] = 3
    body = patch(as_anna, url, {"line_items": [*lines, {"description": "Delivery", "amount": "5,50"}, {}]}).json()
    assert [(line["description"], line["quantity"], line["source"]) for line in body["line_items"]] == [
        ("Paper", "10", "rules"),
        ("Ink", "3", "person"),
        ("Delivery", None, "person"),
    ]
    assert body["line_items"][1]["box"] == [1.0, 5.0, 3.0, 7.0]
    assert body["line_items"][2]["amount"] == "5.50"


def test_taxes_are_corrected_as_a_list(as_anna, url):
    taxes = [{"rate": 19, "base": "100,00", "tax": "19.00"}]
    body = patch(as_anna, url, {"fields": {"taxes": taxes}}).json()
    assert body["fields"]["taxes"]["value"] == [{"rate": "19", "base": "100.00", "tax": "19.00"}]


def test_a_change_that_changes_nothing_makes_no_version(as_anna, anna, url):
    response = patch(as_anna, url, {"fields": {"total": "119.00", "iban": None}})
    assert (response.status_code, response["ETag"], response.json()["review_status"]) == (200, '"1"', "pending")
    with tenancy.as_user(anna.user):
        assert not Correction.objects.exists()


def test_a_correction_names_its_version_and_loses_a_race(as_anna, url):
    assert is_problem(patch(as_anna, url, {"fields": {"total": "1"}}, etag=None), 428, "precondition_required")
    assert is_problem(patch(as_anna, url, {"fields": {"total": "1"}}, etag="*"), 428, "precondition_required")
    assert is_problem(patch(as_anna, url, {"fields": {"total": "1"}}, etag="abc"), 412, "version_mismatch")
    assert patch(as_anna, url, {"fields": {"total": "120"}}, etag='W/"1"').status_code == 200
    assert is_problem(patch(as_anna, url, {"fields": {"total": "121"}}), 412, "version_mismatch")
    assert as_anna.get(url).json()["fields"]["total"]["value"] == "120"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"fields": {"shoe_size": "42"}}, "unknown_field"),
        ({"fields": {"total": "much"}}, "invalid_value"),
        ({"fields": {"total": "1,005"}}, "invalid_value"),
        ({"fields": {"date": "03/04/2025"}}, "invalid_value"),
        ({"fields": {"vendor": "a\x00b"}}, "invalid_value"),
        ({"fields": {"vendor": ["list"]}}, "invalid_value"),
        ({"fields": {"taxes": "19"}}, "invalid_value"),
        ({"line_items": [{"amount": "a lot"}]}, "invalid_value"),
        ({"fields": ["total"]}, "invalid_input"),
        ({"fields": {"total": {"box": [1, 2]}}}, "invalid_input"),
        ({"fields": {"total": {"value": "1", "box": ["x", 1, 2, 3]}}}, "invalid_input"),
        ({"line_items": ["x"]}, "invalid_input"),
        (["total"], "invalid_input"),
    ],
)
def test_values_that_can_not_be_are_refused(as_anna, url, body, code):
    assert is_problem(patch(as_anna, url, body), 422, code)
    assert as_anna.get(url)["ETag"] == '"1"'


def test_bodies_that_are_no_json_are_refused(as_anna, url):
    match = {"If-Match": '"1"'}
    broken = as_anna.patch(url, "{", content_type="application/json", headers=match)
    assert is_problem(broken, 400, "parse_error")
    infinite = as_anna.patch(url, '{"fields": {"total": NaN}}', content_type="application/json", headers=match)
    assert is_problem(infinite, 400, "parse_error")
    text = as_anna.patch(url, "total=1", content_type="text/plain", headers=match)
    assert is_problem(text, 415, "unsupported_media_type")


def test_a_result_is_approved_by_somebody(as_anna, anna, url, invoice):
    assert is_problem(as_anna.post(f"{url}/approve"), 428, "precondition_required")
    response = as_anna.post(f"{url}/approve", headers={"If-Match": '"1"'})
    assert response.json()["review_status"] == "approved"
    assert response["ETag"] == '"2"'
    with tenancy.as_user(anna.user):
        invoice.result.refresh_from_db()
    assert invoice.result.approved_by == anna.user
    assert is_problem(as_anna.post(f"{url}/approve", headers={"If-Match": '"1"'}), 412, "version_mismatch")
    again = as_anna.post(f"{url}/approve", headers={"If-Match": '"2"'})
    assert (again.status_code, again["ETag"]) == (200, '"2"')
    corrected = patch(as_anna, url, {"fields": {"total": "120"}}, etag='"2"').json()
    assert corrected["review_status"] == "corrected"


def test_a_table_for_spreadsheets(as_anna, anna):
    result = analysed(anna).result
    as_anna.patch(
        f"/api/v1/results/{result.id}",
        {"fields": {"vendor": "=HYPERLINK(1)", "subtotal": "-5.00"}},
        format="json",
        headers={"If-Match": '"1"'},
    )
    response = as_anna.get(f"/api/v1/results/{result.id}?format=csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))
    assert [row["line_amount"] for row in rows] == ["80.00", "20.00"]
    assert {row["total"] for row in rows} == {"119.00"}
    assert rows[0]["vendor"] == "'=HYPERLINK(1)"
    assert rows[0]["subtotal"] == "-5.00"
    assert rows[0]["buyer"] == ""


def test_a_workbook_has_numbers_dates_and_no_formula(as_anna, anna):
    result = analysed(anna).result
    url = f"/api/v1/results/{result.id}"
    as_anna.patch(
        url, {"fields": {"vendor": "=1+1", "invoice_number": "0012"}}, format="json", headers={"If-Match": '"1"'}
    )
    response = as_anna.get(f"{url}?format=xlsx")
    assert response["Content-Disposition"] == f'attachment; filename="{result.id}.xlsx"'
    names, *rows = openpyxl.load_workbook(io.BytesIO(response.content)).active.iter_rows()
    first = dict(zip([cell.value for cell in names], rows[0], strict=True))
    assert len(rows) == 2
    assert (first["total"].value, first["total"].data_type) == (119, "n")
    assert first["line_amount"].value == 80
    assert (first["vendor"].value, first["vendor"].data_type) == ("=1+1", "s")
    assert (first["invoice_number"].value, first["invoice_number"].data_type) == ("0012", "s")


def test_errors_of_a_table_are_problems_too(as_mallory, invoice, url):
    assert is_problem(as_mallory.get(f"{url}?format=csv"), 404, "not_found")
    assert is_problem(as_mallory.get(f"{url}?format=docx"), 404, "not_found")
