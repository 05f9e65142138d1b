"""Document types in the admin: defined in rows, refused with reasons, tried on a document."""

import pytest

from analysis import custom_types, document_types
from analysis.models import CustomType
from documents import tenancy
from documents.models import Document, Page
from tests.admin.conftest import as_staff, make_case
from tests.analysis.rules.drawing import page
from tests.analysis.test_custom_types import FIELDS, NOTE

LIST = "/admin/analysis/customtype/"


@pytest.fixture(autouse=True)
def forgotten():
    custom_types.forget()
    yield
    custom_types.forget()


def sent(*rows, **more):
    data = {"label": "Delivery note", "name": "delivery_note", "description": "", "active": "on"}
    data |= {"evidence": "packing slip\n\n packing  slip \nlieferschein", "fields-INITIAL_FORMS": "0"}
    data["fields-TOTAL_FORMS"] = str(len(rows))
    for number, row in enumerate(rows):
        data |= {f"fields-{number}-{key}": value for key, value in row.items()}
    return data | more


WEIGHT = {"label": "Net weight", "type": "number", "hints": "Nettogewicht\nweight", "required": "on"}
EMPTY = {"label": "", "type": "text"}


def test_a_type_is_defined_in_rows(admin, django_capture_on_commit_callbacks):
    assert b'name="fields-0-label"' in admin.get(f"{LIST}add/").content
    document_types.names()  # known, and not this one
    with django_capture_on_commit_callbacks(execute=True):
        response = admin.post(
            f"{LIST}add/", sent(WEIGHT, EMPTY, {"label": "Fragile", "type": "boolean", "name": "care"})
        )
    assert response.status_code == 302, response.context["adminform"].form.errors
    row = CustomType.objects.get()
    assert row.evidence == ["packing slip", "lieferschein"]
    assert [(one["name"], one["type"], one["required"]) for one in row.fields] == [
        ("net_weight", "number", True),
        ("care", "boolean", False),
    ]
    assert row.fields[0]["hints"] == ["Nettogewicht", "weight"]
    with tenancy.as_user(response.wsgi_request.user):
        assert "delivery_note" in document_types.names()


def test_a_type_gets_a_name_of_its_label_and_is_switched_off_at_first(admin):
    assert admin.get(f"{LIST}add/").context["adminform"].form["active"].value() is False
    admin.post(f"{LIST}add/", sent(WEIGHT, name="", label="Lieferschein (Süd)"))
    assert CustomType.objects.get().name == "lieferschein_sud"


def test_a_field_is_removed_and_the_name_stays(admin):
    CustomType.objects.create(name="delivery_note", label="Note", fields=FIELDS)
    url = f"{LIST}{CustomType.objects.get().pk}/change/"
    html = admin.get(url).content.decode()
    assert 'value="Delivery number"' in html
    assert "LOT/77/A" in html
    gone = WEIGHT | {"name": "other_weight", "DELETE": "on"}
    response = admin.post(url, sent(WEIGHT, gone, name="renamed"))
    assert response.status_code == 302
    row = CustomType.objects.get()
    assert row.name == "delivery_note"
    assert [one["name"] for one in row.fields] == ["net_weight"]


@pytest.mark.parametrize(
    ("rows", "more", "told"),
    [
        ([WEIGHT], {"name": "invoice"}, "comes with the product"),
        ([EMPTY], {}, "at least one field"),
        ([WEIGHT, WEIGHT], {}, "another field called net_weight"),
        ([WEIGHT | {"name": "Net Weight"}], {}, "such as net_weight"),
        ([WEIGHT | {"type": "taxes"}], {}, "Select a valid choice"),
        ([EMPTY | {"hints": "a"}], {}, "This field is required"),
        ([WEIGHT], {"evidence": "--"}, "has no letters"),
    ],
)
def test_what_can_not_be_is_refused_with_a_reason(admin, rows, more, told):
    response = admin.post(f"{LIST}add/", sent(*rows, **more))
    assert response.status_code == 200
    assert told in response.content.decode()
    assert not CustomType.objects.exists()


def test_a_type_is_deleted(admin, django_capture_on_commit_callbacks):
    row = CustomType.objects.create(name="delivery_note", label="Note", fields=FIELDS, active=False)
    assert "switched off" in admin.get(LIST).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    assert not CustomType.objects.exists()


@pytest.fixture
def kind(db):
    return CustomType.objects.create(
        name="delivery_note", label="Delivery note", evidence=["packing slip"], fields=FIELDS, active=False
    )


def test_a_type_is_tried_before_it_is_switched_on(admin, sam, anna, kind):
    case = make_case(anna)
    with as_staff(sam):
        case.document.pages.all().delete()
        Page.of(case.document, page(NOTE)).save()
    url = f"{LIST}{kind.pk}/try/"
    assert f'value="{case.document.pk}"' in admin.get(url).content.decode()
    response = admin.get(url, {"document": str(case.document.pk)})
    html = response.content.decode()
    assert "It would be taken for this type." in html
    assert "DN-2031-774" in html
    assert {row["name"]: row["value"] for row in response.context["rows"]}["net_weight"] == "12.5"
    with as_staff(sam):
        assert case.document.results.get().document_type == "invoice"


def test_what_was_never_read_is_not_offered(admin, sam, anna, kind):
    case = make_case(anna)
    with as_staff(sam):
        Document.objects.filter(pk=case.document.pk).update(markdown_sha256="")
    assert f'value="{case.document.pk}"' not in admin.get(f"{LIST}{kind.pk}/try/").content.decode()


def test_what_would_not_be_found_is_said(admin, anna, kind):
    case = make_case(anna)
    html = admin.get(f"{LIST}{kind.pk}/try/", {"id": str(case.document.pk)}).content.decode()
    assert "not found, and required" in html
    assert "It would be taken for" in html


@pytest.mark.parametrize(
    ("codenames", "status"), [(["view_customtype"], 403), (["view_customtype", "view_document"], 200)]
)
def test_trying_asks_for_the_right_to_see_documents(clerk, kind, codenames, status):
    assert clerk(*codenames).get(f"{LIST}{kind.pk}/try/").status_code == status
