"""The steps that wait: for their turn, for a limit that only some need, or until they are due. Reads no clock."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final

from bulk.engine.pace import Pace
from bulk.engine.pauses import Pauses
from bulk.engine.retry import over_quota
from bulk.engine.steps import Step
from bulk.model import Reply

Names = tuple[str, ...]  # of limits, sorted
HURRIED: Final = 8  # sends of those in a hurry that go before one that a named limit lets start


class Turns:
    """Steps in the order in which they go, and those that go again later: nobody sleeps on a back-off.

    A step that counts against some of the named `limits` waits apart, in a lane for each set of names, so that it keeps
    nobody else waiting. In no lane does anybody starve: a step that is older than all others in need of a limit has it
    kept free, also while it waits for another one.
    """

    def __init__(self, limit: Pace, limits: Mapping[str, Pace]) -> None:
        self.ready: deque[Step] = deque()  # who needs the account's own limit alone
        self._limit = limit
        self._limits = limits
        self.lanes: dict[Names, deque[tuple[int, Step]]] = {}  # each step with its age: who is less is older
        self.pauses = Pauses("batch")  # of the named limits
        self._passed = 0  # sends of others since one of the lanes could have started
        self.later: list[tuple[float, int, Step]] = []
        self._numbers = count(1)

    def put(self, step: Step, *, first: bool = False) -> None:
        """Let a step wait for its turn."""
        if step.request.limits:
            self._put_in_lane(step, first=first)
        elif first:
            self.ready.appendleft(step)
        else:
            self.ready.append(step)

    def hurry(self) -> None:
        """Let the step that came last go first."""
        self.ready.rotate(1)

    # ---- named limits

    def _put_in_lane(self, step: Step, *, first: bool) -> None:
        names = tuple(sorted(set(step.request.limits)))
        unknown = [name for name in names if name not in self._limits]
        if unknown:
            raise ValueError(f"{step.request.step} counts against a limit that there is not: {unknown[0]}")
        lane = self.lanes.setdefault(names, deque())
        if first:
            lane.appendleft((-next(self._numbers), step))
        else:
            lane.append((next(self._numbers), step))

    def limits_of(self, step: Step) -> Iterable[Pace]:
        """All limits that a step counts against."""
        return (self._limit, *self._named(step)) if step.request.limits else (self._limit,)

    def refusing(self, step: Step, reply: Reply) -> tuple[Pace, ...]:
        """The limits of which the answer says that a step was over them: a 429 does not say which it means."""
        over = over_quota(reply)
        if reply.status == 429 or (over and not step.request.limits):
            return tuple(self.limits_of(step))
        return self._named(step) if over else ()

    def _named(self, step: Step) -> tuple[Pace, ...]:
        return tuple(self._limits[name] for name in set(step.request.limits))

    def startable(self, now: float) -> tuple[Names | None, float]:
        """The lane whose first step all its named limits let start now, the oldest such; else when to ask again."""
        taken: set[str] = set()
        again = math.inf
        for _age, names in sorted((lane[0][0], names) for names, lane in self.lanes.items()):
            if not taken.isdisjoint(names):
                continue
            at = max(self._limits[name].ready_at(now) for name in names)
            if at <= now:
                return names, now
            again = min(again, at)
            taken.update(names)
        return None, again

    def is_lanes_turn(self, *, others: bool, hurried: bool) -> bool:
        """Whether the step that a lane could start goes now: by turns with others, and after more of the `hurried`."""
        self._passed += 1
        return not others or self._passed > (HURRIED if hurried else 1)

    def pop_lane(self, names: Names, now: float) -> Step:
        """The first step of a lane that is startable, counted in its named limits as starting now.

        One that may not leave any more is not counted: it will not, and a quota's start is lost for a minute.
        """
        lane = self.lanes[names]
        _age, step = lane.popleft()
        for name in names if step.until >= now else ():
            self._limits[name].spend(now)
        if not lane:
            del self.lanes[names]
        self._passed = 0
        return step

    # ---- later

    def put_off(self, step: Step, due: float) -> None:
        """Keep a step until it is due."""
        heapq.heappush(self.later, (due, next(self._numbers), step))

    def take_due(self, now: float) -> list[Step]:
        """The steps that are due by now, and wait no longer."""
        due: list[Step] = []
        while self.later and self.later[0][0] <= now:
            due.append(heapq.heappop(self.later)[2])
        return due

    @property
    def next_due(self) -> float:
        """When the next step is due; infinity if none waits for that."""
        return self.later[0][0] if self.later else math.inf
