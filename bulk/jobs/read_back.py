"""When what was acknowledged is read back, before a row is believed to be done: while the rows run and at their end.

What is not read back yet stands in the checkpoint, so that a job that is cut off does it when it goes on. One reading
is under way at a time, of a hundred rows; it goes through the same engine as the rows. Records by themselves of which
the account has few are read at the end, a hundred a request.
"""

# hub: what was acknowledged meets what the account says: engine, planning and checkpoint
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import anyio.to_thread

from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task
from bulk.errors import UnfinishedError
from bulk.jobs.confirming import Confirming
from bulk.model import Flow, Outcome, Receipt, RowStatus
from bulk.planning.kept_records import beside_of
from bulk.planning.names import Names
from bulk.planning.pages.ends import PAGE
from bulk.planning.writers import Meaning
from bulk.prefetch.records import read_records
from bulk.resources.spec import Resource, Writing
from bulk.runtime.page_feed import UnreadPageError
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.unread import EVERY, Unread

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
    entire = bool(beside_of(resource))  # which come with the collection alone
    known = checkpoint.fact(facts.PAGES_READ)  # of a collection that was never read nobody knows how long it is
    pages = entire or (known is not None and known <= rows)
    return Reading(beside=not (pages or one_record), pages=pages)


def requests_for(reading: Reading, resource: Resource, checkpoint: Checkpoint, rows: int) -> int:
    """About how many requests it takes to read so many rows back."""
    if resource.writing is not Writing.RECORD:
        return -(-rows // PAGE)
    of_custom = checkpoint.fact(facts.CUSTOM_PAGES)
    if reading.pages:
        return max(1, checkpoint.fact(facts.PAGES_READ) or 0) + of_custom + rows // PAGE
    return rows * (1 + (of_custom > 0))


@dataclass(slots=True)
class ReadingBack:
    """The rows of one run that are acknowledged and not read back: which of them is read when.

    Of a job on several resources each has a part of the rows, `rows` the first and the last of it.
    """

    resource: Resource
    meaning: Meaning
    names: Names
    checkpoint: Checkpoint
    reading: Reading
    rows: tuple[int, int] = EVERY
    _confirming: Confirming = field(init=False)
    _waiting: deque[Unread] = field(default_factory=deque)
    _under_way: bool = False

    def __post_init__(self) -> None:
        self._confirming = Confirming(
            self.resource, self.meaning.columns, self.names, self.checkpoint, by_pages=self.reading.pages
        )

    def tell(self, on_failed: Callable[[int], None]) -> None:
        """Have somebody told of each row that was acknowledged and is not so."""
        self._confirming.on_failed = on_failed

    # ---- while the rows run

    def acknowledged(self, row: int, outcome: Outcome) -> None:
        """Note that a row has ended, and what of it was acknowledged or may have been done."""
        wants = dict(outcome.wants or {})
        doubtful, key = wants.pop("perhaps", None), wants.pop("key", "")
        if doubtful:
            self.checkpoint.note(facts.perhaps_of(outcome.id or key).of(row), doubtful)
        if not wants or not outcome.id:
            return
        self.checkpoint.unread.expect(row, outcome.id, wants)
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
            yield from self._confirming.read(batch)
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
            self._confirming.said = str(error)
        await self.checkpoint.durable()
        left = self.checkpoint.unread.count(self.rows)
        if stopped:
            return
        tries = self.checkpoint.fact(facts.READ_IN_VAIN) + 1 if left else 0
        self.checkpoint.note(facts.READ_IN_VAIN, tries % RUNS)
        if tries == RUNS:
            self.checkpoint.unread.give_up(
                f"Acknowledged, but it could not be read back, in {tries} runs. The last answer:"
                f" {self._confirming.said} ⟦retry⟧ reads it once more, and sends nothing again before it has.",
                self.rows,
            )
        await self.checkpoint.durable()
        if left and tries < RUNS:
            raise UnfinishedError("not_read_back", rows=left, answer=self._confirming.said.rstrip("."))

    async def _rounds(self, runner: Runner) -> bool:
        """Try a few times to read what is left; False if the engine was stopped meanwhile."""
        for _round in range(ROUNDS):
            await self.checkpoint.durable()
            if runner.dispatch.stops.stopping or not self.checkpoint.unread.count(self.rows):
                break
            if self.reading.pages:
                await anyio.to_thread.run_sync(self.checkpoint.forget_records)
                await read_records(runner, self.checkpoint, self.resource, self.names, self.resource.key_attributes)
            await runner.run(_Rest(self))
        return not runner.dispatch.stops.stopping

    def batches(self) -> Iterator[Task]:
        """Readings of all that stands in the checkpoint, one after the other."""
        for batch in self.checkpoint.unread.batches(PAGE, self.rows):
            yield self._task(batch)


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
