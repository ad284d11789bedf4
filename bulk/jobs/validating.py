"""Validate: the checks of an import, with nothing sent but questions; without an account, those that need none."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from bulk.jobs.access import Account, Setting, opened, sharing, telling
from bulk.jobs.checking import Counting, remarks, spoilt_cells
from bulk.jobs.folder import INPUT_COPY
from bulk.jobs.importing import matched, on_duplicate_of, prepare_table
from bulk.jobs.inputs import Source, take
from bulk.jobs.options import ImportOptions
from bulk.jobs.progress import Progress, Silent
from bulk.jobs.runner import Runner, new_dispatch
from bulk.jobs.stopping import Stopping
from bulk.model import Issue
from bulk.planning.names import Names, columns_of
from bulk.planning.naming import families_of, read_names
from bulk.resources.spec import Column, Resource
from bulk.tables.check import Tally, check
from bulk.tables.files import NamedFile

SHOWN: Final = 1000  # issues kept whole; beyond that they are counted


@dataclass(slots=True)
class Findings:
    """What a validation found: the sums, the first issues, and how many there are of each code."""

    tally: Tally = field(default_factory=Tally)
    issues: list[Issue] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    unchecked: tuple[str, ...] = ()
    offline: bool = False

    def rejected(self, issues: Sequence[Issue]) -> None:
        """Take issues in."""
        self.codes.update(issue.code for issue in issues)
        self.issues += issues[: max(0, SHOWN - len(self.issues))]

    def skipped(self, rows: Sequence[tuple[int, str]]) -> None:
        """Rows that the user sets aside are no issues."""


async def account_columns(resource: Resource, access: Account) -> tuple[Column, ...]:
    """The columns that a resource has in this account, its custom fields with their options among them."""
    return columns_of(resource, await _names(resource, access, 5.0, Silent()))


async def _names(resource: Resource, access: Account, rate: float, progress: Progress) -> Names:
    async with opened(access, rate) as send:
        with sharing(access, rate, progress.say) as limit:
            runner = Runner(new_dispatch(rate, 0, limit), telling(send, progress.say))
            async with Stopping(runner, progress, seconds=None, signals=False).watching():
                names = await runner.ask(read_names(families_of(resource, ()), resource.custom))
            if limit is not None and names.host:
                limit.settle(names.host, anyio.current_time())
            return names


async def validate(
    resource: Resource, source: Source, options: ImportOptions, setting: Setting, *, offline: bool
) -> Findings:
    """Check a file, rows that a program holds, or (None) standard input.

    `offline`: without asking the account for its fields, lists and options.
    """
    names = None if offline else await _names(resource, setting.access, options.rate, setting.progress)
    if names is not None and names.host:
        setting.progress.say(f"Account: {names.host}")
    with tempfile.TemporaryDirectory() as folder:
        taken = await take(source, Path(folder) / INPUT_COPY)
        findings = await anyio.to_thread.run_sync(_check, resource, taken.file, options, setting, names)
        if await anyio.to_thread.run_sync(taken.changed):
            setting.progress.say(f"{taken.file} has changed meanwhile: this is about the file as it was when copied.")
    return findings


def _check(
    resource: Resource, file: NamedFile, options: ImportOptions, setting: Setting, names: Names | None
) -> Findings:
    table = prepare_table(resource, file, options)
    setting.progress.say(f"{Path(file.name).name}: {table.dialect.describe()}")
    match = matched(resource, table, options, names)
    findings = Findings(unchecked=match.unchecked, offline=names is None)
    more = Counting(setting.progress).more
    findings.tally = check(
        table, match, on_duplicate=on_duplicate_of(resource, options), sink=findings, progress=more,
        look=None if options.allow_damaged else spoilt_cells,
    )  # fmt: skip
    for line in remarks(match, findings.tally, table):
        setting.progress.say(line)
    return findings
