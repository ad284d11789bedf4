"""The end of a job on a whole account: the sums of its parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from bulk.jobs.summary import JobResult, Summary, told_of
from bulk.runtime.meter import Totals
from bulk.runtime.stop import Stopping
from bulk.storage.job_folder import PLANNED, SUMMARY, JobFolder
from bulk.storage.job_record import JobRecord
from bulk.wording import FrontEnd


def end_all(
    folder: JobFolder, record: JobRecord, job_results: list[JobResult], spent: Totals, stopped: Stopping | None,
    front_end: FrontEnd,
) -> JobResult:  # fmt: skip
    """Add the parts up, write the sums down and give them."""
    rows: Counter[str] = Counter()
    actions: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for job_result in job_results:
        rows.update(job_result.summary.rows)
        actions.update(job_result.summary.actions)
        codes.update(job_result.summary.codes)
    before = folder.summary() or {}
    parts = [job_result.summary.totals for job_result in job_results]
    taken = Totals(  # a run that was killed has left no sums of the whole, but its parts' checkpoints have theirs
        max(before.get("requests", 0) + spent.requests, sum(part.requests for part in parts)),
        max(before.get("retries", 0) + spent.retries, sum(part.retries for part in parts)),
        max(before.get("seconds", 0.0) + spent.seconds, sum(part.seconds for part in parts)),
    )
    stages: Counter[str] = Counter()
    for part in parts:
        stages.update(part.stages)
    totals = replace(
        taken,
        earlier_requests=taken.requests - spent.requests,
        earlier_seconds=taken.seconds - spent.seconds,
        stages={stage: round(seconds, 2) for stage, seconds in stages.items()},
    )
    error = stopped.error if stopped else None
    state = "unfinished" if stopped else "finished"
    if not stopped and {job_result.summary.state for job_result in job_results} == {PLANNED}:
        state = PLANNED
    if any(job_result.summary.state == "stopped" for job_result in job_results):
        state = "stopped"
    reasons = [e.summary.reason for e in job_results if e.summary.reason]
    summary = Summary(
        folder.name, state, dict(rows), dict(actions), dict(codes), totals,
        told_of(error, front_end) or " ".join(reasons),
        record.output if record.kind == "export" else "",
        parts={e.folder.name: e.summary.rows for e in job_results},
        undoable=any(e.summary.undoable for e in job_results),
        not_undoable=sum(e.summary.not_undoable for e in job_results),
        links={name: count for e in job_results for name, count in e.summary.links.items()},
        left_out={name: why for e in job_results for name, why in e.summary.left_out.items()},
    )  # fmt: skip
    folder.write_json(SUMMARY, summary.to_json())
    return JobResult(folder, summary, error, tuple(path for job_result in job_results for path in job_result.kept))
