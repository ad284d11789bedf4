"""What answers tell of the line to the server: how long it takes, and whether anybody answers well."""

from __future__ import annotations

import math
from typing import Final

from bulk.engine.pauses import Pauses
from bulk.engine.retry import explain
from bulk.model import Lost, Reply

FEWEST, MOST = 6, 64  # bounds of the number in flight when it is not given; a burst at 5 a second has its place in it
UNPACED: Final = 8  # in flight when there is no rate to reckon from: more only makes the pool slower
NEED: Final = 4  # of them that a list is read by at least, however soon answers come: a burst is longer than that
FIRST_LATENCY: Final = 2.0  # seconds, until replies tell: too few in flight would waste the first seconds


class Line:
    """Latency, silence and pauses, and what follows for the number in flight.

    `concurrency` is that number; 0: it is reckoned from rate and latency.
    """

    def __init__(self, rate: float, concurrency: int) -> None:
        self.silent_since: float | None = None  # the time from which nothing was answered well; None while it is
        self.last_trouble = ""  # what came instead of an answer
        self.last_good = -math.inf  # when something was answered well
        self.pauses = Pauses()  # until when nobody sends
        self._rate = rate
        self._fixed = concurrency or (UNPACED if math.isinf(rate) else 0)
        self._latency = FIRST_LATENCY
        self.most_in_flight = self._fixed or self._wanted_in_flight()  # asked at every turn, so kept

    def heard(self, reply: Reply | Lost, sent_at: float, now: float) -> None:
        """Learn from what came of a request that left at `sent_at`."""
        if isinstance(reply, Lost) or reply.status >= 500 or reply.damage:
            self.silent_since = now if self.silent_since is None else self.silent_since
            self.last_trouble = explain(reply)[1]
        else:
            self.silent_since = None
        if isinstance(reply, Lost):
            return
        took = now - sent_at
        self._latency = took if self.last_good == -math.inf else max(took, self._latency * 0.98)
        if not self._fixed:
            self.most_in_flight = self._wanted_in_flight()
        if reply.status < 500 and reply.status != 429 and not reply.damage:
            self.last_good = now
            self.pauses.answered()

    def _wanted_in_flight(self) -> int:
        """How many requests may be in flight: what the rate needs at this latency, with a quarter to spare."""
        return max(FEWEST, min(MOST, math.ceil(self._rate * self._latency * 1.25) + 2))

    @property
    def needed(self) -> int:
        """How many requests in flight reach the rate at this latency, with little to spare."""
        wanted = math.ceil(self._rate * self._latency * 1.1) + 1 if self._rate < MOST else MOST
        return min(self.most_in_flight, max(NEED, wanted))
