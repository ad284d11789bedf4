"""The lines of an undo as a feed: each with its flow and the receipts of an earlier run, and how it ended noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task
from bulk.jobs.read_back import ReadingBack
from bulk.jobs.undo_people import PeopleSeen, is_read_before
from bulk.model import Aspect, Flow, Outcome, Receipt, RowStatus
from bulk.planning.undo.reversals import Reversal
from bulk.planning.writers import Known
from bulk.resources import named
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.journal import OpenRow

BATCH: Final = 250


# wide: the feed: where lines, journal, what is read of contacts and engine meet
@dataclass(slots=True)
class UndoLines:
    """The lines `first` to `last` that have not ended. `flow_of` says what becomes of each, `on_end` hears of it.

    With `reads`, contacts are read a hundred a request before their lines, and each again by itself where that is old
    by then, or where an earlier line may have changed what it looks at.
    """

    checkpoint: Checkpoint
    first: int
    last: int
    flow_of: Callable[[Reversal, Known], Flow]
    back: ReadingBack
    on_end: Callable[[], None]
    reads: bool = False
    told: Counter[str] = field(default_factory=Counter)  # what is told of all lines of the job, by status
    counts: Counter[str] = field(default_factory=Counter)
    _given: bool = False
    _seen: PeopleSeen = field(default_factory=PeopleSeen)
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
        for at in range(self.first, self.last + 1, BATCH):
            last = min(at + BATCH - 1, self.last)
            opened = self.checkpoint.journal.open_between(at, last)
            lines = [(number, Reversal.from_json(data)) for number, data in self.checkpoint.undoing.between(at, last)]
            for place, (number, reversal) in enumerate(lines):
                row = opened.get(number, _NOTHING)
                begun = frozenset((*row.known, *row.cut_off))
                state = None
                if begun:
                    self._seen.given(reversal)
                elif self.reads and is_read_before(reversal):
                    if not self._seen.knows(reversal.record):
                        yield from self._seen.read(
                            [one.record for _number, one in lines[place:] if is_read_before(one)]
                        )
                    state = self._seen.state_for(reversal)
                known = Known(state, begun=begun, fresh=True, newest=-1 if newest is None else newest)
                flow = self.flow_of(reversal, known)
                yield Task(number, _key_of(reversal), flow, Role.ROW, row.known, row.cut_off)


def _key_of(reversal: Reversal) -> str:
    """Lines of one record go one after the other; so do those that give a name that only one record may have.

    Whom one line gives back an address may have it only when another line has given up that.
    """
    resource = named(reversal.resource)
    names = reversal.edit.aspect is Aspect.VALUE and resource.unique and reversal.edit.of in resource.key_attributes
    return f"{reversal.resource} names" if names else f"{reversal.resource} {reversal.record}"


_NOTHING: Final = OpenRow()
