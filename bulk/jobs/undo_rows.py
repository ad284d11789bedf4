"""The lines of an undo as a feed: each with its flow and the receipts of an earlier run, and how it ended noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task
from bulk.jobs.read_back import ReadingBack
from bulk.model import Flow, Outcome, Receipt, RowStatus
from bulk.planning.undo.things import Thing
from bulk.planning.writers import Known
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.journal import OpenRow

BATCH: Final = 250


@dataclass(slots=True)
class UndoLines:
    """The lines `first` to `last` that have not ended. `flow_of` says what becomes of each, `on_end` hears of it."""

    checkpoint: Checkpoint
    first: int
    last: int
    flow_of: Callable[[Thing, Known], Flow]
    back: ReadingBack
    on_end: Callable[[], None]
    counts: Counter[str] = field(default_factory=Counter)
    _given: bool = False
    _open: int = 0
    _tasks: Iterator[Task] | None = None

    def take(self) -> Task | None:
        """Give the next line."""
        if self._tasks is None:
            self._tasks = self._all()
            self.back.tell(self._not_confirmed)
        task = next(self._tasks, None)
        self._given = task is None
        return task

    @property
    def done(self) -> bool:
        """Whether all lines are given."""
        return self._given

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Write a receipt down."""
        checkpoint.journal.receive(step.task.id, step.request.method, receipt)

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Write down how a line ended."""
        checkpoint.rows.settle(task.id, outcome)
        self.back.acknowledged(task.id, outcome)
        self.counts[outcome.status.value] += 1
        self.on_end()

    @property
    def failed(self) -> int:
        """How many lines of this run failed or are in doubt."""
        return sum(self.counts[status.value] for status in (RowStatus.FAILED, RowStatus.IN_DOUBT))

    def _not_confirmed(self, _row: int) -> None:
        self.counts[RowStatus.FAILED.value] += 1
        self.on_end()

    def _all(self) -> Iterator[Task]:
        newest = self.checkpoint.fact(facts.NEWEST)
        for at in range(self.first, self.last + 1, BATCH):
            last = min(at + BATCH - 1, self.last)
            opened = self.checkpoint.journal.open_between(at, last)
            for number, data in self.checkpoint.undoing.between(at, last):
                thing = Thing.from_json(data)
                row = opened.get(number, _NOTHING)
                begun = frozenset((*row.known, *row.cut_off))
                known = Known(begun=begun, fresh=True, newest=-1 if newest is None else newest)
                flow = self.flow_of(thing, known)
                key = f"{thing.resource} {thing.record}"
                yield Task(number, key, flow, Role.ROW, row.known, row.cut_off)


_NOTHING: Final = OpenRow()
