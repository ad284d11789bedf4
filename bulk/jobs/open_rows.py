"""The rows of a job's file that are not settled, in batches; and what a look at them tells of one column, or of order.

Reads the file anew each time, in bounded memory. Decides nothing about a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from bulk.files.matching import Match
from bulk.files.source import Record, Source
from bulk.jobs.prepared import Prepared
from bulk.model import Row, RowStatus
from bulk.storage.checkpoint import Checkpoint

BATCH: Final = 1_000  # rows that are looked at together


def open_rows(prepared: Prepared, checkpoint: Checkpoint, only: Collection[int] | None = None) -> Iterator[list[Row]]:
    """The rows that are not settled, in batches; with `only` no others than those of these numbers."""
    for records in open_records(prepared, checkpoint, only):
        yield [prepared.row(record) for record in records]


def open_records(
    prepared: Prepared, checkpoint: Checkpoint, only: Collection[int] | None = None
) -> Iterator[list[Record]]:
    """The records of the file whose rows are not settled, in batches; with `only` no others than of these numbers."""
    records = prepared.source.records(only)
    while batch := list(islice(records, BATCH)):
        settled = checkpoint.rows.settled_between(batch[0].number, batch[-1].number)
        yield [record for record in batch if record.number not in settled]


def ids_said(prepared: Prepared, checkpoint: Checkpoint, at: int | None) -> Iterator[str]:
    """What the rows that are not settled have for ids in a column, if the file has it."""
    records = prepared.source.records()
    while at is not None and (batch := list(islice(records, BATCH))):
        settled = checkpoint.rows.settled_between(batch[0].number, batch[-1].number)
        cells = (record.cells[at].strip() for record in batch if record.number not in settled)
        yield from (cell for cell in cells if cell.isascii() and cell.isdigit())


def done_after_failed(source: Source, match: Match, checkpoint: Checkpoint) -> list[int]:
    """The numbers of the rows that are done and come after a failed one of their key.

    A retry sends the failed row after them, and they once more after it: of rows of one key the last counts.
    """
    records, failed, after = source.records(), set[str](), list[int]()
    while batch := list(islice(records, BATCH)):
        ended = checkpoint.rows.settled_between(batch[0].number, batch[-1].number)
        for record in batch:
            status = ended.get(record.number)
            if status in (RowStatus.FAILED, RowStatus.IN_DOUBT):
                failed.add(match.row(record).key)
            elif status in (RowStatus.SUCCEEDED, RowStatus.UNCHANGED) and failed and match.row(record).key in failed:
                after.append(record.number)
    return after
