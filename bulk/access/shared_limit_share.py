"""What one job may send of the limit that all on its account share: leases of starts, or the limit alone for a moment.

Plain values and the times that it is told: what is asked and told here, `shared_limit` brings to the book and back.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bulk.access.shared_limit_book import AT_WORK, LATE, LEASE, LOOK, Asked, Granted, LeasedStart, Lesson
from bulk.engine.limit import RateLimit

LOOK_AGAIN: Final = LEASE / 2  # seconds after which somebody who sends looks for pauses and for others
STRANGE: Final = AT_WORK / 2  # the same, of who does not know yet whose account it is: each look is at all budgets
GRACE: Final = 0.03  # seconds after its time until which a leased start may leave: later, the place is another's
MOST: Final = 64  # leases at once
SLOWEST: Final = 1.0  # seconds that an exchange is expected to take at most


@dataclass(frozen=True, slots=True)
class Me:
    """Who asks: its name, the way by which it comes, and its own rate."""

    name: str
    way: str
    rate: float


# wide: what a job has leased, has to tell and was told changes together, in one exchange with the book
class Share:
    """What a job may send without asking again: the leases it has, or the limit that it has alone until a moment.

    Beside that, what is to be told to the book.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._own = RateLimit(rate)  # which counts where others on the account may do more
        self._leases: deque[LeasedStart] = deque()
        self._alone: RateLimit | None = None  # its times are the book's
        self._ahead = 0.0  # the book's clock, when it was got
        self._until = -math.inf
        self._leaving = False  # others have come
        self._known = False  # whose account it is
        self.place_at = self.place_until = -math.inf  # of the start that was counted last
        self._connecting = 0.0  # what its connection may take of that
        self._lost = -math.inf  # places until then are nobody's any more
        self._not_before = -math.inf
        self._again_at = -math.inf
        self._asked_at = -math.inf
        self._wanted = self._urgent = self._asking = False
        self._most = min(MOST, self._own.window[0])  # leases at once: more where all were used
        self._takes = 0.0  # seconds that an exchange takes
        self._used: list[tuple[float, float]] = []
        self._unused: list[float] = []
        self._lessons: list[Lesson] = []

    # ---- sending

    def ready_at(self, now: float) -> float:
        """When the next request may start; infinity where that is being asked."""
        if now < self._not_before:
            return self._not_before
        self._wanted = True
        self._drop_missed(now)
        if self._leases:
            at, look = self._leases[0].at, self._asked_at + self._look_again
            return max(now, min(at, look) if now < look else at)
        if self._alone is not None:
            return self._ready_alone(self._alone, now)
        return self._again_at if self._again_at > now else math.inf

    def _ready_alone(self, alone: RateLimit, now: float) -> float:
        if now >= self._until:
            return self._again_at if self._again_at > now else math.inf
        at, renewed = self._planned_alone(alone, now), self._until - LOOK_AGAIN
        return min(at, renewed) if now < renewed else at

    def _planned_alone(self, alone: RateLimit, now: float) -> float:
        at = alone.ready_at(now + self._ahead)
        at = now if at <= now + self._ahead else at - self._ahead
        return max(at, self._own.ready_at(now)) if alone.rate > self._rate else at

    def planned_at(self, now: float) -> float:
        """When the next request may start, if that is sure by now; infinity if it has to be asked again."""
        if now < self._not_before:
            return math.inf
        if self._leases:
            return max(now, self._leases[0].at)
        at = math.inf if self._alone is None else self._planned_alone(self._alone, now)
        return at if at < self._until else math.inf

    def spend(self, now: float) -> None:
        """Count a request that starts now."""
        self._own.spend(now)
        self._connecting, missed = self._own.newest - now, 0.0
        if self._leases:
            lease = self._leases.popleft()
            self._used.append((lease.there, lease.there + now - lease.at))
            self._connecting = min(self._connecting, lease.connecting)  # the one that had more was missed
            missed = max(0.0, now - lease.at)
        elif self._alone is not None:
            self._alone.spend(now + self._ahead)
        self.place_at = now + self._connecting
        self.place_until = self.place_at - missed + GRACE

    def may_leave(self, start: float, until: float, now: float) -> bool:
        """Whether a request may leave now that was counted at `start`, by a place until then.

        Who has the limit alone may be late, if that start is still remembered: it is counted as leaving now.
        """
        if until <= self._lost:
            return False
        alone = self._alone if now < self._until else None
        return now <= until or (alone is not None and alone.remembers(start + self._ahead))

    def lose_all(self) -> None:
        """Have nothing of what was granted any more, nor any place that was taken: it is too long ago."""
        self._lost = self.place_until
        self._leases.clear()
        self._alone, self._until = None, -math.inf
        self._again_at = -math.inf
        self._urgent = True

    def hold(self, until: float) -> None:
        """Start nothing before; leases for earlier are handed back."""
        self._not_before = max(self._not_before, until)
        self._urgent = True
        while self._leases and self._leases[0].at < until:
            self._unused.append(self._leases.popleft().there)

    def learn(self, what: Any, first: float, second: float) -> None:
        """Take note of something, which is told to the book."""
        if what == "accepted":
            self._own.accepted(first, second)  # so that the first answers tell of the line, whoever keeps the limit
        if self._alone is None:
            self._lessons.append((what, first, second))
        elif what == "pause":
            self._alone.pause(first + self._ahead)
        else:
            getattr(self._alone, what)(first + self._ahead, second + self._ahead)

    def _drop_missed(self, now: float) -> None:
        """Hand back the leases that were missed."""
        while self._leases and self._leases[0].at + LATE < now:
            self._unused.append(self._leases.popleft().there)

    # ---- asking

    def is_due(self, now: float) -> bool:
        """Whether the book has to be asked or told something."""
        if self._asking:
            return False
        if self._urgent:
            return True
        if not self._wanted or now < self._not_before:
            return False
        if self._alone is not None:
            return now >= max(self._until - LOOK_AGAIN, self._again_at)
        if not self._leases:
            return now >= self._again_at
        few = len(self._leases) <= self._most // 2 and now >= self._again_at
        return now - self._asked_at >= (LOOK if few else self._look_again)

    @property
    def _look_again(self) -> float:
        """Seconds after which it looks what others did; pauses of others do not concern who knows nobody's account."""
        return LOOK_AGAIN if self._known else STRANGE

    def leave_alone(self) -> None:
        """Have the budget alone no longer than until the next exchange."""
        self._leaving = self._urgent = True

    def asked(self, me: Me, now: float, account: str, *, leaves: bool) -> Asked:
        """What is told and asked next."""
        self._drop_missed(now)
        alone = self._alone
        stays = alone is not None and now < self._until and not (self._leaving or leaves)
        if self._unused:
            self._most = max(1, self._most // 2)
        elif len(self._used) >= self._most:
            self._most = min(MOST, 2 * self._most)
        asked = Asked(
            me.name, me.way, me.rate, now, self._own.copied(), self._not_before, self._most, self._takes, account,
            tuple(self._lessons), frozenset(lease.there for lease in self._leases), tuple(self._used),
            tuple(self._unused), None if alone is None else alone.given_over(), stays, leaves,
        )  # fmt: skip
        if not stays:
            self._alone, self._until = None, -math.inf
        self._lessons, self._used, self._unused = [], [], []
        self._asking, self._wanted, self._urgent, self._leaving = True, False, False, False
        self._asked_at = now
        return asked

    def take_nothing(self, again_at: float) -> None:
        """Take note that the book cannot be reached: what was to be told is little, and lost."""
        self._asking = False
        self._again_at = again_at
        self._urgent = False

    def take(self, asked: Asked, granted: Granted, now: float) -> None:
        """Take what was granted."""
        self._asking = False
        self._takes = min(SLOWEST, max(now - asked.now, 0.9 * self._takes))
        if granted.known and not self._known:
            self._known = True
            if self._not_before > now:  # what was refused concerns everybody on the account
                self._lessons.append(("pause", self._not_before, 0.0))
                self._urgent = True
        self._again_at = granted.again_at
        if granted.alone is not None:
            self._take_alone(granted, granted.alone)
            return
        if self._alone is not None:
            if granted.until > -math.inf:
                self._until = granted.until
                return
            if granted.again_at == -math.inf:
                self.leave_alone()
                return
            self._alone = None
        self._leases.extend(granted.leases)
        if granted.not_before > now:
            self._not_before = max(self._not_before, granted.not_before)
            while self._leases and self._leases[0].at < granted.not_before - LATE / 4:
                self._unused.append(self._leases.popleft().there)

    def _take_alone(self, granted: Granted, limit: Mapping[str, Any]) -> None:
        """Have the limit alone, which says more exactly than leases when to start.

        What was started while that was asked for is counted in it, and what happened meanwhile is told to it.
        """
        self._alone = RateLimit(granted.rate)
        self._alone.take_over(limit, self._own, granted.ahead)
        self._ahead, self._until = granted.ahead, granted.until
        for _there, when in self._used:
            self._alone.count(when, when + self._connecting)
        self._leases.clear()
        lessons, self._lessons, self._used, self._unused = self._lessons, [], [], []
        for lesson in lessons:
            self.learn(*lesson)
