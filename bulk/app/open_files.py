"""The files that people look at on the page, open: what their columns become, and which of their rows have problems.

A file is opened once, since a large workbook opens slowly, and checked once, beside the pages. What the account is
asked for is asked once a minute.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from bulk.app.drafts import Draft
from bulk.errors import BulkError, UnfinishedError, UsageError
from bulk.library import Account, Snapshot
from bulk.library.accounts import called
from bulk.library.previews import (
    Names,
    OpenFile,
    Preview,
    Problems,
    Table,
    names_of,
    open_file,
    open_table,
    preview,
)

FRESH: Final = 60.0  # seconds for which what an account is asked once is good
OPEN: Final = 4  # files that are kept open, those that were looked at last
PATIENCE: Final = 15.0  # seconds for which somebody waits for a page


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


class OpenFiles:
    """The files of one account's drafts; `group` is where checks are at work."""

    def __init__(self, account: Account) -> None:
        self.called = ""  # what the account is called, once it has said so
        self.patience = PATIENCE
        self.group: TaskGroup | None = None
        self._account = account
        self._checks: dict[str, Check] = {}
        self._tables: dict[str, tuple[object, Table]] = {}
        self._opening = anyio.Lock()
        self._beginning = anyio.Lock()
        self._names: dict[str, tuple[float, Names]] = {}

    async def learn_name(self) -> None:
        """Ask what the account is called; the first page that needs the account says why that is not known."""
        try:
            self.called = await called(self._account)
        except BulkError:
            self.called = ""

    async def names(self, resource: str) -> Names:
        """What rows of a resource may name in the account. Raises as the library does."""
        known = self._names.get(resource)
        if known is None or known[0] < time.monotonic() - FRESH:
            with anyio.move_on_after(self.patience) as scope:
                names = await names_of(resource, self._account)
            if scope.cancelled_caught:
                raise UnfinishedError("account_silent", seconds=self.patience)
            self.called = names.host or self.called
            known = self._names[resource] = time.monotonic(), names
        return known[1]

    def forget_names(self) -> None:
        """Ask the account anew what rows may name: a job may have made some."""
        self._names.clear()

    async def table(self, draft: Draft) -> Table:
        """A draft's file, opened once as long as it is read the same way. Raises `UsageError` if it cannot be."""
        options = draft.options
        way = (draft.resource, options.preset, options.encoding, options.delimiter, options.skip_lines, options.sheet)
        async with self._opening:
            known = self._tables.pop(draft.id, None)
            if known is None or known[0] != way:
                upload = draft.upload
                table = await anyio.to_thread.run_sync(
                    lambda: open_table(draft.resource, upload.path, options, called=upload.name)
                )
                known = way, table
            self._tables[draft.id] = known  # the last used is the last
            for name in list(self._tables)[:-OPEN]:
                del self._tables[name]
        return known[1]

    async def preview(self, draft: Draft) -> Preview:
        """A look at a draft's file."""
        names = await self.names(draft.resource)
        table = await self.table(draft)
        return await anyio.to_thread.run_sync(preview, table, draft.options, names)

    async def check(self, draft: Draft) -> Check:
        """The check of a draft's file, begun if it is not. Raises `UsageError` for what an import would refuse."""
        async with self._beginning:  # two tabs that ask at once are given the same
            check = self._checks.get(draft.id)
            if check is None:
                names, table = await self.names(draft.resource), await self.table(draft)
                opened = await anyio.to_thread.run_sync(open_file, table, draft.options, names)
                opened.edits = draft.edits
                check = self._checks[draft.id] = Check(opened, Problems())
                assert self.group is not None  # noqa: S101 - pages are served while it runs
                self.group.start_soon(self._look, check)
        draft.edits = check.opened.edits  # one and the same for all who correct it
        return check

    async def _look(self, check: Check) -> None:
        try:
            await anyio.to_thread.run_sync(check.opened.check, check.problems, check)
        except BulkError as error:
            check.error = error
        except OSError as error:
            check.error = UsageError("input_unreadable", file="", reason=error.strerror)

    def forget_check(self, draft: Draft) -> None:
        """Forget what was found in a file: it is read otherwise now."""
        self._checks.pop(draft.id, None)

    def remove(self, draft: Draft) -> None:
        """Remove a file that was given. Blocks."""
        self._checks.pop(draft.id, None)
        self._tables.pop(draft.id, None)
        draft.upload.remove()
