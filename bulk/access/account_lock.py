"""The way into an account: entered once it is known whose it is.

Jobs share an account, its limit too. But what a job makes it looks for first, so of two that make records of one
resource at once, neither would find what the other makes, and both would make it: these wait for each other.

On one machine a file is held, which its owner's death sets free at once; on several, where they share a Redis, a lease
in it too (`fence`). Both are taken: others on this machine may not name a Redis, and the file says at once what a lease
says after its time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import anyio
from filelock import FileLock, Timeout

from bulk.access.account import Account
from bulk.access.fence import Fence
from bulk.access.shared_limit import SharedLimit
from bulk.errors import UnfinishedError, UsageError
from bulk.resources import RESOURCES
from bulk.resources.spec import Writing
from bulk.storage.job_folder import JobFolder
from bulk.storage.job_record import JobRecord
from bulk.storage.private import check_own_file, own_folder

PATIENCE: Final = 600.0  # seconds that a job waits for another one to have made its names
AGAIN: Final = 0.2  # seconds until it looks again


class AccountLock:
    """Entered once; what is held by it is held until the stack is closed."""

    def __init__(
        self,
        folder: JobFolder,
        record: JobRecord,
        access: Account,
        limit: SharedLimit | None,
        stack: ExitStack,
        fence: Fence | None = None,
    ) -> None:
        self.entered = False
        self.makes = record.kind == "import"  # it may make records: of a plan only once that is carried out
        self.holds: set[str] = set()  # the resources that no other job makes meanwhile
        self._folder = folder
        self._record = record
        self._access = access
        self._limit = limit
        self._stack = stack
        self._fence = fence

    async def enter_to_make(self, host: str, say: Callable[[str], None]) -> None:
        """Enter, unless `host` is "", with what the job may make held, so that no other makes it meanwhile.

        Raises `UsageError` for another account than the job's, `UnfinishedError` while another job makes the same.
        """
        if self.entered or not host:
            self.enter(host)
            return
        self._record.check_account(host)
        for resource in RESOURCES if self.makes else ():
            # contacts are known to the API by their addresses: nobody is made twice
            if resource.writing is not Writing.CONTACT and self._record.resource in (resource.name, "all"):
                self._stack.enter_context(_current(self._access.lock(host, resource.name), resource.name, host))
                if self._fence is not None:
                    await self._fence.take(resource.name, host, say)
                self.holds.add(resource.name)
        self.enter(host)

    def enter(self, host: str) -> None:
        """Enter, unless `host` is "", to make nothing. Raises `UsageError` for another account than the job's."""
        if self.entered:
            return
        if not host:
            if self._limit is not None:  # it has a budget of its own: nobody will ever know more
                self._limit.settle(self._access.place)
            return
        self._record.check_account(host)
        if self._limit is not None:
            self._limit.settle(host)
        if not self._record.account:
            self._folder.write(replace(self._record, account=host))
        self.entered = True

    @asynccontextmanager
    async def making(self, resource: str, host: str, say: Callable[[str], None]) -> AsyncIterator[None]:
        """Hold a resource for a moment, to look for names and make those that are missing; waits for who does so.

        Raises `UnfinishedError` if that takes too long.
        """
        if resource in self.holds or not host:
            yield
            return
        until, told = anyio.current_time() + PATIENCE, False
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(_current(self._access.lock(host, resource), resource, host))
                    break
                except UnfinishedError:
                    if anyio.current_time() >= until:
                        raise
                if not told:
                    say(f"Waiting for another job that makes {resource} in {host}.")
                    told = True
                await anyio.sleep(AGAIN)
            if self._fence is None:
                yield
                return
            await self._fence.take(resource, host, say, patience=PATIENCE)
            try:
                yield
            finally:
                await self._fence.release(resource)


@contextmanager
def _current(lock: Path, resource: str, host: str) -> Iterator[None]:
    """Hold a resource of an account on this machine; a dead owner's hold is gone with it."""
    try:
        own_folder(lock.parent)
        check_own_file(lock)
        hold = FileLock(lock, mode=0o600)
        hold.acquire(timeout=0)
    except Timeout:
        raise UnfinishedError("resource_in_use", resource=resource, host=host) from None
    except OSError as error:
        raise UsageError("state_folder_not_written", folder=lock.parent, reason=error.strerror) from error
    try:
        yield
    finally:
        hold.release()
