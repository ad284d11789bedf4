"""The end of a plan: `plan.csv` with a line for each change, `plan.json` with the sums, and what is refused."""

# hub: all that a plan says comes together here
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Final

import anyio.to_thread

from bulk.files.joined import Joined
from bulk.files.opening import open_sink
from bulk.files.source import FILE
from bulk.jobs.going import GoingCounts
from bulk.jobs.import_job import Job
from bulk.jobs.summary import JobResult, Summary, told_of
from bulk.model import is_missing
from bulk.planning.changes import UNCHANGED
from bulk.planning.plan_lines import HEADER, NOT_DONE, REFUSED, REJECT, Line
from bulk.planning.projected import ImaginedIds
from bulk.planning.three_ways import CONFLICT
from bulk.runtime.meter import Totals
from bulk.runtime.stop import Stopping
from bulk.storage import facts
from bulk.storage.job_folder import PLANNED, SUMMARY, JobFolder
from bulk.storage.reports import write_reports
from bulk.wording import in_words_of

PLAN_CSV: Final = "plan.csv"
PLAN_JSON: Final = "plan.json"
STAGE_VALUES: Final = "stage_values"  # of stages that come with new pipelines: some may be so by then
SHOWN: Final = 10  # changes that a person is shown
_ROW: Final = (
    "create",
    "update",
    "delete",
    "unchanged",
    "reject",
)  # what becomes of a row; other actions are of its links


@dataclass(slots=True)
class PlanSums:
    """What a plan comes to: `rows` by what becomes of them, `changes` by action; `first` are the cells of lines."""

    rows: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    first: list[tuple[str, ...]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)  # rows by the codes of what of them is not done
    missing: Counter[str] = field(default_factory=Counter)  # what becomes of rows that the file has no more
    unknown: Counter[str] = field(default_factory=Counter)  # what cannot be known before, and how often


def made_at(folder: JobFolder, read_at: str) -> str:
    """How old a plan is goes by when the account was read; of one for which nothing had to be, by when it was made."""
    return read_at or folder.record().created


async def end_plan(job: Job, totals: Totals, stopping: Stopping) -> JobResult:
    """Write the plan, and say how far it came."""
    checkpoint, error = job.checkpoint, stopping.error
    await checkpoint.durable()
    counts = await anyio.to_thread.run_sync(write_reports, job.folder, job.source, checkpoint, job.setting.front_end)
    complete = checkpoint.fact(facts.PLANNED)
    if complete:
        sums = await anyio.to_thread.run_sync(_write_plan, job)
        job.folder.write_json(PLAN_JSON, _as_json(job, sums))
    state = PLANNED if complete else "unfinished"
    summary = Summary(
        job.folder.name, state, counts.rows, counts.actions, counts.codes, totals,
        told_of(None if complete else error, job.setting.front_end),
    )  # fmt: skip
    await anyio.to_thread.run_sync(job.folder.write_json, SUMMARY, summary.to_json())
    return JobResult(job.folder, summary, None if complete else error, counts.kept)


def _write_plan(job: Job) -> PlanSums:
    """Write `plan.csv`, its lines in the order of the file; gives the sums."""
    sums = PlanSums()
    ids = None if job.projection is None else job.projection.ids
    front_end = job.setting.front_end
    tables = job.source if isinstance(job.source, Joined) else None
    with open_sink(job.folder.file(PLAN_CSV), HEADER if tables is None else (FILE, *HEADER)) as output:
        for lines in job.checkpoint.planned.all():
            missing = is_missing(lines[0].row)
            if not missing:
                sums.reasons.update({line.code for line in lines if line.code})
            (sums.missing if missing else sums.rows)[_becomes(lines)] += 1
            coming = None if ids is None else ids.coming(lines[0].record)
            for line in lines:
                said = replace(line, before=in_words_of(front_end, line.before)) if line.action in REFUSED else line
                cells = said.cells if ids is None else _told(said, ids)
                if tables is not None:
                    cells = ("" if missing else tables.file_of(line.row), *cells)
                output.write(cells)
                if line.action not in (UNCHANGED, REJECT):
                    sums.changes[line.action] += 1
                    sums.unknown[STAGE_VALUES] += coming is not None and coming.nth > 0
                    if len(sums.first) < SHOWN:
                        sums.first.append(cells)
    return sums


def _told(line: Line, ids: ImaginedIds) -> tuple[str, ...]:
    """The cells of a line that may be about what is not there yet: that has no id, and is known by the row."""
    row, key, record, *rest = line.cells
    return (row, key, "" if ids.coming(record) else record, *map(ids.told, rest))


def _becomes(lines: tuple[Line, ...]) -> str:
    """What becomes of a row, by its lines: only links of a record that is there change it."""
    if is_missing(lines[0].row):  # of a link the line says how it goes
        return lines[0].action if lines[0].action in (CONFLICT, UNCHANGED, REJECT) else "delete"
    done = [line.action for line in lines if line.action not in NOT_DONE]
    if not done:
        return CONFLICT if any(line.action == CONFLICT for line in lines) else REJECT
    return next((action for action in done if action in _ROW), "update")


def _as_json(job: Job, sums: PlanSums) -> dict[str, Any]:
    """What `plan.json` says."""
    checkpoint = job.checkpoint
    new = checkpoint.fact(facts.NEW_NAMES)
    writes, requests = checkpoint.planned.requests() + sum(map(len, new.values())), checkpoint.fact(facts.TAKES)
    rate = job.options.rate
    going = GoingCounts.noted(checkpoint)
    at_once = checkpoint.fact(facts.IMPORT_TAKES)
    of_batches, seconds = checkpoint.fact(facts.IN_BATCHES)
    baseline = checkpoint.fact(facts.BASELINE)
    of_baseline: dict[str, Any] = {
        "baseline": baseline, "emptied": checkpoint.fact(facts.EMPTIED), "missing": checkpoint.fact(facts.MISSING),
    }  # fmt: skip
    if job.options.delete_missing:
        of_baseline["delete_missing"] = dict(sums.missing)
    return {
        "job": job.folder.name, "resource": job.resource.name, "rows": dict(sums.rows), "changes": dict(sums.changes),
        "reasons": dict(sums.reasons), "new_names": new, "first": sums.first,
        "requests": {
            "single": requests, **({"import": at_once} if at_once else {}),
            **({"batch": of_batches} if of_batches else {}),
        },
        "writes": {"single": writes},
        "seconds": {
            "single": round(requests / rate, 1) if rate else 0.0,
            **({"import": round(at_once / rate, 1) if rate else 0.0} if at_once else {}),
            **({"batch": seconds} if of_batches else {}),
        },
        "automations": checkpoint.fact(facts.AUTOMATIONS),
        "made_at": made_at(job.folder, checkpoint.fact(facts.READ_AT)),
        **({"deletes": going.to_json()} if going.records else {}),
        **(of_baseline if baseline else {}),
        **({"lacking": lacks} if (lacks := checkpoint.fact(facts.LACKING)) else {}),
        **({"unknown": dict(+sums.unknown)} if +sums.unknown else {}),
    }  # fmt: skip
