"""What is at work behind the pages: jobs, each beside the others, whoever looks at them.

They end by themselves, when a person stops them, or when the server ends; then a job stops cleanly and can go on.
"""

from __future__ import annotations

import contextlib
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

from bulk.app.drafts import Draft, draft_in
from bulk.app.open_files import OpenFiles
from bulk.errors import BulkError
from bulk.library import Account, Comparison, ImportOptions, JobHandle, Said, Snapshot
from bulk.library.handles import start
from bulk.library.jobs import discard_plan
from bulk.library.progress import Silent
from bulk.library.results import Result
from bulk.library.running import Setting
from bulk.wording import FrontEnd

LINES: Final = 40  # of what a job says, the last are kept
STEADY: Final = 3.0  # seconds below which a rate says nothing: a job begins with a few requests at once
PACE: Final = 10.0  # seconds over which the rate is taken
RATE: Final = ImportOptions().rate  # requests a second where nobody says
PAUSE: Final = 3.0  # seconds between two looks at a connection that waits for its person
KEPT: Final = 100  # jobs that have ended and of which it is known how


# wide: one attribute for each thing that is told of a job at work
@dataclass(slots=True)
class Work:
    """A job at work, or how it ended: `result`, or the `error` that kept it from beginning."""

    name: str
    kind: str
    draft: str = ""  # the id of the draft that it was begun from
    plan: str = ""  # the plan instead of which an import was begun
    about: tuple[str, ...] = ()  # the names of what is compared
    handle: JobHandle | None = None
    snapshot: Snapshot | None = None
    said: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    paces: deque[tuple[float, int]] = field(default_factory=deque)
    stopping: bool = False
    pausing: bool = False  # it stops, to go on by a button
    ended: bool = False
    result: Result | None = None
    comparison: Comparison | None = None  # of a comparison, which is no job
    scope: anyio.CancelScope | None = None
    error: BulkError | None = None
    defect: str = ""

    def update(self, snapshot: Snapshot) -> None:
        """Take in how far it is; with `say` it is the `Progress` of what is no job."""
        self.note(snapshot)

    def say(self, line: str) -> None:
        """Take in what a person should read."""
        self.note(Said(line))

    def note(self, event: object) -> None:
        """Take in what the job tells; of more than lines and how far it is, the page learns from the job's folder."""
        if isinstance(event, Said):
            self.said.append(event.line)
        if not isinstance(event, Snapshot):
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
        return max(0, last - first) / (now - began) if now - began >= STEADY else 0.0


Comparing = Callable[[Work], Awaitable[Comparison]]


class Desk:
    """Everything that is at work for one account and one folder of jobs."""

    def __init__(self, account: Account, jobs: Path, rate: float) -> None:
        self.account = account
        self.jobs = jobs
        self.rate = rate  # requests a second of jobs that are begun here
        self.pause = PAUSE
        self.files = OpenFiles(account)
        self.works: dict[str, Work] = {}
        self._jobs: TaskGroup | None = None

    def use(self, account: Account) -> None:
        """Work for another account from now on; what was begun goes on where it was begun."""
        group, self.account = self.files.group, account
        self.files = OpenFiles(account)
        self.files.group = group
        if group is not None:
            group.start_soon(self.files.learn_name)

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
        self._add(work)
        self._jobs.start_soon(self._work, work, start(job, setting))

    def begin_comparison(self, work: Work, compare: Comparing, draft: Draft | None) -> None:
        """Set a comparison to work, which is told of to its `work`; a draft's file was given for it alone."""
        assert self._jobs is not None  # noqa: S101 - pages are served while it runs
        self._add(work)
        self._jobs.start_soon(self._compare, work, compare, draft)

    async def _compare(self, work: Work, compare: Comparing, draft: Draft | None) -> None:
        try:
            with anyio.CancelScope() as work.scope:
                work.comparison = await compare(work)
        except BulkError as error:
            work.error = error
        except Exception as error:  # noqa: BLE001 - as of a job
            work.defect = type(error).__name__
        finally:
            if draft is not None:
                self.files.remove(draft)
            work.ended = True

    def _add(self, work: Work) -> None:
        self.works.pop(work.name, None)
        for name in [name for name, old in self.works.items() if old.ended][:-KEPT]:
            del self.works[name]
        self.works[work.name] = work

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
            self.files.forget_names()
            if work.plan:
                await anyio.to_thread.run_sync(self._settle_plan, work)
            work.ended = True

    def _settle_plan(self, work: Work) -> None:
        """Take away the plan instead of which an import was begun; one that has not come so far waits on."""
        if not (self.jobs / work.name).exists():
            work.plan = ""
            return
        with contextlib.suppress(BulkError, OSError):  # then it stays in the list, and can be deleted there
            discard_plan(self.jobs, work.plan)

    def rate_at(self, account: Account) -> float:
        """The rate of what is begun on an account: the page's own holds for the account that it is for."""
        return self.rate if account.place == self.account.place else RATE

    def stop(self, work: Work, *, pause: bool = False) -> None:
        """Let a job stop cleanly; a `pause` is that too, so nothing is lost however long it is."""
        work.stopping, work.pausing = True, pause
        if work.scope is not None:
            work.scope.cancel()
        if work.handle is not None and not work.ended:
            work.handle.stop()

    def instead_of(self, plan: str) -> Work | None:
        """The import that was begun instead of carrying a plan out, None if none was."""
        return next((work for work in self.works.values() if work.plan == plan), None)

    def at_work(self, name: str) -> Work | None:
        """The job of that name, if it is at work here."""
        work = self.works.get(name)
        return None if work is None or work.ended else work
