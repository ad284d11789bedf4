"""Every fault at every step of every kind of job: a few of the cells in each run, all of them with BULK_LONG."""

from __future__ import annotations

import random

import pytest

from tests.matrix import BETWEEN, DOCS, FAULTS, SCENARIOS, cells_of, play
from tests.scale import tries


@pytest.mark.some(12)
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_account_is_as_after_an_undisturbed_job(name: str):
    cells = cells_of(name)
    turns = list(range(tries(1, 2)))
    games = [(cell, turn) for cell in cells for turn in turns]
    for cell, turn in random.Random(name).sample(games, tries(-(-len(games) // 96), len(games))):
        play(cell, turn)


def test_the_table_of_the_docs_has_every_step_and_no_open_cell():
    text = DOCS.read_text(encoding="utf-8")
    lines = text.partition(BETWEEN[0])[2].partition(BETWEEN[1])[0].splitlines()
    head, _rule, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    assert head == ["step", *FAULTS]
    steps = {cell.step for name in SCENARIOS for cell in cells_of(name)}
    assert {step.strip("`") for step, *_counts in rows} == steps
    assert all(int(count) > 0 for _step, *counts in rows for count in counts)
