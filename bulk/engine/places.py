"""The places that steps have in a pace which others share: whether one is still a step's own when it leaves.

Between its turn and its leaving a step is written down, and its connection is made; its whole process may be stopped.
What comes too late for its place takes another one, so that what leaves has always a place of that moment.

Writing takes a while, longer where many jobs share a disk. So a step has its turn a *lead* before its place, as long as
writing has taken of late, and waits for its place once it is written: it leaves in time, and no start is lost. Those
whose places come soon after have their turn with it, since they are written in one go.
"""

from __future__ import annotations

import math
from typing import Final

from bulk.engine.pace import Pace, Placed
from bulk.engine.steps import Step
from bulk.engine.turns import Turns

DELAYED: Final = 0.002  # seconds between its place and its leaving that the pace has to know of
_MOST_LEAD: Final = 0.15  # seconds; what waits for its place is written down, and in doubt if the process is killed
_ONE_COMMIT: Final = 0.15  # seconds more for those that have their turn at once with another: as long as a burst takes
_AT_ONCE: Final = 0.002  # seconds between two turns that are of one moment
_FADING: Final = 0.98  # of the lead is left when writing took less
_WAITING: Final = 0.1  # seconds in which who waits for another place asks again


class Places:
    """Told of a step when it gets its turn, when it was written down, and when it leaves. Reads no clock."""

    def __init__(self, limit: Pace, turns: Turns) -> None:
        self.shared = isinstance(limit, Placed)  # else each step's place stays its own
        self._limit = limit
        self._placed = limit if isinstance(limit, Placed) else None
        self._turns = turns
        self._lead = 0.0
        self._turn = -math.inf  # when the last step had its turn
        self._none_ahead_until = -math.inf  # until then none has its turn ahead: another waits for its second place

    # ---- the turn

    def planned_at(self, now: float) -> float:
        """When the next step may leave, if that is sure by now; infinity if the pace has to be asked again."""
        return math.inf if self._placed is None else self._placed.planned_at(now)

    def turn_at(self, place: float, now: float) -> float:
        """When a step may have its turn that may leave at `place`."""
        if now < self._none_ahead_until:
            return place
        with_another = self._lead > 0.0 and now - self._turn < _AT_ONCE
        return place - self._lead - (_ONE_COMMIT if with_another else 0.0)

    def spend(self, step: Step, place: float, now: float) -> None:
        """Take a place for a step that has its turn now."""
        self._limit.spend(place)
        self._turn = now
        if self._placed is not None:
            step.place_at, step.place_until = self._placed.place_at, self._placed.place_until

    def wrote(self, seconds: float) -> None:
        """Note how long it took from the turn of a step until it was written down."""
        lead = min(_MOST_LEAD, max(seconds, self._lead * _FADING))
        self._lead = lead if lead > DELAYED else 0.0

    # ---- leaving

    def may_leave(self, step: Step, now: float) -> bool:
        """Whether a step has still its place; else it has to take another one before it leaves."""
        return self._placed is None or self._placed.may_leave(step.sent_at, step.place_until, now)

    def takes_another(self, step: Step, now: float) -> bool:
        """Take another place for a step, if one may start now. Raises `UnfinishedError` if none may any more."""
        if self._limit.ready_at(now) > now:
            self._none_ahead_until = now + _WAITING
            return False
        self.spend(step, now, now)
        step.sent_at = now
        return True

    def written(self, step: Step, now: float) -> None:
        """Take note that a step was written down, and goes to its connection now."""
        if now - step.sent_at > DELAYED and self.may_leave(step, now):
            for limit in self._turns.limits_of(step):
                limit.delayed(step.sent_at, now)
            step.place_at += now - step.sent_at
            step.sent_at = now

    def departs(self, step: Step, now: float) -> None:
        """Take note that a step leaves at this moment, over a connection that it has."""
        if abs(now - step.place_at) <= DELAYED:
            return
        for limit in self._turns.limits_of(step):
            limit.left(step.sent_at, now)
        step.place_until -= max(0.0, step.place_at - now)  # what it had for its connection is another's now
        step.place_at = step.sent_at = now
