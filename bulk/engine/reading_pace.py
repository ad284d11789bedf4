"""How many contacts are read together before requests that need it may leave, and when. Reads no clock."""

from __future__ import annotations

import math
from typing import Final

WINDOW: Final = 10.0  # seconds from the sending of a reading to the leaving of what it lets through
MARGIN: Final = 0.4  # seconds of them that are kept for what lies between leaving here and leaving the machine
SLOWEST: Final = 2 / WINDOW  # requests a second: a reading and what it lets through have to leave in the window
PASSED: Final = 300  # sends of others that go before those who wait; then they are read, however few they are
LULL: Final = 2.0  # times that a reading takes, for which those who wait wait for others when nothing else is ready
UNTOLD: Final = 2  # readings of many in a row that tell nothing of anybody; then each is read alone
FRUITLESS: Final = 20  # tries in a row after which nothing could leave in time; then it is hopeless
FIRST_TOOK, MOST_TOOK = 0.3, 5.0  # seconds that a reading takes, until they tell, and at most reckoned with


def places(rate: float, most: int, took: float = FIRST_TOOK) -> int:
    """How many requests can leave in the window of one reading of `most` contacts, if its answer takes so long."""
    return most if math.isinf(rate) else max(1, min(most, math.floor(rate * (WINDOW - MARGIN - took))))


class ReadingPace:
    """What earlier readings and the sends of others teach of the next reading. `rate` is the pace's, a second."""

    def __init__(self, rate: float) -> None:
        self.most = 1  # contacts that one reading can tell
        self._rate = rate
        self._took = FIRST_TOOK
        self._settled = 0  # steps that the last reading of many ended unsent: so many more can be asked for at once
        self._untold = 0
        self._passed = 0
        self._lull = math.inf  # since when nothing else could be sent
        self._fruitless = 0  # tries since something left that was let through
        self._counted = -math.inf  # when the last of them was counted

    # ---- when

    @property
    def again_at(self) -> float:
        """When to ask for readings again although nothing has happened."""
        return self._lull + LULL * self._took

    def passed(self) -> None:
        """Note that another step went before those who wait."""
        self._passed += 1

    def note_lull(self, now: float, *, lull: bool) -> None:
        """Note whether some wait and nothing else could go before them."""
        if not lull:
            self._lull = math.inf
        elif self._lull == math.inf:
            self._lull = now

    def is_due(self, now: float, waiting: int, admitted: int, first_until: float, *, others: bool) -> bool:
        """Whether to read now for so many who wait. `others`: something else could go before them.

        `admitted` may leave yet, the first of them until `first_until`.
        """
        ahead = 0 if math.isinf(self._rate) else self._rate * self._took  # leave while the answer is under way
        if admitted > ahead and first_until - now > self._took:
            return False
        enough = min(self.most, self._places + self._settled)
        return not others or self._passed >= PASSED or waiting >= enough

    def begin(self) -> None:
        """Note that those who wait are read."""
        self._passed, self._lull = 0, math.inf

    # ---- how many

    @property
    def _places(self) -> int:
        return places(self._rate, self.most, self._took)

    @property
    def a_request(self) -> int:
        """How many to read together: some more than can leave in the window, for some need not."""
        return min(self.most, self._places * 5 // 4 + self._settled)

    @property
    def singly(self) -> int:
        """How many to read at once of those who are read alone: each takes a request to read and one to send."""
        return max(1, self._places // 2)

    @property
    def tells(self) -> bool:
        """Whether readings of many tell anything."""
        return self._untold < UNTOLD

    # ---- what it brought

    def took(self, seconds: float, now: float, *, told: bool) -> None:
        """Learn from an answer. Those that are read one by one are one try together."""
        self._took = (self._took + min(MOST_TOOK, seconds)) / 2
        if told and now - self._counted >= WINDOW / 2:
            self._fruitless, self._counted = self._fruitless + 1, now

    def told_many(self, ended: int, *, told: bool) -> None:
        """Learn from a reading of many, which ended so many steps unsent."""
        self._untold = 0 if told else self._untold + 1
        self._settled = ended

    def bore_fruit(self) -> None:
        """Note that something left that was let through, or ended."""
        self._fruitless = 0

    @property
    def hopeless(self) -> bool:
        """Whether nothing can leave in time, however often it is tried."""
        return self._fruitless > FRUITLESS
