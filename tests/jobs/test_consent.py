"""Nobody is subscribed who had left more than ten seconds before, whatever happens; and knowing it costs little."""

from __future__ import annotations

import random

import pytest

from tests.consent import BETWEEN, DOCS, LIES, MOMENTS, WAYS, cost, play, schedule_of
from tests.scale import some, tries

CELLS = len(WAYS) * len(MOMENTS)


@pytest.mark.parametrize("part", range(tries(1, 8)))
def test_nobody_is_subscribed_who_left_ten_seconds_before(part: int):
    seeds = random.Random(part).sample(range(10_000), CELLS) if part else range(CELLS)
    for seed in some(seeds, 14):
        schedule = schedule_of(seed)
        result = play(schedule)
        assert result.wrong == [], str(schedule)
        assert result.oldest <= 10


@pytest.mark.some(2)
@pytest.mark.parametrize(("known", "most"), [(0.0, 0.0), (0.5, 1.0), (1.0, 1.4)])
def test_reading_people_costs_at_most_about_a_request_in_a_hundred(known: float, most: float):
    result = cost("contacts", known, 400)
    assert 100 * result.readings / result.requests <= most
    assert result.requests / result.seconds > 4.9, "at 5 a second, who waits holds nobody up"


def test_where_all_that_is_sent_are_subscriptions_the_window_is_filled():
    """At 5 a second fifty requests leave in ten seconds, the reading and its way among them."""
    result = cost("contactLists, 1", 1.0, 1_000)
    assert result.subscriptions / result.readings > 40
    assert result.requests / result.seconds > 4.9


def test_the_tables_of_the_docs_have_no_open_cell():
    text = DOCS.read_text(encoding="utf-8").partition(BETWEEN[0])[2].partition(BETWEEN[1])[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    hits = {row[0]: row[1:] for row in rows}
    assert hits["leaving"] == list(WAYS)
    assert all(int(count) > 0 for moment in MOMENTS for count in hits[moment])
    assert all(int(hits[lie][0]) > 0 for lie in LIES)
