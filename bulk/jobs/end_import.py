"""The end of an import: the reports and the sums, checked before anyone is told."""

from __future__ import annotations

import anyio
import anyio.to_thread

from bulk.errors import AbortedError
from bulk.jobs.import_job import Job
from bulk.jobs.summary import JobResult, Summary, told_of
from bulk.jobs.way_back import way_back
from bulk.runtime.meter import Totals
from bulk.runtime.stop import Stopping
from bulk.storage import facts
from bulk.storage.input_copy import check_copy, remove_copy
from bulk.storage.job_folder import SUMMARY
from bulk.storage.missing_report import MissingCounts, write_missing
from bulk.storage.reports import write_reports
from bulk.wording import counted


async def end_import(job: Job, totals: Totals, stopping: Stopping) -> JobResult:
    """Write the reports and the sums; checked before anyone is told."""
    checkpoint, error = job.checkpoint, stopping.error
    await checkpoint.durable()
    await anyio.to_thread.run_sync(check_copy, job.folder)
    rows, actions, codes, kept, begun, still = await anyio.to_thread.run_sync(
        write_reports, job.folder, job.source, checkpoint, job.setting.front_end
    )
    missing = MissingCounts()
    if job.options.delete_missing and checkpoint.fact(facts.UNEDITED_SETTLED):
        missing = await anyio.to_thread.run_sync(write_missing, job.folder, checkpoint, job.setting.front_end)
    await checkpoint.durable()
    in_doubt = rows["in_doubt"] or missing.rows.get("in_doubt", 0)
    waiting = rows["unprocessed"] or missing.rows.get("unprocessed", 0)
    open_rows = waiting or checkpoint.unread.count() or (error is not None and in_doubt)
    state = "unfinished" if open_rows else "finished"
    if job.options.on_invalid == "stop" and (checkpoint.fact(facts.CHECKED) or {}).get("rejected"):
        state = "stopped"
    if job.options.mode == "delete" and not checkpoint.fact(facts.CONFIRMED) and not rows["succeeded"]:
        state = "stopped" if isinstance(error, AbortedError) else state
    if error is not None and error.code == "conflicts":
        state = "stopped"  # a resume would find them again
    if state == "finished" and stopping.drained:
        error = None  # whatever wanted to stop it came too late
    unreadable = checkpoint.unread.unreadable_count()
    back = await anyio.to_thread.run_sync(way_back, checkpoint)
    summary = Summary(
        job.folder.name, state, rows, actions, codes, totals, told_of(error, job.setting.front_end),
        begun=begun, still_on_list=still, not_read_back=unreadable, undoable=back.undoable, not_undoable=back.untold,
        read_at=checkpoint.fact(facts.READ_AT) if rows["unchanged"] else "",
        missing=missing.rows if missing.rows.get("read") else {}, missing_codes=dict(missing.codes),
    )  # fmt: skip
    if unreadable:
        said = f"{counted(unreadable, 'row')} are done as far as the answers say: the API does not let them be read."
        job.setting.progress.say(said)
    await anyio.to_thread.run_sync(job.folder.write_json, SUMMARY, summary.to_json())
    if state != "unfinished" and not (rows["failed"] or in_doubt or missing.rows.get("failed")):
        remove_copy(job.folder)
    return JobResult(job.folder, summary, error, kept)
