"""Validate: the checks of an import, with nothing sent but questions; without an account, those that need none."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from bulk.access.account import Account, Setting, sharing, telling
from bulk.access.shared_limit import SharedLimit
from bulk.files.check import Compare, FileCheck, Tally
from bulk.files.matching import Match
from bulk.jobs.check import Counting, damaged_cells, remarks
from bulk.jobs.import_job import Job
from bulk.jobs.input_options import matched, on_duplicate_of, source_of
from bulk.jobs.options import ImportOptions
from bulk.jobs.prefetch import compared, prefetched
from bulk.jobs.prepared import prepared_for
from bulk.model import Issue
from bulk.planning.names import Names, columns_of
from bulk.planning.naming import families_of, read_names
from bulk.resources.spec import Column, Resource
from bulk.runtime.progress import Silent
from bulk.runtime.runner import Runner, new_dispatch
from bulk.runtime.stop import Stopping
from bulk.storage.checkpoint import Checkpoint, new_checkpoint
from bulk.storage.input_copy import Input, take
from bulk.storage.job_folder import CHECKPOINT, INPUT_COPY, JobFolder
from bulk.wording import FrontEnd, in_words_of

SHOWN: Final = 1000  # issues kept whole; beyond that they are counted


@dataclass(slots=True)
class Findings:
    """What a validation found: the sums, the first issues, and how many there are of each code."""

    tally: Tally = field(default_factory=Tally)
    issues: list[Issue] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    unchecked: tuple[str, ...] = ()
    offline: bool = False
    front_end: FrontEnd = FrontEnd.LIBRARY

    def rejected(self, issues: Sequence[Issue]) -> None:
        """Take issues in."""
        self.codes.update(issue.code for issue in issues)
        for issue in issues[: max(0, SHOWN - len(self.issues))]:
            message, hint = (in_words_of(self.front_end, text) for text in (issue.message, issue.hint))
            self.issues.append(replace(issue, message=message, hint=hint))

    def skipped(self, rows: Sequence[tuple[int, str]]) -> None:
        """Rows that the user sets aside are no issues."""


async def account_columns(resource: Resource, access: Account) -> tuple[Column, ...]:
    """The columns that a resource has in this account, its custom fields with their options among them."""
    return columns_of(resource, await _names(resource, Setting(access, Path(), Silent()), 5.0))


async def _names(resource: Resource, setting: Setting, rate: float) -> Names:
    async with _asking(setting, rate) as (runner, limit):
        names = await runner.ask(read_names(families_of(resource, ()), resource.custom))
        if limit is not None and names.host:
            limit.settle(names.host)
        return names


@asynccontextmanager
async def _asking(
    setting: Setting, rate: float, checkpoint: Checkpoint | None = None
) -> AsyncIterator[tuple[Runner, SharedLimit | None]]:
    """What asks the account, at the pace of all who are at work on it."""
    access, progress = setting.access, setting.progress
    async with setting.opened(access, rate) as send, sharing(access, rate, progress.say) as limit:
        runner = Runner(new_dispatch(rate, 0, limit), telling(send, progress.say), checkpoint)
        async with Stopping(runner, progress, seconds=None, signals=False).watching():
            yield runner, limit


async def validate(
    resource: Resource, given: Input, options: ImportOptions, setting: Setting, *, offline: bool
) -> Findings:
    """Check a file, rows that a program holds, or (None) standard input.

    `offline`: without asking the account for its fields, lists and options. Else it is asked for its records
    too, as an import would, if what becomes of some row hangs on them.
    """
    options = replace(options, mode=options.mode or resource.modes[0], key=options.key or resource.key)
    names = None if offline else await _names(resource, setting, options.rate)
    if names is not None and names.host:
        setting.progress.say(f"Account: {names.host}")
    with tempfile.TemporaryDirectory() as name:
        folder = JobFolder(Path(name))
        taken = await take(given, folder.file(INPUT_COPY))
        source = await anyio.to_thread.run_sync(source_of, resource, taken.file, options)
        setting.progress.say(f"{Path(taken.file.name).name}: {source.describe()}")
        with new_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
            findings = await _check(Job(folder, resource, options, source, checkpoint, setting, taken=taken), names)
        if await anyio.to_thread.run_sync(taken.changed):
            setting.progress.say(f"{taken.file} has changed meanwhile: this is about the file as it was when copied.")
    return findings


async def _check(job: Job, names: Names | None) -> Findings:
    resource, options, source, progress = job.resource, job.options, job.source, job.setting.progress
    match = matched(resource, source, options, names)
    findings = Findings(unchecked=match.unchecked, offline=names is None, front_end=job.setting.front_end)
    file_check = FileCheck(
        source, match, on_duplicate_of(resource, options), findings, None if options.allow_damaged else damaged_cells,
        comparing=names is not None and options.mode in ("upsert", "update"),
    )  # fmt: skip
    with file_check:
        await anyio.to_thread.run_sync(file_check.look_through, Counting(progress).more)
        compare = await _compare(job, match, names, file_check.rows) if names is not None and file_check.asks else None
        findings.tally = await anyio.to_thread.run_sync(file_check.settle, compare)
    for line in remarks(match, findings.tally, source):
        progress.say(line)
    return findings


async def _compare(job: Job, match: Match, names: Names, rows: int) -> Compare:
    """What holds rows against the account, of which as much is read as an import of so many rows would."""
    prepared = prepared_for(job, match, names, datetime.now(UTC))
    async with _asking(job.setting, job.options.rate, job.checkpoint) as (runner, _limit):
        prepared = await prefetched(job, runner, prepared, rows)
    return partial(compared, prepared, job.checkpoint)
