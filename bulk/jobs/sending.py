"""The rows of an import on their way: names first, then the rows, then what is read back of them."""

# hub: each step on the way of an import's rows is named here once, in their order
from __future__ import annotations

import anyio

from bulk.access.account_lock import AccountLock
from bulk.jobs.after_batch import AfterBatch
from bulk.jobs.apply_cost import NOT_OLD
from bulk.jobs.apply_rows import ApplyRows
from bulk.jobs.batches import BatchFeed
from bulk.jobs.conflicts import check_conflicts
from bulk.jobs.create_names import make_names, planned_names
from bulk.jobs.delete import confirm_deletion, confirm_missing
from bulk.jobs.estimate import check_pace, estimated, reading_of, surveyed
from bulk.jobs.import_job import Job
from bulk.jobs.instead import heeding_replaced
from bulk.jobs.joined_tags import check_tags
from bulk.jobs.prepared import Prepared
from bulk.jobs.read_back import ReadingBack
from bulk.jobs.rows import Rows
from bulk.jobs.telling import telling_progress, where_it_stands
from bulk.jobs.undoable import UndoableRows
from bulk.jobs.without_automations import WithoutAutomations
from bulk.runtime.course import Stage
from bulk.runtime.progress import DELETING, SENDING
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping, gave_up, too_many
from bulk.storage import facts


async def send_rows(
    job: Job, runner: Runner, account_lock: AccountLock, stopping: Stopping, prepared: Prepared
) -> None:
    """Make the names that the rows need, then send the rows and read back what is acknowledged of them."""
    options, checkpoint, names = job.options, job.checkpoint, prepared.names

    def after_each() -> None:
        if limit is not None and rows.failed >= limit:
            stopping.stop(gave_up(rows.failed))

    with stopping.draining():  # from the first write on
        prepared, needs = await surveyed(job, runner, prepared)
        await check_conflicts(job, prepared)
        check_pace(options.rate, needs)
        limit = too_many(options.max_errors, needs.rows)
        if options.delete_missing and needs.rows:
            await confirm_missing(job, runner, prepared)  # before anything is sent, names too
        check_tags(job, prepared, needs)
        wanted = {family: list(called.values()) for family, called in needs.names.items()}
        if job.applies:
            wanted = planned_names(wanted, checkpoint)
        await make_names(runner, account_lock, names, wanted, job.setting.progress, checkpoint)
        prepared = await estimated(job, runner, prepared, needs)
        if options.mode == "delete" and needs.rows:
            await confirm_deletion(job, runner, prepared)
        batches = BatchFeed(prepared, checkpoint, after_each, needs.engine)
        reading = reading_of(job, needs)
        back = ReadingBack(job.resource, prepared.writer.meaning, names, checkpoint, reading)
        rows = Rows(prepared, checkpoint, job.resumed, after_each, back, prepared.writer.flow, counts=batches.counts)
        if options.undoable or options.exact_columns:  # what a contact has has to be known
            rows.flow_of = UndoableRows(prepared, checkpoint).flow
        if checkpoint.fact(facts.BASELINE):  # what both changed is judged by how it is shortly before
            rows.stale = NOT_OLD
        if job.applies:
            rows.flow_of, rows.stale = ApplyRows(prepared, checkpoint, job.projection).flow, NOT_OLD
        if options.no_automations:
            rows.flow_of = WithoutAutomations(prepared).flow
        rows.flow_of = heeding_replaced(prepared, checkpoint, rows.flow_of)
        rows.batched = batches.is_needed
        if rows.batched:
            rows.flow_of = AfterBatch(prepared, checkpoint, rows.flow_of).flow
        phase = DELETING if options.mode == "delete" else SENDING
        async with anyio.create_task_group() as tellers:
            tellers.start_soon(telling_progress, job.setting.progress, rows, needs, runner, phase)
            runner.enter(Stage.SENDING)
            if rows.batched:
                await runner.run(batches)
            await runner.run(rows)
            runner.enter(Stage.READING_BACK)
            await back.finish(runner)
            tellers.cancel_scope.cancel()
        job.setting.progress.update(where_it_stands(rows, needs, runner, phase))
