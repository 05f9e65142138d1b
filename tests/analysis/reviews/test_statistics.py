"""What is counted of verdicts: sums of parts, and how they follow a change."""

import pytest

from analysis.reviews import listing, statistics, store
from analysis.reviews.tables import Layout
from documents import tenancy
from tests.analysis.reviews.conftest import submit, work

LAYOUT = Layout(["text", "shop", "day"], groups=[1], day=2)
NORTH = (["a", "north", "2026-03-01"], "positive", 0.9, "en")
SOUTH = (["b", "south", "2026-03-02"], "negative", 0.7, "de")
REFUSED = (["", "south", "2026-03-02"], "", None, "")


def test_a_sum_follows_the_change_of_a_part():
    parts = [statistics.count(LAYOUT, rows) for rows in ([NORTH, SOUTH], [NORTH, REFUSED])]
    changed = statistics.count(LAYOUT, [NORTH, (SOUTH[0], "neutral", 1.0, "en")])
    found = statistics.moved(statistics.added(parts), parts[0], changed)
    wanted = statistics.added([changed, parts[1]])
    assert statistics.shown(found, 4) == statistics.shown(wanted, 4)
    assert set(found["by_language"]) == {"en"}
    gone = statistics.moved(found, changed, statistics.count(LAYOUT, [NORTH, REFUSED]))
    assert (gone["total"], gone["refused"], set(gone["by"]["shop"])) == (4, 2, {"north"})


@pytest.mark.usefixtures("engine")
def test_a_large_file_is_not_added_up_for_each_who_looks(anna, monkeypatch):
    monkeypatch.setattr(listing, "_MANY_PARTS", 1)
    sent, _ = submit(anna, b"text\n" + b"fine\n" * 1_001)
    work(anna, sent)
    asked = []
    monkeypatch.setattr(store, "counted", lambda batch: asked.append(batch) or statistics.nothing())
    with tenancy.as_user(anna.user):
        batch = sent.review_batch
        batch.refresh_from_db()
        assert listing.statistics_of(batch)["classified"] == 1_001  # what stands is told
        batch.statistics = {}
        for _ in range(3):
            assert listing.statistics_of(batch)["classified"] == 0
    assert len(asked) == 1
