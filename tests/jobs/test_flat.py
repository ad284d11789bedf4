"""What a row costs does not grow with the file: few rows are held at a time, and none looks through all the others."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter

import pytest

from bulk.engine.line import MOST
from bulk.files.csv.reader import CsvSource
from bulk.jobs.rows import BATCH, Rows
from bulk.model import Outcome
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.database import Database
from tests.world import World

HEADER = "email,firstName,tags,lists"


def people(count: int) -> list[tuple[str, ...]]:
    return [
        (f"p{n}@example.com", f"N {n}", "VIP" if n % 2 else "", "Newsletter" if n % 3 else "") for n in range(count)
    ]


def test_no_more_rows_are_held_than_are_on_their_way(world: World, monkeypatch: pytest.MonkeyPatch):
    read, most, ends = 0, 0, 0
    records, ended = CsvSource.records, Rows.ended

    def counting(self: CsvSource, *arguments: object, **options: object) -> object:
        nonlocal read
        read = ends
        for record in records(self, *arguments, **options):
            read += 1
            yield record

    def counting_ends(self: Rows, row: int, outcome: Outcome, checkpoint: Checkpoint) -> None:
        nonlocal ends, most
        most = max(most, read - ends)
        ends += 1
        ended(self, row, outcome, checkpoint)

    monkeypatch.setattr(CsvSource, "records", counting)
    monkeypatch.setattr(Rows, "ended", counting_ends)
    assert world.start(world.csv(people(700), HEADER)).summary.complete
    assert ends == 700
    assert most <= BATCH + 4 * MOST + 1


def test_no_row_makes_the_checkpoint_look_through_all_of_them(world: World, monkeypatch: pytest.MonkeyPatch):
    seen: Counter[str] = Counter()
    examples: dict[str, str] = {}

    def note(sql: str) -> None:
        shape = re.sub(r"\d+(\.\d+)?|'(?:[^']|'')*'", "?", sql)
        seen[shape] += 1
        examples[shape] = sql

    prepare = Database.__init__

    def traced(self: Database, *arguments: object, **options: object) -> None:
        prepare(self, *arguments, **options)
        self._db.set_trace_callback(note)
        self._reader.set_trace_callback(note)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "__init__", traced)
        world.start(world.csv(people(200), HEADER), max_errors="")
    often = [shape for shape, count in seen.items() if count > 20 and not shape.startswith(("BEGIN", "COMMIT"))]
    assert len(often) >= 4, "intents, receipts, ends and the steps that are not needed any more"
    database = sqlite3.connect(world.job.file("checkpoint.sqlite"))
    for shape in often:
        plan = [line[3] for line in database.execute(f"EXPLAIN QUERY PLAN {examples[shape]}")]
        assert not [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step], (shape, plan)
    database.close()
