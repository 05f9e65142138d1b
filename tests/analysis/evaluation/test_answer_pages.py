"""Which page is right and which was cited; a whole run needs the model and a database, and is short."""

import io
import json

import pytest
from rich.console import Console

from analysis.evaluation import answer_pages
from analysis.evaluation.answer_pages import Asked, PagesReport
from documents.errors import InvalidInput
from documents.pages import PageReading

PAGES = [
    PageReading(1, markdown="Opened software can be returned never, it is non-returnable."),
    PageReading(2, markdown="Shipping takes three days."),
]


def test_the_page_that_holds_the_answers_words_is_right():
    right = answer_pages._right_pages
    assert right({"key_facts": ["No", "opened software is non-returnable"]}, PAGES) == [1]
    assert right({"answer": "About three days of shipping."}, PAGES) == [2]
    assert right({"answer": "Anything", "pages": [7]}, PAGES) == [7]


def test_what_is_cited_counts_by_document_and_page():
    first = Asked("a.pdf", "?", [2], [("a.pdf", 2)], [])
    later = Asked("a.pdf", "?", [2], [("b.pdf", 2)], [("a.pdf", 2)])
    refused = Asked("a.pdf", "?", [2], [], [("a.pdf", 2)])
    assert (first.right(1), later.right(1), later.right(3)) == (True, False, True)
    report = PagesReport(2, 9, 30, {"read": 1.0}, [first, later, refused])
    told = io.StringIO()
    report.show(Console(file=told, width=200))
    assert "First citation on the right page: 1 of 3; among 3: 3" in told.getvalue()
    assert json.loads(json.dumps(report.as_dict()))["passages"] == 30


def test_a_folder_without_questions_is_refused(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(InvalidInput, match="qa"):
        answer_pages.asked_pages(tmp_path, None, Console())
