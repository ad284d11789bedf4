"""The runner: the one task group. Brings the engine, the client and the checkpoint together.

It asks the engine what to send, writes the intent, sends, writes the receipt, and tells the engine. It decides nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, Generic, TypeVar

import anyio
import anyio.lowlevel

from bulk.engine.dispatch import Dispatch
from bulk.engine.limit import RateLimit
from bulk.engine.pace import Pace
from bulk.engine.quota import importer_quotas
from bulk.engine.reading_pace import MARGIN
from bulk.engine.steps import Settled, Step
from bulk.engine.tasks import WRITTEN, Role, Task
from bulk.errors import AbortedError, BulkError, UnfinishedError
from bulk.model import Flow, Lost, Outcome, Receipt, Reply, Request, RowStatus
from bulk.planning.flow import Asking
from bulk.runtime.course import Stage
from bulk.runtime.feed import Feed, Intending, Intents, Leased, Waiting
from bulk.runtime.meter import Meter
from bulk.storage.checkpoint import Checkpoint

_BREATH = 250  # tasks that may end one after the other before others have their turn
_BACKLOG: Final = 2_000_000  # characters that may wait for the disk: answers may come faster than it takes them
_LEAD = 2  # requests of a feed that go before the question beside it: what they bring tells how to go on
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
                    flights.start_soon(self._fly, step, feed, intents)
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

    async def _fly(self, step: Step, feed: Feed, intents: Intents | None) -> None:
        request, task = step.request, step.task
        checkpoint = self._checkpoint if task.role in WRITTEN else None
        intents = intents if checkpoint else None
        if checkpoint and intents and request.method != "GET":
            intents.intend(task.id, request, step.attempts)
            await checkpoint.durable()
        now = anyio.current_time()
        if self.dispatch.leaves(step, now):
            if step.until < math.inf:  # also where a connection has to be made first
                request = replace(request, leave_within=step.until + MARGIN - now)
            reply = await self._send(request)
            self._settled(step, self.dispatch.answer(step, reply, anyio.current_time()), feed, intents)
        elif request.soon_after is not None:
            self._settled(step, self.dispatch.late(step, now), feed, intents)
        elif intents and not step.attempts:
            intents.release(task.id, request.step)
        self._wake.set()
        if checkpoint and request.method == "GET":
            await checkpoint.durable()  # a page has no intent that would wait for it; a kill should not cost it

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
        question = _Question(asking)
        await self.run(question)
        return question.answer(self.dispatch)

    async def run_beside(self, asking: Asking[Result], feed: Feed, answered: Callable[[Result], None]) -> None:
        """Run a feed, and side by side with it what must be known before its rows mean anything."""
        question = _Question(asking, answered)
        await self.run(_Beside(question, feed))
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


def stopped_error(dispatch: Dispatch) -> BulkError:
    """Why the engine stopped, as the error that ends the command."""
    if dispatch.stops.refused_key:
        return AbortedError("access_refused", reason=dispatch.stops.stopped_by)
    if dispatch.stops.shut_out:
        return AbortedError("access_shut_out", reason=dispatch.stops.stopped_by)
    if dispatch.stops.stopped_by:
        return UnfinishedError("stopped", reason=dispatch.stops.stopped_by)
    return UnfinishedError("stopped_before_rows")


class _Question(Generic[Result]):
    """A feed of one flow that is nobody's row."""

    def __init__(self, asking: Asking[Result], answered: Callable[[Result], None] = lambda _answer: None) -> None:
        self._asking = asking
        self._answered = answered
        self._answers: list[Result] = []
        self._error: BulkError | None = None
        self._given = False

    def answer(self, dispatch: Dispatch) -> Result:
        """The answer, once the feed has run. Raises what makes the job impossible, or why there is no answer."""
        if self._error is not None:
            raise self._error
        if not self._answers:
            raise stopped_error(dispatch)
        return self._answers[0]

    def take(self) -> Task | None:
        if self._given:
            return None
        self._given = True
        return Task(1, "question", self._flow(), Role.QUESTION)

    def _flow(self) -> Flow:
        try:
            self._answers.append((yield from self._asking))
        except BulkError as error:
            self._error = error
        else:
            self._answered(self._answers[0])
        return Outcome(RowStatus.SUCCEEDED)

    @property
    def failed(self) -> bool:
        """Whether it will never be answered."""
        return self._error is not None

    @property
    def done(self) -> bool:
        return self._given

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Questions leave nothing behind."""

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Questions leave nothing behind."""


class _Beside(Generic[Result]):
    """A feed with a question beside it; without an answer, no more of the feed is begun."""

    def __init__(self, question: _Question[Result], feed: Feed) -> None:
        self._question = question
        self._feed = feed
        self._waiting = feed if isinstance(feed, Waiting) else None
        self._lead = _LEAD

    def take(self) -> Task | None:
        if self._question.failed:
            return None
        task = self._feed.take() if self._lead else None
        self._lead -= bool(self._lead)
        return task or self._question.take() or self._feed.take()

    @property
    def again_at(self) -> float:
        return math.inf if self._waiting is None else self._waiting.again_at

    @property
    def done(self) -> bool:
        return self._question.done and (self._question.failed or self._feed.done)

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        self._feed.received(step, receipt, checkpoint)

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        self._feed.ended(task, outcome, checkpoint)
