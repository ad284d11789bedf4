"""How far apart the times are that answers take: as far at most are those that requests take on their way.

So wide a margin is kept free until something is refused (`limit`).
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

_KEPT: Final = 40  # answers that are compared
_SHARE: Final = 0.9  # of them; the slowest may have had to wait for something that is no matter of the line
_FEWEST: Final = 5  # answers that tell anything
FIRST_MARGIN: Final = 0.010  # seconds; the jitter of a good line, for one per cent of the pace
_MOST_MARGIN: Final = 0.042  # seconds at most for what answers tell; beyond, it is the server's work that differs
_UNSEEN: Final = 30  # by which five count three times; with less, the second burst of every 100th run was refused


class Scatter:
    """The times that the last answers took. The first `cold` of them made their connections, and are soon let go."""

    def __init__(self, cold: int) -> None:
        self._took: deque[float] = deque(maxlen=_KEPT)
        self._cold = cold

    def copied(self) -> Scatter:
        """One that has noted the same."""
        other = Scatter(self._cold)
        other._took.extend(self._took)
        return other

    def note(self, took: float) -> None:
        """Note what an answer took, in seconds."""
        self._took.append(took)
        if self._cold and len(self._took) >= self._cold + _FEWEST:
            for _one in range(self._cold):
                self._took.popleft()
            self._cold = 0

    @property
    def margin(self) -> float:
        """Seconds that are to be kept free for what such times tell of the line."""
        return max(FIRST_MARGIN, min(self.seconds, _MOST_MARGIN))

    @property
    def seconds(self) -> float:
        """How far apart such times are likely to be, going by all but the slowest few; 0 while too few tell."""
        count = len(self._took)
        if count < _FEWEST:
            return 0.0
        ordered = sorted(self._took)
        last = math.ceil(_SHARE * (count - 1))
        seen = ordered[last] - ordered[0]
        return seen * ((count + 3) / last + _UNSEEN / count**2)  # of few, the widest apart have not been seen yet
