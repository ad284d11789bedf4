"""The limits that a server may set: pure objects that are asked at arrival. A refused request does not count."""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol


class Limit(Protocol):
    """Decides on arrivals; `now` is in seconds and never goes back."""

    def admit(self, now: float) -> bool:
        """Whether the request that arrives now is served."""


class NoLimit:
    """Serves everything."""

    def admit(self, now: float) -> bool:  # noqa: ARG002 - the protocol's
        """Yes."""
        return True


class SlidingWindow:
    """At most `rate` arrivals in any `window` seconds: the strictest reading of "5 a second"."""

    def __init__(self, rate: float, window: float = 1.0) -> None:
        self._most = max(1, math.floor(rate * window))
        self._window = window
        self._admitted: deque[float] = deque(maxlen=self._most)

    def admit(self, now: float) -> bool:
        """Whether fewer than the most arrived in the window that ends now."""
        if len(self._admitted) == self._most and now - self._admitted[0] < self._window:
            return False
        self._admitted.append(now)
        return True


class FixedWindow:
    """At most `rate` arrivals in each second of the clock; `phase` shifts where the seconds begin."""

    def __init__(self, rate: float, window: float = 1.0, phase: float = 0.0) -> None:
        self._most = max(1, math.floor(rate * window))
        self._window = window
        self._phase = phase
        self._current = -math.inf
        self._count = 0

    def admit(self, now: float) -> bool:
        """Whether the current window has room."""
        current = math.floor((now - self._phase) / self._window)
        if current != self._current:
            self._current, self._count = current, 0
        if self._count >= self._most:
            return False
        self._count += 1
        return True


class TokenBucket:
    """`rate` tokens a second, at most `burst` kept."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._then = -math.inf

    def admit(self, now: float) -> bool:
        """Whether a token is there."""
        if self._then > -math.inf:
            self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
        if self._tokens < 1.0 - 1e-9:
            return False
        self._tokens -= 1.0
        return True


class Busiest:
    """Watches how many requests were served in any one second."""

    def __init__(self) -> None:
        self.most = 0
        self._recent: deque[float] = deque()

    def note(self, now: float) -> None:
        """A request was served now."""
        self._recent.append(now)
        while now - self._recent[0] >= 1.0:
            self._recent.popleft()
        self.most = max(self.most, len(self._recent))


def limit_of(kind: str, rate: float) -> Limit:
    """The limit of that kind: sliding, fixed or bucket; rate 0 means none."""
    if rate == 0:
        return NoLimit()
    if kind == "fixed":
        return FixedWindow(rate)
    if kind == "bucket":
        return TokenBucket(rate, max(1.0, rate))
    return SlidingWindow(rate)
