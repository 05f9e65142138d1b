"""What templates are given to show values."""

from datetime import UTC, datetime, timedelta

import pytest

from documents.templatetags import vouch


def test_amounts_keep_their_exact_value():
    assert vouch.amount("1005.50", "EUR") == (
        '<data class="amount" value="1005.50" data-currency="EUR">1005.50 EUR</data>'
    )
    assert vouch.amount("3") == '<data class="amount" value="3" data-currency="">3</data>'


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_amount_shows_nothing(nothing):
    assert vouch.amount(nothing, "EUR") == ""


def test_zero_is_an_amount():
    assert 'value="0"' in vouch.amount(0)


def test_amounts_are_escaped():
    assert "<b>" not in vouch.amount("<b>", '"><b>')


def test_dates():
    assert vouch.day("2025-03-14") == '<time datetime="2025-03-14">2025-03-14</time>'
    assert vouch.day("") == ""
    at = datetime(2025, 3, 14, 9, 5, tzinfo=UTC)
    assert vouch.moment(at, "clock") == (
        '<time datetime="2025-03-14T09:05:00.000+00:00" data-moment="clock">2025-03-14 09:05</time>'
    )
    assert vouch.moment(None) == ""


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.34, "340 ms"), (2.44, "2.4 s"), (200, "3 min 20 s"), (119.6, "1 min 60 s")]
)
def test_durations(seconds, words):
    assert vouch.duration(timedelta(seconds=seconds)) == words.replace("1 min 60 s", "2 min 0 s")


def test_no_duration():
    assert vouch.duration(None) == ""


def test_ibans_and_units():
    assert vouch.fours("DE21990123450412345678") == "DE21 9901 2345 0412 3456 78"
    assert vouch.unit("HUR") == "h"
    assert vouch.unit("Dose") == "Dose"


def test_markdown_shows_html_and_fetches_nothing():
    shown = vouch.markdown("| a | b |\n|---|---|\n| 1 | <i>2</i> |\n\n![x](http://elsewhere/x.png)")
    assert "<td>1</td>" in shown
    assert "&lt;i&gt;2&lt;/i&gt;" in shown
    assert "<img" not in shown


def test_markdown_shows_where_pages_begin():
    shown = vouch.markdown("# One\n\n<!-- page 2 -->\n\ntwo <!-- page 3 -->\n\n<!-- page 4 -->\n\n# Four")
    marks = '<p class="page-mark">Page 2</p>', '<p class="page-mark">Page 4</p>'
    assert [shown.count(mark) for mark in marks] == [1, 1]
    assert "&lt;!-- page 3 --&gt;" in shown
    assert shown.index("<h1>One</h1>") < shown.index(marks[0]) < shown.index(marks[1]) < shown.index("<h1>Four</h1>")


def test_icons_are_hidden_from_screen_readers():
    assert 'aria-hidden="true"' in vouch.icon("check")
