"""What is at work behind the pages: jobs, each beside the others, whoever looks at them.

They end by themselves, when a person stops them, or when the server ends; then a job stops cleanly and can go on.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from bulk.app.drafts import draft_in
from bulk.app.open_files import OpenFiles
from bulk.errors import BulkError
from bulk.library import Account, JobHandle, Said, Snapshot
from bulk.library.handles import start
from bulk.library.progress import Silent
from bulk.library.results import Result
from bulk.library.running import Setting
from bulk.wording import FrontEnd

LINES: Final = 40  # of what a job says, the last are kept
PACE: Final = 10.0  # seconds over which the rate is taken
KEPT: Final = 100  # jobs that have ended and of which it is known how


# wide: one attribute for each thing that is told of a job at work
@dataclass(slots=True)
class Work:
    """A job at work, or how it ended: `result`, or the `error` that kept it from beginning."""

    name: str
    kind: str
    draft: str = ""  # the id of the draft that it was begun from
    plan: str = ""  # the plan instead of which an import was begun
    handle: JobHandle | None = None
    snapshot: Snapshot | None = None
    said: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    paces: deque[tuple[float, int]] = field(default_factory=deque)
    stopping: bool = False
    ended: bool = False
    result: Result | None = None
    error: BulkError | None = None
    defect: str = ""

    def note(self, event: Said | Snapshot) -> None:
        """Take in what the job tells."""
        if isinstance(event, Said):
            self.said.append(event.line)
            return
        self.snapshot = event
        now = time.monotonic()
        self.paces.append((now, event.requests))
        while self.paces[0][0] < now - PACE:
            self.paces.popleft()

    @property
    def rate(self) -> float:
        """Requests a second, lately."""
        if len(self.paces) < 2:
            return 0.0
        (began, first), (now, last) = self.paces[0], self.paces[-1]
        return max(0, last - first) / (now - began) if now - began >= 1.0 else 0.0


class Desk:
    """Everything that is at work for one account and one folder of jobs."""

    def __init__(self, account: Account, jobs: Path) -> None:
        self.account = account
        self.jobs = jobs
        self.files = OpenFiles(account)
        self.works: dict[str, Work] = {}
        self._jobs: TaskGroup | None = None

    async def run(self, started: anyio.Event, closing: anyio.Event) -> None:
        """Work until `closing` is set, then stop the jobs that are at work, and wait for them."""
        async with anyio.create_task_group() as self._jobs:
            async with anyio.create_task_group() as looks:
                self.files.group = looks
                looks.start_soon(self.files.learn_name)
                started.set()
                await closing.wait()
                looks.cancel_scope.cancel()
            for work in self.works.values():
                self.stop(work)

    def begin(self, work: Work, job: Callable[[Setting], Awaitable[Result]], account: Account | None = None) -> None:
        """Set a job to work, on the account that the page is for, or on the one that it is of."""
        setting = Setting(account or self.account, self.jobs, Silent(), work.name, front_end=FrontEnd.COMMAND_LINE)
        assert self._jobs is not None  # noqa: S101 - pages are served while it runs
        self.works.pop(work.name, None)
        for name in [name for name, old in self.works.items() if old.ended][:-KEPT]:
            del self.works[name]
        self.works[work.name] = work
        self._jobs.start_soon(self._work, work, start(job, setting))

    async def _work(self, work: Work, job: AbstractAsyncContextManager[JobHandle]) -> None:
        try:
            async with job as handle:
                work.handle = handle
                if work.stopping:
                    handle.stop()
                async for event in handle:
                    if isinstance(event, Snapshot | Said):
                        work.note(event)
            work.result = await handle.result()  # outside: what is raised within comes in a group
            if work.draft and work.result.summary.state == "finished":  # a copy that nobody needs any more
                known = await anyio.to_thread.run_sync(draft_in, self.jobs, work.draft)
                if known is not None:
                    await anyio.to_thread.run_sync(self.files.remove, known)
        except BulkError as error:
            work.error = error
        except Exception as error:  # noqa: BLE001 - a defect of one job ends no other, and is told on its page
            work.defect = type(error).__name__
        finally:
            work.ended = True

    def stop(self, work: Work) -> None:
        """Let a job stop cleanly."""
        work.stopping = True
        if work.handle is not None and not work.ended:
            work.handle.stop()

    def instead_of(self, plan: str) -> Work | None:
        """The import that was begun instead of carrying a plan out, None if none was."""
        return next((work for work in self.works.values() if work.plan == plan), None)

    def at_work(self, name: str) -> Work | None:
        """The job of that name, if it is at work here."""
        work = self.works.get(name)
        return None if work is None or work.ended else work
