"""What is at work behind the pages: jobs and checks, each beside the others, whoever looks at them.

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

from bulk.app.drafts import Draft, draft_in
from bulk.errors import BulkError, UnfinishedError, UsageError
from bulk.library import Account, JobHandle, Said, Snapshot
from bulk.library.accounts import called
from bulk.library.handles import start
from bulk.library.previews import Names, OpenFile, Preview, Problems, names_of, open_file, preview
from bulk.library.progress import Silent
from bulk.library.results import Result
from bulk.library.running import Setting
from bulk.wording import FrontEnd

LINES: Final = 40  # of what a job says, the last are kept
PACE: Final = 10.0  # seconds over which the rate is taken
FRESH: Final = 60.0  # seconds for which what an account is asked once is good
PATIENCE: Final = 15.0  # seconds for which somebody waits for a page
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


@dataclass(slots=True)
class Check:
    """A check of a draft's file at work, or what it found."""

    opened: OpenFile
    problems: Problems
    rows: int = 0
    error: BulkError | None = None

    def update(self, snapshot: Snapshot) -> None:
        """Take note of how many rows are looked at."""
        self.rows = snapshot.done

    def say(self, line: str) -> None:
        """Nothing: the page says it its own way."""


class Desk:
    """Everything that is at work for one account and one folder of jobs."""

    def __init__(self, account: Account, jobs: Path) -> None:
        self.account = account
        self.jobs = jobs
        self.called = ""
        self.patience = PATIENCE
        self.works: dict[str, Work] = {}
        self._checks: dict[str, Check] = {}
        self._names: dict[str, tuple[float, Names]] = {}
        self._jobs: TaskGroup | None = None
        self._looks: TaskGroup | None = None

    async def run(self, started: anyio.Event, closing: anyio.Event) -> None:
        """Work until `closing` is set, then stop the jobs that are at work, and wait for them."""
        async with anyio.create_task_group() as self._jobs:
            async with anyio.create_task_group() as self._looks:
                self._looks.start_soon(self._learn_name)
                started.set()
                await closing.wait()
                self._looks.cancel_scope.cancel()
            for work in self.works.values():
                self.stop(work)

    async def _learn_name(self) -> None:
        try:
            self.called = await called(self.account)
        except BulkError:
            self.called = ""  # the first page that needs the account says why

    # ---- jobs

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
                    work.note(event)
            work.result = await handle.result()  # outside: what is raised within comes in a group
            if work.draft and work.result.summary.state == "finished":  # a copy that nobody needs any more
                await anyio.to_thread.run_sync(self._remove, work.draft)
        except BulkError as error:
            work.error = error
        except Exception as error:  # noqa: BLE001 - a defect of one job ends no other, and is told on its page
            work.defect = type(error).__name__
        finally:
            work.ended = True

    def _remove(self, draft: str) -> None:
        self._checks.pop(draft, None)
        known = draft_in(self.jobs, draft)
        if known is not None:
            known.upload.remove()

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

    # ---- files

    async def names(self, resource: str) -> Names:
        """What rows of a resource may name in the account. Raises as the library does."""
        known = self._names.get(resource)
        if known is None or known[0] < time.monotonic() - FRESH:
            with anyio.move_on_after(self.patience) as scope:
                names = await names_of(resource, self.account)
            if scope.cancelled_caught:
                raise UnfinishedError("account_silent", seconds=self.patience)
            self.called = names.host or self.called
            known = self._names[resource] = time.monotonic(), names
        return known[1]

    async def preview(self, draft: Draft, *, alone: bool = False) -> Preview:
        """A look at a draft's file; `alone`: without what only the account knows."""
        names = None if alone else await self.names(draft.resource)
        upload = draft.upload
        return await anyio.to_thread.run_sync(
            lambda: preview(draft.resource, upload.path, draft.options, names, called=upload.name)
        )

    async def check(self, draft: Draft) -> Check:
        """The check of a draft's file, begun if it is not. Raises `UsageError` for what an import would refuse."""
        known = self._checks.get(draft.id)
        if known is not None:
            draft.edits = known.opened.edits  # one and the same for all who correct it
            return known
        names = await self.names(draft.resource)
        upload = draft.upload
        opened = await anyio.to_thread.run_sync(
            lambda: open_file(draft.resource, upload.path, draft.options, names, called=upload.name)
        )
        opened.edits = draft.edits
        check = self._checks[draft.id] = Check(opened, Problems())
        assert self._looks is not None  # noqa: S101 - pages are served while it runs
        self._looks.start_soon(self._look, check)
        return check

    async def _look(self, check: Check) -> None:
        try:
            await anyio.to_thread.run_sync(check.opened.check, check.problems, check)
        except BulkError as error:
            check.error = error
        except OSError as error:
            check.error = UsageError("input_unreadable", file="", reason=error.strerror)

    def forget_check(self, draft: Draft) -> None:
        """Forget what was found in a file: it is read otherwise now, or gone."""
        self._checks.pop(draft.id, None)
