"""One run of a job from the first request to the last, whatever it does: the way in, the pace, the reasons to stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Protocol

import anyio

from bulk.access.account import Setting, sharing, telling
from bulk.access.account_lock import AccountLock
from bulk.access.fenced_pace import FencedPace
from bulk.access.fencing import fencing
from bulk.engine.limit import RateLimit
from bulk.errors import AbortedError, UnfinishedError
from bulk.runtime.meter import Meter, Totals
from bulk.runtime.progress import Started, entering, note
from bulk.runtime.runner import Runner, new_dispatch
from bulk.runtime.stop import Stopping
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.job_folder import JobFolder
from bulk.storage.job_record import JobRecord


class Paced(Protocol):
    """Options that say how fast and how long a job may work."""

    @property
    def rate(self) -> float:
        """Requests a second; 0: no limit."""

    @property
    def concurrency(self) -> int:
        """Requests in flight at most; 0: reckoned."""

    @property
    def max_duration(self) -> float | None:
        """Seconds after which it stops; None: never."""


Work = Callable[[Runner, AccountLock, Stopping], Awaitable[None]]


async def worked(
    folder: JobFolder, record: JobRecord, options: Paced, setting: Setting, checkpoint: Checkpoint | None, work: Work
) -> tuple[Stopping, Totals]:
    """Run `work` until its end or a reason to stop; the reason, and what it took."""
    access, say = setting.access, setting.progress.say
    async with (
        setting.opened(access, options.rate) as send,
        sharing(access, options.rate, say) as limit,
        fencing(access, folder.name, limit) as fence,
    ):
        pace = limit if fence is None else FencedPace(limit or RateLimit(options.rate), fence)
        runner = Runner(new_dispatch(options.rate, options.concurrency, pace), telling(send, say), checkpoint)
        note(setting.progress, Started(folder.name, record.kind, record.resource))
        entered = entering(setting.progress)
        meter = runner.meter = Meter(runner.dispatch, anyio.current_time(), checkpoint, entered)
        stopping = Stopping(runner, setting.progress, seconds=options.max_duration, signals=setting.signals)
        stopping.requested = setting.stop
        stopping.keeping = None if fence is None else fence.keep
        try:
            async with stopping.watching():
                with ExitStack() as stack:
                    await work(runner, AccountLock(folder, record, access, limit, stack, fence), stopping)
        except (AbortedError, UnfinishedError) as raised:
            stopping.stop(raised)
    return stopping, meter.note(anyio.current_time())
