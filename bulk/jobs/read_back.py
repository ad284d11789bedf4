"""Reading back what was acknowledged before a row is believed to be done, while the rows run and at their end.

What is not read back yet stands in the checkpoint, so that a job that is cut off does it when it goes on. One reading
is under way at a time, of a hundred rows; it goes through the same engine as the rows. Records by themselves of which
the account has few are read at the end, a hundred a request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

import anyio.to_thread

from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task
from bulk.errors import UnfinishedError
from bulk.model import Failure, Flow, Outcome, Receipt, RowStatus
from bulk.planning.differences import (
    THERE,
    Kinds,
    Seen,
    Wants,
    contact_differences,
    families_of,
    record_differences,
    still_untrue,
    without_later,
)
from bulk.planning.flow import Asking, combined
from bulk.planning.names import Names
from bulk.planning.pages import PAGE
from bulk.planning.read_back import NotRead, read_contact, read_contacts, read_record
from bulk.planning.writers import Meaning
from bulk.prefetch.records import CheckpointLookup, read_records
from bulk.resources.escapes import escaped
from bulk.resources.identity import address_key
from bulk.resources.kinds import FIELD_TYPES, TEXT
from bulk.resources.spec import Resource, Writing
from bulk.runtime.page_feed import UnreadPageError
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.row_states import Unread
from bulk.wording import counted

WAITING: Final = 5 * PAGE  # acknowledged rows that wait in memory at most; the others wait on the disk for the end
ROUNDS: Final = 2  # times that what could not be read is tried at the end
RUNS: Final = 3  # at whose ends it is tried; then the rows are in doubt, so that the job comes to its end


class Reading(NamedTuple):
    """When and how rows are read back: while others run (`beside`), and records by `pages` of them all."""

    beside: bool
    pages: bool


def reading_for(resource: Resource, checkpoint: Checkpoint, rows: int, *, one_record: bool) -> Reading:
    """How the rows of a job are read back; `one_record`: several of them may be about one record."""
    if resource.writing is not Writing.RECORD:
        return Reading(beside=not one_record, pages=False)
    entire = any(column.beside for column in resource.columns)  # which come with the collection alone
    known = checkpoint.fact(facts.PAGES_READ)  # of a collection that was never read nobody knows how long it is
    pages = entire or (known is not None and known <= rows)
    return Reading(beside=not (pages or one_record), pages=pages)


def requests_for(reading: Reading, resource: Resource, checkpoint: Checkpoint, rows: int) -> int:
    """About how many requests it takes to read so many rows back."""
    if resource.writing is not Writing.RECORD:
        return -(-rows // PAGE)
    return (checkpoint.fact(facts.PAGES_READ) or 0) + rows // PAGE if reading.pages else rows


@dataclass(slots=True)
class ReadingBack:
    """The rows of one run that are acknowledged and not read back. `on_failed` is told of each that is not so."""

    resource: Resource
    meaning: Meaning
    names: Names
    checkpoint: Checkpoint
    reading: Reading
    on_failed: Callable[[int], None] = lambda _row: None
    _waiting: deque[Unread] = field(default_factory=deque)
    _under_way: bool = False
    _said: str = ""  # what came last instead of a record

    # ---- while the rows run

    def acknowledged(self, row: int, outcome: Outcome) -> None:
        """Note that a row has ended, and what of it was acknowledged or may have been done."""
        wants = dict(outcome.wants or {})
        doubtful, key = wants.pop("perhaps", None), wants.pop("key", "")
        if doubtful:
            self.checkpoint.note(facts.perhaps_of(outcome.id or key).of(row), doubtful)
        if not wants or not outcome.id:
            return
        self.checkpoint.rows.expect(row, outcome.id, wants)
        if self.reading.beside and len(self._waiting) < WAITING:
            self._waiting.append(Unread(row, outcome.id, wants))

    def take(self, *, last: bool) -> Task | None:
        """A reading, if one is due: of a hundred rows, or of fewer at the `last`."""
        if self._under_way or len(self._waiting) < (1 if last else PAGE):
            return None
        batch = [self._waiting.popleft() for _ in range(min(PAGE, len(self._waiting)))]
        return self._task(batch)

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self._waiting and not self._under_way

    @property
    def under_way(self) -> bool:
        """Whether a reading is on its way: there is never more than one."""
        return self._under_way

    def _task(self, batch: Sequence[Unread]) -> Task:
        self._under_way = True
        return Task(batch[0].row, "reading back", self._flow(batch), Role.QUESTION)

    def _flow(self, batch: Sequence[Unread]) -> Flow:
        try:
            yield from self._read(batch)
        finally:
            self._under_way = False
        return Outcome(RowStatus.SUCCEEDED)

    # ---- what an earlier run has left, and what waits for the end

    async def finish(self, runner: Runner) -> None:
        """Read back all that is left. Raises `UnfinishedError` if some of it cannot be read.

        In the last of a few runs that is not raised any more: what still cannot be read is in doubt then.
        """
        stopped = False
        try:
            stopped = not await self._rounds(runner)
        except UnreadPageError as error:
            self._said = str(error)
        await self.checkpoint.durable()
        left = self.checkpoint.rows.unread_count()
        if stopped:
            return
        tries = self.checkpoint.fact(facts.READ_IN_VAIN) + 1 if left else 0
        self.checkpoint.note(facts.READ_IN_VAIN, tries % RUNS)
        if tries == RUNS:
            self.checkpoint.rows.give_up_unread(
                f"Acknowledged, but it could not be read back, in {tries} runs. The last answer: {self._said}"
                " bulk retry reads it once more, and sends nothing again before it has."
            )
        await self.checkpoint.durable()
        if left and tries < RUNS:
            said = f"{counted(left, 'row')} that the account has acknowledged could not be read back"
            raise UnfinishedError(f"{said}. The last answer: {self._said.rstrip('.')}")

    async def _rounds(self, runner: Runner) -> bool:
        """Try a few times to read what is left; False if the engine was stopped meanwhile."""
        for _round in range(ROUNDS):
            await self.checkpoint.durable()
            if runner.dispatch.stopping or not self.checkpoint.rows.unread_count():
                break
            if self.reading.pages:
                await anyio.to_thread.run_sync(self.checkpoint.forget_records)
                await read_records(runner, self.checkpoint, self.resource, self.names, self.resource.key_attributes)
            await runner.run(_Rest(self))
        return not runner.dispatch.stopping

    def batches(self) -> Iterator[Task]:
        """Readings of all that stands in the checkpoint, one after the other."""
        for batch in self.checkpoint.rows.unread(PAGE):
            yield self._task(batch)

    # ---- one reading

    def _read(self, batch: Sequence[Unread]) -> Asking[None]:
        records: dict[str, list[Unread]] = {}
        for one in sorted(batch):
            records.setdefault(one.record, []).append(one)
        if self.resource.writing is Writing.RECORD:
            yield from self._read_records(records)
        else:
            yield from self._read_contacts(records)

    def _read_contacts(self, records: Mapping[str, list[Unread]]) -> Asking[None]:
        families = {family for ones in records.values() for one in ones for family in families_of(one.wants)}
        kinds = {custom.id: FIELD_TYPES.get(custom.type, TEXT) for custom in self.names.fields}
        seen = yield from read_contacts(list(records), families)
        result = {identity: self._differing(records[identity], one, kinds) for identity, one in seen.items()}
        # a list may be a moment behind: before a row is called failed, its contact is asked for alone
        doubtful = [identity for identity, failed in result.items() if failed and any(failed.values())]
        again = yield from combined([read_contact(identity, families) for identity in doubtful])
        for identity, one in zip(doubtful, again, strict=True):
            result[identity] = self._differing(records[identity], one, kinds)
        self._decide(records, result)

    def _differing(self, ones: Sequence[Unread], seen: Seen | NotRead, kinds: Kinds) -> _Differing | None:
        """What of a contact is not as its rows want it; None if it was not read."""
        if isinstance(seen, NotRead):
            self._not_read(ones, seen)
            return None
        address = "" if seen.state is None else address_key(escaped(seen.state.attributes.get("email", "")))
        return self._differences(ones, partial(contact_differences, seen=seen, kinds=kinds), address)

    def _not_read(self, ones: Sequence[Unread], why: NotRead) -> None:
        """Note why rows are not read back; those that the API will not have read are not asked for again."""
        self._said = why.said
        for one in ones if why.refused else ():
            self.checkpoint.rows.unreadable(one.row, one.record)

    def _read_records(self, records: Mapping[str, list[Unread]]) -> Asking[None]:
        kinds: Kinds = {column.attribute: column.kind for column in (*self.resource.columns, *self.meaning.columns)}
        result: dict[str, _Differing | None] = {}
        alone = list(records)
        if self.reading.pages:
            read = CheckpointLookup(self.resource, self.checkpoint)
            for identity, ones in records.items():
                kept = next((kept for _id, kept in read.records(f"id {identity}")), None)
                result[identity] = self._differences(ones, partial(record_differences, kept=kept, kinds=kinds))
            entire = any(column.beside for column in self.resource.columns)  # alone it would not show all
            alone = [] if entire else [i for i, failed in result.items() if failed and any(failed.values())]
        custom = bool(self.names.fields)
        singly = yield from combined([read_record(self.resource, identity, custom=custom) for identity in alone])
        for identity, one in zip(alone, singly, strict=True):
            if isinstance(one, NotRead):
                result[identity] = None
                self._not_read(records[identity], one)
            else:
                differences = partial(record_differences, kept=one[1], kinds=kinds)
                result[identity] = self._differences(records[identity], differences)
        self._decide(records, result)

    def _differences(
        self, ones: Sequence[Unread], differences: Callable[[Wants], list[Failure]], address: str = ""
    ) -> _Differing:
        """What differs, by row; where several rows are about one record, the last word counts."""
        wants = [one.wants for one in ones]
        result = {one.row: differences(without_later(one.wants, wants[at + 1 :])) for at, one in enumerate(ones)}
        if not any(result.values()):
            return result
        doubtful = self._perhaps(ones[0].record) | (self._perhaps(address) if address else {})
        for at, one in enumerate(ones):
            after = [of for row, of in doubtful.items() if row > one.row]
            if result[one.row] and after:
                result[one.row] = still_untrue(one.wants, wants[at + 1 :], after, differences)
        return result

    def _perhaps(self, of: str) -> dict[int, Wants]:
        """What rows that have failed or are in doubt may have done, by row; `of` is a record's id or a row's key."""
        return self.checkpoint.facts(facts.perhaps_of(of))

    def _decide(self, records: Mapping[str, list[Unread]], result: Mapping[str, _Differing | None]) -> None:
        for identity, failures in result.items():
            for one in records[identity] if failures is not None else ():
                self.checkpoint.rows.read_back(one.row, identity)
                failed = (failures or {})[one.row]
                if failed:
                    self.checkpoint.rows.fail(one.row, failed)
                if failed and one.wants != THERE:  # else it had failed before
                    self.on_failed(one.row)


_Differing = dict[int, list[Failure]]  # what differs, by row


@dataclass(slots=True)
class _Rest:
    """The feed of what is left to be read back at the end."""

    back: ReadingBack
    done: bool = False
    _tasks: Iterator[Task] | None = None

    def take(self) -> Task | None:
        """Give the next reading, once the one before has ended."""
        if not self.back.idle:
            return None
        if self._tasks is None:
            self._tasks = self.back.batches()
        task = next(self._tasks, None)
        self.done = task is None
        return task

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """A reading decides by itself."""

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """A reading decides by itself."""
