"""What the engine has on its way: a step, a task whose flow has begun, and what an answer settles."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from bulk.engine.tasks import Task
from bulk.model import Json, Outcome, Receipt, Reply, Request

Ended = tuple[Task, Outcome]  # a task and how it ended


# wide: what is known of a request from its first turn to its answer, by all who have a part in that
@dataclass(slots=True)
class Step:
    """One request of one task on its way.

    `attempts` counts the sends that may have been carried out, the one that is under way included and those of earlier
    runs: what follows from an earlier send hangs on it. `tries` counts the sends of this run that its patience counts,
    so that a resume begins with all of it. `open`: of some send nobody has said what became of it.
    """

    task: Task
    request: Request
    attempts: int = 0
    tries: int = 0
    open: bool = False
    second_sent: float = math.inf
    sent_at: float = 0.0
    at: int = 0  # its place among the requests that its flow yielded together
    misshapen: tuple[Json, int] = (None, 0)  # the last answer of a wrong shape, and how many times in a row it came
    until: float = math.inf  # it leaves by then, or not with what is known
    place_at: float = math.inf  # when it has left at the latest, as the pace counts it
    place_until: float = math.inf  # by then it leaves, or not by the place that it has in the pace

    def leave(self, now: float) -> None:
        """Count a send, at its place."""
        if self.tries == 1:
            self.second_sent = now
        self.sent_at = now
        self.attempts += 1
        self.tries += 1

    def comes_again(self, reply: Reply) -> int:
        """How many times in a row this body has come as the answer, counting this one."""
        body = reply.text or reply.body
        last, alike = self.misshapen
        self.misshapen = body, alike + 1 if body == last else 1
        return self.misshapen[1]

    def stay(self) -> None:
        """Take a send back that has not left."""
        self.attempts -= 1
        self.tries -= 1


class Leaving(Enum):
    """What becomes of a step that was to leave."""

    LEAVES = auto()
    WAITS = auto()  # for another turn
    LATE = auto()


class Settled(NamedTuple):
    """What an answer brought: a receipt to write down, and the tasks that ended by it."""

    receipt: Receipt | None = None
    ended: tuple[Ended, ...] = ()
    released: bool = False  # no send of it was carried out for sure: its intent may be forgotten
    beside: tuple[tuple[Step, Receipt], ...] = ()  # other steps that it settled, which are not sent any more


@dataclass(slots=True)
class Flying:
    """A task that was taken in: its flow has begun, or waits for another task of its key."""

    task: Task
    known: dict[str, Receipt]  # those of its receipts of earlier runs that its flow has not come to yet
    receipts: list[Receipt | None] = field(default_factory=list)
    missing: int = 0
    answered: dict[str, float] = field(default_factory=dict)  # step that was accepted in this run -> when it was sent
