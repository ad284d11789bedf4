"""What it takes to carry a plan out: what it sends, and what is asked before each record is changed.

Counted while the rows are planned, told with the plan, and told again by who carries it out. Asks nothing itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeVar

from bulk.jobs.rows import BATCH
from bulk.model import Request
from bulk.planning.changes import Change
from bulk.planning.flow import Asking
from bulk.planning.kept_records import CUSTOM_DATA
from bulk.planning.looking_again import moved_values
from bulk.planning.pages.ends import PAGE
from bulk.planning.writers import Known
from bulk.resources.spec import Resource, Writing
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint

NOT_OLD: Final = 20.0  # seconds that what was read of contacts decides by itself whether the plan still holds
Result = TypeVar("Result")


@dataclass(slots=True)
class Looks:
    """The looks at the records of planned `rows`: so many requests `alone`, and contacts that are read by hundreds."""

    alone: int = 0
    by_hundreds: int = 0
    rows: int = 0

    def add(self, resource: Resource, known: Known, change: Change, *, asked: int, custom: bool) -> None:
        """Add those at a row of which it was `asked` so often while it was planned: it is asked so again."""
        self.rows += 1
        self.alone += asked
        if resource.writing is Writing.RECORD:
            self.alone += (1 + (custom and resource.name in CUSTOM_DATA)) if moved_values(change) else 0
        elif not asked and resource.writing is Writing.CONTACT and known.state is not None:
            self.by_hundreds += 1
        else:  # who was not there is asked for by the address, and what belongs to people is never gone by as it was
            self.alone += not asked

    def note(self, checkpoint: Checkpoint) -> None:
        """Keep them for who carries the plan out."""
        checkpoint.note(facts.LOOKS, (self.alone, self.by_hundreds, self.rows))


def counting(asking: Asking[Result], counts: list[int]) -> Asking[Result]:
    """The same, and what it asks is added to the last of the counts."""
    try:
        asked = next(asking)
        while True:
            counts[-1] += sum(isinstance(one, Request) for one in asked)
            asked = asking.send((yield asked))
    except StopIteration as end:
        result: Result = end.value
        return result


def rows_take(checkpoint: Checkpoint, rate: float) -> int:
    """The requests of the planned rows that have not ended, by what the plan noted: their looks, and what they send."""
    rows, writes = checkpoint.planned.left()
    alone, by_hundreds, planned = checkpoint.fact(facts.LOOKS)
    share = rows / planned if planned else 0.0
    alone, by_hundreds = round(alone * share), round(by_hundreds * share)
    sent = writes + alone
    return sent + _by_hundreds(by_hundreds, sent / rows / rate if rate and rows else 0.0)


def _by_hundreds(people: int, seconds: float) -> int:
    """How often people are read, a row taking so many seconds: a batch as it begins, its rest once that is old."""
    fresh = math.ceil(NOT_OLD / seconds) if seconds else BATCH
    requests = 0
    for first in range(0, people, BATCH):
        batch = min(BATCH, people - first)
        requests += sum(math.ceil((batch - done) / PAGE) for done in range(0, batch, fresh))
    return requests
