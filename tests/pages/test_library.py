"""The list of documents."""

import pytest

from analysis.findings import Found, Issue
from jobs.models import Status


def names(page) -> set[str]:
    return {row.document.filename for row in page.context["rows"]}


@pytest.fixture
def three(make_document):
    make_document("a-letter.pdf", fields={"vendor": Found('Müller "& Sons"'), "invoice_number": Found("77-B")})
    make_document("march.pdf", math_ok=False, issues=(Issue("lines_sum", "The lines add up to 5."),))
    make_document("broken.pdf", status=Status.DEADLETTER)


def test_empty_teaches(signed_in):
    assert "No documents yet" in signed_in.get("/documents").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"a-letter.pdf", "march.pdf", "broken.pdf"}),
        ("?q=MARCH", {"march.pdf"}),
        ("?q=müller", {"a-letter.pdf"}),
        ("?q=77-b", {"a-letter.pdf"}),
        ("?q=lindenhof+0417", {"march.pdf"}),
        ("?q=lindenhof+77", set()),
        ("?q=559.15", set()),
        ("?q=%25", set()),
        ("?type=invoice", {"a-letter.pdf", "march.pdf"}),
        ("?type=receipt", set()),
        ("?state=failed", {"broken.pdf"}),
        ("?state=check", {"march.pdf"}),
        ("?state=done", {"a-letter.pdf", "march.pdf"}),
        ("?state=working", set()),
        ("?state=nonsense", {"a-letter.pdf", "march.pdf", "broken.pdf"}),
    ],
)
def test_search_and_filters(signed_in, three, query, found):
    assert names(signed_in.get(f"/documents{query}")) == found


@pytest.mark.parametrize(
    ("order", "rows"),
    [
        ("", ["broken.pdf", "march.pdf", "a-letter.pdf"]),
        ("nonsense", ["broken.pdf", "march.pdf", "a-letter.pdf"]),
        ("oldest", ["a-letter.pdf", "march.pdf", "broken.pdf"]),
        ("name", ["a-letter.pdf", "broken.pdf", "march.pdf"]),
    ],
)
def test_order(signed_in, three, order, rows):
    shown = signed_in.get(f"/documents?order={order}").context["rows"]
    assert [row.document.filename for row in shown] == rows


def test_types_are_offered_as_people_call_them(signed_in, three):
    kinds = signed_in.get("/documents").context["kinds"]
    assert ("insurance_policy", "Insurance policy") in kinds
    assert [name for name, _ in kinds][-2:] == ["other", "reviews"]


def test_nothing_fits(signed_in, three):
    assert "No document fits" in signed_in.get("/documents?q=zebra").content.decode()


def test_a_row_says_what_was_read(signed_in, three):
    page = signed_in.get("/documents").content.decode()
    assert 'value="559.15" data-currency="EUR"' in page
    assert "add up" in page
    assert "The PDF has a password." in page
    assert "Müller &quot;&amp; Sons&quot;" in page


def test_pages_of_the_list(signed_in, make_document):
    for number in range(31):
        make_document(f"{number}.pdf", fields={})
    first, second = signed_in.get("/documents?q=pdf"), signed_in.get("/documents?q=pdf&page=2")
    assert len(first.context["rows"]) == 30
    assert names(first) & names(second) == set()
    assert "?q=pdf&amp;page=2" in first.content.decode()


def test_others_see_nothing(client, mallory, make_document):
    make_document()
    client.force_login(mallory.user)
    assert names(client.get("/documents")) == set()
