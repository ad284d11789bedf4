"""Which request goes next. Owns the order of rows and steps, retries and the number in flight; does no I/O.

It is asked `next(now)` and told `answer(step, reply, now)`; rows come in by `add`. Two rows of one key never fly
together and keep their order. A retry goes back into the queue with a due time, so nobody sleeps on a back-off.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from bulk.engine.confirm import UNKNOWN_SHAPE, confirmed, is_page
from bulk.engine.retry import ATTEMPTS, back_off, explain, judge
from bulk.errors import UnfinishedError
from bulk.model import CUT_OFF, Flow, Json, Lost, Outcome, Receipt, Reply, Request, RowStatus, Verdict

PROBE: Final = -1  # the row number of our own question "does the API answer at all?"
PROBE_KEY: Final = "\0"  # no row's
FEWEST, MOST = 4, 64  # bounds of the number in flight when it is not given
UNPACED: Final = 8  # in flight when there is no rate to reckon from: more only makes the pool slower
FIRST_LATENCY: Final = 2.0  # seconds, until replies tell: too few in flight would waste the first seconds
MISSING_RETRY_AFTER: Final = 1.0
HELD_UP: Final = 0.02  # seconds between its turn and its leaving that the pace has to know of
LEAST_PAUSE: Final = 1.0  # seconds, also after "Retry-After: 0": at no limit we would ask as fast as it refuses
LONGEST_PAUSE: Final = 24 * 3600.0
PATIENCE: Final = 900.0  # seconds of refusals without one good answer; then the job stops, to be resumed


class Pace(Protocol):
    """Says when the next request may start; see `RateLimit`."""

    def claim(self, now: float) -> float:
        """Count a request that starts now, if one may; when it may, which is `now` if it was counted.

        Raises `UnfinishedError` if that cannot be found out any more.
        """

    def delayed(self, start: float, now: float) -> None:
        """Count a request that was held up after its start as leaving now."""

    def pause(self, until: float) -> None:
        """Let nobody start before `until`."""

    def accepted(self, sent_at: float, now: float) -> None:
        """Learn from an answer other than 429."""

    def refused(self, sent_at: float, now: float) -> None:
        """Learn from a 429."""


Ended = tuple[int, Outcome]  # a row's number and how it ended


@dataclass(slots=True)
class Step:
    """One request of one row on its way.

    `attempts` counts sends, this one included; the first `earlier` of them were an earlier run's.
    """

    row: int
    request: Request
    attempts: int = 0
    earlier: int = 0
    second_sent: float = math.inf
    sent_at: float = 0.0
    at: int = 0  # its place among the requests that its flow yielded together

    @property
    def tries(self) -> int:
        """Sends of this run: a resume begins with all its patience."""
        return self.attempts - self.earlier

    @property
    def unexecuted(self) -> bool:
        """Whether, if this send surely was not executed, none was: one that is not repeatable follows only such."""
        return not self.request.repeatable or self.attempts <= 1


@dataclass(frozen=True, slots=True)
class Settled:
    """What an answer brought: a receipt to write down, and the rows that ended by it."""

    receipt: Receipt | None = None
    ended: tuple[Ended, ...] = ()
    released: bool = False  # the request was surely not executed: its intent may be forgotten


@dataclass(slots=True)
class _Flying:
    """A row whose flow has begun."""

    key: str
    flow: Flow
    known: dict[str, Receipt]
    cut_off: Mapping[str, int]  # step -> attempts, of requests that were sent and never answered
    receipts: list[Receipt | None] = field(default_factory=list)
    missing: int = 0


class Dispatch:
    """The engine: rows in, steps out, answers in, outcomes out.

    `chance` gives numbers in [0, 1) for the jitter of back-offs. `concurrency` 0: reckoned from rate and latency.
    """

    def __init__(self, limit: Pace, chance: Callable[[], float], *, rate: float, concurrency: int = 0) -> None:
        self.limit = limit
        self.in_flight = 0
        self.retries = 0
        self.requests = 0
        self.stopped_by: str | None = None  # why the job cannot go on: key refused, or nobody answers
        self.refused_key = False
        self.shut_out = False  # stopped since a page that is not the API's stands before everything
        self.paused_until = 0.0
        self._chance = chance
        self._rate = rate
        self._concurrency = concurrency
        self._latency = FIRST_LATENCY
        self._last_good = -math.inf
        self.stopping = False
        self._rows: dict[int, _Flying] = {}
        self._lanes: dict[str, deque[tuple[int, _Flying]]] = {}
        self._ready: deque[Step] = deque()
        self._waiting: list[tuple[float, int, Step]] = []
        self._sequence = 0
        self._pauses_in_a_row = 0
        self._pauses_since = 0.0
        self._paused_at = -math.inf

    # ---- rows in

    def wants(self) -> bool:
        """Whether another row should be added: enough rows are open to keep the pool busy, and no more."""
        return not self.stopping and len(self._ready) < self.most_in_flight and len(self._rows) < 4 * MOST

    def add(
        self, row: int, key: str, flow: Flow, known: Mapping[str, Receipt], cut_off: Mapping[str, int]
    ) -> tuple[Ended, ...]:
        """Take a row in; gives its outcome if its flow ends without asking anything.

        `known` are receipts written down earlier, `cut_off` the steps that were sent earlier and never answered.
        """
        flying = _Flying(key, flow, dict(known), cut_off)
        lane = self._lanes.get(key)
        if lane is not None:
            lane.append((row, flying))
            self._rows[row] = flying
            return ()
        self._lanes[key] = deque()
        self._rows[row] = flying
        return self._advance(row, flying, None)

    @property
    def idle(self) -> bool:
        """Nothing is open: every row added has its outcome."""
        return not self._rows

    @property
    def holds_ready(self) -> bool:
        """Whether a step waits for nothing but its turn."""
        return bool(self._ready)

    def stop(self) -> None:
        """Send nothing more; what is in flight may still be answered."""
        self.stopping = True

    # ---- steps out

    @property
    def most_in_flight(self) -> int:
        """How many requests may be in flight: what the rate needs at this latency, with a quarter to spare."""
        if self._concurrency or math.isinf(self._rate):
            return self._concurrency or UNPACED
        return max(FEWEST, min(MOST, math.ceil(self._rate * self._latency * 1.25) + 2))

    @property
    def needed(self) -> int:
        """How many requests in flight reach the rate at this latency, with little to spare."""
        return min(self.most_in_flight, math.ceil(self._rate * self._latency * 1.1) + 1 if self._rate < MOST else MOST)

    def next(self, now: float) -> Step | float | None:
        """A step to send now; a time at which to ask again; or None: only an answer or a new row changes anything."""
        if self.stopping:
            return None
        while self._waiting and self._waiting[0][0] <= now:
            self._ready.append(heapq.heappop(self._waiting)[2])
        if not self._ready:
            return self._waiting[0][0] if self._waiting else None
        if self.in_flight >= self.most_in_flight:
            return None
        try:
            at = self.limit.claim(now)
        except UnfinishedError as error:  # what others share the limit by cannot be reached
            self.stopped_by = str(error)
            self.stop()
            return None
        if at > now:
            return at
        step = self._ready.popleft()
        step.sent_at = now
        if step.tries == 1:
            step.second_sent = now
        step.attempts += 1
        self.in_flight += 1
        self.requests += 1
        return step

    def leaves(self, step: Step, now: float) -> None:
        """Take note that a step that `next` gave out leaves only now: writing it down took a while."""
        if now - step.sent_at > HELD_UP:
            self.limit.delayed(step.sent_at, now)
            step.sent_at = now

    # ---- answers in

    def answer(self, step: Step, reply: Reply | Lost, now: float) -> Settled:
        """Take the answer to a step that `next` gave out."""
        self.in_flight -= 1
        reply, verdict, kept = _taken(step.request, reply)
        self._learn(step, reply, now)
        if verdict is Verdict.ABORT:
            self.stopped_by = self.stopped_by or explain(reply)[1]
            self.refused_key = True
            self.stop()
            return Settled(released=step.unexecuted)
        once = not step.request.repeatable  # then only what surely was not executed comes here again
        if verdict is Verdict.PAUSE:
            self.retries += 1
            refused = isinstance(reply, Reply) and reply.status == 429 and step.unexecuted
            step.attempts -= 1  # it was refused before it was looked at: not the row's fault
            self._ready.appendleft(step)
            return Settled(released=once or refused)
        if verdict is Verdict.RETRY and not self._given_up(step, reply):
            self.retries += 1
            self._later(step, now)
            return Settled(released=once)
        if self.stopping and self.stopped_by and verdict is Verdict.RETRY:
            return Settled(released=once)  # nobody answers: the row stays open, for the resume
        return self._settle(step, reply, verdict, kept)

    def _learn(self, step: Step, reply: Reply | Lost, now: float) -> None:
        if isinstance(reply, Lost):
            return
        took = now - step.sent_at
        self._latency = took if self._last_good == -math.inf else max(took, self._latency * 0.98)
        if reply.status == 429:
            self.limit.refused(step.sent_at, now)  # before the pause, which is laid around what this teaches
        else:
            self.limit.accepted(step.sent_at, now)
        if reply.status in (429, 503):
            self._pause(step, reply, now)
        elif reply.status < 500 and not reply.damage:
            self._last_good = now
            self._pauses_in_a_row = 0

    def _pause(self, step: Step, reply: Reply, now: float) -> None:
        """Let everybody wait for as long as the server asks; give up if it asks for a day, or for ever again."""
        if self._pauses_in_a_row == 0:
            self._pauses_since = now
        if step.sent_at > self._paused_at or self._pauses_in_a_row == 0:  # else it is of the event known already
            self._paused_at = now
            self._pauses_in_a_row += 1
        wait = reply.retry_after
        if wait is None:  # not said: a second, then twice as long each time
            wait = MISSING_RETRY_AFTER * 2.0 ** min(self._pauses_in_a_row - 1, 6)
        wait = max(wait, LEAST_PAUSE)
        if wait > LONGEST_PAUSE:
            self.stopped_by = f"The server asks to wait {wait / 3600:,.0f} hours."
            self.stop()
        elif now - self._pauses_since > PATIENCE + wait:
            self.stopped_by = "The server has refused every request for a quarter of an hour."
            self.stop()
        self.paused_until = max(self.paused_until, now + wait)
        self.limit.pause(now + wait)

    def _given_up(self, step: Step, reply: Reply | Lost) -> bool:
        """Whether this step has had its attempts.

        If nothing at all was answered well since its second one, the fault may not be the row's (while the first was
        on its way, all may have been well yet): we ask a question of our own and give the step one attempt more. If
        that brings nothing either, the job stops, to be resumed.
        """
        if step.tries < ATTEMPTS or self._last_good >= step.second_sent:
            return step.tries >= ATTEMPTS
        if step.tries > ATTEMPTS or step.row == PROBE:
            said = explain(reply)[1].rstrip(".")
            self.shut_out = is_page(reply) and isinstance(reply, Reply) and reply.status < 500
            self.stopped_by = self.stopped_by or f"Nothing is answered any more. The last try: {said}"
            self.stop()
            return True
        if PROBE not in self._rows:
            self.add(PROBE, PROBE_KEY, _probe(), {}, {})
            self._ready.rotate(1)  # our question goes first
        return False

    def _later(self, step: Step, now: float) -> None:
        self._sequence += 1
        due = now + back_off(step.tries, self._chance())
        heapq.heappush(self._waiting, (due, self._sequence, step))

    def _settle(self, step: Step, reply: Reply | Lost, verdict: Verdict, kept: Json) -> Settled:
        request = step.request
        status = reply.status if isinstance(reply, Reply) else 0
        if verdict is Verdict.ACCEPT:
            receipt = Receipt(request.step, verdict, status, kept, attempts=step.attempts)
        else:
            if verdict is Verdict.RETRY:  # out of attempts
                verdict = Verdict.REJECT if _surely_not_done(step, reply) else Verdict.IN_DOUBT
            code, error = explain(reply)
            receipt = Receipt(request.step, verdict, status, None, code, error, step.attempts)
        return Settled(receipt, self._receive(step, receipt))

    def _receive(self, step: Step, receipt: Receipt) -> tuple[Ended, ...]:
        flying = self._rows[step.row]
        flying.receipts[step.at] = receipt
        flying.missing -= 1
        if flying.missing:
            return ()
        return self._advance(step.row, flying, tuple(r for r in flying.receipts if r is not None))

    def _advance(self, row: int, flying: _Flying, receipts: tuple[Receipt, ...] | None) -> tuple[Ended, ...]:
        """Run the row's flow until it asks what is not yet known, or ends; then the next row of its key begins."""
        ended: list[Ended] = []
        while True:
            try:
                requests = flying.flow.send(receipts) if receipts is not None else next(flying.flow)
            except StopIteration as end:
                ended.append((row, end.value))
                del self._rows[row]
                lane = self._lanes[flying.key]
                if not lane:
                    del self._lanes[flying.key]
                    return tuple(ended)
                row, flying = lane.popleft()
                receipts = None
                continue
            flying.receipts = [self._remembered(flying, request) for request in requests]
            flying.missing = flying.receipts.count(None)
            if flying.missing:
                for at, request in enumerate(requests):
                    if flying.receipts[at] is None:
                        earlier = flying.cut_off.get(request.step, 0)
                        self._ready.append(Step(row, request, earlier, earlier, at=at))
                return tuple(ended)
            receipts = tuple(receipt for receipt in flying.receipts if receipt is not None)

    @staticmethod
    def _remembered(flying: _Flying, request: Request) -> Receipt | None:
        known = flying.known.pop(request.step, None)
        if known is None and request.step in flying.cut_off and not request.repeatable:
            return Receipt(
                request.step, Verdict.IN_DOUBT, code="no_answer", error=CUT_OFF,
                attempts=flying.cut_off[request.step],
            )  # fmt: skip
        return known


def _taken(request: Request, reply: Reply | Lost) -> tuple[Reply | Lost, Verdict, Json]:
    """The reply as far as it is to be believed, what it means, and what its request keeps of it."""
    if isinstance(reply, Lost):
        return reply, judge(request, reply), None
    reply = confirmed(request, reply)
    verdict = judge(request, reply)
    if reply.body is None or verdict is not Verdict.ACCEPT:
        return reply, verdict, None
    try:
        return reply, verdict, request.keep(reply.body)
    except (LookupError, TypeError, ValueError, AttributeError):  # a sound body that is not of the documented shape
        reply = replace(reply, damage=UNKNOWN_SHAPE)
        return reply, judge(request, reply), None


def _surely_not_done(step: Step, reply: Reply | Lost) -> bool:
    """Whether a step that is given up changed nothing: a question never does, silence and damage say nothing."""
    if step.request.method == "GET" or not step.request.repeatable:  # the latter is retried only if it never left
        return True
    return isinstance(reply, Reply) and reply.status >= 300 and not reply.damage


def _probe() -> Flow:
    yield (Request("probe", "GET", "users/me"),)
    return Outcome(RowStatus.SUCCEEDED)
