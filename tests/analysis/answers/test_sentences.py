from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.answers import sentences


def split(text):
    return [text[start:end] for start, end in sentences.split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One here. Two there! Three?", ["One here.", "Two there!", "Three?"]),
        ("Dr. Smith paid approx. 4 kg. Then he left.", ["Dr. Smith paid approx. 4 kg.", "Then he left."]),
        ("Die Rechnung (z.B. Nr. 5) ist da. Sie ist gut.", ["Die Rechnung (z.B. Nr. 5) ist da.", "Sie ist gut."]),
        ("It cost 3.14 EUR in the U.S. last year. Fine.", ["It cost 3.14 EUR in the U.S. last year.", "Fine."]),
        ("她去了。他来了！好吗？", ["她去了。", "他来了！", "好吗？"]),
        ("She said “no.” He went.", ["She said “no.”", "He went."]),
        ("Heading\n\nFirst one. Second one.", ["Heading", "First one.", "Second one."]),
        ("Pack:\n- a pump\n- a hose", ["Pack:", "- a pump", "- a hose"]),
        ("3. Safety first. Wear gloves.", ["3. Safety first.", "Wear gloves."]),
        ("A. Lincoln spoke. All heard.", ["A. Lincoln spoke.", "All heard."]),
        ("Who? asked he. Nobody.", ["Who? asked he.", "Nobody."]),
        ("Sie ist am 3. März fällig. Dann nicht.", ["Sie ist am 3. März fällig.", "Dann nicht."]),
        (
            "Wien, 3. Jänner. Im 19. Jahrhundert. Er ist 3. Und du?",
            ["Wien, 3. Jänner.", "Im 19. Jahrhundert.", "Er ist 3.", "Und du?"],
        ),
        ("Bu 5. şıkta yer alır. Doç. Dr. Ay geldi.", ["Bu 5. şıkta yer alır.", "Doç. Dr. Ay geldi."]),
        ("Vive en EE. UU. con Dña. Ana. Bien.", ["Vive en EE. UU. con Dña. Ana.", "Bien."]),
        ("ما هو؟ قال د. أحمد ذلك. انتهى!", ["ما هو؟", "قال د. أحمد ذلك.", "انتهى!"]),
        ("《他说。》我走了。", ["《他说。》", "我走了。"]),
        ("Der am 3.", ["Der am 3."]),
        ("?!  …", []),
    ],
)
def test_sentences_of_many_kinds(text, expected):
    assert split(text) == expected


@given(st.text(alphabet="aB1 .!?\n:。-é", max_size=80))
def test_no_letter_is_lost_and_nothing_overlaps(text):
    found = sentences.split(text)
    assert all(start < end for start, end in found)
    assert all(one[1] <= two[0] for one, two in pairwise(found))
    inside = "".join(text[start:end] for start, end in found)
    assert [c for c in inside if c.isalnum()] == [c for c in text if c.isalnum()]
