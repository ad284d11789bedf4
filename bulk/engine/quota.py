"""Quotas of single endpoints, which count beside the account's own limit. Reads no clock.

The law: the last `most` starts are remembered, and the next one waits until the oldest of them lies a window and a
margin back. So no window ever holds more than `most` starts, wherever it begins; after a rest they may go in a burst.
That is safe however the server counts: in minutes of the clock, in the minute just past, or by a bucket of tokens.

It learns little: a quota is wide, and whom it refuses shares it with others, or with an earlier run that has just
ended. Then, after a pause, the next starts lie evenly in the window, until one has passed without a refusal. A 429 is
no word of its own: that is the account's limit, and spreading the starts would cost a minute for it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Final

from bulk.engine.pace import Pace

IMPORT: Final = "import"  # batches of contacts
IMPORT_SINGLE: Final = "import_single"  # those of one contact, which count in both
MINUTE: Final = 60.0
BATCHES: Final = 100  # a minute, as documented
SINGLES: Final = 20
MARGIN: Final = 1.0  # seconds by which two requests may differ in how long they take to the server


class Quota:
    """At most `most` starts in any `window` seconds of a clock that never goes back."""

    def __init__(self, most: int, window: float = MINUTE, margin: float = MARGIN) -> None:
        self._window = window
        self._period = window + margin
        self._starts = deque([-math.inf] * most, maxlen=most)
        self._not_before = -math.inf
        self._even_until = -math.inf

    def ready_at(self, now: float) -> float:
        """When the next request may start: `now` means go."""
        starts = self._starts
        after_last = starts[-1] + self._period / len(starts) if now < self._even_until else -math.inf
        return max(now, starts[0] + self._period, after_last, self._not_before)

    def spend(self, now: float) -> None:
        """Count a request that starts now."""
        self._starts.append(now)

    def delayed(self, start: float, now: float) -> None:
        """Count a request that was held up after its start as leaving now."""
        if start in self._starts:
            self._starts.remove(start)
            self._starts = deque(sorted((*self._starts, now)), maxlen=self._starts.maxlen)

    def left(self, start: float, now: float) -> None:
        """The same: a connection that is made takes no part of a margin of a second."""
        self.delayed(start, now)

    def pause(self, until: float) -> None:
        """Let nobody start before `until`, and then evenly for a window; of two pauses the later one holds."""
        self._not_before = max(self._not_before, until)
        self._even_until = self._not_before + self._period

    def accepted(self, sent_at: float, now: float) -> None:
        """Nothing is learned from an answer: the law holds whatever comes."""

    def refused(self, sent_at: float, now: float) -> None:
        """Nothing is learned from a 429 either; what this quota refuses brings a `pause`."""


def importer_quotas() -> Mapping[str, Pace]:
    """The limits by name that batches of contacts count against, as documented."""
    return {IMPORT: Quota(BATCHES), IMPORT_SINGLE: Quota(SINGLES)}
