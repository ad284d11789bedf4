"""How long everybody waits when the server refuses to take requests, and when that is hopeless. Reads no clock."""

from __future__ import annotations

import math
from typing import Final

MISSING_RETRY_AFTER: Final = 1.0
LEAST_PAUSE: Final = 1.0  # seconds, also after "Retry-After: 0": at no limit we would ask as fast as it refuses
LONGEST_PAUSE: Final = 24 * 3600.0
PATIENCE: Final = 900.0  # seconds of refusals without one good answer; then the job stops, to be resumed
COUNTED: Final = 30.0  # seconds of a pause that the server asked for which use patience up; the rest is only obeyed


class Pauses:
    """The refusals in a row, 429 or 503, and what follows from them.

    A pause that the server asked for is no reason to give up, however long it is; but who asks for another one each
    time, for ever, is given up at last. `refused_what` is what the server takes no more of.
    """

    def __init__(self, refused_what: str = "request") -> None:
        self._what = refused_what
        self.until = 0.0
        self._in_a_row = 0
        self._since = 0.0
        self._at = -math.inf  # when the last one became known
        self._given_up_at = math.inf

    def answered(self) -> None:
        """Note a good answer: what comes after it is another matter."""
        self._in_a_row = 0

    def refused(self, sent_at: float, retry_after: float | None, now: float) -> str:
        """Note a refusal of what was sent then, and lay the pause; why the job has to stop, "" if it need not."""
        if self._in_a_row == 0:
            self._since, self._given_up_at = now, now + PATIENCE
        if sent_at > self._at or self._in_a_row == 0:  # else it is of the event known already
            self._at = now
            self._in_a_row += 1
        wait = retry_after
        if wait is None:  # not said: a second, then twice as long each time
            wait = MISSING_RETRY_AFTER * 2.0 ** min(self._in_a_row - 1, 6)
        wait = max(wait, LEAST_PAUSE)
        over = now > self._given_up_at
        longer = now + wait - max(now, self.until)
        if retry_after is not None and longer > COUNTED:
            self._given_up_at += longer - COUNTED
        self.until = max(self.until, now + wait)
        if wait > LONGEST_PAUSE:
            return f"The server asks to wait {wait / 3600:,.0f} hours."
        return f"The server has refused every {self._what} for {_minutes(now - self._since)}." if over else ""


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:,.1f} hours"
