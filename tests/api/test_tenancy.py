"""Every route, walked by those who must not see: the walk is made from the URL conf, so that none is forgotten."""

import uuid
from dataclasses import replace

import pytest
from django.apps import apps
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from analysis.models import QueryLog
from documents import tenancy
from documents.models import Document
from documents.rls import RowLevelSecurity
from jobs.webhooks import endpoints
from tests.api.conftest import PDF

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
# Routes that tell nothing of anybody's documents, and hence answer whoever asks.
# Routes for those who operate the site: they tell nothing of documents, and others may not use them.
OPERATORS = {"api-queues", "api-queue-pause", "api-queue-resume"}
PUBLIC = {"healthz", "readyz", "metrics", "api-metrics", "api-schema", "api-docs", "api-token", "api-token-refresh"}


def routes(patterns=None, prefix="", outer=None):
    """All (path template, converters, name) of the product's own routes; the admin is walked apart."""
    outer = outer or {}
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        converters = outer | entry.pattern.converters
        template = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if getattr(entry, "app_name", "") != "admin":
                yield from routes(entry.url_patterns, template, converters)
        elif isinstance(entry, URLPattern):
            yield template, converters, entry.name


def filled(template, converters, case):
    """The template with the ids of Anna's objects."""
    ids = {
        "job_id": case.job.id,
        "result_id": case.result.id,
        "document_id": case.document.id,
        "number": 1,
        "name": "x",
        "webhook_id": case.delivery.endpoint_id,
        "delivery_id": case.delivery.id,
        "query_id": case.query.id,
    }
    path = "/" + template
    for name in converters:
        value = ids.get(name)
        assert value is not None, f"{template}: say here which of Anna's objects {name!r} stands for"
        start = path.index("<")
        path = path[:start] + str(value) + path[path.index(">", start) + 1 :]
    return path


ROUTES = sorted((route for route in routes() if route[2] not in PUBLIC), key=lambda route: route[0])


def secrets_of(case):
    hook = case.delivery.endpoint
    return [
        *(str(one.id) for one in (case.document, case.job, hook, case.delivery, case.query)),
        *("Ink & Paper", "119.00", case.document.sha256, hook.url, hook.secret),
    ]


@pytest.fixture
def invoice(anna, invoice):
    """With a webhook that is told of it, and a question about it."""
    with tenancy.as_user(anna.user):
        endpoint = endpoints.create(workspace_id=anna.workspace.id, url="https://erp.example.org/vouch", user=anna.user)
        query = QueryLog.objects.create(
            workspace_id=anna.workspace.id, user=anna.user, question="What did Ink & Paper cost?", answer="119.00"
        )
        return replace(invoice, delivery=endpoints.ping(endpoint.pk), query=query)


def is_tenants(model):
    return any(isinstance(constraint, RowLevelSecurity) for constraint in model._meta.constraints)


def rows():
    """All that is in the tenants' tables, whoever owns it."""
    tables = [model._meta.db_table for model in apps.get_models() if is_tenants(model)]
    assert Document._meta.db_table in tables
    with tenancy._scope(role="staff"), connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"select * from {table} order by 1")
            found[table] = cursor.fetchall()
    return found


def body_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_walk_covers_the_api():
    names = {name for _, _, name in ROUTES}
    assert {"api-job", "api-result", "api-document-file", "api-analyze", "api-processing-status"} <= names


def test_another_tenant_finds_nothing(as_mallory, invoice, subtests):
    before = rows()
    for template, converters, name in ROUTES:
        path = filled(template, converters, invoice)
        with subtests.test(template):
            for method in METHODS:
                response = getattr(as_mallory, method)(path, headers={"If-Match": '"1"'})
                assert told(response, invoice, path) == [], method
                if converters and template.startswith("api/") and method != "options":
                    assert response.status_code in ((403, 405) if name in OPERATORS else (404, 405)), method
    assert rows() == before


def test_a_stranger_is_shown_the_door(anonymous, invoice, subtests):
    before = rows()
    for template, converters, _ in ROUTES:
        path = filled(template, converters, invoice)
        with subtests.test(template):
            for method in METHODS:
                response = getattr(anonymous, method)(path, headers={"If-Match": '"1"'})
                assert told(response, invoice, path) == [], method
                if template.startswith("api/"):
                    assert response.status_code in (401, 403, 405), method
    assert rows() == before


def test_unknown_ids_are_no_failure(as_anna, invoice, subtests):
    known = (invoice.job, invoice.document, invoice.delivery, invoice.delivery.endpoint, invoice.query)
    for template, converters in ((template, converters) for template, converters, _ in ROUTES if converters):
        path = filled(template, converters, invoice)
        for one in known:
            path = path.replace(str(one.id), str(uuid.uuid4()))
        with subtests.test(template):
            assert not [method for method in METHODS if getattr(as_anna, method)(path).status_code >= 500]


def told(response, case, path):
    """What of the case is in the answer, beyond what is in the question."""
    text = body_of(response)
    secrets = [secret.encode() for secret in secrets_of(case) if secret not in path]
    return [secret for secret in (*secrets, PDF[:200]) if secret in text]


@pytest.mark.parametrize(
    "path",
    ["/api/v1/jobs", "/api/v1/documents", "/api/v1/webhooks", "/api/v1/deliveries"],
)
def test_lists_hold_ones_own_alone(as_anna, as_mallory, invoice, path):
    assert len(as_anna.get(path).json()["results"]) == 1
    assert as_mallory.get(path).json()["results"] == []


def test_staff_see_no_more_than_their_own_outside_the_admin(sam, invoice, client):
    client.force_login(sam.user)
    assert client.get(f"/api/v1/documents/{invoice.document.id}").status_code == 404
