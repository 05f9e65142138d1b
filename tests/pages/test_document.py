"""The document and what was found in it."""

import pytest
from django.urls import reverse

from analysis import review
from analysis.findings import Found, Issue
from documents import tenancy
from documents.models import Page
from jobs.models import Job, Status


def page_of(client, document) -> str:
    return client.get(reverse("document", args=[document.id])).content.decode()


def test_each_value_has_its_box(signed_in, make_document):
    page = page_of(signed_in, make_document())
    for name in ("vendor", "invoice_number", "date", "total", "line-1"):
        assert f'data-field="{name}"' in page
        assert f'data-for="{name}"' in page
    assert 'data-for="currency"' not in page
    assert "left:83.333%;top:87.500%;width:8.333%;height:1.500%" in page


def test_values_say_how_sure_they_are_and_why(signed_in, make_document):
    page = page_of(signed_in, make_document())
    assert page.count("read by rules") == 5
    for word in ("sure", "likely", "doubtful"):
        assert f"</svg>{word}</span>" in page
    assert "<q>14.03.2025</q>" in page


def test_line_items_and_their_sum(signed_in, make_document):
    page = page_of(signed_in, make_document())
    assert "Skizzenbuch A4" in page
    assert 'class="unit">pcs<' in page
    assert "Sum of the lines" in page


def test_issues_name_their_fields(signed_in, make_document):
    issue = Issue("total_sum", "Subtotal and tax make 560.00.", ("total", "tax"))
    page = page_of(signed_in, make_document(issues=(issue,), math_ok=False))
    assert "Subtotal and tax make 560.00." in page
    assert 'data-lights="total tax "' in page
    assert "Doesn&#x27;t add up" in page


def test_kinds_have_the_names_that_people_give_them(signed_in, make_document, anna):
    document = make_document()
    with tenancy.as_user(anna.user):
        document.results.update(document_type="insurance_claim")
    assert '<p class="side-line">Insurance claim' in page_of(signed_in, document)
    assert "· Insurance claim</span>" in signed_in.get(reverse("library")).content.decode()


def test_a_duplicate_links_its_twin(signed_in, make_document):
    first, again = make_document("first.pdf"), make_document("again.pdf")
    link = f'href="{reverse("document", args=[first.id])}">Open the document that says the same'
    assert link in page_of(signed_in, again)
    assert link not in page_of(signed_in, first)


def test_the_proof_of_the_amounts_is_shown(signed_in, make_document, anna):
    document = make_document()
    proof = [{"code": "total", "equation": "Subtotal 1.00 + tax 0.19 makes 1.19.", "holds": True}]
    with tenancy.as_user(anna.user):
        document.results.update(extra={"arithmetic": {"proof": proof}})
    assert "Subtotal 1.00 + tax 0.19 makes 1.19." in page_of(signed_in, document)


def test_what_a_document_says_is_only_text(signed_in, make_document):
    evil = "<script>alert(1)</script>"
    fields = {"vendor": Found(evil, raw=f'"{evil}', page=1, box=None)}
    document = make_document(f"{evil}.pdf", fields=fields, markdown=f"{evil}\n\n[x](javascript:alert)\n\n![i](/logout)")
    page = page_of(signed_in, document)
    text = signed_in.get(reverse("document-text", args=[document.id])).content.decode()
    for html in (page, text):
        assert "<script>alert" not in html
        assert 'href="javascript' not in html
    assert '<img src="/logout"' not in text


def test_text_is_the_hero_where_there_are_no_pages(signed_in, make_document, anna):
    document = make_document("letter.md", media_type="text/markdown")
    with tenancy.as_user(anna.user):
        document.pages.update(width=0, height=0, source="markup")
    page = page_of(signed_in, document)
    assert '<article class="prose sheet-of-text"><h1>Rechnung</h1>' in page
    assert "data-page-image" not in page


def test_a_page_that_could_not_be_read_says_so(signed_in, make_document, anna):
    document = make_document(page_count=2)
    with tenancy.as_user(anna.user):
        Page.objects.create(
            workspace=anna.workspace, document=document, number=2, error="malformed_page", detail="Page 2 is damaged."
        )
        Job.objects.update(partial=True)
    page = page_of(signed_in, document)
    assert "Page 2 could not be read. Page 2 is damaged." in page
    assert "malformed_page" in page


def test_work_shows_its_progress_and_the_page_before_it_is_read(signed_in, make_document):
    page = page_of(signed_in, make_document(status=Status.WORKING))
    assert "data-watch" in page
    assert "Reading the pages" in page
    assert "data-preview" in page
    assert 'data-action="cancel"' in page


def test_failure_says_what_to_do(signed_in, make_document):
    page = page_of(signed_in, make_document(status=Status.DEADLETTER, page_count=None, markdown=""))
    assert "The PDF has a password. Save it without one and try again." in page
    assert 'data-action="retry"' in page
    assert "There is no page to show." in page


def test_history_tells_corrections_and_approval(signed_in, make_document, anna, result_of):
    document = make_document()
    with tenancy.as_user(anna.user):
        result = result_of(document)
        result = review.correct(result.id, {"total": "560.00"}, user=anna.user, expected_version=result.version)
        review.approve(result.id, user=anna.user, expected_version=result.version)
    page = page_of(signed_in, document)
    assert "anna corrected “Total”" in page
    assert "559.15 → 560.00" in page
    assert "Approved by anna" in page
    assert "a person" in page


def test_a_document_without_a_job(signed_in, make_document, anna):
    document = make_document(status=Status.CANCELLED)
    with tenancy.as_user(anna.user):
        Job.objects.all().delete()
    assert "Nothing was read from this document yet." in page_of(signed_in, document)


@pytest.mark.parametrize("name", ["document", "document-text"])
def test_others_get_a_404_in_the_same_look(client, mallory, make_document, name):
    client.force_login(mallory.user)
    answer = client.get(reverse(name, args=[make_document().id]))
    assert answer.status_code == 404
    assert "leads nowhere, or to a document that isn't yours" in answer.content.decode()


def test_queries_stay_few(signed_in, make_document, django_assert_max_num_queries):
    document = make_document()
    with django_assert_max_num_queries(24):
        page_of(signed_in, document)


def test_a_document_is_deleted_for_good(signed_in, make_document):
    document, other = make_document("march.pdf"), make_document("april.pdf")
    address = reverse("document-delete", args=[document.id])
    assert address in page_of(signed_in, document)
    assert signed_in.get(address).status_code == 405
    page = signed_in.post(address, follow=True).content.decode()
    assert "“march.pdf” is deleted." in page
    assert signed_in.get(reverse("document", args=[document.id])).status_code == 404
    assert signed_in.get(reverse("document", args=[other.id])).status_code == 200


def test_nobody_deletes_what_is_another_tenants(client, mallory, make_document):
    document = make_document()
    client.force_login(mallory.user)
    assert client.post(reverse("document-delete", args=[document.id])).status_code == 404
    with tenancy.as_workspace(document.workspace_id):
        document.refresh_from_db()
