"""Which rows of a file may go in batches, and how they are packed. Sends nothing.

A row may where it is known how its contact stands, and the importer can express all that it changes. All others go one
request a step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from bulk.jobs.open_rows import open_records, open_rows
from bulk.jobs.own_ids import others_beside
from bulk.jobs.prepared import Prepared
from bulk.model import Edits, Row
from bulk.planning.batch.entry import Entry, entry_of
from bulk.planning.batch.packing import FEWEST, Packing, is_too_large, size_of
from bulk.planning.changes import Change, Decision, decided_at_once
from bulk.planning.rows.contact import ContactRows
from bulk.planning.state import ContactState
from bulk.planning.writers import Known
from bulk.storage import facts
from bulk.storage.batches import OF_BATCHES
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import ALIKE, PEOPLE


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may go in a batch. `state` is how its contact was read, None of one that was not there."""

    row: Row
    state: ContactState | None
    change: Change
    entry: Entry

    @property
    def edits(self) -> Edits:
        """What the batch overwrites."""
        return Edits(self.change.record, (*self.change.own, *self.change.beside), made=self.state is None)


def decided(prepared: Prepared, row: Row, state: ContactState | None) -> Change | None:
    """What a row changes of a contact in that state; None if that has to be asked, or nothing is to be done."""
    known = Known(state=state, stored=state, fresh=True, absent=state is None)
    result = decided_at_once(prepared.writer.decide(row, known))
    return result.change if isinstance(result, Decision) else None


def candidate_of(prepared: Prepared, row: Row, state: ContactState | None) -> Candidate | None:
    """The row as a candidate; None if it has to go by itself."""
    change = decided(prepared, row, state)
    if change is None:
        return None
    entry = entry_of(change, state, prepared.writer.meaning.excluded, prepared.names)
    if entry is None or is_too_large(size_of(entry.contact)):
        return None
    return Candidate(row, state, change, entry)


def may_be_batched(prepared: Prepared, on_duplicate: str) -> bool:
    """Whether any row of this job may go in a batch: contacts, by their addresses, of whom it is known who is there."""
    meaning = prepared.writer.meaning
    plain = isinstance(prepared.writer, ContactRows) and meaning.mode == "upsert" and meaning.key == "email"
    return plain and on_duplicate != "all" and prepared.contacts_since is not None


def candidates(prepared: Prepared, checkpoint: Checkpoint, *, again: bool = False) -> Iterator[Candidate]:
    """The rows that may go in batches, in file order; with `again` also those that went in one and were not done."""
    under_way = checkpoint.batches.under_way() if again else frozenset()
    absent = not checkpoint.fact(facts.PARTLY)  # who was not read is not there
    for records in open_records(prepared, checkpoint):
        if not records:
            continue
        rows = [prepared.row(record) for record in records]
        opened = checkpoint.journal.open_between(rows[0].number, rows[-1].number)
        begun = {
            number for number, row in opened.items()
            if not again or number in under_way or {*row.known, *row.cut_off} - OF_BATCHES
        }  # fmt: skip
        beside = others_beside(prepared, checkpoint, records, rows)
        people = checkpoint.snapshot.known(PEOPLE, [row.key for row in rows])
        alike = checkpoint.snapshot.known(ALIKE, [row.key for row in rows])
        for row in rows:
            if row.number in begun or row.number in beside or not row.key.isascii() or row.key in alike:
                continue
            if row.key not in people and not absent:
                continue
            state = ContactState.from_json(people[row.key]) if row.key in people else None
            candidate = candidate_of(prepared, row, state)
            if candidate is not None:
                yield candidate


def packed(rows: Iterator[Candidate], *, fewest: int = FEWEST) -> Iterator[list[Candidate]]:
    """The candidates in packs, each of which fits into a batch; of fewer than `fewest` there is none."""
    pack, room = list[Candidate](), Packing()
    for candidate in rows:
        size = size_of(candidate.entry.contact)
        if not room.fits(size):
            yield pack
            pack, room = [], Packing()
        pack.append(candidate)
        room.take(size)
    if len(pack) >= fewest:
        yield pack


def rows_of(prepared: Prepared, checkpoint: Checkpoint, numbers: Collection[int]) -> Mapping[int, Row]:
    """The rows of these numbers, by number."""
    return {row.number: row for rows in open_rows(prepared, checkpoint, numbers) for row in rows}


def came_about(edits: Edits, left: Change | None, identity: str) -> Edits:
    """Those of the edits of a batch that came about, by what is `left` to be changed of the contact."""
    missing = {(edit.aspect, edit.of) for edit in (*left.own, *left.beside)} if left is not None else set()
    each = tuple(edit for edit in edits.each if (edit.aspect, edit.of) not in missing)
    return replace(edits, record=identity, each=each)
