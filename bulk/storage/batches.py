"""The batches of rows that were sent in one request each: which rows, and what the importer's answer was.

Each row of a batch has its intent in the journal too, under the step `BATCH`, with what the batch overwrites of its
record. A batch stands here until each of its rows has ended or goes on by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from bulk.model import Edits, Receipt, Request, Verdict
from bulk.storage.database import Database
from bulk.storage.journal import Journal

BATCH: Final = "batch"  # the step of a row that went in a batch
READ: Final = "batch read"  # its contact was read afterwards, and stands in the snapshot as it was then
OF_BATCHES: Final = frozenset((BATCH, READ))


class BatchRow(NamedTuple):
    """A row of a batch, the key of its contact, and what the batch overwrites of it."""

    row: int
    key: str
    edits: Edits


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch that was sent and is not done with: its rows by key, and the importer's name for it, "" if unknown."""

    number: int
    rows: dict[str, int]
    batch_id: str


class Batches:
    """Intents and receipts of batches, and of the rows in them."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal
        self._prepared: dict[tuple[int, str], Sequence[BatchRow]] = {}  # not answered yet, by number and step

    def prepare(self, number: int, step: str, rows: Sequence[BatchRow]) -> None:
        """Say which rows a batch holds that is sent by this step; one that is sent anew may hold others."""
        self._prepared[number, step] = rows

    def intend(self, number: int, request: Request, attempts: int) -> None:
        """Note that a batch is about to leave, with all its rows."""
        rows = self._prepared[number, request.step]
        said = json.dumps({one.key: one.row for one in rows}, separators=(",", ":"))
        self._database.put("INSERT OR REPLACE INTO batches VALUES (?, ?, '')", (number, said))
        before = self.edits_of(one.row for one in rows)  # of rows that a retry lets go in another batch
        for one in rows:
            self._journal.intend(one.row, replace(request, step=BATCH, edits=one.edits), attempts)
            if one.row in before:
                self._journal.amend(one.row, BATCH, _both(before[one.row], one.edits))

    def release(self, number: int, step: str) -> None:
        """Forget a batch that was surely not taken; of a question about it nothing was noted."""
        rows = self._prepared.get((number, step))
        if rows is None:
            return
        for one in rows:
            self._journal.release(one.row, BATCH)
        self._database.put("DELETE FROM batches WHERE number = ?", (number,))

    def receive(self, number: int, receipt: Receipt) -> None:
        """Note what the importer answered to a batch."""
        if receipt.ok:
            self._database.put("UPDATE batches SET batch = ? WHERE number = ?", (str(receipt.data), number))
        elif receipt.verdict is Verdict.REJECT:
            self.release(number, receipt.step)
        del self._prepared[number, receipt.step]

    def end(self, number: int) -> None:
        """Forget a batch: its rows have ended, or go on by themselves."""
        self._database.put("DELETE FROM batches WHERE number = ?", (number,))

    def read(self, row: int, edits: Edits | None) -> None:
        """Note that the contact of a row was read after its batch, and which of its `edits` came about; None: none."""
        self._journal.receive(row, "GET", Receipt(READ, Verdict.ACCEPT, attempts=0))
        self._journal.receive(row, "POST", Receipt(BATCH, Verdict.ACCEPT, attempts=1))
        if edits is None:
            self._journal.was_so(row, BATCH)
        else:
            self._journal.amend(row, BATCH, edits)

    def was_there(self, row: int, identity: str) -> None:
        """Note that a row has not made its contact, which was there before: what it held then is not known."""
        self._journal.amend(row, BATCH, Edits(identity, ()))

    def next_number(self) -> int:
        """A number that no batch has yet."""
        return int(self._database.read("SELECT coalesce(max(number), 0) + 1 FROM batches").fetchone()[0])

    def sent(self) -> Iterator[SentBatch]:
        """The batches of an earlier run that are not done with."""
        for number, rows, batch_id in self._database.read("SELECT number, rows, batch FROM batches ORDER BY number"):
            yield SentBatch(number, json.loads(rows), batch_id)

    def has_rows(self) -> bool:
        """Whether rows have gone in batches that have not ended by that."""
        return self._database.read("SELECT 1 FROM steps WHERE step = ? LIMIT 1", (BATCH,)).fetchone() is not None

    def has_made(self, row: int) -> bool:
        """Whether the contact of a row that went in a batch was not there before."""
        sql = "SELECT 1 FROM edits WHERE row = ? AND step = ? AND made"
        return self._database.read(sql, (row, BATCH)).fetchone() is not None

    def under_way(self) -> frozenset[int]:
        """The rows of batches of an earlier run that are not done with."""
        return frozenset(row for sent in self.sent() for row in sent.rows.values())

    def edits_of(self, rows: Iterable[int]) -> dict[int, Edits]:
        """What the batches of these rows overwrite, by row."""
        wanted = set(rows)
        return {one.row: one.edits for one in self._journal.written_by(BATCH, wanted)}


def _both(first: Edits, second: Edits) -> Edits:
    """What two batches overwrite of a record, one after the other: the first knows what was there before."""
    known = {(edit.aspect, edit.of) for edit in first.each}
    more = (edit for edit in second.each if (edit.aspect, edit.of) not in known)
    return Edits(first.record or second.record, (*first.each, *more), made=first.made)
