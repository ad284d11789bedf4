"""The limits that a server may set: pure objects that are asked at arrival. A refused request counts only if `strict`.

Nothing here reads a clock: `now` is in seconds and never goes back.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final, Protocol

WINDOWS: Final = ("sliding", "fixed", "bucket")
_GRAIN: Final = 1e-9  # seconds: arrivals exactly a window apart may be told a hair less by binary fractions


class Limit(Protocol):
    """Decides on arrivals."""

    def admit(self, now: float) -> bool:
        """Whether the request that arrives now is served."""


class NoLimit:
    """Serves everything."""

    def admit(self, now: float) -> bool:  # noqa: ARG002 - the protocol's
        """Yes."""
        return True


def _full(rate: float, window: float) -> tuple[int, float]:
    """A rate as so many in a window; below one a window, the window is stretched to hold one."""
    most = math.floor(rate * window + _GRAIN)
    return (most, window) if most else (1, 1.0 / rate)


class SlidingWindow:
    """At most `rate` times `window` arrivals in any `window` seconds: the strictest reading of "5 a second"."""

    def __init__(self, rate: float, window: float = 1.0, *, strict: bool = False) -> None:
        self._most, self._window = _full(rate, window)
        self._strict = strict
        self._counted: deque[float] = deque(maxlen=self._most)

    def admit(self, now: float) -> bool:
        """Whether fewer than the most were counted in the window that ends now."""
        full = len(self._counted) == self._most and now - self._counted[0] < self._window - _GRAIN
        if not full or self._strict:
            self._counted.append(now)
        return not full


class FixedWindow:
    """At most `rate` arrivals in each second of the clock; `phase` shifts where the seconds begin."""

    def __init__(self, rate: float, window: float = 1.0, phase: float = 0.0) -> None:
        self._most, self._window = _full(rate, window)
        self._phase = phase
        self._current = -math.inf
        self._count = 0

    def admit(self, now: float) -> bool:
        """Whether the current window has room."""
        current = math.floor((now - self._phase + _GRAIN) / self._window)
        if current != self._current:
            self._current, self._count = current, 0
        self._count += 1
        return self._count <= self._most


class TokenBucket:
    """`rate` tokens a second, at most `burst` kept, full at first; `strict`: a refused request costs one too."""

    def __init__(self, rate: float, burst: float, *, strict: bool = False) -> None:
        self._rate = rate
        self._burst = burst
        self._strict = strict
        self._tokens = burst
        self._then = -math.inf

    def admit(self, now: float) -> bool:
        """Whether a token is there."""
        if self._then > -math.inf:
            self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
        admitted = self._tokens >= 1.0 - _GRAIN
        if admitted or self._strict:
            self._tokens = max(0.0, self._tokens - 1.0)
        return admitted


class Busiest:
    """Watches how many requests were served in any one second."""

    def __init__(self) -> None:
        self.most = 0
        self._recent: deque[float] = deque()

    def note(self, now: float) -> None:
        """A request was served now."""
        self._recent.append(now)
        while now - self._recent[0] >= 1.0 - _GRAIN:
            self._recent.popleft()
        self.most = max(self.most, len(self._recent))


def limit_of(kind: str, rate: float, *, strict: bool = False) -> Limit:
    """The limit of that kind, one of `WINDOWS`; rate 0, or one without end, means none.

    A fixed window never counts what it refuses.
    """
    if kind not in WINDOWS:
        raise ValueError(f"no such window: {kind!r}")
    if not 0 < rate < math.inf:
        return NoLimit()
    if kind == "fixed":
        return FixedWindow(rate)
    if kind == "bucket":
        return TokenBucket(rate, max(1.0, rate), strict=strict)
    return SlidingWindow(rate, strict=strict)
