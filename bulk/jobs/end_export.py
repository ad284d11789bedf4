"""The end of an export: its records are counted against what the account said it holds."""

from __future__ import annotations

from typing import Final

import anyio.to_thread

from bulk.errors import BulkError
from bulk.jobs.export_job import Job
from bulk.jobs.summary import JobResult, Summary, told_of
from bulk.model import RowStatus
from bulk.runtime.meter import Totals
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.job_folder import SUMMARY
from bulk.wording import counted

STATUSES: Final = tuple(status.value for status in RowStatus)


async def end_export(job: Job, totals: Totals, error: BulkError | None) -> JobResult:
    """Say how it ended; fewer records than the account said it holds is never a good end."""
    checkpoint = job.checkpoint
    await checkpoint.durable()
    read = 0 if checkpoint.fact(facts.WRITTEN) else await anyio.to_thread.run_sync(_read_records, checkpoint)
    written, records, hidden = checkpoint.fact(facts.WRITTEN) or (read, read, 0)
    total = checkpoint.fact(facts.TOTAL if error else facts.LEAST_TOTAL) or 0  # it may have moved
    missing = max(0, total - records)
    rows = {"read": written + hidden + missing, **dict.fromkeys(STATUSES, 0), "succeeded": written, "failed": hidden}
    rows["unprocessed" if error else "failed"] += missing
    reason = told_of(error, job.setting.front_end)
    if hidden and not error:
        reason = f"{counted(hidden, 'record')} of {job.resource.name} may not be seen with this key."
    if missing and not error:
        reason = f"The account said it holds {total:,} {job.counted} but gave {records:,}."
    output = str(job.output) if job.output else "-"
    state = "unfinished" if error else "finished"
    unread = checkpoint.facts(facts.UNREAD)
    left_out = {link.name: unread[link.name] for link in job.links if link.name in unread}
    written_beside = ((link.name, checkpoint.fact(facts.ROWS_OF_LINK.of(link.name))) for link in job.links)
    links = {name: count for name, count in written_beside if count is not None and name not in left_out}
    summary = Summary(
        job.folder.name, state, rows, {}, {}, totals, reason, "" if error else output, left_out=left_out, links=links
    )
    await anyio.to_thread.run_sync(job.folder.write_json, SUMMARY, summary.to_json())
    return JobResult(job.folder, summary, error)


def _read_records(checkpoint: Checkpoint) -> int:
    """How many records were read so far, each counted once."""
    return len({identity for page in checkpoint.pages.read() for identity, _ in page})
