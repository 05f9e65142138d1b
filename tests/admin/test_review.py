"""The review screen: what it shows, saves, refuses and merges."""

import json
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analysis import custom_types, review
from analysis.models import Result
from documents import tenancy
from documents.models import Page
from documents.pages import PageReading
from tests.admin.conftest import as_staff, form_of, make_case, signed_in, told


@pytest.fixture
def fields(sam):
    """The kept values of a case, and its result."""

    def fields(case):
        with as_staff(sam):
            result = Result.objects.prefetch_related("fields").get(pk=case.result.pk)
            return {field.name: field for field in result.fields.all()}, result

    return fields


def save(client, case, _button="_save", **typed):
    sent = form_of(client.get(case.url)) | typed | {_button: "1"}
    return client.post(case.url, sent, follow=True)


def test_the_page_stands_beside_its_values(admin, bill):
    response = admin.get(bill.url)
    html = response.content.decode()
    assert f"/admin/analysis/result/{bill.result.pk}/pages/1.png?width=1200" in html
    assert 'data-box="total"' in html
    assert 'data-box="line-2"' in html
    assert re.search(r'data-box="total" style="left:75\.\d+%;top:83\.\d+%', html)
    assert "1,390.00" in html
    assert "printed as “1.390,00” on page 1" in html
    assert "<script>" not in html
    assert " onclick" not in html


def test_what_is_in_doubt_comes_first(admin, bill):
    response = admin.get(bill.url)
    doubtful = [entry.name for entry in response.context["doubtful"]]
    assert "date" in doubtful  # by its confidence
    assert "total" in doubtful  # by the arithmetic
    assert "vendor" in [entry.name for entry in response.context["plain"]]
    names = re.findall(r'name="value-(\w+)"', response.content.decode())
    assert names[: len(doubtful)] == doubtful
    html = response.content.decode()
    assert "doubtful</span>" in html
    assert "but the document says" in html


def test_a_correction_is_saved_and_checked_anew(admin, sam, bill, fields):
    response = save(admin, bill, **{"value-total": "1.309,00", "value-invoice_number": "R-7"})
    assert told(response) == ["“bill.pdf”: Corrected Number, Total."]
    found, result = fields(bill)
    assert (found["total"].value, found["total"].source, found["invoice_number"].value) == ("1309.00", "person", "R-7")
    assert (result.review_status, result.version, result.validation["math_ok"]) == ("corrected", 2, True)
    with as_staff(sam):
        assert {(one.field, one.user) for one in result.corrections.all()} == {
            ("total", sam.user),
            ("invoice_number", sam.user),
        }
    assert LogEntry.objects.get().user == sam.user
    html = response.content.decode()
    assert "<del>1,390.00</del>" in html
    assert "<ins>1,309.00</ins>" in html
    assert "but the document says" not in html


def test_saving_nothing_changes_nothing(admin, bill, fields):
    response = save(admin, bill)
    assert told(response) == ["Nothing was changed."]
    assert fields(bill)[1].version == 1
    assert not LogEntry.objects.exists()


def test_german_readers_write_as_they_do(admin, bill, fields):
    german = {"headers": {"Accept-Language": "de"}}
    sent = form_of(admin.get(bill.url, **german))
    assert (sent["value-total"], sent["value-date"]) == ("1.390,00", "01.03.2025")
    admin.post(bill.url, sent | {"value-total": "1.309,50", "value-date": "2.3.2025", "_save": "1"}, **german)
    found, result = fields(bill)
    assert (found["total"].value, found["date"].value) == ("1309.50", "2025-03-02")
    assert result.version == 2


def test_an_emptied_value_is_removed(admin, bill, fields):
    save(admin, bill, **{"value-vendor": " "})
    assert "vendor" not in fields(bill)[0]


def test_an_error_stands_beside_its_field_and_what_was_typed_stays(admin, bill, fields):
    response = save(admin, bill, **{"value-total": "1,234", "value-vendor": "Ink Ltd", "lines-0-amount": "much"})
    html = response.content.decode()
    assert response.status_code == 200
    at = html.index('data-name="total"')
    assert "could mean two numbers" in html[at : html.index('data-name="', at + 10)]
    assert 'value="Ink Ltd"' in html
    assert "is not a number" in html
    assert 'value="much"' in html
    assert "data-unsaved" in html
    assert fields(bill)[1].version == 1


def test_control_characters_are_refused(admin, bill, fields):
    response = save(admin, bill, **{"value-vendor": "Ink\x07"})
    assert "control characters" in response.content.decode()
    response = save(admin, bill, **{"value-vendor": "Ink\x00"})
    assert response.status_code == 200
    assert fields(bill)[1].version == 1


def test_lines_are_edited_added_and_removed(admin, bill, fields):
    typed = {"lines-0-amount": "810.00", "lines-1-DELETE": "on", "lines-TOTAL_FORMS": "4"}
    typed |= {"lines-2-description": "Glue", "lines-2-amount": "5", "lines-2-origin": "{}"}
    typed |= {"lines-3-description": "", "lines-3-origin": "{}"}
    save(admin, bill, **typed)
    lines = fields(bill)[1].line_items
    assert [(line["description"], line["amount"]) for line in lines] == [("Paper", "810.00"), ("Glue", "5")]
    assert lines[0]["box"] == [60.0, 300.0, 520.0, 315.0]
    assert (lines[1]["box"], lines[1]["source"]) == (None, "person")


def test_rows_that_were_not_sent_are_as_they_were(admin, bill, fields):
    """The page leaves out the cells of rows that nobody touched."""
    sent = form_of(admin.get(bill.url))
    sent = {name: value for name, value in sent.items() if not re.match(r"lines-0-(?!origin)", name)}
    admin.post(bill.url, sent | {"lines-1-unit": "l", "_save": "1"})
    first, second = fields(bill)[1].line_items
    assert (first["description"], first["source"], first["confidence"]) == ("Paper", "rules", 0.95)
    assert (second["unit"], second["source"]) == ("l", "person")


def test_tampered_origins_are_no_error(admin, bill, fields):
    origin = json.dumps({"page": "x", "box": [1, 2], "description": ["x"]})
    response = save(admin, bill, **{"lines-0-origin": origin, "lines-1-origin": "{", "base": "[]"})
    assert response.status_code == 200
    assert [line["description"] for line in fields(bill)[1].line_items] == ["Paper", "Ink"]


def test_a_form_without_its_parts_is_refused(admin, bill, fields):
    assert admin.post(bill.url, {"_save": "1"}).status_code == 200
    assert fields(bill)[1].version == 1


def test_taxes_are_edited(admin, bill, fields):
    save(admin, bill, **{"taxes-0-rate": "20", "taxes-0-tax": "220"})
    assert fields(bill)[0]["taxes"].value == [{"rate": "20", "base": "1100.00", "tax": "220"}]
    save(admin, bill, **{"taxes-0-DELETE": "on"})
    assert "taxes" not in fields(bill)[0]


def test_approving_saves_and_opens_the_next(admin, sam, anna, fields):
    first, second = make_case(anna, 1), make_case(anna, 2)
    response = save(admin, first, "_approve", **{"value-total": "1309.00"})
    assert response.redirect_chain[-1][0] == second.url
    assert told(response) == ["“bill.pdf”: Corrected Total. Approved."]
    found, result = fields(first)
    assert (found["total"].value, result.review_status, result.approved_by) == ("1309.00", "approved", sam.user)
    response = save(admin, second, "_approve")
    assert response.redirect_chain[-1][0] == "/admin/analysis/result/"
    assert told(response)[-1] == "Nothing else waits for review."


def test_an_error_keeps_from_approving(admin, bill, fields):
    save(admin, bill, "_approve", **{"value-date": "yesterday"})
    assert fields(bill)[1].review_status == "pending"


def test_the_next_one_is_the_oldest_and_can_be_skipped(admin, anna):
    first, second = make_case(anna, 1), make_case(anna, 2)
    assert admin.get("/admin/analysis/result/next/").url == first.url
    assert admin.get(f"/admin/analysis/result/next/?after={first.result.pk}").url == second.url
    assert admin.get(f"/admin/analysis/result/next/?after={second.result.pk}").url == first.url
    assert admin.get("/admin/analysis/result/next/?after=nonsense").url == first.url


def correct_as(person, case, *, version=1, lines=None, **changes):
    with tenancy.as_user(person.user):
        return review.correct(case.result.pk, changes, lines, user=person.user, expected_version=version)


def test_a_lost_race_shows_what_changed_and_keeps_what_was_typed(admin, anna, bill, fields):
    sent = form_of(admin.get(bill.url))
    correct_as(anna, bill, total="1309.00", vendor="Ink Ltd", taxes=[{"rate": "7", "base": "1", "tax": "2"}])
    response = admin.post(bill.url, sent | {"value-total": "1310.00", "value-date": "2025-03-02", "_save": "1"})
    html = response.content.decode()
    assert response.status_code == 409
    moved = {one.label: (one.now, one.typed, one.by.user) for one in response.context["moved"]}
    assert moved == {
        "Total": ("1,309.00", "1310.00", anna.user),
        "Vendor": ("Ink Ltd", "", anna.user),
        "Tax by rate": ("1 rows", "", anna.user),
    }
    assert "Somebody else saved this meanwhile" in html
    assert fields(bill)[0]["total"].value == "1309.00"
    again = form_of(response)
    assert (again["value-total"], again["value-date"], again["value-vendor"]) == ("1310.00", "2025-03-02", "Ink Ltd")
    assert (again["taxes-0-rate"], again["version"]) == ("7", "2")
    response = admin.post(bill.url, again | {"_save": "1"}, follow=True)
    assert response.status_code == 200
    found, result = fields(bill)
    values = {name: found[name].value for name in ("total", "date", "vendor")}
    assert values == {"total": "1310.00", "date": "2025-03-02", "vendor": "Ink Ltd"}
    assert found["taxes"].value[0]["rate"] == "7"
    assert result.version == 3


def test_a_lost_race_over_the_lines_keeps_the_rows_that_were_typed(admin, anna, bill, fields):
    sent = form_of(admin.get(bill.url))
    correct_as(anna, bill, lines=[{"description": "Pencils", "amount": "1"}])
    response = admin.post(bill.url, sent | {"lines-0-amount": "8", "_save": "1"})
    assert response.status_code == 409
    assert [(one.label, one.now, one.typed) for one in response.context["moved"]] == [
        ("Line items", "1 rows", "your rows")
    ]
    again = form_of(response)
    assert again["lines-0-amount"] == "8"
    admin.post(bill.url, again | {"_save": "1"})
    assert [line["amount"] for line in fields(bill)[1].line_items] == ["8", "300.00"]


def test_a_lost_race_over_the_lines_shows_theirs_to_who_typed_none(admin, anna, bill, fields):
    sent = form_of(admin.get(bill.url))
    correct_as(anna, bill, lines=[{"description": "Pencils", "amount": "1"}])
    response = admin.post(bill.url, sent | {"value-vendor": "Ink Ltd", "_save": "1"})
    again = form_of(response)
    assert (again["lines-TOTAL_FORMS"], again["lines-0-description"]) == ("1", "Pencils")
    admin.post(bill.url, again | {"_save": "1"})
    found, result = fields(bill)
    assert (found["vendor"].value, [line["description"] for line in result.line_items]) == ("Ink Ltd", ["Pencils"])


def test_an_approval_meanwhile_is_told(admin, sam, anna, bill):
    sent = form_of(admin.get(bill.url))
    with tenancy.as_user(anna.user):
        review.approve(bill.result.pk, user=anna.user, expected_version=1)
    response = admin.post(bill.url, sent | {"value-total": "1309.00", "_save": "1"})
    assert response.status_code == 409
    assert "anna approved it at" in response.content.decode()


def test_a_correction_is_taken_back(admin, anna, bill, fields):
    correct_as(anna, bill, total="1309.00")
    html = admin.get(bill.url).content.decode()
    number = re.search(r'name="_revert" value="(\d+)"', html)[1]
    response = admin.post(bill.url, {"_revert": number}, follow=True)
    assert told(response) == ["Total is again what it was before that correction."]
    found, result = fields(bill)
    assert (found["total"].value, result.version) == ("1390.00", 3)
    assert admin.post(bill.url, {"_revert": "999999"}).status_code == 404
    assert admin.post(bill.url, {"_revert": "x"}).status_code == 404


def test_who_may_only_look_can_not_write(clerk, bill, fields):
    client = clerk("view_result")
    html = client.get(bill.url).content.decode()
    assert '<fieldset class="all" disabled>' in html
    assert 'name="_approve"' not in html
    assert f"/admin/documents/document/{bill.document.pk}" not in html
    assert client.post(bill.url, {"_save": "1"}).status_code == 403
    assert client.post(bill.url, {"_revert": "1"}).status_code == 403
    assert fields(bill)[1].version == 1


def test_who_may_not_look_does_not_see(clerk, client, anna, bill):
    image = f"/admin/analysis/result/{bill.result.pk}/pages/1.png"
    for url in (bill.url, image, "/admin/analysis/result/next/"):
        assert client.get(url).url.startswith("/admin/login/")
        assert signed_in(anna).get(url).url.startswith("/admin/login/")
    nobody = clerk("view_job")
    for url in (bill.url, image, "/admin/analysis/result/next/"):
        assert nobody.get(url).status_code == 403


def test_a_result_that_is_gone(admin, bill):
    url = "/admin/analysis/result/5b0f6f0e-52d2-5a0a-9d6e-0d2a5b1f3c01/change/"
    assert admin.get(url).status_code == 302
    assert admin.get("/admin/analysis/result/nonsense/change/").status_code == 302


def test_a_page_comes_as_an_image_for_this_person_alone(admin, bill):
    url = f"/admin/analysis/result/{bill.result.pk}/pages/1.png"
    response = admin.get(f"{url}?width=700")
    assert response.content.startswith(b"\x89PNG")
    assert int.from_bytes(response.content[16:20], "big") == 800
    assert response["Cache-Control"] == "private, no-cache"
    again = admin.get(f"{url}?width=800", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    assert admin.get(f"/admin/analysis/result/{bill.result.pk}/pages/2.png").status_code == 404
    assert admin.get("/admin/analysis/result/5b0f6f0e-52d2-5a0a-9d6e-0d2a5b1f3c01/pages/1.png").status_code == 404


@pytest.mark.parametrize("width", ["", "x", "-1", "99999", "999999999999", "²"])
def test_widths_are_bounded(admin, bill, width):
    response = admin.get(f"/admin/analysis/result/{bill.result.pk}/pages/1.png", {"width": width})
    assert int.from_bytes(response.content[16:20], "big") in (1200, 2400)


def test_a_page_that_can_not_be_drawn_says_so(admin, anna):
    case = make_case(anna, data=b"# Bill\n\nNothing to see.\n", filename="bill.md")
    response = admin.get(f"/admin/analysis/result/{case.result.pk}/pages/1.png")
    assert response.status_code == 422
    assert "no page images" in response.content.decode()


def test_without_a_page_the_text_is_shown(admin, anna):
    case = make_case(anna, data=b"# Bill\n\nNothing to see.\n", filename="bill.md")
    html = admin.get(case.url).content.decode()
    assert "<strong>Paper</strong>" in html
    assert "&lt;b&gt;" in html
    assert "<img" not in html


def test_the_screen_costs_the_same_however_long_the_document(admin, sam, anna, bill):
    """Words are not loaded, and neither pages nor corrections cost a query each."""
    few = queries(admin, bill.url)
    with as_staff(sam):
        for number in range(2, 40):
            Page.of(bill.document, PageReading(number, 595, 842, source="ocr")).save()
    for number in range(5):
        correct_as(anna, bill, version=1 + number, total=f"{number}.00")
    assert queries(admin, bill.url) == few
    assert few < 16


def queries(client, url) -> int:
    custom_types.forget()  # or else they are asked for whenever what is known has become old
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    assert not any('"words"' in query["sql"] for query in captured)
    return len(captured)
