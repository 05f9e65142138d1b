import uuid
from dataclasses import replace

import pytest

from analysis.answers import extractive, picking, states
from analysis.engines import embedding
from analysis.engines.embedding.e5 import E5
from analysis.search import questions
from analysis.search.hits import Hit
from tests.analysis.search.conftest import Bag

SHIPPED, SHIPPED_SAME = extractive.ENOUGH, extractive.SAME_LANGUAGE

pytestmark = pytest.mark.django_db


def hit(text, type="text", score=1.0, section=""):
    spans = [[0, len(text), 3, 1, 2, 3, 4]]
    return Hit(uuid.uuid4(), uuid.uuid4(), "a.pdf", type, section, 3, text, spans, score, 1.0, 1.0)


def test_the_rows_of_a_table_are_its_sentences():
    table = hit("| part | price |\n|---|---|\n| hose | 40.00 |\n| pump | 99.00 |\n", type="table")
    assert [table.text[one.start : one.end] for one in picking.of(table)] == ["| hose | 40.00 |", "| pump | 99.00 |"]
    assert picking.rank("What is the price of the pump?", [table])[0].text.endswith("| pump | 99.00 |")


def test_a_row_is_quoted_as_people_read_it():
    table = hit("| part | price |\n|---|---|\n| hose \n| pump | 99.00 |  |\n| pipe | 1.00 |", type="table")
    quoted = extractive.answer("pump 99.00", [table])
    assert quoted.text == quoted.citations[0].quote
    assert quoted.text == "pump · 99.00"  # it has another number of cells
    assert extractive.answer("pipe 1.00", [table]).text == "part: pipe · price: 1.00"
    whole = extractive.refusal([table]).nearest[0]
    assert whole.quote == "part · price\nhose\npump · 99.00\npipe · 1.00"
    assert whole.boxes


def test_rows_among_paragraphs_are_sentences_of_their_own():
    table = "| Task | Interval | Part |\n| --- | --- | --- |\n| Cleaning | weekly | - |\n| Oil | monthly | K2 |"
    mixed = hit(f"Care of the pump.\n\n{table}\n\nWear gloves. Be careful.", type="composite")
    assert [mixed.text[one.start : one.end] for one in picking.of(mixed)] == [
        "Care of the pump.", "| Cleaning | weekly | - |", "| Oil | monthly | K2 |", "Wear gloves.", "Be careful.",
    ]  # fmt: skip
    assert extractive.answer("cleaning interval?", [mixed]).text == "Task: Cleaning · Interval: weekly"


def test_what_announces_the_answer_is_quoted_with_it():
    answer = extractive.answer("What tools need you?", [hit("You need these tools: A hammer and nails. Be careful.")])
    assert answer.text.startswith("You need these tools:")
    heading = extractive.answer("Cleaning the filter", [hit("Cleaning the filter\n\nUse warm water. Let it dry.")])
    assert heading.text == "Cleaning the filter\n\nUse warm water."
    assert heading.citations[0].quote == heading.text
    assert heading.citations[0].page == 3


STEPS = """Returns

2. Sending it back

What must I do?

Do as follows:

- Pack the hose. Close the box.
- Print the blue label
- Wait for the postman

Then you are done."""
ALL_STEPS = "- Pack the hose. Close the box.\n- Print the blue label\n- Wait for the postman"


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("as follows do", f"Do as follows:\n\n{ALL_STEPS}"),
        ("what must I", f"What must I do?\n\nDo as follows:\n\n{ALL_STEPS}"),
        ("sending back", f"2. Sending it back\n\nWhat must I do?\n\nDo as follows:\n\n{ALL_STEPS}"),
        ("the blue label print", "- Print the blue label"),
        ("you are done then", "Then you are done."),
    ],
)
def test_a_list_that_is_announced_is_quoted_with_all_its_items(question, quote):
    assert extractive.answer(question, [hit(STEPS)]).text == quote


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Post (free)\n\nIt takes a day. It is slow.", "Post (free)\n\nIt takes a day."),
        ("Post (free)\nIt takes a day. It is slow.", "Post (free)\nIt takes a day."),
        ("1. Post (free)\n\nIt takes a day. It is slow.", "1. Post (free)\n\nIt takes a day."),
        ("1. Post is free.\n\nIt takes a day. It is slow.", "1. Post is free."),
    ],
)
def test_a_heading_may_end_with_brackets(text, quote):
    assert extractive.answer("Post free", [hit(text)]).text == quote


def test_a_long_list_is_quoted_in_part():
    found = extractive.answer(
        "which tools?", [hit("Which tools?\n\n" + "\n".join(f"- Tool {n} of steel" for n in range(90)))]
    )
    assert found.text.startswith("Which tools?\n\n- Tool 0 of steel\n- Tool 1")
    assert 500 < len(found.text) <= 700


def test_two_passages_that_answer_as_well_are_both_quoted():
    hits = [hit("The pump is blue."), hit("The pump is blue. Be careful.")]
    answer = extractive.answer("The pump is blue", hits)
    assert len(answer.citations) == 2
    assert [answer.text[one.start : one.end] for one in answer.citations] == [one.quote for one in answer.citations]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The pump is blue. The blue pump is. Be careful.", "The pump is blue. The blue pump is."),
        ("The pump is blue. Be careful. The blue pump is.", "The pump is blue."),
        ("The pump is blue. The hose is red. Be careful.", "The pump is blue."),
    ],
)
def test_two_neighbours_that_answer_as_well_are_quoted_as_one(text, quote):
    answer = extractive.answer("The pump is blue", [hit(text)])
    assert [one.quote for one in answer.citations] == [quote]


def test_nothing_is_ranked_without_sentences():
    assert picking.rank("What?", []) == []
    assert picking.rank("What?", [hit("…")]) == []


def test_an_embedder_without_vectors_of_words_goes_by_the_words(monkeypatch):
    monkeypatch.setattr(embedding, "current", Bag)
    hits = [hit("Clean the filter of the pump every 40 days. Wear gloves.")]
    assert extractive.answer("How often clean the filter of the pump?", hits).text.startswith("Clean the filter")
    assert extractive.answer("Lattice simulations of quarks?", hits).citations == []


@pytest.fixture(scope="module")
def shipped():
    return E5()


@pytest.fixture
def model(monkeypatch, shipped):
    monkeypatch.setattr(embedding, "named", lambda name: shipped)
    questions.forget()
    yield shipped
    questions.forget()


def test_a_sentence_is_read_within_its_passage(model):
    one = hit("The pump is from Graz. It weighs 40 kg.", section="Pumps › Model A")
    first, second = states.of_sentences(model, list(picking.of(one)))
    [alone] = model.passage_states(["It weighs 40 kg."])
    assert len(second) == alone.shape[1] - 4  # the beginning, the prefix, the end
    question = states.meaning(states.of_question(model, "How heavy is the pump?"))
    assert states.meaning(second) @ question > states.meaning(first) @ question


def test_a_sentence_behind_what_the_model_reads_is_read_alone(model):
    *_, last = picking.of(hit("Many words that say nothing. " * 200 + "The end is here."))
    [part] = states.of_sentences(model, [last])
    assert len(part) == model.passage_states(["The end is here."])[0].shape[1] - 2


def test_how_near_an_answer_must_come_goes_by_the_languages(model):
    same, german, korean = (states.nearest(model, asked, "en") for asked in ("en", "de", "ko"))
    assert 1 > same > german > korean > 0.5
    assert states.nearest(Bag(), "ko", "en") == 1


MANUAL = "The P40 pump was made in Graz in 2019. It weighs 40 kilograms. Clean the filter once a week with warm water."
POLICY = "The insurance covers fire and burst pipes. Flood is not covered. The deductible is 250 EUR per claim."


@pytest.fixture
def as_shipped(monkeypatch, model):
    monkeypatch.setattr(embedding, "current", lambda: model)
    monkeypatch.setattr(extractive, "ENOUGH", SHIPPED)
    monkeypatch.setattr(extractive, "SAME_LANGUAGE", SHIPPED_SAME)
    return [hit(MANUAL), hit(POLICY)]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How heavy is the pump?", "It weighs 40 kilograms."),
        ("Wie oft muss der Filter gereinigt werden?", "Clean the filter once a week with warm water."),
        ("水灾在承保范围内吗？", "Flood is not covered."),
    ],
)
def test_answers_are_found_whatever_the_words_and_the_language(as_shipped, question, answer):
    assert answer in extractive.answer(question, as_shipped).text


CARE = """| Task | How often | With what |
| --- | --- | --- |
| Cleaning | weekly | soft cloth |
| Descaling | every 2 months | citric acid |
| Gasket | yearly | K2-022 |"""
PROPERTIES = (
    "The machine at a glance.\n\n| Net weight | 12 kg |\n| --- | --- |\n| Colour | black |\n| Tank | 1.5 litres |"
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How often must the machine be cleaned?", "Task: Cleaning · How often: weekly · With what: soft cloth"),
        ("Wie oft muss entkalkt werden?", "Task: Descaling · How often: every 2 months · With what: citric acid"),
        ("How much does the machine weigh?", "Net weight · 12 kg"),
        ("What is the volume of the tank?", "Tank · 1.5 litres"),
        ("How heavy is the pump?", "It weighs 40 kilograms."),
    ],
)
def test_answers_are_found_in_rows_of_tables(as_shipped, question, answer):
    care, properties = hit(CARE, "table", section="Kestrel K2 › Care"), hit(PROPERTIES, "composite")
    found = extractive.answer(question, [care, properties, as_shipped[0]])
    assert found.text.split("\n")[0] == answer


def test_the_boxes_of_a_row_are_lit(as_shipped):
    place = CARE.index("| Cleaning")
    cells = [[0, 30, 1, 1, 1, 9, 2], [place + 2, place + 10, 1, 1, 3, 4, 4], [place + 13, place + 19, 1, 5, 3, 9, 4]]
    care = replace(hit(CARE, "table"), spans=cells)
    [citation] = extractive.answer("How often must the machine be cleaned?", [care]).citations
    assert citation.boxes == [{"page": 1, "box": [1, 3, 4, 4]}, {"page": 1, "box": [5, 3, 9, 4]}]


@pytest.mark.parametrize("question", ["Who discovered penicillin?", "Wie hoch ist der Eiffelturm?", "谁发现了青霉素？"])
def test_what_the_documents_dont_tell_is_told_in_any_language(as_shipped, question):
    assert extractive.answer(question, as_shipped).citations == []


def test_a_sentence_behind_one_that_is_near_tells_more_of_it(monkeypatch):
    hits = [hit("It has a hose. Nothing here. The pump is blue. It has a hose.")]
    first, *_, last = picking.of(hits[0])
    ranked = picking.rank("Is the blue pump with a hose?", hits)
    places = [(one.start, one.end) for one in ranked]
    assert places.index((last.start, last.end)) < places.index((first.start, first.end))
