"""The feed of an import: the file's rows, each with its flow and what is known of it; and the writing down of its end.

Reads the file in small batches beside the checkpoint, so that memory does not grow with the file.
"""

# hub: the feed: where file, snapshot, journal and engine meet
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

import anyio

from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task
from bulk.files.source import Record
from bulk.jobs.own_ids import others_beside
from bulk.jobs.prepared import Prepared
from bulk.jobs.read_back import ReadingBack
from bulk.model import Flow, Json, Outcome, Receipt, Row, RowStatus
from bulk.planning.consent import RELATION
from bulk.planning.pages.ends import PAGE
from bulk.planning.read_back import NotRead, read_contacts
from bulk.planning.state import RELATIONS, ContactState
from bulk.planning.writers import Known
from bulk.prefetch.contacts import STALE
from bulk.resources.identity import address_key, loose_key
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.journal import OpenRow
from bulk.storage.snapshot import ALIKE, PEOPLE

BATCH: Final = 250
FlowOf = Callable[[Row, Known], Flow]  # what becomes of a row, by what is known of it


# wide: the feed: where file, snapshot, journal and engine meet, each row once
@dataclass(slots=True)
class Rows:
    """The rows of one run that are not settled yet. `flow_of` says what becomes of each, `on_end` hears of it."""

    prepared: Prepared
    checkpoint: Checkpoint
    resumed: bool
    on_end: Callable[[], None]
    back: ReadingBack
    flow_of: FlowOf
    stale: float | None = None  # seconds after which what was read does not decide by itself any more, if not STALE
    counts: Counter[str] = field(default_factory=Counter)
    batched: bool = False  # some of them may have gone in batches, and not have ended by that
    _given: bool = False
    _open: int = 0  # given and not ended
    _rereading: bool = False  # what is held of the next rows is read anew
    _partly: bool = False
    _read_late: bool = False
    _newest: int = -1
    _highest: int | None = None
    _created: Mapping[int, str] = field(default_factory=dict)  # the ids of what rows made that are sent once more
    _unconfirmed: Mapping[int, str] = field(default_factory=dict)  # and of what was made and not found so
    _told: Counter[str] = field(default_factory=Counter)  # how many rows were told each of the latter
    _tasks: Iterator[Task | None] | None = None

    def take(self) -> Task | None:
        """Give the next row, or before it a reading of those that have ended."""
        if self._tasks is None:
            self._tasks = self._all()
            self.back.tell(self._not_confirmed)
        reading = None if self._rereading else self.back.take(last=self._given and not self._open)
        if reading is not None or self._given:
            return reading
        try:
            task = next(self._tasks)
        except StopIteration:
            self._given = True
            return self.back.take(last=not self._open)
        self._open += task is not None and task.role is Role.ROW
        return task

    @property
    def done(self) -> bool:
        """Whether all rows are given, and those that have ended are read back."""
        return self._given and self.back.idle

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Write a receipt down; also whom it has enrolled, which the row's end does not tell."""
        if step.request.path == "contactAutomations" and receipt.ok and receipt.data:
            _note_enrolment(step.task.id, str(receipt.data), checkpoint)
        checkpoint.journal.receive(step.task.id, step.request.method, receipt)
        was_so = receipt.ok and receipt.data is False and receipt.attempts == 1  # an earlier send may have done it
        if was_so and step.request.path == RELATION:
            checkpoint.journal.was_so(step.task.id, receipt.step)  # they had left by themselves: not ours to take back

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Write down how a row ended."""
        row = task.id
        if outcome.made:
            _note_enrolment(row, outcome.made, checkpoint)
        again = self._unconfirmed.get(row)
        if again is not None and again == outcome.id and outcome.action in ("updated", "unchanged"):
            status = RowStatus.SUCCEEDED if outcome.status is RowStatus.UNCHANGED else outcome.status
            outcome = replace(outcome, status=status, action="created")  # by an earlier run of this job
        elif row in self._created and outcome.action == "updated":
            outcome = replace(outcome, action="created")
        elif row not in self._created and outcome.action == "created" and outcome.id in self._created.values():
            outcome = replace(outcome, action="updated")  # it was sent more than once, to what another row had made
        self._open -= 1
        if outcome.status is not RowStatus.UNPROCESSED:  # else it is planned, and waits
            checkpoint.rows.settle(row, outcome)
        self.back.acknowledged(row, outcome)
        self.counts[outcome.status.value] += 1
        self.on_end()

    def _not_confirmed(self, _row: int) -> None:
        """Count a row as failed that had been counted as done; of an earlier run it was not."""
        if self.counts[RowStatus.SUCCEEDED.value]:
            self.counts[RowStatus.SUCCEEDED.value] -= 1
        self.counts[RowStatus.FAILED.value] += 1
        self.on_end()

    @property
    def failed(self) -> int:
        """How many rows of this run failed or are in doubt: what --max-errors counts. Rejected ones were not sent."""
        return sum(self.counts[s.value] for s in (RowStatus.FAILED, RowStatus.IN_DOUBT))

    def _all(self) -> Iterator[Task | None]:
        """The tasks of all rows; None where the next one has to wait."""
        self._partly = self.checkpoint.fact(facts.PARTLY)
        self._read_late = self.checkpoint.fact(facts.READ_LATE)
        newest = self.checkpoint.fact(facts.NEWEST)
        self._newest = -1 if newest is None else newest
        self._highest = self.checkpoint.fact(facts.HIGHEST)
        self._created = self.checkpoint.facts(facts.CREATED_BY)
        self._unconfirmed = self.checkpoint.facts(facts.UNCONFIRMED)
        self._told = Counter(self._unconfirmed.values())
        records = self.prepared.source.records()
        while batch := list(islice(records, BATCH)):
            first, last = batch[0].number, batch[-1].number
            settled = self.checkpoint.rows.settled_between(first, last)
            began = self.resumed or self.batched
            opened = self.checkpoint.journal.open_between(first, last) if began else {}
            yield from self._tasks_of([record for record in batch if record.number not in settled], opened)

    def _made(self, row: int) -> str:
        """The id of what a row has created before, "" if it is none: of an enrolment its own, not the contact's."""
        made = self._unconfirmed.get(row, "")
        if made and self.back.resource.name == "contactAutomations":
            return str(self.checkpoint.fact(facts.ENROLMENT_OF.of(row)))
        return made

    def _tasks_of(self, records: list[Record], opened: dict[int, OpenRow]) -> Iterator[Task | None]:
        rows = [self.prepared.row(record) for record in records]
        since = first = self.prepared.contacts_since
        current = (
            self.checkpoint.snapshot.known(PEOPLE, [row.key for row in rows]) if since is not None and rows else {}
        )
        looked_at = self._looked_at(rows, current)
        beside = others_beside(self.prepared, self.checkpoint, records, rows)
        for at, row in enumerate(rows):
            if current and self._is_old(since):  # also amid them: they may have waited long for their turn
                since = anyio.current_time()
                before, begun = (
                    current,
                    {r.key: current[r.key] for r in rows[at:] if r.key in current and r.number in opened},
                )
                others = {r.key: current[r.key] for r in rows[at:] if r.key in current and r.number not in opened}
                current = (
                    yield from self._reread(others)
                ) | begun  # what a row has begun to do stays as it was decided
                if self._is_by_address:  # who is not known any more is asked for, as one who never was
                    looked_at |= {r.number for r in rows[at:] if r.key in before and r.key not in current}
            opened_row = opened.get(row.number, _NOTHING)
            knows = row.key in current and not (self._read_late and opened_row is not _NOTHING)
            stored = ContactState.from_json(current[row.key]) if row.key in current else None
            known = Known(
                state=stored if knows else None,
                stored=stored,
                fresh=since is not None and not self._is_old(since),
                absent=since is not None and row.key not in current and not (self._partly or _is_stale(first)),
                aged=self._is_old(self.prepared.read_since if self.prepared.by_record else since),
                begun=_NO_STEPS if opened_row is _NOTHING else frozenset((*opened_row.known, *opened_row.cut_off)),
                newest=self._newest,
                highest=self._highest,
                resumed=self.resumed,
                look_first=row.number in looked_at,
                beside=beside.get(row.number, ""),
                made=self._made(row.number),
                made_alone=self._told[self._unconfirmed.get(row.number, "")] < 2,
            )
            flow = self.flow_of(row, known)
            # whom the account might take for one another are not on their way together
            yield Task(row.number, loose_key(row.key), flow, known=opened_row.known, cut_off=opened_row.cut_off)

    def _is_old(self, since: float | None) -> bool:
        """Whether what was read then says no longer by itself that a row asks for nothing."""
        return since is not None and anyio.current_time() - since >= (STALE if self.stale is None else self.stale)

    def _reread(self, current: Mapping[str, Json]) -> Generator[Task | None, None, dict[str, Json]]:
        """What is held of contacts, as it is now; without those that are gone, go by another key or cannot be read."""
        while self.back.under_way:
            yield None
        ids = {str(ContactState.from_json(state).id): key for key, state in current.items()}
        result: dict[str, Json] = {}
        self._rereading = True

        def flow() -> Flow:
            try:
                for some in _pages(list(ids)):
                    seen = yield from read_contacts(some, RELATIONS)
                    for identity, one in seen.items():
                        state = None if isinstance(one, NotRead) else one.state  # of who is not read nothing is known
                        if state is not None and self._goes_by(ids[identity], state):
                            result[ids[identity]] = state.to_json()
            finally:
                self._rereading = False
            return Outcome(RowStatus.SUCCEEDED)

        yield Task(1, "reading anew", flow(), Role.QUESTION)
        while self._rereading:
            yield None
        return result

    def _goes_by(self, key: str, state: ContactState) -> bool:
        """Whether a contact is still the one that rows of this key are about."""
        by_address = self.prepared.writer.meaning.key == "email" and key != state.id
        return not by_address or address_key(state.attributes.get("email", "")) == key

    @property
    def _is_by_address(self) -> bool:
        meaning = self.prepared.writer.meaning
        return meaning.key == "email" and meaning.mode in ("upsert", "delete")

    def _looked_at(self, rows: list[Row], current: Mapping[str, Json]) -> set[int]:
        """The rows by whose addresses somebody else may be meant, for all that is known: who was read is not."""
        if not self._is_by_address:
            return set()
        unknown = [row for row in rows if row.key not in current]
        if self.prepared.contacts_since is None or self._partly:
            return {row.number for row in unknown}
        others = self.checkpoint.snapshot.known(ALIKE, [row.key for row in unknown])
        return {row.number for row in unknown if not row.key.isascii() or row.key in others}


def _note_enrolment(row: int, identity: str, checkpoint: Checkpoint) -> None:
    checkpoint.note(facts.ENROLMENT.of(identity), True)
    checkpoint.note(facts.ENROLMENT_OF.of(row), identity)


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[at : at + PAGE] for at in range(0, len(ids), PAGE))


def _is_stale(since: float | None) -> bool:
    """Whether what was read then does not say any more that somebody is not there."""
    return since is not None and anyio.current_time() - since >= STALE


_NOTHING: Final = OpenRow()
_NO_STEPS: Final[frozenset[str]] = frozenset()
