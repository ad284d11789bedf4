"""Validate: the checks of an import, with nothing sent but questions; without an account, those that need none."""

# hub: the stages of a validation, each named once
from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from bulk.access.account import Setting
from bulk.files.check import Compare, FileCheck
from bulk.files.joined import Joined
from bulk.jobs.asking import asking, names_of
from bulk.jobs.check import Counting, damaged_cells
from bulk.jobs.check_told import remarks_on_file
from bulk.jobs.findings import Findings
from bulk.jobs.import_job import Job
from bulk.jobs.input_options import matched, on_duplicate_of, source_of
from bulk.jobs.options import ImportOptions
from bulk.jobs.prefetch import compared, prefetched
from bulk.jobs.prepared import Prepared, prepared_for
from bulk.planning.names import Names
from bulk.resources.spec import Resource
from bulk.storage.checkpoint import new_checkpoint
from bulk.storage.input_copy import Input, take
from bulk.storage.job_folder import CHECKPOINT, INPUT_COPY, JobFolder


async def validate(
    resource: Resource, given: Input, options: ImportOptions, setting: Setting, *, offline: bool
) -> Findings:
    """Check a file, rows that a program holds, or (None) standard input.

    `offline`: without asking the account for its fields, lists and options. Else it is asked for its records
    too, as an import would, if what becomes of some row hangs on them.
    """
    options = replace(options, mode=options.mode or resource.modes[0], key=options.key or resource.key)
    names = None if offline else await names_of(resource, setting, options.rate)
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
    match = matched(resource, source, options, names, seeking=options.create_fields)
    findings = Findings(unchecked=match.unchecked, offline=names is None, front_end=job.setting.front_end)
    findings.files = source.names if isinstance(source, Joined) else ()
    file_check = FileCheck(
        source, match, on_duplicate_of(resource, options), findings, None if options.allow_damaged else damaged_cells,
        comparing=names is not None and options.mode in ("upsert", "update"),
    )  # fmt: skip
    with file_check:
        await anyio.to_thread.run_sync(file_check.look_through, Counting(progress).more)
        compare = None
        if names is not None and file_check.asks:
            compare = await _compare(job, prepared_for(job, match, names, datetime.now(UTC)), file_check.rows)
        findings.tally = await anyio.to_thread.run_sync(file_check.settle, compare)
    findings.issues.sort(key=lambda issue: issue.row)  # what rows have in common is seen after all of them
    for line in remarks_on_file(match, findings.tally, source):
        progress.say(line)
    return findings


async def _compare(job: Job, prepared: Prepared, rows: int) -> Compare:
    """What holds rows against the account, of which as much is read as an import of so many rows would."""
    async with asking(job.setting, job.options.rate, job.checkpoint) as (runner, _limit):
        prepared = await prefetched(job, runner, prepared, rows)
    return partial(compared, prepared, job.checkpoint)
