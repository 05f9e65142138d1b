"""Headings that only the whole document tells: running heads, bookmarks, styles of texts, numbered sections."""

import fpdf

from analysis.reading import pdf, typography

PROSE = "All pumps are looked at once a day by the engineer on watch, who writes down what was found. " * 6


def made(tmp_path, pages, *, outline=()):
    """A PDF of pages, each a list of (text, size, style)."""
    document = fpdf.FPDF(unit="pt")
    document.set_auto_page_break(False)
    for number, blocks in enumerate(pages):
        document.add_page()
        document.set_y(40)
        for text, size, style in blocks:
            document.set_font("Helvetica", style, size)
            if (number, text) in outline:
                document.start_section(text)
            document.multi_cell(500, size * 1.2, text, new_x="LMARGIN", new_y="NEXT")
            document.ln(14)
    path = str(tmp_path / "a.pdf")
    document.output(path)
    return path


def headings(path, number):
    markdown = pdf.read(path, number, typography.sample(path).on_page(number)).markdown
    return [line.lstrip("# ") for line in markdown.splitlines() if line.startswith("#")]


def test_what_pages_have_at_their_head_is_no_heading(tmp_path):
    pages = [
        [(f"Ship's Manual {n}", 16, ""), (f"Chapter {'ABCDE'[n]} pumps", 14, "B"), (PROSE, 10, "")] for n in range(5)
    ]
    path = made(tmp_path, pages)
    assert headings(path, 3) == ["Chapter C pumps"]
    assert "Ship's Manual 2" in pdf.read(path, 3, typography.sample(path)).markdown


def test_without_the_document_a_running_head_looks_like_a_heading(tmp_path):
    path = made(tmp_path, [[("Ship's Manual", 16, ""), (PROSE, 10, "")]] * 3)
    assert pdf.read(path, 2).markdown.startswith("## Ship's Manual")


def test_a_bookmark_makes_a_heading_of_its_line(tmp_path):
    page = [("Bilge pumps", 10, ""), (PROSE, 10, "")]
    assert headings(made(tmp_path, [page]), 1) == []
    assert headings(made(tmp_path, [page], outline=[(0, "Bilge pumps")]), 1) == ["Bilge pumps"]


def test_a_bookmark_is_told_by_its_words_without_their_number(tmp_path):
    page = [("2. Bilge pumps", 10, ""), (PROSE, 10, "")]
    path = made(tmp_path, [page])
    marks = (typography.Bookmark(1, 1, typography.key_of("Bilge Pumps")),)
    sampled = typography.sample(path)._replace(bookmarks=marks)
    assert pdf.read(path, 1, sampled).markdown.startswith("## 2. Bilge pumps\n")


def test_the_text_of_a_page_is_known_from_the_others(tmp_path):
    title = [("Pumps", 40, "B"), ("A handbook for the engine room of small ships, and for the bridge", 14, "")]
    path = made(tmp_path, [title, [(PROSE, 10, "")], [(PROSE, 10, "")]])
    assert headings(path, 1) == ["Pumps"]


def test_warnings_in_bold_are_text(tmp_path):
    page = [("Starting", 10, "B"), (PROSE, 10, ""), (PROSE, 10, "B"), (PROSE, 10, ""), ("Never run it dry", 10, "")]
    assert headings(made(tmp_path, [page, [(PROSE, 10, "")]]), 1) == ["Starting"]


def test_sections_with_numbers_are_headings_even_if_set_as_the_text_is(tmp_path):
    page = [(PROSE, 10, ""), ("2.1 Scope of the pumps", 10, ""), (PROSE, 10, ""), ("2.2 apples a day", 10, "")]
    assert headings(made(tmp_path, [page]), 1) == ["2.1 Scope of the pumps"]


def test_a_table_of_contents_has_no_headings(tmp_path):
    contents = [(f"2.{n} Part {n} of it all .... 1{n}\n2.{n} More of it", 10, "") for n in range(1, 5)]
    assert headings(made(tmp_path, [[*contents, (PROSE, 10, "")]]), 1) == []


def test_captions_are_no_headings(tmp_path):
    page = [(PROSE, 10, ""), ("Figure 3-1 Valves", 10, "B"), (PROSE, 10, ""), ("Abbildung 4: Ventile", 12, "B")]
    assert headings(made(tmp_path, [page]), 1) == []


def test_what_is_called_a_section_or_chapter_is_a_heading(tmp_path):
    page = [(PROSE, 10, ""), ("Section 4 - Exclusions", 10, ""), (PROSE, 10, ""), ("section 4 excludes pumps", 10, "")]
    assert headings(made(tmp_path, [page]), 1) == ["Section 4 - Exclusions"]


def test_a_section_is_a_heading_if_its_first_part_follows(tmp_path):
    page = [("2 Pumps", 10, ""), ("2.1 Scope of the pumps", 10, ""), (PROSE, 10, ""), ("3 pumps a day", 10, "")]
    assert headings(made(tmp_path, [page]), 1) == ["2 Pumps", "2.1 Scope of the pumps"]


def test_words_in_a_drawing_are_no_headings(tmp_path):
    drawing = [("Inlet", 12, "B"), ("where water comes in", 8, ""), ("Outlet", 12, "B"), ("where it goes", 8, "")]
    page = [(PROSE, 10, ""), ("Valves", 12, "B"), (PROSE, 10, ""), *drawing, ("Figure 3-1 A pump", 9, "I")]
    assert headings(made(tmp_path, [page]), 1) == ["Valves"]
    assert headings(made(tmp_path, [page[:-1]]), 1) == ["Valves", "Inlet", "Outlet"]


def test_a_row_of_several_texts_is_no_heading(tmp_path):
    document = fpdf.FPDF(unit="pt")
    document.add_page()
    for y, size, *texts in ((50, 16, "Pump", "Price"), (90, 16, "Chapter 2:", "Pumps"), (130, 10, PROSE[:80])):
        document.set_font("Helvetica", size=size)
        for x, text in zip((40, 160), texts, strict=False):
            document.text(x, y, text)
    document.output(path := str(tmp_path / "rows.pdf"))
    assert headings(path, 1) == ["Chapter 2: Pumps"]


def test_long_documents_are_looked_at_in_triples_over_all_their_length(tmp_path):
    numbers = typography.sampled_pages(600)
    assert (numbers[0], numbers[-1], len(numbers)) == (1, 600, 24)
    assert {2, 3} <= set(numbers)
    assert typography.sampled_pages(5) == [1, 2, 3, 4, 5]


def test_pages_of_images_have_no_typography(tmp_path):
    path = made(tmp_path, [[]])
    assert typography.sample(path) == typography.Typography()
