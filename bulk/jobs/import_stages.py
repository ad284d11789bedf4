"""The stages of an import, one after the other. Everything is checked before the first write leaves."""

# hub: each stage is named here once, in their order

from __future__ import annotations

from functools import partial

import anyio
import anyio.to_thread

from bulk.access.account_lock import AccountLock
from bulk.errors import DeclinedError
from bulk.jobs.baseline import with_baseline
from bulk.jobs.checking import checked_rows, match_of, names_of_account, opened_again
from bulk.jobs.create_fields import with_new_fields
from bulk.jobs.end_import import end_import
from bulk.jobs.end_plan import end_plan
from bulk.jobs.import_job import Job
from bulk.jobs.missing import with_missing
from bulk.jobs.missing_rules import check_missing
from bulk.jobs.owners import with_owners
from bulk.jobs.plan import check_planned, plan_rows
from bulk.jobs.run import worked
from bulk.jobs.sending import send_rows
from bulk.jobs.summary import JobResult
from bulk.jobs.unedited import settle_unedited
from bulk.runtime.course import Stage
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage import facts
from bulk.storage.job_record import JobRecord


async def run_import(job: Job, record: JobRecord) -> JobResult:
    """Work until the end or a reason to stop; then the reports. Raises the reason if there is no job to go on with."""
    work = partial(import_rows, job)
    stopping, spent = await worked(job.folder, record, job.options, job.setting, job.checkpoint, work)
    error = stopping.error
    made = job.checkpoint.fact(facts.MADE_NAMES)
    declined = isinstance(error, DeclinedError) and not (job.retry or job.checkpoint.journal.has_begun() or made)
    if error is not None and (declined or (job.checkpoint.fact(facts.CHECKED) is None and not made)):
        raise error  # and nothing is left of the job
    return await (end_plan if job.only_plan else end_import)(job, spent, stopping)


async def import_rows(job: Job, runner: Runner, account_lock: AccountLock, stopping: Stopping) -> None:
    """The way of an import, once there is a way to the account; that of a plan parts from it after the checks."""
    if job.only_plan:
        check_planned(job)
    account_lock.makes |= job.applies
    names = await names_of_account(job, runner, account_lock)
    await with_owners(job, runner, names)
    await with_new_fields(job, runner, account_lock, names)
    match = await anyio.to_thread.run_sync(match_of, job, names)
    async with with_baseline(job, match, names) as (based, edits):
        await check_missing(job, based, edits)
        runner.enter(Stage.CHECKING)
        prepared = await checked_rows(job, runner, based)
        runner.enter(Stage.READING)
        prepared = await opened_again(job, prepared)
        if edits is not None:
            await settle_unedited(job, prepared, edits)
        prepared = await with_missing(job, runner, prepared, edits)
        if job.only_plan:
            await plan_rows(job, runner, prepared)
        else:
            await send_rows(job, runner, account_lock, stopping, prepared)
