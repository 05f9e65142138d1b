"""Fusion of several engines' readings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.findings import Extraction, Found, LineItem
from analysis.fusion import fuse


def reading(kind="invoice", version="a", lines=(), **fields) -> Extraction:
    return Extraction(kind, fields, list(lines), model_version=version)


def found(value, confidence=0.5, source="rules", **more) -> Found:
    return Found(value, confidence=confidence, source=source, **more)


def test_the_surest_value_wins_and_the_others_are_kept():
    fused = fuse([reading(total=found("1.00", 0.6)), reading(version="b", total=found("7.00", 0.8, "learned"))])
    assert fused.fields["total"].value == "7.00"
    assert [one.value for one in fused.candidates["total"]] == ["7.00", "1.00"]
    assert fused.model_version == "a+b"


def test_engines_that_agree_are_surer_than_each_of_them():
    fused = fuse([reading(total=found("1.00", 0.6)), reading(total=found("1.00", 0.8, "learned"))])
    assert fused.fields["total"].source == "learned"
    assert fused.fields["total"].confidence == pytest.approx(1 - 0.4 * 0.2)


def test_one_engine_that_repeats_itself_is_no_surer():
    again = fuse([reading(total=found("1.00", 0.6)), reading(total=found("1.00", 0.5))])
    assert again.fields["total"].confidence == 0.6


def test_a_reading_of_another_type_is_left_aside():
    fused = fuse([reading(total=found("1.00", 0.1)), reading("receipt", total=found("2.00", 0.9), date=found("x"))])
    assert {name: one.value for name, one in fused.fields.items()} == {"total": "1.00"}


def test_lines_come_from_one_reading():
    sure, unsure = LineItem("sure", confidence=0.9), LineItem("unsure", confidence=0.4)
    assert fuse([reading(lines=[unsure, unsure]), reading(lines=[sure])]).line_items == [sure]
    assert fuse([reading(), reading(lines=[unsure])]).line_items == [unsure]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1), st.sampled_from(["rules", "learned", "llm"]))))
def test_what_one_engine_read_alone_stays_as_it_is(values):
    readings = [reading(total=found(value, sure, source)) for value, sure, source in values]
    fused = fuse([reading(), *readings])
    kept = fused.candidates.get("total", ())
    assert {one.value for one in kept} == {value for value, _, _ in values}
    assert all(one.confidence <= 1 for one in kept)
    assert [one.confidence for one in kept] == sorted((one.confidence for one in kept), reverse=True)
