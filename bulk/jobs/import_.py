"""Import, resume of an import, and retry: from a file and an account to settled rows and reports.

Everything is checked before the first write leaves; then names are made, then the rows run; the reports come last,
whatever happened in between.
"""

# hub: a job begins and goes on here: folder, record, input, options, checkpoint and the stages are each named once
from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import anyio
import anyio.to_thread

from bulk.access.account import Setting
from bulk.errors import DeclinedError, UsageError
from bulk.jobs.apply import applying
from bulk.jobs.import_job import Job
from bulk.jobs.import_stages import run_import
from bulk.jobs.input_options import source_of
from bulk.jobs.options import ImportOptions, options_read
from bulk.jobs.summary import JobResult, told
from bulk.prefetch.contacts import STALE
from bulk.resources import find
from bulk.resources.spec import Resource
from bulk.storage import facts
from bulk.storage.checkpoint import new_checkpoint, opened_checkpoint
from bulk.storage.input_copy import Input, take, taken_again
from bulk.storage.job_folder import CHECKPOINT, INPUT_COPY, JOB, SUMMARY, JobFolder
from bulk.storage.job_folders import create_job
from bulk.storage.job_record import JobRecord


async def start(
    resource: Resource, given: Input, options: ImportOptions, setting: Setting, *, only_plan: bool = False
) -> JobResult:
    """Import a file, rows that a program holds, or (None) standard input; or with `only_plan` say what it would do.

    Raises `UsageError` for what is wrong with the file or the options: no row was sent, and no job remains, unless it
    has made fields already, which an undo takes away.
    """
    options = replace(options, mode=options.mode or resource.modes[0], key=options.key or resource.key)
    access = setting.access
    kind = "plan" if only_plan else "import"
    folder = create_job(setting.jobs, setting.name, kind)
    with folder.locked():  # to its very end: what another has in hand is not thrown away
        try:
            taken = await take(given, folder.file(INPUT_COPY))
            source = await anyio.to_thread.run_sync(source_of, resource, taken.file, options)
            setting.progress.say(f"{given.name if given is not None else taken.file}: {source.describe()}")
            record = JobRecord(
                kind,
                resource.name,
                asdict(options),
                access.place,
                access.connection,
                input=taken.input,
                named=access.named,
                key_from=access.key_from,
            )
            with new_checkpoint(folder.file(CHECKPOINT), clock=setting.clock) as checkpoint:
                folder.write(record)
                job = Job(folder, resource, options, source, checkpoint, setting, only_plan=only_plan, taken=taken)
                return await run_import(job, record)
        except (DeclinedError, UsageError):
            if not _has_made(folder):
                folder.discard()
            raise
        finally:
            if not folder.file(SUMMARY).exists() and not _begun(folder):
                folder.discard()


async def go_on(
    folder: JobFolder, changes: dict[str, Any], setting: Setting, *, retry: bool = False, max_age: float | None = None
) -> JobResult:
    """Resume an import, or with `retry` first open its failed and doubtful rows again. `changes` are options anew.

    One that has nothing left to send ends as it did before; it needs no input for that. With `max_age`, a plan that is
    at most so many seconds old is carried out; without, one is planned on.
    """
    record = folder.record()
    resource = find(record.resource)
    if resource is None or record.input is None:
        raise UsageError("import_unknown_here", job=folder.name)
    is_plan = record.kind == "plan"
    if max_age is not None and not is_plan:
        raise UsageError("no_plan", job=folder.name)
    options = replace(options_read(ImportOptions, record.options, record.version), **changes)
    with folder.locked():
        try:
            setting.access.check_same(record.place, record.connection)
            if folder.is_done and (before := told(folder)) is not None:
                return before
            file = await taken_again(folder, record.input, setting.progress.say)
            with opened_checkpoint(folder.file(CHECKPOINT), stale=STALE, clock=setting.clock) as checkpoint:
                noted = checkpoint.fact(facts.UNDERSTOOD)
                source = await anyio.to_thread.run_sync(source_of, resource, file, options, noted)
                applies = is_plan and await applying(folder, checkpoint, setting, max_age)
                job = Job(
                    folder, resource, options, source, checkpoint, setting, resumed=True, retry=retry,
                    applies=applies, only_plan=is_plan and not applies,
                )  # fmt: skip
                return await run_import(job, record)
        except DeclinedError:
            if not is_plan:
                folder.discard()
            raise


def _has_made(folder: JobFolder) -> bool:
    """Whether anything was made or sent, which an undo puts back, so that the job has to stay."""
    if not folder.file(JOB).exists():
        return False
    with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
        return checkpoint.journal.has_begun() or bool(checkpoint.fact(facts.MADE_NAMES))


def _begun(folder: JobFolder) -> bool:
    """Whether the checks are done, or something was made for them: from then on the job can be resumed."""
    if not folder.file(JOB).exists():
        return False
    with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
        return checkpoint.fact(facts.CHECKED) is not None or bool(checkpoint.fact(facts.MADE_NAMES))
