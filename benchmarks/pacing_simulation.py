"""One client, one account, one server that counts: the world in which `RateLimit` is measured.

Virtual time only. `python -m benchmarks.pacing` prints what happens here, `tests/engine/test_limit.py` asserts it.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from bulk.engine.limit import RateLimit

RETRY_AFTER = 1.0  # what a 429 asks for: whole seconds are the least its header can name


class Server(Protocol):
    """Decides at the time a request arrives; the times never run backwards."""

    def admit(self, now: float) -> bool:
        """Whether the request that arrives at `now` is served; if not, it is answered 429."""


class Limit(Protocol):
    """What a client asks and tells; `RateLimit` says what each means."""

    def ready_at(self, now: float) -> float: ...  # noqa: D102
    def spend(self, now: float) -> None: ...  # noqa: D102
    def pause(self, until: float) -> None: ...  # noqa: D102
    def accepted(self, sent_at: float, now: float) -> None: ...  # noqa: D102
    def refused(self, sent_at: float, now: float) -> None: ...  # noqa: D102


# ---------------------------------------------------------------------------------------------------------- servers


class SlidingWindow:
    """At most `rate` admitted requests in the second just past; refused ones count too if `strict`."""

    def __init__(self, rate: int, *, strict: bool = False) -> None:
        self._rate, self._strict, self._counted = rate, strict, deque[float]()

    def admit(self, now: float) -> bool:
        """As `Server` says."""
        while self._counted and self._counted[0] <= now - 1.0:
            self._counted.popleft()
        fits = len(self._counted) < self._rate
        if fits or self._strict:
            self._counted.append(now)
        return fits


class FixedWindow:
    """A counter of `rate` that is cleared every second, at `phase` after the full second."""

    def __init__(self, rate: int, phase: float) -> None:
        self._rate, self._phase, self._window, self._count = rate, phase, -1, 0

    def admit(self, now: float) -> bool:
        """As `Server` says."""
        window = math.floor(now - self._phase)
        if window != self._window:
            self._window, self._count = window, 0
        self._count += 1
        return self._count <= self._rate


class TokenBucket:
    """A bucket of `rate` tokens, refilled with `rate` a second; a request takes one."""

    def __init__(self, rate: int) -> None:
        self._rate, self._tokens, self._at = rate, float(rate), 0.0

    def admit(self, now: float) -> bool:
        """As `Server` says."""
        self._tokens = min(self._rate, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


SERVERS: dict[str, Callable[[int, float], Server]] = {
    "sliding": lambda rate, _phase: SlidingWindow(rate),
    "strict": lambda rate, _phase: SlidingWindow(rate, strict=True),
    "bucket": lambda rate, _phase: TokenBucket(rate),
    "fixed": FixedWindow,
}

# ---------------------------------------------------------------------------------------------------- naive clients


class PlainLog:
    """At most `rate` starts a second, and nothing learned."""

    def __init__(self, rate: int) -> None:
        self._starts, self._not_before = deque([-math.inf] * rate, maxlen=rate), 0.0

    def ready_at(self, now: float) -> float:
        """As `Limit` says, like all below."""
        return max(now, self._starts[0] + 1.0, self._not_before)

    def spend(self, now: float) -> None:
        """Count a start."""
        self._starts.append(now)

    def pause(self, until: float) -> None:
        """Hold everyone."""
        self._not_before = max(self._not_before, until)

    def accepted(self, sent_at: float, now: float) -> None:
        """Learn nothing."""

    def refused(self, sent_at: float, now: float) -> None:
        """Learn nothing."""


class PlainBucket(PlainLog):
    """A bucket of `rate` tokens on the client's side, as most libraries have it."""

    def __init__(self, rate: int) -> None:
        super().__init__(rate)
        self._rate, self._tokens, self._at = rate, float(rate), 0.0

    def ready_at(self, now: float) -> float:
        """When the next token is there."""
        return max(now, self._at + (1.0 - self._tokens) / self._rate, self._not_before)

    def spend(self, now: float) -> None:
        """Take a token; a rounding error short of one is one."""
        self._tokens = max(0.0, min(self._rate, self._tokens + (now - self._at) * self._rate) - 1.0)
        self._at = now


LIMITS: dict[str, Callable[[int], Limit]] = {"RateLimit": RateLimit, "plain log": PlainLog, "plain bucket": PlainBucket}

# ------------------------------------------------------------------------------------------------------------ lines


@dataclass(frozen=True, slots=True)
class Jitter:
    """What the way to the server takes more or less than usual; `spread` is the longest less the shortest."""

    spread: float
    draw: Callable[[Random], float]


JITTERS = {
    "none": Jitter(0.0, lambda _chance: 0.0),
    "+-3 ms": Jitter(0.006, lambda chance: chance.uniform(-0.003, 0.003)),
    "+-20 ms": Jitter(0.04, lambda chance: chance.uniform(-0.02, 0.02)),
    "+-150 ms": Jitter(0.3, lambda chance: chance.uniform(-0.15, 0.15)),
    "1 % late": Jitter(0.5, lambda chance: 0.5 if chance.random() < 0.01 else 0.0),
}


# ------------------------------------------------------------------------------------------------------ what happens


@dataclass(frozen=True, slots=True)
class Case:
    """One run: who paces, who counts, the line between them, how many sends, and the seed of all chance.

    `late`: seconds by which a timer is late at most.
    """

    server: str
    jitter: str = "none"
    latency: float = 0.3  # seconds each way
    rate: int = 5
    sends: int = 20_000
    phase: float = 0.0
    seed: int = 0
    limit: str = "RateLimit"
    late: float = 0.0

    @property
    def bound(self) -> float:
        """The share of the limit that can be had without a refusal, at best."""
        return 1.0 if self.server == "fixed" else 1.0 / (1.0 + JITTERS[self.jitter].spread)

    @property
    def goal(self) -> float:
        """The share we want; a short run may lose a little to the first margin on fixed windows too."""
        return self.bound * (0.99 if self.server == "fixed" and self.sends >= 20_000 else 0.97)


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a case: `share` of the limit that was admitted, refusals in a thousand sends."""

    share: float
    per_thousand: float


_ARRIVAL, _ACCEPTED, _REFUSED = range(3)


def run(case: Case) -> Run:
    """Send as fast as the limit lets us, each refused request again: a refusal is a send like any other."""
    limit = LIMITS[case.limit](case.rate)
    server = SERVERS[case.server](case.rate, case.phase)
    jitter, chance = JITTERS[case.jitter], Random(case.seed)
    latency = max(case.latency, jitter.spread / 2)  # nothing arrives before it is sent
    events: list[tuple[float, int, int, float]] = []  # due, order, what, start of the request
    now = start = 0.0
    sent = refused = order = 0
    while sent < case.sends or events:
        ready = limit.ready_at(now) if sent < case.sends else math.inf
        if ready > now and (not events or ready < events[0][0]):
            now = ready + (chance.uniform(0.0, case.late) if case.late else 0.0)
        elif ready <= now:
            limit.spend(now)
            heapq.heappush(events, (now + latency + jitter.draw(chance), order, _ARRIVAL, now))
            start, sent, order = now, sent + 1, order + 1
        else:
            now, _, what, sent_at = heapq.heappop(events)
            if what == _ARRIVAL:
                answer = _ACCEPTED if server.admit(now) else _REFUSED
                heapq.heappush(events, (now + latency, order, answer, sent_at))
                order += 1
            elif what == _ACCEPTED:
                limit.accepted(sent_at, now)
            else:
                refused += 1
                limit.refused(sent_at, now)
                limit.pause(now + RETRY_AFTER)
    return Run((sent - refused) / (case.rate * (start + 1.0)), 1000 * refused / sent)
