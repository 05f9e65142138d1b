"""The pages of reviews: hand in, watch, look at what was found; for guests where they are let in."""

import re

import pytest
from django.conf import settings as configured
from django.core.cache import cache
from django.core.files.base import ContentFile

from analysis.models import ReviewBatch, ReviewRow
from analysis.reviews import submission
from documents import tenancy
from documents.models import User
from jobs.models import Job, Status
from tests.analysis.reviews.conftest import BAD, GOOD, batch_of, submit, work

pytestmark = pytest.mark.usefixtures("transactional_db", "broker")
LINES = [
    f'"{GOOD}",north,2026-03-01',
    f'"{BAD}",south,2026-03-02',
    '"Broken again, the zip tore. <b>Awful</b> zip.",south,2026-03-02',
    '"The zip broke, bad zip, very bad",south,2026-03-04',
    f'"{GOOD} Really.",north,2026-03-04',
    ",north,2026-03-04",
]
FILE = ("text,shop,day\n" + "\n".join(LINES) + "\n").encode()


@pytest.fixture
def job(anna):
    sent, _ = submit(anna, FILE, name="spring.csv")
    return work(anna, sent)


def page_of(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def text_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_it_asks_to_sign_in(client, job):
    for address in ("/reviews", f"/reviews/{job.pk}", f"/reviews/{job.pk}/insights"):
        answer = client.get(address)
        assert (answer.status_code, answer.url) == (302, f"/login?next={address}")


def test_nothing_yet_says_what_it_is_for(signed_in):
    page = page_of(signed_in, "/reviews")
    assert "No file yet" in page
    assert "512 characters left" in page
    assert "up to 10 MB" in page
    assert "without an account" not in page


def test_files_are_listed_the_latest_first_and_texts_are_not(signed_in, anna, job):
    submit(anna, b"text\nfine\n", name="later.csv")
    with tenancy.as_user(anna.user):
        submission.submit_text("hm", workspace_id=anna.workspace.id, user=anna.user)
    page = page_of(signed_in, "/reviews")
    assert page.index("later.csv") < page.index("spring.csv")
    assert page.count('class="row batch-row') == 2
    assert page.count("data-watch") == 1  # the one that waits
    assert "Done, some rows refused" in page


def test_a_batch_shows_its_figures(signed_in, job):
    page = page_of(signed_in, f"/reviews/{job.pk}")
    told = text_of(page)
    assert "What they say" in told
    assert re.search(r"Positive 40\.0 % 2 .*Neutral 0\.0 % 0 .*Negative 60\.0 % 3", told)
    assert re.search(r"Rows in the file 6 Judged 5 Refused 1", told)
    assert re.search(r"Refused rows .* 6 .*text_empty", told)
    assert "By shop" in told
    assert "By day" in told
    assert page.count('<rect class="ground"') == 4  # the third of March had none
    for form in ("csv", "xlsx", "json"):
        assert f'href="/api/v1/reviews/{job.pk}?format={form}"' in page
    assert "&lt;b&gt;Awful&lt;/b&gt;" in page
    assert "<b>Awful" not in page


def test_rows_are_filtered_by_class_confidence_and_words(signed_in, anna, job):
    def rows(query):
        return re.findall(r"<tr data-row.*?(\d+)</td>", page_of(signed_in, f"/reviews/{job.pk}/rows{query}"), re.DOTALL)

    assert rows("") == ["1", "2", "3", "4", "5"]
    assert rows("?label=positive") == ["1", "5"]
    assert rows("?label=negative&q=ZIP") == ["3", "4"]
    assert rows("?label=angry&sure=very much&after=x") == ["1", "2", "3", "4", "5"]
    assert rows("?q=%00zip&after=3") == ["4"]
    assert rows("?after=99999999999") == []
    _, stored = batch_of(anna, job)
    unsure = [str(row.row) for row in stored if row.label and row.confidence <= 0.6]
    assert rows("?sure=unsure") == unsure
    assert rows("?sure=very") == [str(row.row) for row in stored if row.label and row.confidence >= 0.9]
    nothing = page_of(signed_in, f"/reviews/{job.pk}?q=nowhere")
    assert "No row fits" in nothing
    assert 'value="nowhere"' in nothing


def test_many_rows_come_in_pages_that_keep_the_filter(signed_in, anna):
    lines = "".join(f"I love it, wonderful number {number}!\n" for number in range(60))
    sent, _ = submit(anna, b"text\n" + lines.encode())
    work(anna, sent)
    page = page_of(signed_in, f"/reviews/{sent.pk}?q=wonderful")
    assert 'href="?q=wonderful&amp;after=50"' in page
    assert "To the first" not in page
    last = page_of(signed_in, f"/reviews/{sent.pk}?q=wonderful&after=50")
    assert last.count("<tr data-row") == 10
    assert 'rel="next"' not in last
    assert 'href="?q=wonderful" data-filter>To the first' in last


def test_what_drives_the_negative_ones(signed_in, anna):
    good = "".join(f"I love it, wonderful quality, number {number}!\n" for number in range(12))
    bad = "".join(f"Terrible, the zip broke and I hate it {number}.\n" for number in range(12))
    sent, _ = submit(anna, f"text\n{good}{bad}{bad}".encode())
    work(anna, sent)
    page = page_of(signed_in, f"/reviews/{sent.pk}/insights")
    terms = re.findall(r'href="\?label=negative&amp;q=([^#]+)#rows-title"', page)
    assert terms
    assert all("love" not in term and "wonderful" not in term for term in terms)
    assert any("zip" in term for term in terms)
    told = text_of(page)
    assert told.index("The surest of each") < told.index("wonderful quality")
    assert "None." in told  # of the neutral ones
    negative = told[told.rindex("Negative") :]
    assert negative.count("Terrible") == 3
    assert len(set(re.findall(r"hate it \d+", negative))) == 3  # no text twice


def test_a_small_file_may_drive_nothing(signed_in, job):
    assert "No word is said clearly more often" in page_of(signed_in, f"/reviews/{job.pk}/insights")


def test_a_batch_in_work_shows_what_is_known_so_far(signed_in, anna):
    from jobs import runner

    lines = b"text\n" + b"".join(b"a plain sentence %d\n" % number for number in range(1_500))
    sent, _ = submit(anna, lines)
    waiting = page_of(signed_in, f"/reviews/{sent.pk}")
    assert "The chart fills" in waiting
    assert 'id="found"' not in waiting
    runner.run("default")
    runner.run("embed")
    page = page_of(signed_in, f"/reviews/{sent.pk}/figures")
    assert "So far" in page
    assert "Judging the reviews" in page
    assert re.search(r"Rows in the file 1500 Judged 1000 ", text_of(page))
    row = page_of(signed_in, f"/reviews/{sent.pk}/row")
    assert "Being judged" in row
    assert 'role="progressbar"' in row


def test_the_column_is_chosen_where_none_was_found(signed_in, anna):
    sent, _ = submit(anna, b"id,price\n1,20\n2,30\n", name="prices.csv")
    failed = work(anna, sent)
    assert (failed.status, failed.error_code) == (Status.DEADLETTER, "no_text_column")
    page = page_of(signed_in, f"/reviews/{sent.pk}")
    assert "Which column holds the texts?" in page
    assert 'name="column" value="price"' in page
    answer = signed_in.post(f"/reviews/{sent.pk}/column", {"column": "price"})
    assert answer.status_code == 302
    again = work(anna, Job(pk=answer.url.rsplit("/", 1)[1]))
    assert again.pk != sent.pk
    assert again.status == Status.DONE
    with tenancy.as_user(anna.user):
        assert ReviewBatch.objects.get(pk=again.pk).text_column == "price"


def test_another_column_can_be_asked_for(signed_in, anna, job):
    assert 'name="column" value="shop"' in page_of(signed_in, f"/reviews/{job.pk}")
    answer = signed_in.post(f"/reviews/{job.pk}/column", {"column": "shop\x00"})
    other = work(anna, Job(pk=answer.url.rsplit("/", 1)[1]))
    with tenancy.as_user(anna.user):
        assert ReviewRow.objects.filter(batch=other.pk).order_by("row").first().text == "north"
    assert signed_in.get(f"/reviews/{job.pk}/column").status_code == 405


def test_a_batch_is_deleted_for_good(signed_in, anna, job):
    address = f"/reviews/{job.pk}/delete"
    assert f'action="{address}"' in page_of(signed_in, f"/reviews/{job.pk}")
    page = signed_in.post(address, follow=True).content.decode()
    assert "“spring.csv” is deleted." in page
    assert "No file yet." in page
    page_of(signed_in, f"/reviews/{job.pk}", status=404)
    with tenancy.as_user(anna.user):
        assert not ReviewRow.objects.exists()


def test_nobody_sees_what_is_anothers(client, mallory, job):
    client.force_login(mallory.user)
    for part in ("", "/figures", "/rows", "/insights", "/row"):
        assert client.get(f"/reviews/{job.pk}{part}").status_code == 404
    assert client.post(f"/reviews/{job.pk}/column", {"column": "shop"}).status_code == 404
    assert client.post(f"/reviews/{job.pk}/delete").status_code == 404
    assert "spring.csv" not in page_of(client, "/reviews")


def test_staff_correct_in_place_and_others_do_not(client, sam):
    sent, _ = submit(sam, FILE)
    work(sam, sent)
    client.force_login(sam.user)
    page = page_of(client, f"/reviews/{sent.pk}")
    assert page.count("<select data-say") == 5
    assert f'data-correct="/api/v1/reviews/{sent.pk}/rows/1"' in page
    assert "data-undo" not in page
    said = client.patch(f"/api/v1/reviews/{sent.pk}/rows/1", {"label": "neutral"}, content_type="application/json")
    assert said.status_code == 200
    row = page_of(client, f"/reviews/{sent.pk}/rows/1")
    assert "data-undo" in row
    assert '<option value="neutral" selected>' in row
    assert row.count("<tr") == 1
    page_of(client, f"/reviews/{sent.pk}/rows/6", status=404)  # refused
    User.objects.filter(pk=sam.user.pk).update(is_staff=False)
    page = page_of(client, f"/reviews/{sent.pk}")
    assert "data-say" not in page
    assert "said by a person" in page


def test_downloads_of_filtered_rows_and_of_refused_ones(signed_in, anna, job):
    page = page_of(signed_in, f"/reviews/{job.pk}?label=negative&sure=unsure&q=zip+%26")
    assert f"/api/v1/reviews/{job.pk}?label=refused&amp;format=csv" in page
    assert "Download these rows" not in page  # there are none
    page = page_of(signed_in, f"/reviews/{job.pk}?label=negative&sure=fairly&q=zip")
    link = re.search(r'href="([^"]*min_confidence[^"]*format=csv)"', page)[1].replace("&amp;", "&")
    told = b"".join(signed_in.get(link).streaming_content).decode()
    shown = page_of(signed_in, f"/reviews/{job.pk}/rows?label=negative&sure=fairly&q=zip").count("<tr data-row")
    assert len(told.splitlines()) == shown + 1 > 1


def test_refused_rows_come_in_pages(signed_in, anna):
    sent, _ = submit(anna, b"text,shop\nfine and good,1\n" + b",2\n" * 130)
    work(anna, sent)
    page = page_of(signed_in, f"/reviews/{sent.pk}?q=fine")
    assert page.count("text_empty") == 100
    assert 'href="?q=fine&amp;refused_after=101" data-filter="refused"' in page
    last = page_of(signed_in, f"/reviews/{sent.pk}?q=fine&refused_after=101")
    assert last.count("text_empty") == 30
    assert "More refused rows" not in last
    assert 'href="?q=fine" data-filter="refused">To the first' in last


def test_the_document_of_a_batch_leads_to_it(signed_in, job):
    answer = signed_in.get(f"/documents/{job.document_id}")
    assert (answer.status_code, answer.url) == (302, f"/reviews/{job.pk}")


def test_its_file_does_not_stand_among_the_documents_unless_asked_for(signed_in, job):
    assert "spring.csv" not in page_of(signed_in, "/")
    assert "spring.csv" not in page_of(signed_in, "/documents")
    assert "spring.csv" not in page_of(signed_in, "/documents?q=spring")
    assert "spring.csv" in page_of(signed_in, "/documents?type=reviews")


def test_guests_are_told_the_limits_and_see_their_own(client, settings, job, anna):
    settings.REVIEWS_GUESTS, settings.GUEST_HOURS, settings.GUEST_MAX_MB = True, 12, 2
    page = page_of(client, "/reviews")
    assert "without an account: files up to 2 MB" in page
    assert "deleted after 12 hours" in page
    assert "up to 2 MB" in page
    assert "spring.csv" not in page
    assert client.get(f"/reviews/{job.pk}").status_code == 404
    assert not User.objects.filter(username__startswith="guest:").exists()  # looking makes nobody
    sent = client.post("/api/v1/reviews", {"file": ContentFile(b"id,note\n1,20\n2,good\n", name="mine.csv")})
    assert sent.status_code == 202
    mine = sent.json()["job_id"]
    guest = User.objects.get(username__startswith="guest:")
    work(type("Guest", (), {"user": guest}), Job(pk=mine))
    assert "mine.csv" in page_of(client, "/reviews")
    assert "data-guest" in page_of(client, f"/reviews/{mine}")
    other = client.post(f"/reviews/{mine}/column", {"column": "id"})
    assert other.status_code == 302
    assert client.get(other.url).status_code == 200


def test_guests_may_not_look_without_end(client, settings):
    cache.clear()
    settings.REVIEWS_GUESTS, settings.GUEST_REQUESTS_PER_HOUR = True, 2
    assert [client.get("/reviews").status_code for _ in range(3)] == [200, 200, 429]


def test_no_script_stands_in_a_page(signed_in, job):
    for address in ("/reviews", f"/reviews/{job.pk}", f"/reviews/{job.pk}/insights"):
        answer = signed_in.get(address)
        page = answer.content.decode()
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>", page) == []
        assert re.findall(r"\son\w+=", page) == []
    assert (configured.BASE_DIR / "static" / "reviews.js").exists()
