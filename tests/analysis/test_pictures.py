"""Photographs of one page have near numbers, other pages have not."""

import random

import pytest
from PIL import Image, ImageDraw

from analysis import duplicates, pictures
from analysis.evaluation import planting
from documents import sniffing
from documents.errors import InvalidInput
from documents.pages import PageReading, Word
from documents.samples import FOLDER

WHOLE = (0.0, 0.0, 1.0, 1.0)


def test_a_page_photographed_again_is_near_and_another_one_is_not(tmp_path):
    path = FOLDER / "receipt.jpg"
    with Image.open(path) as image:
        first = pictures.hash_of_image(image, WHOLE)
    path_again = tmp_path / "again.png"
    with Image.open(path) as image:
        image.convert("L").resize((image.width // 2, image.height // 2)).point(lambda x: x * 0.8).save(path_again)
    with Image.open(path_again) as image:
        again = pictures.hash_of_image(image, WHOLE)
    other = Image.new("L", (400, 600), 255)
    ImageDraw.Draw(other).rectangle((50, 300, 350, 590), fill=0)
    assert pictures.distance(first, again) <= duplicates.NEAR
    assert pictures.distance(first, pictures.hash_of_image(other, WHOLE)) > duplicates.NEAR


@pytest.mark.parametrize(("one", "other", "bits"), [(0, 0, 0), (-1, 0, 64), (0b101, 0b110, 2), (-(2**63), 0, 1)])
def test_distance_counts_bits_of_signed_numbers(one, other, bits):
    assert pictures.distance(one, other) == bits


@pytest.mark.parametrize(("name", "media_type"), [("receipt.jpg", sniffing.JPEG), ("scan.pdf", sniffing.PDF)])
def test_pages_of_files_are_drawn_in_the_sandbox(name, media_type):
    page = PageReading(1, 600, 800, words=(Word("a", 10, 10, 20, 20), Word("z", 580, 780, 590, 790)))
    found = pictures.hash_of(FOLDER / name, media_type, page)
    assert -(2**63) <= found < 2**63
    assert found == pictures.hash_of(FOLDER / name, media_type, page)


def test_what_cannot_be_drawn_is_said():
    page = PageReading(9, 600, 800, words=(Word("a", 10, 10, 20, 20),))
    with pytest.raises(InvalidInput):
        pictures.hash_of(FOLDER / "scan.pdf", sniffing.PDF, page)


def test_planted_photographs_differ_by_chance_alone():
    one, same, other = (planting.photographed_again(FOLDER / "receipt.jpg", random.Random(seed)) for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes() != other.tobytes()
