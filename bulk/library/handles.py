"""A job that runs beside its caller: what it tells as it goes, a way to stop it, and its result."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import anyio
import anyio.from_thread

from bulk.access.account import Account
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.library.jobs import job_at
from bulk.library.results import Result
from bulk.library.running import JOBS, Setting, run_export, run_import, run_resume, setting_of
from bulk.resources import known
from bulk.runtime.progress import Happening, Silent, Snapshot

LINES: Final = 1_000  # events that wait for a slow listener at most; then the oldest are dropped


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a person should read now."""

    line: str


Event = Snapshot | Said | Happening


class JobHandle:
    """A running job. Iterate over it for its events; `stop()` it; `await result()` for how it ended.

    Of snapshots only the newest waits for a listener: neither a slow one nor none at all holds the job up.
    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=LINES)
        self._news = anyio.Event()
        self._ended = anyio.Event()
        self._stop = anyio.Event()
        self._result: Result | None = None
        self._error: BaseException | None = None
        self._thread = threading.get_ident()

    # ---- for the caller

    def stop(self) -> None:
        """Let the job stop cleanly: what is on its way is waited for. It can be resumed."""
        self._stop.set()

    async def result(self) -> Result:
        """Wait for the end. Raises what kept the job from beginning, as the plain function does."""
        await self._ended.wait()
        if self._error is not None:
            raise self._error
        assert self._result is not None  # noqa: S101 - one of the two is there once it has ended
        return self._result

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The events until the job has ended."""
        while True:
            while self._events:
                yield self._events.popleft()
            if self._ended.is_set():
                return
            await self._news.wait()
            self._news = anyio.Event()

    # ---- for the job, as `Progress`

    def update(self, snapshot: Snapshot) -> None:
        """Take note of where the job stands."""
        self._on_loop(lambda: self._tell(snapshot))

    def say(self, line: str) -> None:
        """Take note of something that a person should read."""
        self._on_loop(lambda: self._tell(Said(line)))

    def note(self, event: Happening) -> None:
        """Take note of what happened."""
        self._on_loop(lambda: self._tell(event))

    def _tell(self, event: Event) -> None:
        if isinstance(event, Snapshot) and self._events and isinstance(self._events[-1], Snapshot):
            self._events.pop()
        self._events.append(event)
        self._news.set()

    def _on_loop(self, act: Callable[[], None]) -> None:
        """Do it here, or from a thread of the job's checks on the job's own: events are not made for threads."""
        if threading.get_ident() == self._thread:
            act()
        else:
            anyio.from_thread.run_sync(act)

    async def run(self, job: Callable[[JobHandle, anyio.Event], Awaitable[Result]]) -> None:
        """Run the job until it has ended, however it does."""
        try:
            self._result = await job(self, self._stop)
        except Exception as error:  # noqa: BLE001 - raised where the result is asked for
            self._error = error
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._ended.set()
            self._news.set()


@asynccontextmanager
async def _running(job: Callable[[JobHandle, anyio.Event], Awaitable[Result]]) -> AsyncIterator[JobHandle]:
    """Run a job while the block runs; the block's end waits for it, an error in the block cancels it."""
    handle = JobHandle()
    async with anyio.create_task_group() as group:
        group.start_soon(handle.run, job)
        yield handle


def start_import(
    resource: str,
    path: str | Path,
    account: Account,
    options: ImportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
) -> AbstractAsyncContextManager[JobHandle]:
    """Begin to import a file; a context manager that gives the job's handle."""
    chosen = options or ImportOptions()
    return _started(account, jobs, lambda setting: run_import(known(resource), Path(path), chosen, setting))


def start_export(
    resource: str,
    path: str | Path,
    account: Account,
    options: ExportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
) -> AbstractAsyncContextManager[JobHandle]:
    """Begin to export a resource to a file; a context manager that gives the job's handle."""
    chosen = options or ExportOptions()
    return _started(account, jobs, lambda setting: run_export(known(resource), Path(path), chosen, setting))


def start_resume(path: str | Path, account: Account, *, retry: bool = False) -> AbstractAsyncContextManager[JobHandle]:
    """Go on with the job of a folder, or with `retry` send again what failed; gives the job's handle."""
    return _started(account, Path(path).parent, lambda setting: run_resume(job_at(path).path, setting, {}, retry=retry))


def start(job: Callable[[Setting], Awaitable[Result]], setting: Setting) -> AbstractAsyncContextManager[JobHandle]:
    """Begin a job of `running`, with all that can be set for it; gives its handle, which is told instead of who was."""

    async def run(handle: JobHandle, stop: anyio.Event) -> Result:
        return await job(replace(setting, progress=handle, stop=stop))

    return _running(run)


def _started(
    account: Account, jobs: str | Path, job: Callable[[Setting], Awaitable[Result]]
) -> AbstractAsyncContextManager[JobHandle]:
    """A job that runs beside its caller, with nothing special in mind."""
    return start(job, setting_of(account, jobs, Silent()))
