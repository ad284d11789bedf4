"""Which request goes next. Owns the order of tasks and steps, retries and the number in flight; does no I/O.

It is asked `next(now)` and told `answer(step, reply, now)`; tasks come in by `add`. Two tasks of one key never fly
together and keep their order. A retry goes back into the queue with a due time, so nobody sleeps on a back-off.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from bulk.engine.confirm import confirmed, is_misshapen, is_page, unread_damage
from bulk.engine.gate import FRUITLESS, Gate
from bulk.engine.pauses import Pauses
from bulk.engine.retry import ATTEMPTS, back_off, explain, judge, leaves_open, never_done
from bulk.engine.steps import Ended, Flying, Settled, Step
from bulk.engine.tasks import Role, Task, question
from bulk.errors import UnfinishedError
from bulk.model import CUT_OFF, Json, Lost, Receipt, Reply, Request, Verdict

ALIKE: Final = 4  # times that a question gets one and the same answer of a wrong shape: another would be that too
ROW: Final = Role.ROW  # looked up once: a member of an enumeration takes a while to find
FEWEST, MOST = 4, 64  # bounds of the number in flight when it is not given
UNPACED: Final = 8  # in flight when there is no rate to reckon from: more only makes the pool slower
FIRST_LATENCY: Final = 2.0  # seconds, until replies tell: too few in flight would waste the first seconds
DELAYED: Final = 0.02  # seconds between its turn and its leaving that the pace has to know of
TOO_SLOW: Final = (
    "Nobody can be subscribed at this pace: how a person stands has to be read within 10 seconds before, and that takes"
    " longer here. Go on with a higher ⟦rate⟧, with fewer jobs at once, or when the server is faster."
)


class Pace(Protocol):
    """Says when the next request may start; see `RateLimit`."""

    def ready_at(self, now: float) -> float:
        """When the next request may start: `now` means go, infinity that nobody can say yet.

        Does no I/O. Raises `UnfinishedError` if it cannot be found out any more.
        """

    def spend(self, now: float) -> None:
        """Count a request that starts now, as `ready_at` has allowed."""

    def delayed(self, start: float, now: float) -> None:
        """Count a request that was held up after its start as leaving now."""

    def pause(self, until: float) -> None:
        """Let nobody start before `until`."""

    def accepted(self, sent_at: float, now: float) -> None:
        """Learn from an answer other than 429."""

    def refused(self, sent_at: float, now: float) -> None:
        """Learn from a 429."""


class Dispatch:
    """The engine: tasks in, steps out, answers in, outcomes out.

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
        self.silent_since: float | None = None  # the time from which nothing was answered well; None while it is
        self.last_trouble = ""  # what came instead of an answer
        self._chance = chance
        self._rate = rate
        self._concurrency = concurrency
        self._gate = Gate(rate)
        self._latency = FIRST_LATENCY
        self.most_in_flight = self._reckoned()
        self._last_good = -math.inf
        self.stopping = False
        self._open: dict[Task, Flying] = {}
        self._lanes: dict[str, deque[Flying]] = {}  # by key, those that wait for the open one of it
        self._probes = 0  # asked so far
        self._probe: Task | None = None  # the last of them
        self._ready: deque[Step] = deque()
        self._waiting: list[tuple[float, int, Step]] = []
        self._sequence = 0
        self._pauses = Pauses()

    # ---- tasks in

    def wants(self) -> bool:
        """Whether another task should be added: enough are open to keep the pool busy, and no more."""
        return not self.stopping and len(self._ready) < self.most_in_flight and len(self._open) < 4 * MOST

    def add(self, task: Task) -> tuple[Ended, ...]:
        """Take a task in; gives its outcome if its flow ends without asking anything."""
        flying = Flying(task, dict(task.known))
        self._open[task] = flying
        lane = self._lanes.get(task.key)
        if lane is not None:
            lane.append(flying)
            return ()
        self._lanes[task.key] = deque()
        return self._advance(flying, None)

    @property
    def idle(self) -> bool:
        """Nothing is open: every task added has its outcome."""
        return not self._open

    @property
    def paused_until(self) -> float:
        """Until when nobody sends, as the server has asked for or for want of better knowledge."""
        return self._pauses.until

    @property
    def holds_ready(self) -> bool:
        """Whether a step waits for nothing but its turn."""
        return bool(self._ready)

    def stop(self) -> None:
        """Send nothing more; what is in flight may still be answered."""
        self.stopping = True

    # ---- steps out

    def _reckoned(self) -> int:
        """How many requests may be in flight: what the rate needs at this latency, with a quarter to spare."""
        if self._concurrency or math.isinf(self._rate):
            return self._concurrency or UNPACED
        return max(FEWEST, min(MOST, math.ceil(self._rate * self._latency * 1.25) + 2))

    @property
    def needed(self) -> int:
        """How many requests in flight reach the rate at this latency, with little to spare."""
        return min(self.most_in_flight, math.ceil(self._rate * self._latency * 1.1) + 1 if self._rate < MOST else MOST)

    def next(self, now: float) -> Step | float | None:
        """A step to send now; a time at which to ask again; or None: only an answer or a new task changes anything."""
        if self.stopping:
            return None
        while self._waiting and self._waiting[0][0] <= now:
            self._enqueue(heapq.heappop(self._waiting)[2])
        admitted = False
        if not self._gate.idle:
            admitted = self._gate.has_admitted(now)
            for reading in self._gate.readings(now, others=bool(self._ready), under_way=self.in_flight):
                self._ask_first(reading)
        if not self._ready and not admitted:
            times = (self._gate.again_at, self._waiting[0][0] if self._waiting else math.inf)
            again = min((at for at in times if at > now), default=math.inf)
            return again if again < math.inf else None
        if self.in_flight >= self.most_in_flight:
            return None
        try:
            at = self.limit.ready_at(now)
        except UnfinishedError as error:  # what others share the limit by cannot be reached
            self.stopped_by = str(error)
            self.stop()
            return None
        if at > now:
            return at if at < math.inf else None
        self.limit.spend(now)
        step = self._gate.pop() if admitted and not self._asks_first else self._ready.popleft()
        if step.request.admission is None and step.task.role is ROW:
            self._gate.passed()
        step.leave(now)
        self.in_flight += 1
        self.requests += 1
        return step

    @property
    def _asks_first(self) -> bool:
        """Whether the next step that is ready is a question, which goes before what may leave for a while only."""
        return bool(self._ready) and self._ready[0].task.role is not ROW

    def leaves(self, step: Step, now: float) -> bool:
        """Take note that a step that `next` gave out leaves only now: writing it down took a while.

        If it may not leave any more, because what is known of its contact is too old by now, it waits again.
        """
        if now > step.until:
            self.in_flight -= 1
            self.requests -= 1
            step.stay()
            self._gate.enter(step, first=True)
            return False
        if step.request.admission is not None:
            self._gate.fruitless = 0
        if now - step.sent_at > DELAYED:
            self.limit.delayed(step.sent_at, now)
            step.sent_at = now
        return True

    # ---- answers in

    def answer(self, step: Step, reply: Reply | Lost, now: float) -> Settled:
        """Take the answer to a step that `next` gave out."""
        self.in_flight -= 1
        reply, verdict, kept = _taken(step.request, reply)
        self._learn(step, reply, now)
        if verdict is Verdict.ACCEPT:
            return self._settle(step, reply, verdict, kept, now)
        if never_done(reply, verdict):
            step.attempts -= 1
        else:
            step.open |= leaves_open(reply)
        again = Settled(released=not step.attempts)
        if verdict is Verdict.ABORT:
            self.stopped_by = self.stopped_by or explain(reply)[1]
            self.refused_key = True
            self.stop()
            return again
        if verdict is Verdict.PAUSE:
            self.retries += 1
            step.tries -= 1  # who is too busy says nothing of the row
            self._enqueue(step, first=True)
            return again
        if verdict is Verdict.RETRY and not self._given_up(step, reply):
            self.retries += 1
            self._later(step, now)
            return again
        if self.stopping and self.stopped_by and verdict is Verdict.RETRY:
            return again  # nobody answers: the row stays open, for the resume
        return self._settle(step, reply, verdict, kept, now)

    def _learn(self, step: Step, reply: Reply | Lost, now: float) -> None:
        if isinstance(reply, Lost) or reply.status >= 500 or reply.damage:
            self.silent_since = now if self.silent_since is None else self.silent_since
            self.last_trouble = explain(reply)[1]
        else:
            self.silent_since = None
        if isinstance(reply, Lost):
            return
        took = now - step.sent_at
        self._latency = took if self._last_good == -math.inf else max(took, self._latency * 0.98)
        self.most_in_flight = self._reckoned()
        if reply.status == 429:
            self.limit.refused(step.sent_at, now)  # before the pause, which is laid around what this teaches
        else:
            self.limit.accepted(step.sent_at, now)
        if reply.status in (429, 503):
            why = self._pauses.refused(step.sent_at, reply.retry_after, now)
            self.limit.pause(self._pauses.until)
            if why:
                self.stopped_by = why
                self.stop()
        elif reply.status < 500 and not reply.damage:
            self._last_good = now
            self._pauses.answered()

    def _given_up(self, step: Step, reply: Reply | Lost) -> bool:
        """Whether this step has had its attempts.

        If nothing at all was answered well since its second one, the fault may not be the row's (while the first was
        on its way, all may have been well yet): we ask a question of our own and give the step one attempt more. If
        that brings nothing either, the job stops, to be resumed.
        """
        if isinstance(reply, Reply) and is_misshapen(step.request, reply) and step.comes_again(reply) >= ALIKE:
            return True  # who answers so is there, and has no other answer
        if step.tries < ATTEMPTS or self._last_good >= step.second_sent:
            return step.tries >= ATTEMPTS
        if step.tries > ATTEMPTS or step.task.role is Role.PROBE:
            said = explain(reply)[1].rstrip(".")
            self.shut_out = is_page(reply) and isinstance(reply, Reply) and reply.status < 500
            self.stopped_by = self.stopped_by or f"Nothing is answered any more. The last try: {said}"
            self.stop()
            return True
        if self._probe not in self._open:
            self._probes += 1
            self._probe = question(self._probes, Role.PROBE, Request("probe", "GET", "users/me"))
            self._ask_first(self._probe)
        return False

    def _ask_first(self, task: Task) -> None:
        """Ask a question of our own, before anything else that is ready."""
        self.add(task)
        self._ready.rotate(1)

    def _enqueue(self, step: Step, *, first: bool = False) -> None:
        """Let a step wait for its turn, or before that for what has to be known."""
        admission = step.request.admission
        if admission is not None:
            self._gate.enter(step, self._open[step.task].answered.get(admission.made_by), first=first)
        elif first:
            self._ready.appendleft(step)
        else:
            self._ready.append(step)

    def _later(self, step: Step, now: float) -> None:
        self._sequence += 1
        due = now + back_off(step.tries, self._chance())
        heapq.heappush(self._waiting, (due, self._sequence, step))

    def _settle(self, step: Step, reply: Reply | Lost, verdict: Verdict, kept: Json, now: float) -> Settled:
        request = step.request
        status = reply.status if isinstance(reply, Reply) else 0
        if verdict is Verdict.ACCEPT:
            receipt = Receipt(request.step, verdict, status, kept, attempts=step.attempts)
        else:
            if verdict is Verdict.RETRY:  # out of attempts
                verdict = Verdict.REJECT if _surely_not_done(step) else Verdict.IN_DOUBT
            code, error = explain(reply)
            receipt = Receipt(request.step, verdict, status, None, code, error, step.attempts)
        ended = self._receive(step, receipt)
        if step.task.role is not Role.READING:
            return Settled(receipt, ended)
        beside = tuple(self._gate.take(step.task, receipt, step.sent_at, now))
        for other, told in beside:
            ended += self._receive(other, told)
        if self._gate.fruitless > FRUITLESS:
            self.stopped_by = self.stopped_by or TOO_SLOW
            self.stop()
        return Settled(receipt, ended, beside=beside)

    def _receive(self, step: Step, receipt: Receipt) -> tuple[Ended, ...]:
        flying = self._open[step.task]
        if receipt.ok:
            flying.answered[receipt.step] = step.sent_at
        flying.receipts[step.at] = receipt
        flying.missing -= 1
        if flying.missing:
            return ()
        return self._advance(flying, tuple(r for r in flying.receipts if r is not None))

    def _advance(self, flying: Flying, receipts: tuple[Receipt, ...] | None) -> tuple[Ended, ...]:
        """Run the task's flow until it asks what is not yet known, or ends; then the next task of its key begins."""
        ended: list[Ended] = []
        while True:
            task = flying.task
            try:
                requests = task.flow.send(receipts) if receipts is not None else next(task.flow)
            except StopIteration as end:
                ended.append((task, end.value))
                del self._open[task]
                lane = self._lanes[task.key]
                if not lane:
                    del self._lanes[task.key]
                    return tuple(ended)
                flying = lane.popleft()
                receipts = None
                continue
            flying.receipts = [self._remembered(flying, request) for request in requests]
            flying.missing = flying.receipts.count(None)
            if flying.missing:
                for at, request in enumerate(requests):
                    if flying.receipts[at] is None:
                        earlier = task.cut_off.get(request.step, 0)
                        self._enqueue(Step(task, request, earlier, open=earlier > 0, at=at))
                return tuple(ended)
            receipts = tuple(receipt for receipt in flying.receipts if receipt is not None)

    @staticmethod
    def _remembered(flying: Flying, request: Request) -> Receipt | None:
        known = flying.known.pop(request.step, None)
        cut_off = flying.task.cut_off
        if known is None and request.step in cut_off and not request.repeatable:
            return Receipt(
                request.step, Verdict.IN_DOUBT, code="no_answer", error=CUT_OFF,
                attempts=cut_off[request.step],
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
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:  # of no documented shape
        reply = replace(reply, damage=unread_damage(error))
        return reply, judge(request, reply), None


def _surely_not_done(step: Step) -> bool:
    """Whether a step that is given up changed nothing: a question never does, else each of its sends has to say so."""
    return step.request.method == "GET" or not step.attempts or not step.open
