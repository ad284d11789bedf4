"""The pace of a job that holds something of its account: it sends while that is surely its own (`fence`)."""

from __future__ import annotations

import math
from typing import Final

import anyio

from bulk.access.fence import Fence
from bulk.engine.pace import Pace, Placed
from bulk.runtime.feed import Leased

LOOK: Final = 0.1  # seconds until it is asked again while it is not sure


class FencedPace:
    """Another pace with the fence before it: a `Pace`, `Placed` and `Leased`."""

    def __init__(self, pace: Pace, fence: Fence) -> None:
        self._pace = pace
        self._placed = pace if isinstance(pace, Placed) else None
        self._leased = pace if isinstance(pace, Leased) else None
        self._fence = fence

    # ---- for the engine

    def ready_at(self, now: float) -> float:
        """When the next request may start. Raises `UnfinishedError` if none may any more."""
        self._fence.check()
        return self._pace.ready_at(now) if self._fence.is_sure() else now + LOOK

    def planned_at(self, now: float) -> float:
        """When the next request may start, if that is sure by now; infinity if it has to be asked again."""
        return self._placed.planned_at(now) if self._placed is not None and self._fence.is_sure() else math.inf

    def spend(self, now: float) -> None:
        """Count a request that starts now."""
        self._pace.spend(now)

    @property
    def place_at(self) -> float:
        """When the request that was counted last has left at the latest, as it is counted."""
        return math.inf if self._placed is None else self._placed.place_at

    @property
    def place_until(self) -> float:
        """Until when a request may leave by the place that was taken last."""
        return math.inf if self._placed is None else self._placed.place_until

    def may_leave(self, start: float, until: float, now: float) -> bool:
        """Whether a request may leave now that was counted at `start`, by a place that is its own until then."""
        return (self._placed is None or self._placed.may_leave(start, until, now)) and self._fence.is_sure()

    def delayed(self, start: float, now: float) -> None:
        """Count a request that was held up after its start as leaving now."""
        self._pace.delayed(start, now)

    def left(self, start: float, now: float) -> None:
        """Count a request that was counted at `start` as leaving now, over a connection that is made."""
        self._pace.left(start, now)

    def pause(self, until: float) -> None:
        """Let nobody start before `until`."""
        self._pace.pause(until)

    def accepted(self, sent_at: float, now: float) -> None:
        """Learn from an answer other than 429."""
        self._pace.accepted(sent_at, now)

    def refused(self, sent_at: float, now: float) -> None:
        """Learn from a 429."""
        self._pace.refused(sent_at, now)

    # ---- for the runner

    def is_due(self, now: float) -> bool:
        """Whether to `renew`."""
        return self._fence.is_due() or (self._leased is not None and self._leased.is_due(now))

    async def renew(self) -> None:
        """Renew what is held, and what may be sent next."""
        if self._leased is not None and self._leased.is_due(anyio.current_time()):  # its exchange renews leases too
            await self._leased.renew()
        if self._fence.is_due():
            await self._fence.renew()
