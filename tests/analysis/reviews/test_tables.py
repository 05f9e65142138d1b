"""Files of reviews, well and badly made: read right, or refused with the row."""

import io
import json
from datetime import datetime

import openpyxl
import pytest

from analysis.reviews import columns, tables
from documents.errors import InvalidInput, TooLarge


def read(folder, data, name="reviews.csv", wanted=""):
    path = folder / "original"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return tables.read(path, name, wanted)


def rows(table):
    return [record for part in table.parts for record in tables.unpack(part)]


def texts(table):
    place = table.layout.text
    return [record.cells[place] if place < len(record.cells) else "" for record in rows(table)]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("text;Note\nGrüße aus Köln, schön;1\n".encode("cp1252"), "cp1252"),
        ("text;Note\nGrüße aus Köln, schön;1\n".encode("utf-8-sig"), "utf-8-sig"),
        ("text;Note\nGrüße aus Köln, schön;1\n".encode("utf-16"), "utf-16"),
        ("text;Note\nGrüße aus Köln, schön;1\n".encode("utf-16-le"), "utf-16-le"),
        ("text;Note\nGrüße aus Köln, schön;1\n".encode("utf-16-be"), "utf-16-be"),
        ("text;Note\nGrüße aus Köln, schön;1\n".encode(), "utf-8"),
    ],
)
def test_encodings_are_found(tmp_path, data, encoding):
    table = read(tmp_path, data)
    assert table.layout.encoding == encoding
    assert texts(table) == ["Grüße aus Köln, schön"]


def test_another_alphabet_is_guessed_by_its_bytes(tmp_path):
    said = "Отличный товар, всем советую. Доставка была очень быстрой, спасибо"
    assert texts(read(tmp_path, f'отзыв,оценка\n"{said}",5\n'.encode("cp1251"))) == [said]


def test_a_damaged_byte_does_not_make_it_another_encoding(tmp_path):
    data = "text\n" + "schön war's für mich\n" * 20
    table = read(tmp_path, data.encode() + b"caf\xe9 zu\n")
    assert table.layout.encoding == "utf-8"
    assert texts(table)[0] == "schön war's für mich"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path, delimiter):
    line = delimiter.join
    data = "\n".join(
        [line(["id", "review", "stars"]), line(["1", '"well, made; a|b"', "5"]), line(["2", "bad luck", "1"])]
    )
    assert texts(read(tmp_path, data)) == ["well, made; a|b", "bad luck"]


def test_quotes_and_line_breaks_within_them_are_kept(tmp_path):
    assert texts(read(tmp_path, 'text,n\r\n"he said ""no"",\r\nand left",1\r\nfine,2\r\n')) == [
        'he said "no",\r\nand left',
        "fine",
    ]


def test_a_quote_that_is_never_closed_costs_its_row_alone(tmp_path):
    table = read(tmp_path, 'text,label\n"never closed,a\n' + "good one,b\n" * 3_000)
    found = rows(table)
    assert (table.rows, found[0].code) == (3_001, "unclosed_quote")
    assert {record.code for record in found[1:]} == {""}
    at_end = rows(read(tmp_path, 'text,label\nfine,a\n"open,b\nand more,c\n'))
    assert [record.code for record in at_end] == ["", "unclosed_quote", ""]


def test_ragged_rows_are_refused_where_their_text_is_not_certain(tmp_path):
    found = rows(read(tmp_path, "text,shop\nfine,north\nwell, it broke,south\nshort\nok now,north,,\n"))
    assert [record.code for record in found] == ["", "ragged_row", "", ""]
    assert "3 cells, the header 2" in found[1].detail


def test_blank_lines_are_rows_but_for_those_at_the_end(tmp_path):
    table = read(tmp_path, "text,label\n\n\ngood one,positive\n,,\n\n\n")
    assert (table.rows, texts(table)) == (4, ["", "", "good one", ""])


def test_zeros_and_endless_cells_harm_nobody(tmp_path):
    table = read(tmp_path, b"text,shop\ngo\0od,no\0rth\n" + b"x" * (2 << 20) + b",south\n")
    assert texts(table)[0] == "go\0od"
    assert len(texts(table)[1]) == 1 << 20
    assert tables.unpack(tables.pack(rows(table))) == rows(table)


def test_lines_of_text_are_reviews(tmp_path):
    table = read(tmp_path, "Great, really.\nNever again, sorry!\n", "lines.txt")
    assert texts(table) == ["Great, really.", "Never again, sorry!"]


@pytest.mark.parametrize(
    ("head", "row", "found"),
    [
        ("id,review,email", "7,It is fine,a@example.org", "review"),
        ("Kommentar,Bewertung", "Das war nichts,2", "Kommentar"),
        ("Bewertung;Text", "5;Sehr gut gemacht", "Text"),
        ("name,what they said,url", "Ann,I would not come again,https://example.org/a", "what they said"),
        ("label,text", "positive,yes", "text"),
        ("编号,评论", "1,质量很好", "评论"),
    ],
)
def test_the_column_of_the_texts_is_found(tmp_path, head, row, found):
    layout = read(tmp_path, f"{head}\n{row}\n{row}\n").layout
    assert layout.columns[layout.text] == found


def test_the_caller_can_name_it_however_it_is_written(tmp_path):
    layout = read(tmp_path, "Short Title,review\nnice one,it was good\n", wanted="short_title").layout
    assert layout.text == 0
    with pytest.raises(InvalidInput, match=r"unknown_column.*'review'"):
        read(tmp_path, "title,review\na,b\n", wanted="x")


def test_columns_that_group_and_the_day_are_found(tmp_path):
    lines = [f"text number {n},{'ab'[n % 2]},{n},0{n % 9 + 1}/25/2026,x\n" for n in range(40)]
    layout = read(tmp_path, "text,shop,id,when,mark\n" + "".join(lines)).layout
    assert [layout.columns[place] for place in layout.groups] == ["shop"]
    assert layout.columns[layout.day] == "when"
    assert not layout.day_first
    assert columns.day_of("03/25/2026 10:00", day_first=False) == "2026-03-25"
    assert columns.day_of("25.3.2026", day_first=False) == "2026-03-25"
    assert columns.day_of("2026-02-30", day_first=True) == columns.day_of("soon", day_first=True) == ""


def test_whole_questions_are_names_of_columns_above_numbers_or_dates(tmp_path):
    asked = "Zeitstempel,Was hat Ihnen (nicht) gefallen?\n"
    table = read(tmp_path, asked + "2026/03/04 9:15:32 AM,It was cold.\n2026/03/05 9:15:32 PM,Great food!\n")
    assert texts(table) == ["It was cold.", "Great food!"]
    assert table.layout.columns[table.layout.day] == "Zeitstempel"
    assert columns.day_of("2026/03/04 9:15:32 AM", day_first=True) == "2026-03-04"


def test_a_gap_in_the_first_row_of_numbers_is_no_name(tmp_path):
    assert (
        len(rows(read(tmp_path, "n/a,It was cold and nobody cared\n" + "5,Great food!\n" * 9 + "n/a,Cold again.\n")))
        == 11
    )


def test_names_are_made_up_where_there_are_none_and_are_no_two_the_same(tmp_path):
    assert columns.named(["a", "", "a"], 4) == ["a", "column 2", "a'", "column 4"]
    assert read(tmp_path, "1,2,3\nsome words,b,c\n").layout.columns == ["column 1", "column 2", "column 3"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ('["it is good", "it is bad"]', "a.json"),
        ('[{"text": "it is good", "n": 1.50}, {"text": "it is bad"}]', "a.json"),
        ('{"page": {"of": [1]}, "n": 1}'.replace("[1]", '["it is good", "it is bad"]'), "a.json"),
        ('{"text": "it is good"}\n\n{"n": null, "text": "it is bad"}\n', "a.jsonl"),
        ('{"text": "it is good"}\n{"text": "it is bad"}', "a.json"),
    ],
)
def test_json_in_its_forms(tmp_path, data, name):
    assert texts(read(tmp_path, data, name)) == ["it is good", "it is bad"]
    assert texts(read(tmp_path, data.encode("utf-16"), name)) == ["it is good", "it is bad"]
    assert texts(read(tmp_path, data.encode("utf-8-sig"), name)) == ["it is good", "it is bad"]


def test_items_keep_what_they_have_and_bring_columns(tmp_path):
    table = read(tmp_path, '[{"text": "a b", "n": 1.50}, {"who": {"x": [1.5]}, "text": "c d"}, 7, null, [1]]', "a.json")
    assert table.layout.columns == ["text", "n", "who"]
    assert [record.cells for record in rows(table)[:2]] == [["a b", "1.50"], ["c d", "", '{"x": [1.5]}']]
    assert [record.code for record in rows(table)] == ["", "", *["not_a_review"] * 3]


def test_a_line_of_json_lines_that_is_none_is_refused_alone(tmp_path):
    deep = "[" * 100_000
    table = read(tmp_path, f'{{"text": "fine so"}}\n{{"text": \n{deep}\n{{"text": "\\udc00 fine"}}\n', "a.ndjson")
    assert [record.code for record in rows(table)] == ["", "malformed_json", "malformed_json", ""]
    assert texts(table)[3] == "� fine"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        ('[{"":' * 50_000, "a.json", "json_too_deep"),
        ("[1_000]", "a.json", "malformed_json"),
        ("[-1.0.]", "a.json", "malformed_json"),
        ('["a"],', "a.json", "malformed_json"),
        ('["a\\ud800\\u"]', "a.json", "malformed_json"),
        ("[\0]", "a.json", "malformed_json"),
        ("words", "a.json", "malformed_json"),
        ("[]", "a.json", "no_rows"),
        ('{"a": 1}', "a.json", "no_rows"),
        (" ", "a.csv", "no_rows"),
        ("text,n\n", "a.csv", "no_rows"),
        ("a,b\n1,2\n", "a.csv", "no_text_column"),
        (b"PK\x03\x04 nothing", "a.xlsx", "malformed_xlsx"),
    ],
)
def test_files_that_can_not_be_read_say_why(tmp_path, data, name, code):
    with pytest.raises(InvalidInput) as refused:
        read(tmp_path, data, name)
    assert refused.value.code == code
    assert refused.value.detail.endswith(".")


def test_too_many_columns_are_refused(tmp_path):
    with pytest.raises(TooLarge):
        read(tmp_path, json.dumps([{"text": "good one"}, {str(n): n for n in range(600)}]), "a.json")


def test_workbooks_are_read_as_they_show(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Empty"
    sheet = book.create_sheet("Data")
    sheet.append(["Review", "Stars", "When"])
    sheet.append(["It was fine", 5, datetime(2026, 3, 1)])
    sheet.append([])
    sheet.append(["=1+1", None, datetime(2026, 3, 2, 10, 30)])
    out = io.BytesIO()
    book.save(out)
    table = read(tmp_path, out.getvalue(), "a.xlsx")
    assert [record.cells for record in rows(table)] == [
        ["It was fine", "5", "2026-03-01"],
        [],
        ["", "", "2026-03-02T10:30:00"],
    ]


def test_a_long_file_is_cut_into_parts(tmp_path):
    table = read(tmp_path, "text\n" + "".join(f"line number {n}\n" for n in range(2_345)))
    assert (table.rows, len(table.parts)) == (2_345, 3)
    assert [len(tables.unpack(part)) for part in table.parts] == [1_000, 1_000, 345]
    assert texts(table)[2_344] == "line number 2344"
