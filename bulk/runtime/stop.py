"""Why and how a job stops before its end: signals, time, too many errors. One object a job; the first reason holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import anyio

from bulk.errors import AbortedError, BulkError, InterruptedJobError, UnfinishedError
from bulk.runtime.progress import NO_ANSWER, Progress, Waiting, note
from bulk.runtime.questions import stopped_error
from bulk.runtime.runner import Runner
from bulk.runtime.signals import STOPPING, stopping_signals
from bulk.runtime.watchdog import Watchdog
from bulk.wording import duration

NOTE_EVERY: Final = 2.0  # seconds
SILENCE: Final = 2.0  # seconds without an answer after which a person wants to know
LOOK_EVERY: Final = 1.0
LONG: Final = 60.0  # seconds of a pause after which it is said that it is one


# wide: every reason to stop, each with who watches for it
class Stopping:
    """Watches one run. `signals`: take Ctrl-C and SIGTERM into account (a command does, a library call does not).

    While the run is `draining()`, a stop waits for what is on its way; before and after it leaves at once.
    """

    def __init__(self, runner: Runner, progress: Progress, *, seconds: float | None, signals: bool) -> None:
        self.reason: BulkError | None = None
        self.drained = False  # whether the run came as far as its rows
        self._runner = runner
        self._progress = progress
        self._seconds = seconds
        self._signals = signals
        self._body = anyio.CancelScope()
        self._waits = False
        self._interrupted = False
        self.requested: anyio.Event | None = None  # by whom the job was begun: stop it once this is set
        self.keeping: Callable[[], Coroutine[Any, Any, None]] | None = None  # runs beside it, and keeps what it holds

    def follow(self, runner: Runner) -> None:
        """Stop this runner from now on: a job of many parts has one for each."""
        self._runner = runner

    def stop(self, reason: BulkError, *, leave: bool = True) -> None:
        """Stop, for this reason. `leave` False: whoever says so has something to write down yet."""
        if self.reason is None:
            self.reason = reason
        self._runner.stop()
        if leave and not self._waits:
            self._body.cancel()

    @property
    def error(self) -> BulkError | None:
        """Why the run stopped, whoever stopped it; None if it ran to its end."""
        if self.reason is None and self._runner.dispatch.stops.stopped_by is not None:
            return stopped_error(self._runner.dispatch)
        return self.reason

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch while the body runs. A second signal cancels the body: what is in flight stays in doubt."""
        error: Exception | None = None
        async with anyio.create_task_group() as watchers:
            with self._body:
                if self._signals:
                    await watchers.start(self._watch_signals)
                watchers.start_soon(self._note_spent)
                watchers.start_soon(self._tell_silence)
                if self.keeping is not None:
                    watchers.start_soon(self.keeping)
                if self.requested is not None:
                    watchers.start_soon(self._watch_request, self.requested)
                if self._seconds is not None:
                    watchers.start_soon(self._watch_time, self._seconds)
                try:
                    yield
                except Exception as raised:  # noqa: BLE001 - raised again, out of the groups it went through
                    error = raised
            watchers.cancel_scope.cancel()
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        if error is not None:
            raise error

    @contextmanager
    def draining(self) -> Iterator[None]:
        """Within, what is on its way is waited for."""
        self._waits = self.drained = True
        try:
            yield
        finally:
            self._waits = False

    async def _watch_signals(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        with stopping_signals() as received, Watchdog().watching(STOPPING):
            task_status.started()
            async for number in received:
                if self._interrupted:
                    self._body.cancel()
                    continue
                self._interrupted = True
                if self._waits:
                    self._progress.say("Stopping: waiting for what is on its way. Once more leaves at once.")
                begun = self.drained
                self.stop(
                    InterruptedJobError("interrupted", number)
                    if begun
                    else InterruptedJobError("interrupted_before_rows", number)
                )

    async def _note_spent(self) -> None:
        """Let what the run takes be written down as it goes: a kill leaves nobody to sum it up."""
        while True:
            await anyio.sleep(NOTE_EVERY)
            if self._runner.meter is not None:
                self._runner.meter.note(anyio.current_time())

    async def _tell_silence(self) -> None:
        """Say soon that nobody answers any more, and once somebody does again."""
        told = False
        while True:
            await anyio.sleep(LOOK_EVERY)
            dispatch = self._runner.dispatch
            since = dispatch.line.silent_since
            if since is None and told:
                self._progress.say("There are answers again.")
                told = False
            elif since is not None and not told and anyio.current_time() - since >= SILENCE:
                said = dispatch.line.last_trouble.rstrip(".")
                pause = dispatch.line.pauses.until - anyio.current_time()
                when = f"in {duration(pause)}, as was asked for" if pause > LONG else "for up to a minute"
                self._progress.say(f"No answer: {said}. It is tried again, {when}.")
                note(self._progress, Waiting(NO_ANSWER, round(max(0.0, pause), 1)))
                told = True

    async def _watch_request(self, requested: anyio.Event) -> None:
        await requested.wait()
        self.stop(UnfinishedError("stop_requested"))

    async def _watch_time(self, seconds: float) -> None:
        await anyio.sleep(seconds)
        self.stop(UnfinishedError("time_over"))


def too_many(limit: str, total: int) -> int | None:
    """The number of failed rows at which a run gives up, from `max_errors` (N or N%); None for never.

    `total` is how many rows it has to send. Rows in doubt count as failed; rejected ones, of which nothing was sent, do
    not, whether the checks or the account rejected them. Each run counts its own.
    """
    if not limit:
        return None
    if limit.endswith("%"):
        return max(1, int(total * float(limit[:-1]) / 100))
    return int(limit)


def gave_up(failed: int) -> AbortedError:
    """The error of a job that gave up after too many failed rows."""
    return AbortedError("too_many_errors", rows=failed)
