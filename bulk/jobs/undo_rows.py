"""The lines of an undo as a feed: each with its flow and the receipts of an earlier run, and how it ended noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task
from bulk.jobs.read_back import ReadingBack
from bulk.jobs.undo_lanes import Lanes
from bulk.jobs.undo_people import PeopleSeen, is_read_before
from bulk.model import Flow, Outcome, Receipt, RowStatus
from bulk.planning.undo.reversals import Reversal
from bulk.planning.writers import Known
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.journal import OpenRow

BATCH: Final = 250


# wide: the feed: where lines, journal, what is read of contacts and engine meet
@dataclass(slots=True)
class UndoLines:
    """The lines `first` to `last` that have not ended. `flow_of` says what becomes of each, `on_end` hears of it.

    With `seen`, contacts are read a hundred a request before their lines, and each again by itself where that is old by
    then, or where an earlier line may have changed what it looks at.
    """

    checkpoint: Checkpoint
    first: int
    last: int
    flow_of: Callable[[Reversal, Known], Flow]
    back: ReadingBack
    on_end: Callable[[], None]
    seen: PeopleSeen | None = None
    told: Counter[str] = field(default_factory=Counter)  # what is told of all lines of the job, by status
    counts: Counter[str] = field(default_factory=Counter)
    _given: bool = False
    _tasks: Iterator[Task | None] | None = None

    def take(self) -> Task | None:
        """Give the next line, or before it a reading of those that come next."""
        if self._tasks is None:
            self._tasks = self._all()
            self.back.tell(self._not_confirmed)
        try:
            return next(self._tasks)
        except StopIteration:
            self._given = True
            return None

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
        self.told[outcome.status.value] += 1
        self.on_end()

    @property
    def failed(self) -> int:
        """How many lines of this run failed or are in doubt."""
        return sum(self.counts[status.value] for status in (RowStatus.FAILED, RowStatus.IN_DOUBT))

    def _not_confirmed(self, _row: int) -> None:
        self.told[RowStatus.SUCCEEDED.value] -= 1
        self.told[RowStatus.FAILED.value] += 1
        self.counts[RowStatus.FAILED.value] += 1
        self.on_end()

    def _all(self) -> Iterator[Task | None]:
        """The tasks of all lines; None where the next one has to wait."""
        newest = self.checkpoint.fact(facts.NEWEST)
        every = self.checkpoint.undoing.between(self.first, self.last)
        lanes = Lanes(Reversal.from_json(data) for _number, data in every)
        for at in range(self.first, self.last + 1, BATCH):
            last = min(at + BATCH - 1, self.last)
            opened = self.checkpoint.journal.open_between(at, last)
            lines = [(number, Reversal.from_json(data)) for number, data in self.checkpoint.undoing.between(at, last)]
            for place, (number, reversal) in enumerate(lines):
                row = opened.get(number, _NOTHING)
                begun = frozenset((*row.known, *row.cut_off))
                state = None
                if begun and self.seen is not None:
                    self.seen.given(reversal)
                elif self.seen is not None and is_read_before(reversal):
                    if not self.seen.knows(reversal.record):
                        yield from self.seen.read(one for _number, one in lines[place:])
                    state = self.seen.state_for(reversal)
                known = Known(state, begun=begun, fresh=True, newest=-1 if newest is None else newest)
                flow = self.flow_of(reversal, known)
                yield Task(number, lanes.lane_of(reversal), flow, Role.ROW, row.known, row.cut_off)


_NOTHING: Final = OpenRow()
