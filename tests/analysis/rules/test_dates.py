import pytest

from analysis.rules.dates import find_dates, is_date, is_day_first


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-03-05", "2024-03-05"),
        ("05.03.2024", "2024-03-05"),
        ("05/03/24", "2024-03-05"),
        ("5. März 2024", "2024-03-05"),
        ("5 Mar 2024", "2024-03-05"),
        ("05-MAR-24", "2024-03-05"),
        ("March 5, 2024", "2024-03-05"),
        ("March 5th 2024", "2024-03-05"),
        ("5 mars 2024", "2024-03-05"),
        ("20240305", "2024-03-05"),
        ("04-05-1812:50:51", "2018-05-04"),  # the time was read without a blank
        ("2018-01-0522:55:25", "2018-01-05"),
        ("2017-02-12144638", "2017-02-12"),  # without its colons, too
        ("2017-02-122359", "2017-02-12"),
        ("5- 4-2011", "2011-04-05"),
        ("19/10/201820:49:59", "2018-10-19"),
        ("13/12/2024", "2024-12-13"),
    ],
)
def test_date_is_read(text, iso):
    assert [date.iso for date in find_dates(f"on {text} at")] == [iso]


@pytest.mark.parametrize("text", ["31.02.2024", "2017-02-129944", "99/99/2024", "03-89410243", "1.2.3", "version 2.0"])
def test_what_is_no_date_is_not_found(text):
    assert not list(find_dates(text))


def test_month_comes_first_only_where_the_document_says_so():
    assert [d.iso for d in find_dates("03/04/2024", day_first=False)] == ["2024-03-04"]
    assert not is_day_first(["12/03/2017", "11/17/2017"])
    assert is_day_first(["12/03/2017", "17/11/2017"])
    assert is_day_first(["12/03/2017"])


def test_offsets_point_at_the_date():
    text = "from 01.02.2024 to 03.02.2024"
    assert [text[d.start : d.end] for d in find_dates(text)] == ["01.02.2024", "03.02.2024"]


def test_a_number_that_holds_a_date_is_not_one():
    assert is_date("2024-03-05")
    assert not is_date("RE-20240305/7")


@pytest.mark.parametrize("text", ["5 de mayo de 2023", "5 de mayo del 2023", "5º de mayo de 2023"])
def test_spanish_dates_in_words(text):
    assert [date.iso for date in find_dates(text)] == ["2023-05-05"]
