"""The stages of an export, one after the other: all pages, what did not come with them, the files, the end."""

from __future__ import annotations

from functools import partial

import anyio.to_thread

from bulk.access.account_lock import AccountLock
from bulk.jobs.end_export import end_export
from bulk.jobs.export_files import tell_left_out, write_files
from bulk.jobs.export_job import Job
from bulk.jobs.export_pages import Collecting
from bulk.jobs.export_records import ExportRecords
from bulk.jobs.export_rest import read_rest
from bulk.jobs.run import worked
from bulk.jobs.summary import JobResult
from bulk.planning.naming import read_identity
from bulk.runtime.course import Stage
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage import facts
from bulk.storage.job_record import JobRecord


async def run_export(job: Job, record: JobRecord) -> JobResult:
    """Work until the end or a reason to stop. Raises the reason if there is no job to go on with."""
    stopping, spent = await worked(
        job.folder, record, job.options, job.setting, job.checkpoint, partial(export_records, job)
    )
    written = job.checkpoint.fact(facts.WRITTEN)
    error = stopping.error if written is None else None  # whatever wanted to stop it later came too late
    if error is not None and not job.resumed and not job.checkpoint.pages.ranges():
        raise error
    return await end_export(job, spent, error)


async def export_records(job: Job, runner: Runner, account_lock: AccountLock, stopping: Stopping) -> None:
    """Read all records and write the file, unless the job is stopped; the account may be entered already."""
    checkpoint = job.checkpoint
    collecting = Collecting(job, runner, account_lock.enter)
    runner.enter(Stage.READING)
    with stopping.draining():
        await collecting.pages()
    if stopping.error is not None:
        return
    if not account_lock.entered:  # an account without a single record
        account_lock.enter(await runner.ask(read_identity()))
    names = await read_rest(job, runner, collecting.source, collecting.pointers)
    tell_left_out(job, names)
    checkpoint.note(facts.CUSTOM_FIELDS, [[one.title, one.perstag, one.type] for one in names.fields])
    runner.enter(Stage.WRITING)
    with stopping.draining():
        records = ExportRecords(job.resource, checkpoint, collecting.source, names)
        counts = await anyio.to_thread.run_sync(write_files, job, records)
        checkpoint.note(facts.WRITTEN, counts)
        await checkpoint.durable()
