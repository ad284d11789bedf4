"""When the next request may start: one `RateLimit` for one account's budget.

It owns the pace and nothing else. It reads no clock: every time is a `now` in seconds that only ever grows.
"""

import math
from collections import deque

_FIRST_MARGIN = 0.010  # seconds; covers the jitter of a quiet line and costs one per cent


class RateLimit:
    """At most `rate` starts in any second; 0 or infinity means no limit (pauses still hold).

    A fractional rate keeps its average: 2.5 is three starts in any 1.2 s, 0.5 is one start in any 2 s.
    """

    def __init__(self, rate: float) -> None:
        if math.isnan(rate) or rate < 0:
            raise ValueError(f"a rate is 0 or more requests a second, not {rate}")
        unlimited = rate == 0 or math.isinf(rate)
        self._starts: deque[float] = deque(maxlen=0 if unlimited else math.ceil(rate))
        self._window = 0.0 if unlimited else math.ceil(rate) / rate
        self._paused_until = -math.inf
        self._margin = 0.0 if unlimited else _FIRST_MARGIN

    @property
    def margin(self) -> float:
        """Seconds kept free beside the window, for display."""
        return self._margin

    def ready_at(self, now: float) -> float:
        """The earliest time the next request may start; `now` or earlier means go."""
        if len(self._starts) < (self._starts.maxlen or 1):
            return max(now, self._paused_until)
        return max(self._starts[0] + self._window + self._margin, self._paused_until)

    def spend(self, now: float) -> None:
        """Count a request that starts now."""
        self._starts.append(now)

    def pause(self, until: float) -> None:
        """Let nobody start before `until`; of two pauses the later one holds."""
        self._paused_until = max(self._paused_until, until)

    def refused(self, sent_at: float, now: float) -> None:
        """Take note that the request started at `sent_at` was answered 429."""

    def accepted(self, sent_at: float, now: float) -> None:
        """Take note that the request started at `sent_at` got any other answer."""
