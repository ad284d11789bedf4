"""Plans: what an import would do, shown before, and done exactly so after."""

# hub: a plan is made, told, read again and carried out here, for a program
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from bulk.access.account import Account
from bulk.errors import UsageError
from bulk.files.report_lines import number_in, report_lines
from bulk.files.source import FILE
from bulk.jobs.apply import DAY
from bulk.jobs.end_plan import PLAN_CSV, PLAN_JSON
from bulk.jobs.going import said_of_plan
from bulk.jobs.options import ImportOptions
from bulk.library.frames import Rows, given_rows, of_rows
from bulk.library.jobs import job_at, jobs_in
from bulk.library.results import Result
from bulk.library.running import JOBS, run_plan, run_plan_all, run_resume, setting_of
from bulk.model import OUTSIDE
from bulk.planning.plan_lines import HEADER, NOT_DONE, REFUSED, Line
from bulk.resources import known
from bulk.runtime.progress import Progress, Silent
from bulk.storage.input_copy import Input

__all__ = [
    "DAY", "NOT_DONE", "PLAN_CSV", "REFUSED", "Plan", "apply", "lines_of_plan", "newest_plan", "plan_data", "plan_file",
    "plan_folder", "plan_rows", "said_of_plan",
]  # fmt: skip
_QUIET: Final = Silent()


# wide: one attribute for each thing that a plan says
@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do to the account as it was when it was read.

    `job` is its folder, to be given to `apply`. `rows` counts rows by what becomes of them (create, update, delete,
    unchanged; conflict and reject, where nothing of them is sent), `changes` cells and links by action, `reasons` rows
    by the codes of what of them is not done.
    `new_names` are tags and accounts that would be made first, by resource. `requests` carry it out, of which so many
    are `writes` and the others look at what is there; that takes about so many `seconds` at the job's rate (0.0 without
    one). `unknown` counts what cannot be known before: `stage_values` are cells of stages that come with new pipelines,
    some of which may be so by then. `resources` has the rows of each part of a folder, {} of a single file.
    `automations` are the account's active ones; which of them a change sets off, the API does not tell.
    """

    job: Path
    rows: Mapping[str, int]
    changes: Mapping[str, int]
    reasons: Mapping[str, int]
    new_names: Mapping[str, Sequence[str]]
    requests: int
    seconds: float
    automations: Sequence[str]
    unknown: Mapping[str, int] = field(default_factory=dict)
    resources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    writes: int = 0

    @classmethod
    def of(cls, result: Result) -> Self:
        """The plan that a job has made. Raises why it was not made to its end."""
        if not result.planned:
            raise result.error or UsageError("plan_cut_off", job=result.job.name)
        data = plan_data(result.job)
        return cls(
            result.job, data["rows"], data["changes"], data["reasons"], data["new_names"],
            data["requests"]["single"], data["seconds"]["single"], data["automations"], data.get("unknown", {}),
            {name: part["rows"] for name, part in data.get("resources", {}).items()},
            data.get("writes", data["requests"])["single"],
        )  # fmt: skip

    @property
    def is_nothing(self) -> bool:
        """Whether the account has all of it."""
        return not self.changes

    def lines(self) -> Iterator[Line]:
        """Every change, in the order of the rows; an unchanged row has one line. Reads a file.

        What is refused has a line for each reason: its `before` is the code and why. Raises `UsageError` for a file
        that was changed since, so that it cannot be read.
        """
        yield from lines_of_plan(self.job)


async def plan_file(
    resource: str,
    path: str | Path,
    account: Account,
    options: ImportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Plan:
    """Say what an import of a file would do; nothing is sent but questions.

    Raises `UsageError` for what an import would refuse, `AbortedError` (key refused), `UnfinishedError` (try later).
    """
    return await _plan(resource, Path(path), account, options or ImportOptions(), jobs, progress)


async def plan_rows(
    resource: str,
    rows: Rows,
    account: Account,
    options: ImportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Plan:
    """Say what an import of rows would do, given as `import_rows` takes them."""
    chosen = of_rows(options)
    return await _plan(resource, given_rows(rows, chosen.separator), account, chosen, jobs, progress)


async def plan_folder(
    folder: str | Path,
    account: Account,
    options: ImportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Plan:
    """Say what `import_folder` would do: the files after one another, each as the account will be by then."""
    setting = setting_of(account, jobs, progress)
    return Plan.of(await run_plan_all(Path(folder), options or ImportOptions(), setting))


async def apply(
    plan: Plan | str | Path, account: Account, *, max_age: float = DAY, progress: Progress = _QUIET
) -> Result:
    """Do exactly what a plan says, given as such or as its folder. What changed since is set aside, not overwritten.

    Each such row is failed with the code `changed_meanwhile`, both values in its error. Raises `UsageError` for a plan
    that is older than `max_age` seconds, or of another account.
    """
    path = plan.job if isinstance(plan, Plan) else Path(plan)
    job = job_at(path)
    return await run_resume(job.path, setting_of(account, path.parent, progress), {}, max_age=max_age)


def newest_plan(folder: str | Path) -> str | None:
    """The name of the newest plan in a folder of jobs that waits to be carried out; None if there is none."""
    return next((job.name for job in reversed(jobs_in(folder)) if job.planned), None)


def lines_of_plan(job: Path) -> Iterator[Line]:
    """The lines of the plan in a folder, as `Plan.lines` gives them. Reads a file."""
    path = job / PLAN_CSV
    for line in report_lines(path, HEADER):
        yield Line(
            number_in(path, line["_row"]) if line["_row"] else OUTSIDE, line["_key"], line["_id"], line["_action"],
            line["column"], line["before"], line["after"], line.get(FILE, ""),
        )  # fmt: skip


def plan_data(job: Path) -> dict[str, Any]:
    """What `plan.json` says, as docs/library.md has it. Raises `OSError` where a plan was not made to its end."""
    data: dict[str, Any] = json.loads((job / PLAN_JSON).read_text("utf-8"))
    return data


async def _plan(
    resource: str, given: Input, account: Account, options: ImportOptions, jobs: str | Path, progress: Progress
) -> Plan:
    return Plan.of(await run_plan(known(resource), given, options, setting_of(account, jobs, progress)))
