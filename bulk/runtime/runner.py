"""The runner: the one task group. Brings the engine, the client and the checkpoint together.

It asks the engine what to send, writes the intent, sends, writes the receipt, and tells the engine. It decides nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import anyio
import anyio.lowlevel

from bulk.engine.dispatch import Dispatch
from bulk.engine.limit import RateLimit
from bulk.engine.pace import Pace
from bulk.engine.quota import importer_quotas
from bulk.engine.reading_pace import MARGIN
from bulk.engine.steps import Leaving, Settled, Step
from bulk.engine.tasks import WRITTEN, Task
from bulk.errors import UnfinishedError
from bulk.model import Lost, Outcome, Reply, Request
from bulk.planning.flow import Asking
from bulk.runtime.course import Stage
from bulk.runtime.feed import Feed, Intending, Intents, Leased, Waiting
from bulk.runtime.meter import Meter
from bulk.runtime.questions import Beside, Question
from bulk.storage.checkpoint import Checkpoint

_BREATH = 250  # tasks that may end one after the other before others have their turn
_BACKLOG: Final = 2_000_000  # characters that may wait for the disk: answers may come faster than it takes them
_WAITS: Final = 5.0  # seconds for which a request waits for another place beside its connection
_LOOK: Final = 0.05  # seconds until it looks again
Result = TypeVar("Result")
Send = Callable[[Request], Awaitable[Reply | Lost]]


class Runner:
    """Runs feeds through one engine. `stop()` drains; cancelling the caller's scope leaves at once, in doubt."""

    def __init__(self, dispatch: Dispatch, send: Send, checkpoint: Checkpoint | None = None) -> None:
        self.dispatch = dispatch
        self.meter: Meter | None = None  # of the run, if it is measured
        self._send = send
        self._checkpoint = checkpoint
        self._wake = anyio.Event()
        self._renewing = False

    def writing_to(self, checkpoint: Checkpoint) -> Runner:
        """A runner of the same engine and the same way in, for another checkpoint."""
        return Runner(self.dispatch, self._send, checkpoint)

    def enter(self, stage: Stage) -> None:
        """Note what the job does from now on."""
        if self.meter is not None:
            self.meter.enter(stage, anyio.current_time())

    def stop(self) -> None:
        """Send nothing more; what is in flight is still answered and written down."""
        self.dispatch.stop()
        self._wake.set()

    async def run(self, feed: Feed) -> None:
        """Run until every task of the feed has ended, or the engine has stopped and nothing is in flight."""
        dispatch = self.dispatch
        waiting = feed if isinstance(feed, Waiting) else None  # looked at once: it takes longer than a request
        intents = _intents_of(feed, self._checkpoint)
        leased = dispatch.limit if isinstance(dispatch.limit, Leased) else None
        async with anyio.create_task_group() as flights:
            while True:
                await self._fill(feed)
                now = anyio.current_time()
                if self._go_on(feed, now):
                    continue
                step = dispatch.next(now)
                if leased is not None and not self._renewing and leased.is_due(now):
                    self._renewing = True
                    flights.start_soon(self._renew, leased)
                if isinstance(step, Step):
                    if self._checkpoint and self._checkpoint.backlog > _BACKLOG:
                        await self._checkpoint.durable()
                    flights.start_soon(self._fly, step, now, feed, intents)
                    continue
                if dispatch.in_flight == 0 and (dispatch.stops.stopping or (dispatch.idle and feed.done)):
                    break
                self._wake = anyio.Event()
                with anyio.move_on_after(min(math.inf if step is None else step - now, _later(waiting, now))):
                    await self._wake.wait()
        if self._checkpoint:
            await self._checkpoint.durable()

    async def _renew(self, leased: Leased) -> None:
        try:
            await leased.renew()
        finally:
            self._renewing = False
            self._wake.set()

    def _go_on(self, feed: Feed, now: float) -> bool:
        """Let flows go on whose waits are over; whether tasks ended by it, so that there is room for others."""
        ended = self.dispatch.go_on(now)
        for task, outcome in ended:
            self._end(feed, task, outcome)
        return bool(ended)

    async def _fill(self, feed: Feed) -> None:
        ended = 0
        while self.dispatch.wants():
            task = feed.take()
            if task is None:
                return
            ended += 1
            if ended % _BREATH == 0:  # tasks that ask nothing: without a stop they would let nobody else do anything
                await anyio.lowlevel.checkpoint()
                if self._checkpoint:
                    await self._checkpoint.durable()
            for one, outcome in self.dispatch.add(task):
                self._end(feed, one, outcome)

    async def _fly(self, step: Step, turn: float, feed: Feed, intents: Intents | None) -> None:
        """Bring a step that had its turn at `turn` to its answer."""
        request, task = step.request, step.task
        checkpoint = self._checkpoint if task.role in WRITTEN else None
        intents = intents if checkpoint else None
        if checkpoint and intents and request.method != "GET":
            intents.intend(task.id, request, step.attempts)
            await checkpoint.durable()
            self.dispatch.places.wrote(anyio.current_time() - turn)
        now = await self._place_of(step, intents)
        leaving = self.dispatch.leaves(step, now)
        if leaving is Leaving.LEAVES:
            let: list[bool] = []
            if step.until < math.inf:  # also where a connection has to be made first
                request = replace(request, leave_within=step.until + MARGIN - now)
            if self.dispatch.places.shared:
                request = replace(request, may_leave=partial(self._let_leave, step, let))
            reply = await self._send(request)
            if let and not let[-1]:
                self.dispatch.put_back(step)
                if intents and not step.attempts:
                    intents.release(task.id, step.request.step)
            else:
                self._settled(step, self.dispatch.answer(step, reply, anyio.current_time()), feed, intents)
        elif leaving is Leaving.LATE:
            self._settled(step, self.dispatch.late(step, now), feed, intents)
        elif intents and not step.attempts:
            intents.release(task.id, request.step)
        self._wake.set()
        if checkpoint and request.method == "GET":
            await checkpoint.durable()  # a page has no intent that would wait for it; a kill should not cost it

    async def _place_of(self, step: Step, intents: Intents | None) -> float:
        """Wait for the place of a step that had its turn ahead, unless the job stops; the time."""
        now = anyio.current_time()
        try:
            while now < step.sent_at and not self.dispatch.stops.stopping:  # a sleep may end early, by a clock's grain
                await anyio.sleep(step.sent_at - now)
                now = anyio.current_time()
        except anyio.get_cancelled_exc_class():
            if intents and step.attempts == 1:  # it has not left, and did not before
                intents.release(step.task.id, step.request.step)
            raise
        return now

    async def _let_leave(self, step: Step, let: list[bool]) -> bool:
        """Whether a request may leave at this moment, when nothing but that is left to do; noted in `let`.

        Where its place in the pace was another's before it came to that, or the whole process was stopped meanwhile,
        it takes a new one, and waits for it.
        """
        dispatch, until = self.dispatch, anyio.current_time() + _WAITS
        leased = dispatch.limit if isinstance(dispatch.limit, Leased) else None
        let.append(False)
        try:
            while True:
                now, places = anyio.current_time(), dispatch.places
                stops = dispatch.stops.stopping
                if places.may_leave(step, now) or (not stops and places.takes_another(step, now)):
                    places.departs(step, now)
                    let.append(True)
                    break
                if stops or now > until:
                    break
                if leased is not None and not self._renewing and leased.is_due(now):
                    self._renewing = True
                    await self._renew(leased)
                else:
                    await anyio.sleep(max(0.0, min(dispatch.limit.ready_at(now) - now, _LOOK)))
        except UnfinishedError:  # which the engine is told when it asks next
            self._wake.set()
        return let[-1]

    def _settled(self, step: Step, settled: Settled, feed: Feed, intents: Intents | None) -> None:
        """Write down what an answer settled, and end the tasks that ended by it."""
        checkpoint = self._checkpoint
        if checkpoint and intents:
            if settled.receipt is not None:
                feed.received(step, settled.receipt, checkpoint)
            elif settled.released:
                intents.release(step.task.id, step.request.step)
        if checkpoint:
            for other, receipt in settled.beside:
                feed.received(other, receipt, checkpoint)
        for task, outcome in settled.ended:
            self._end(feed, task, outcome)

    def _end(self, feed: Feed, task: Task, outcome: Outcome) -> None:
        if self._checkpoint and task.role in WRITTEN:
            feed.ended(task, outcome, self._checkpoint)

    async def ask(self, asking: Asking[Result]) -> Result:
        """Run what the job must know before its rows. Raises `AbortedError` or `UnfinishedError` if it cannot."""
        question = Question(asking)
        await self.run(question)
        return question.answer(self.dispatch)

    async def run_beside(self, asking: Asking[Result], feed: Feed, answered: Callable[[Result], None]) -> None:
        """Run a feed, and side by side with it what must be known before its rows mean anything."""
        question = Question(asking, answered)
        await self.run(Beside(question, feed))
        question.answer(self.dispatch)


def _intents_of(feed: Feed, checkpoint: Checkpoint | None) -> Intents | None:
    """Where the intents of a feed's tasks stand; None without a checkpoint."""
    if checkpoint is None:
        return None
    return feed.intents if isinstance(feed, Intending) else checkpoint.journal


def _later(waiting: Waiting | None, now: float) -> float:
    """Seconds until a feed should be asked again for no other reason than time."""
    again = math.inf if waiting is None else waiting.again_at
    return again - now if again > now else math.inf


def new_dispatch(rate: float, concurrency: int, pace: Pace | None = None) -> Dispatch:
    """Make the engine of one run; `rate` 0 means no limit. Without a `pace` it keeps its own."""
    own, chance = pace or RateLimit(rate), random.Random().random  # noqa: S311 - spreads retries, keeps no secret
    return Dispatch(own, chance, rate=rate or math.inf, concurrency=concurrency, limits=importer_quotas())
