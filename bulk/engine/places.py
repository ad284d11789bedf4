"""The places that steps have in a pace which others share: whether one is still a step's own when it leaves.

Between its turn and its leaving a step is written down, and its connection is made; its whole process may be stopped.
What comes too late for its place takes another one, so that what leaves has always a place of that moment.
"""

from __future__ import annotations

from typing import Final

from bulk.engine.pace import Pace, Placed
from bulk.engine.steps import Step
from bulk.engine.turns import Turns

DELAYED: Final = 0.002  # seconds between its turn and its leaving that the pace has to know of


class Places:
    """Told of a step when it gets its turn, when it was written down, and when it leaves. Reads no clock."""

    def __init__(self, limit: Pace, turns: Turns) -> None:
        self.shared = isinstance(limit, Placed)  # else each step's place stays its own
        self._limit = limit
        self._placed = limit if isinstance(limit, Placed) else None
        self._turns = turns

    def spend(self, step: Step, now: float) -> None:
        """Take a place for a step that the pace lets start now."""
        self._limit.spend(now)
        if self._placed is not None:
            step.place_at, step.place_until = self._placed.place_at, self._placed.place_until

    def may_leave(self, step: Step, now: float) -> bool:
        """Whether a step has still its place; else it has to take another one before it leaves."""
        return self._placed is None or self._placed.may_leave(step.sent_at, step.place_until, now)

    def takes_another(self, step: Step, now: float) -> bool:
        """Take another place for a step, if one may start now. Raises `UnfinishedError` if none may any more."""
        if self._limit.ready_at(now) > now:
            return False
        self.spend(step, now)
        step.sent_at = now
        return True

    def written(self, step: Step, now: float) -> None:
        """Take note that a step was written down, and goes to its connection now."""
        if now - step.sent_at > DELAYED and self.may_leave(step, now):
            self._delayed(step, now)

    def departs(self, step: Step, now: float) -> None:
        """Take note that a step leaves at this moment, over a connection that it has."""
        if now - step.place_at > DELAYED:
            self._delayed(step, now)

    def _delayed(self, step: Step, now: float) -> None:
        for limit in self._turns.limits_of(step):
            limit.delayed(step.sent_at, now)
        step.place_at += now - step.sent_at
        step.sent_at = now
