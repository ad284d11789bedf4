"""The steps that wait: for their turn, or until they are due. Reads no clock."""

from __future__ import annotations

import heapq
import math
from collections import deque
from itertools import count

from bulk.engine.steps import Step


class Turns:
    """Steps in the order in which they go, and those that go again later: nobody sleeps on a back-off."""

    def __init__(self) -> None:
        self.ready: deque[Step] = deque()
        self._later: list[tuple[float, int, Step]] = []
        self._numbers = count()

    def put(self, step: Step, *, first: bool = False) -> None:
        """Let a step wait for its turn."""
        if first:
            self.ready.appendleft(step)
        else:
            self.ready.append(step)

    def hurry(self) -> None:
        """Let the step that came last go first."""
        self.ready.rotate(1)

    def put_off(self, step: Step, due: float) -> None:
        """Keep a step until it is due."""
        heapq.heappush(self._later, (due, next(self._numbers), step))

    def take_due(self, now: float) -> list[Step]:
        """The steps that are due by now, and wait no longer."""
        due: list[Step] = []
        while self._later and self._later[0][0] <= now:
            due.append(heapq.heappop(self._later)[2])
        return due

    @property
    def next_due(self) -> float:
        """When the next step is due; infinity if none waits for that."""
        return self._later[0][0] if self._later else math.inf
