"""What became of the rows of batches: their contacts are read, and each row is held against how they are.

A row of which all is so has ended. Every other one goes on by itself, from how its contact was read.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bulk.engine.tasks import Role, Task
from bulk.jobs.batch_rows import Candidate, came_about, decided
from bulk.jobs.prepared import Prepared
from bulk.model import Edits, Flow, Outcome, Row, RowStatus
from bulk.planning.changes import CREATED, UPDATED
from bulk.planning.differences import Seen
from bulk.planning.pages.ends import PAGE
from bulk.planning.read_back import NotRead, read_contacts
from bulk.planning.state import RELATIONS, ContactState
from bulk.resources.escapes import escaped
from bulk.resources.identity import address_key
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import PEOPLE

READINGS: Final = 8  # readings that are under way at most


class Awaited(NamedTuple):
    """A row of a batch whose contact is to be read, and what the batch overwrites of it."""

    row: Row
    edits: Edits


@dataclass(slots=True)
class TakenBatch:
    """A batch that was taken and is read back: its rows by key, and the ids of contacts that are still to be read."""

    number: int
    rows: dict[str, Awaited]
    ids: set[str]
    unread: bool = False  # some contact could not be read


@dataclass(slots=True)
class BatchReadings:
    """The batches that were taken and are read back. `on_end` hears of each row that ends, `on_read` of each batch."""

    prepared: Prepared
    checkpoint: Checkpoint
    counts: Counter[str]
    on_end: Callable[[], None]
    on_read: Callable[[int], None]
    _pool: deque[tuple[str, TakenBatch]] = field(default_factory=deque)  # contacts to be read
    _under_way: int = 0
    _expected: dict[str, tuple[TakenBatch, Awaited]] = field(default_factory=dict)  # rows that make contacts, by key

    @property
    def idle(self) -> bool:
        """Whether nothing is to be read, and nothing is being read."""
        return not self._pool and not self._under_way

    def add(self, taken: TakenBatch) -> None:
        """Have the contacts of a batch read, by their ids."""
        self._pool.extend((identity, taken) for identity in taken.ids)
        if not taken.ids:
            self._end(taken)

    def take(self, batches: int) -> Task | None:
        """A reading of a hundred contacts; of fewer once no more than these batches are open, and none will come."""
        last = len({taken.number for _id, taken in self._pool}) == batches
        if not self._pool or self._under_way >= READINGS or (len(self._pool) < PAGE and not last):
            return None
        batch = [self._pool.popleft() for _ in range(min(PAGE, len(self._pool)))]
        self._under_way += 1
        return Task(batch[0][1].number, f"reading {batch[0][0]}", self._flow(batch), Role.QUESTION)

    def _flow(self, batch: Sequence[tuple[str, TakenBatch]]) -> Flow:
        try:
            seen = yield from read_contacts(list(dict.fromkeys(identity for identity, _taken in batch)), RELATIONS)
            for identity, taken in batch:
                self._take_seen(identity, taken, seen[identity])
        finally:
            self._under_way -= 1
        return Outcome(RowStatus.SUCCEEDED)

    def _take_seen(self, identity: str, taken: TakenBatch, seen: Seen | NotRead) -> None:
        if isinstance(seen, NotRead):
            taken.unread = True
        elif seen.state is not None:
            awaited = taken.rows.pop(_key_of(seen.state), None)
            if awaited is not None:
                self._judge(awaited, seen.state)
        taken.ids.discard(identity)
        if not taken.ids:
            self._end(taken)

    def _judge(self, awaited: Awaited, state: ContactState) -> None:
        """End a row of which all is so; any other goes on from how its contact is."""
        row, checkpoint = awaited.row, self.checkpoint
        left = decided(self.prepared, row, state)
        if left is not None and left.is_nothing:
            self._settle(awaited, state)
        else:
            checkpoint.snapshot.hold(PEOPLE, row.key, state.to_json())
            checkpoint.batches.read(row.number, came_about(awaited.edits, left, state.id))
            has_made(checkpoint, row.number, state.id, made=awaited.edits.made)

    def _settle(self, awaited: Awaited, state: ContactState) -> None:
        """End a row of which all is so."""
        row = awaited.row.number
        made = has_made(self.checkpoint, row, state.id, made=awaited.edits.made)
        self.checkpoint.rows.settle(row, Outcome(RowStatus.SUCCEEDED, CREATED if made else UPDATED, state.id))
        self.counts[RowStatus.SUCCEEDED.value] += 1
        self.on_end()

    def _end(self, taken: TakenBatch) -> None:
        """All contacts of a batch are read: the rows that are left have none, unless some could not be read."""
        for awaited in taken.rows.values() if not taken.unread else ():
            if awaited.edits.made:
                self.checkpoint.batches.read(awaited.row.number, None)
        self.on_read(taken.number)

    # ---- contacts that are new

    def expect(self, taken: TakenBatch) -> None:
        """Take the contacts that this batch makes from those that are new, whoever reads them."""
        self._expected |= {key: (taken, one) for key, one in taken.rows.items()}

    def expect_no_more(self, taken: TakenBatch) -> None:
        """Wait no longer for what is left of this batch."""
        for key in taken.rows:
            self._expected.pop(key, None)

    def take_new(self, state: ContactState) -> None:
        """A contact that is new was read: the row that made it ends, if all of it is so."""
        key = _key_of(state)
        taken, awaited = self._expected.get(key, (None, None))
        if taken is None or awaited is None:
            return
        left = decided(self.prepared, awaited.row, state)
        if left is not None and left.is_nothing:
            self._settle(awaited, state)
            del taken.rows[key], self._expected[key]


def has_made(checkpoint: Checkpoint, row: int, identity: str, *, made: bool) -> bool:
    """Whether the batch of a row has `made` its contact, as it seemed when it was sent; notes it if that was wrong.

    Who was there when the job began has a lower id than all who came since, whatever was read then.
    """
    highest = checkpoint.fact(facts.HIGHEST) if made else None
    if made and highest is None:
        highest = checkpoint.fact(facts.NEWEST)
    if highest is None or int(identity) > highest:
        return made
    checkpoint.batches.was_there(row, identity)
    return False


def _key_of(state: ContactState) -> str:
    return address_key(escaped(state.attributes.get("email", "")))


def awaited_of(pack: Sequence[Candidate]) -> dict[str, Awaited]:
    """The rows of a pack by the keys of their contacts."""
    return {one.row.key: Awaited(one.row, one.edits) for one in pack}
