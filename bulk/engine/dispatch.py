"""Which request goes next. Owns the order of tasks and steps, retries and the number in flight; does no I/O.

It is asked `go_on(now)` and `next(now)`, and told `answer(step, reply, now)`; tasks come in by `add`. Two tasks of one
key never fly together and keep their order. A retry goes back into the queue with a due time, so nobody sleeps on a
back-off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bulk.engine.flows import Flows
from bulk.engine.gate import Gate
from bulk.engine.line import MOST, Line
from bulk.engine.pace import Pace
from bulk.engine.pauses import Pauses
from bulk.engine.places import Places
from bulk.engine.receipts import accepted, given_up, late, taken
from bulk.engine.retry import back_off, leaves_open, never_done
from bulk.engine.steps import Ended, Leaving, Settled, Step
from bulk.engine.stops import Stops
from bulk.engine.tasks import Role, Task
from bulk.engine.turns import Names, Turns
from bulk.errors import UnfinishedError
from bulk.model import Lost, Receipt, Reply, Verdict

ROW: Final = Role.ROW  # looked up once: a member of an enumeration takes a while to find
OPEN: Final = 4 * MOST  # tasks that are open at once at most
TOO_SLOW: Final = (
    "Nobody can be subscribed at this pace: how a person stands has to be read within 10 seconds before, and that takes"
    " longer here. Go on with a higher ⟦rate⟧, with fewer jobs at once, or when the server is faster."
)


# wide: it is told and asked by whoever runs it, and each method is one such word, or one step of what follows from it
class Dispatch:
    """The engine: tasks in, steps out, answers in, outcomes out.

    `chance` gives numbers in [0, 1) for the jitter of back-offs. `concurrency` 0: reckoned from rate and latency.
    `limit` is the account's own, which every request counts against; `limits` are others by name, for the requests
    that name them. `line` says what answers tell of the way to the server, `stops` whether and why no more is sent.
    """

    def __init__(
        self,
        limit: Pace,
        chance: Callable[[], float],
        *,
        rate: float,
        concurrency: int = 0,
        limits: Mapping[str, Pace] | None = None,
    ) -> None:
        self.limit = limit
        self.line = Line(rate, concurrency)
        self.stops = Stops()
        self.in_flight = 0
        self.retries = 0
        self.requests = 0
        self._chance = chance
        self._flows = Flows(self._enqueue)
        self._turns = Turns(limit, limits or {})
        self.places = Places(limit, self._turns)
        self._gate = Gate(rate)

    # ---- tasks in

    def wants(self) -> bool:
        """Whether another task should be added: enough are open to keep the pool busy, and no more."""
        few = len(self._turns.ready) < self.line.most_in_flight
        return few and not self.stops.stopping and len(self._flows.open) < OPEN

    def add(self, task: Task) -> tuple[Ended, ...]:
        """Take a task in; gives its outcome if its flow ends without asking anything."""
        return self._flows.add(task)

    @property
    def idle(self) -> bool:
        """Nothing is open: every task added has its outcome."""
        return not self._flows.open

    @property
    def holds_ready(self) -> bool:
        """Whether a step waits for nothing but its turn."""
        return bool(self._turns.ready)

    def stop(self) -> None:
        """Send nothing more; what is in flight may still be answered."""
        self.stops.stopping = True

    def go_on(self, now: float) -> tuple[Ended, ...]:
        """Let flows go on whose waits are over; gives the tasks that ended by it. To be called before each `next`."""
        if not self._flows.waits or self.stops.stopping:
            return ()
        return self._flows.go_on(now)

    # ---- steps out

    def next(self, now: float) -> Step | float | None:
        """A step to send now; a time at which to ask again; or None: only an answer or a new task changes anything."""
        if self.stops.stopping:
            return None
        try:
            step = self._next(now)
        except UnfinishedError as error:  # what others share the limit by cannot be reached
            self.stops.stop(str(error), error)
            return None
        if isinstance(step, Step) or not self._flows.waits:
            return step
        over = self._flows.waits.over_at(now)
        return over if step is None else min(step, over)

    def _next(self, now: float) -> Step | float | None:
        turns, gate = self._turns, self._gate
        if turns.later and turns.next_due <= now:
            for step in turns.take_due(now):
                self._enqueue(step)
        admitted = not gate.idle and self._has_admitted(now)
        lane, lane_at = turns.startable(now) if turns.lanes else (None, math.inf)
        if not turns.ready and not admitted and lane is None:
            again = min((at for at in (gate.pace.again_at, turns.next_due, lane_at) if at > now), default=math.inf)
            return again if again < math.inf else None
        if self.in_flight >= self.line.most_in_flight:
            return None
        start = again = self.limit.ready_at(now)
        if start > now and lane is None:  # a quota counts from the turn on, so who is in a lane has none ahead
            start = self.places.planned_at(now)
            if start <= gate.first_until:
                again = min(again, self.places.turn_at(start, now))
        if again > now:
            return again if again < math.inf else None
        step = self._pop(now, lane, admitted=admitted)
        step.leave(start)
        self.places.spend(step, start, now)
        self.in_flight += 1
        self.requests += 1
        return step

    def _has_admitted(self, now: float) -> bool:
        """Whether a step may leave that had to wait for a reading; asks the readings that are due."""
        admitted = self._gate.has_admitted(now)
        for reading in self._gate.readings(now, others=self.holds_ready, under_way=self.in_flight):
            self._ask_first(reading)
        return admitted

    def _pop(self, now: float, lane: Names | None, *, admitted: bool) -> Step:
        """Whose turn it is; a question goes before what may leave for a while only (`admitted`: there is some).

        `lane` is the one that has a step which may start, if one has.
        """
        turns = self._turns
        ready = turns.ready
        asks = bool(ready) and ready[0].task.role is not ROW
        if lane and turns.is_lanes_turn(others=admitted or bool(ready), hurried=admitted or asks):
            step = turns.pop_lane(lane, now)
        elif admitted and not asks:
            return self._gate.pop()
        else:
            step = ready.popleft()
        if step.task.role is ROW:
            self._gate.passed()
        return step

    def leaves(self, step: Step, now: float) -> Leaving:
        """Whether a step that `next` gave out leaves now, written down and at its place.

        It waits again if the job stops, if all have to wait since then, or if what is known of its contact is too old
        by now. One that goes by an earlier step of its task is too late then: see `late`.
        """
        if self.stops.stopping or now < self.line.pauses.until:
            self.put_back(step)
            return Leaving.WAITS
        if now > step.until:
            self._take_back(step)
            if step.request.soon_after is not None:
                return Leaving.LATE
            self._gate.enter(step, first=True)
            return Leaving.WAITS
        if step.request.admission is not None:
            self._gate.pace.bore_fruit()
        self.places.written(step, now)
        return Leaving.LEAVES

    def put_back(self, step: Step) -> None:
        """Let a step that `next` gave out, and that has not left, wait for its turn again."""
        self._take_back(step)
        self._enqueue(step, first=True)

    def _take_back(self, step: Step) -> None:
        self.in_flight -= 1
        self.requests -= 1
        step.stay()

    def late(self, step: Step, now: float) -> Settled:
        """The end of a step that was not sent, because it comes too long after the step that it goes by."""
        return self._settle(step, late(step), now)

    def _enqueue(self, step: Step, *, first: bool = False) -> None:
        """Let a step wait for its turn, or before that for what has to be known."""
        admission = step.request.admission
        if step.request.soon_after is not None:
            earlier, seconds = step.request.soon_after
            sent_at = self._flows.first_sent_at(step.task, earlier)
            step.until = -math.inf if sent_at is None else sent_at + seconds
        if admission is None:
            self._turns.put(step, first=first)
        elif step.request.limits:
            raise ValueError(f"{step.request.step} waits for a reading, and for named limits: only one is possible")
        else:
            self._gate.enter(step, self._flows.sent_at(step.task, admission.made_by), first=first)

    def _ask_first(self, task: Task) -> None:
        """Ask a question of our own, before anything else that is ready."""
        self.add(task)
        self._turns.hurry()

    # ---- answers in

    def answer(self, step: Step, reply: Reply | Lost, now: float) -> Settled:
        """Take the answer to a step that `next` gave out."""
        self.in_flight -= 1
        reply, verdict, kept = taken(step.request, reply)
        self._learn(step, reply, now)
        if verdict is Verdict.ACCEPT:
            return self._settle(step, accepted(step, reply, kept), now)
        if never_done(reply, verdict):
            step.attempts -= 1
        else:
            step.open |= leaves_open(reply)
        if verdict is Verdict.ABORT:
            self.stops.stop_refused(reply)
        elif verdict is Verdict.PAUSE:
            self.retries += 1
            step.tries -= 1  # who is too busy says nothing of the row
            self._enqueue(step, first=True)
        elif verdict is not Verdict.RETRY or self.stops.gives_up(step, reply, self.line.last_good):
            if verdict is not Verdict.RETRY or not (self.stops.stopping and self.stops.stopped_by):
                return self._settle(step, given_up(step, reply, verdict, kept), now)
            # nobody answers: the row stays open, for the resume
        else:
            self._try_again(step, now)
        return Settled(released=not step.attempts)

    def _learn(self, step: Step, reply: Reply | Lost, now: float) -> None:
        self.line.heard(reply, step.sent_at, now)
        if isinstance(reply, Lost):
            return
        refusing = self._turns.refusing(step, reply)
        for limit in self._turns.limits_of(step):
            if limit in refusing:
                limit.refused(step.sent_at, now)  # before the pause, which is laid around what this teaches
            else:
                limit.accepted(step.sent_at, now - reply.waited)
        if reply.status == 503 or self.limit in refusing:
            self._pause(self.line.pauses, (self.limit,), step, reply, now)
        elif refusing:
            self._pause(self._turns.pauses, refusing, step, reply, now)
        elif step.request.limits:
            self._turns.pauses.answered()

    def _pause(self, pauses: Pauses, limits: Iterable[Pace], step: Step, reply: Reply, now: float) -> None:
        why = pauses.refused(step.sent_at, reply.retry_after, now)
        for limit in limits:
            limit.pause(pauses.until)
        if why:
            self.stops.stop(why)

    def _try_again(self, step: Step, now: float) -> None:
        probe = self.stops.probe(step, self.line.last_good, self._flows.open)
        if probe is not None:
            self._ask_first(probe)
        self.retries += 1
        self._turns.put_off(step, now + back_off(step.tries, self._chance()))

    def _settle(self, step: Step, receipt: Receipt, now: float) -> Settled:
        ended = self._flows.receive(step, receipt)
        if step.task.role is not Role.READING:
            return Settled(receipt, ended)
        beside = tuple(self._gate.take(step.task, receipt, step.sent_at, now))
        for other, told in beside:
            ended += self._flows.receive(other, told)
        if self._gate.pace.hopeless:
            self.stops.stop(TOO_SLOW)
        return Settled(receipt, ended, beside=beside)
