"""The schema says what the API does."""

import io
import json

import jsonschema
import pytest
from django.core.management import call_command
from django.urls import reverse

from tests.api.test_analyze import send
from tests.api.test_tenancy import ROUTES


@pytest.fixture(scope="module")
def schema():
    """Made as operators make it; a warning fails the command."""
    out = io.StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


def conforms(schema, operation_id, response):
    operation = next(
        operation
        for methods in schema["paths"].values()
        for operation in methods.values()
        if operation["operationId"] == operation_id
    )
    described = operation["responses"].get(str(response.status_code), operation["responses"]["default"])
    part = described["content"][response["Content-Type"].partition(";")[0]]["schema"]
    jsonschema.Draft202012Validator(
        part | {"components": schema["components"]}, format_checker=jsonschema.FormatChecker()
    ).validate(response.json())
    return True


def test_every_route_is_described(schema):
    described = set(schema["paths"])
    for template, _, _ in ROUTES:
        if template.startswith("api/"):
            path = "/" + template.replace("<uuid:", "{").replace("<int:", "{").replace("<str:", "{").replace(">", "}")
            assert path in described
    ids = [operation["operationId"] for methods in schema["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    assert schema["openapi"].startswith("3.1")


def test_answers_are_as_described(schema, as_anna, invoice):
    document, result = invoice.document.id, f"/api/v1/results/{invoice.result.id}"
    assert conforms(schema, "list_jobs", as_anna.get("/api/v1/jobs"))
    assert conforms(schema, "get_job", as_anna.get(f"/api/v1/jobs/{invoice.job.id}"))
    assert conforms(schema, "list_job_events", as_anna.get(f"/api/v1/jobs/{invoice.job.id}/events"))
    assert conforms(schema, "get_processing_status", as_anna.get(f"/api/v1/processing/status/{document}"))
    assert conforms(schema, "list_documents", as_anna.get("/api/v1/documents"))
    assert conforms(schema, "get_document", as_anna.get(f"/api/v1/documents/{document}"))
    assert conforms(schema, "get_result", as_anna.get(result))
    taxes = {"fields": {"taxes": [{"rate": "19", "base": None, "tax": "19.00"}]}}
    corrected = as_anna.patch(result, taxes, format="json", headers={"If-Match": '"1"'})
    assert conforms(schema, "correct_result", corrected)
    assert conforms(schema, "approve_result", as_anna.post(f"{result}/approve", headers={"If-Match": '"2"'}))
    assert conforms(schema, "analyze", send(as_anna))
    assert conforms(schema, "analyze", send(as_anna))  # 200 this time
    assert conforms(schema, "retry_job", as_anna.post(f"/api/v1/jobs/{invoice.job.id}/retry"))
    assert conforms(schema, "cancel_job", as_anna.post(f"/api/v1/jobs/{invoice.job.id}/cancel"))


def test_errors_are_as_described(schema, as_anna, anonymous):
    assert conforms(schema, "list_jobs", as_anna.get("/api/v1/jobs?status=x"))
    assert conforms(schema, "list_jobs", anonymous.get("/api/v1/jobs"))
    assert conforms(schema, "analyze", as_anna.post("/api/v1/analyze", {}))


def test_the_schema_can_be_fetched_by_anybody(anonymous):
    response = anonymous.get(reverse("api-schema"))
    assert response.status_code == 200
    assert b"analyze" in response.content


def test_the_page_of_the_schema_needs_nothing_that_its_policy_forbids(anonymous):
    response = anonymous.get(reverse("api-docs"))
    page = response.content.decode()
    assert response.status_code == 200
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "<script>" not in page  # inline scripts would not run
    assert "https://" not in page  # nor anything from elsewhere
    script = anonymous.get(reverse("api-docs") + "?script")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"SwaggerUIBundle" in script.content
