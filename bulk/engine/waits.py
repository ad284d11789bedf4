"""The waits of flows: which are under way, and which are over. Reads no clock."""

from __future__ import annotations

import heapq
import math
from itertools import count

from bulk.engine.steps import Flying
from bulk.model import Receipt, Verdict, Wait

Over = tuple[Flying, int, Receipt]  # a flow, the place of its wait among what it yielded together, and its receipt


class Waits:
    """Waits begin when time is told next: whoever yields one knows no time."""

    def __init__(self) -> None:
        self._new: list[tuple[Flying, int, Wait]] = []
        self._begun: list[tuple[float, int, Flying, int, Wait]] = []
        self._numbers = count()

    def __bool__(self) -> bool:
        return bool(self._new or self._begun)

    def add(self, flying: Flying, at: int, wait: Wait) -> None:
        """Take a wait in."""
        self._new.append((flying, at, wait))

    def over_at(self, now: float) -> float:
        """When the first of them is over; infinity if there is none."""
        for flying, at, wait in self._new:
            heapq.heappush(self._begun, (now + wait.seconds, next(self._numbers), flying, at, wait))
        self._new.clear()
        return self._begun[0][0] if self._begun else math.inf

    def take_over(self, now: float) -> Over | None:
        """The first that is over by now, which waits no longer."""
        if self.over_at(now) > now:
            return None
        _due, _number, flying, at, wait = heapq.heappop(self._begun)
        return flying, at, waited(wait)


def waited(wait: Wait) -> Receipt:
    """The receipt of a wait that is over: nothing was sent for it."""
    return Receipt(wait.step, Verdict.ACCEPT, attempts=0)
