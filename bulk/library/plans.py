"""Plans: what an import would do, shown before, and done exactly so after."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bulk.access.account import Account
from bulk.errors import UsageError
from bulk.jobs import import_
from bulk.jobs.apply import DAY
from bulk.jobs.end_plan import PLAN_CSV, PLAN_JSON, PLANNED
from bulk.jobs.option_rules import check_import
from bulk.jobs.options import ImportOptions
from bulk.jobs.summary import JobResult
from bulk.library.frames import Rows, given_rows
from bulk.library.results import Result
from bulk.library.running import JOBS, job_at, of_rows, resource_named, setting_of
from bulk.planning.plan_lines import Line
from bulk.runtime.progress import Progress, Silent
from bulk.storage.input_copy import Input

_QUIET: Final = Silent()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do to the account as it was when it was read.

    `job` is its folder, to be given to `apply`. `rows` counts rows by what becomes of them (create, update, delete,
    unchanged, reject), `changes` cells and links by action, `reasons` refused rows by code. `new_names` are tags and
    accounts that would be made first, by resource. `requests` carry it out, which takes about so many `seconds` at the
    job's rate (0.0 without one). `automations` are the account's active ones; which of them a change sets off, the API
    does not tell.
    """

    job: Path
    rows: Mapping[str, int]
    changes: Mapping[str, int]
    reasons: Mapping[str, int]
    new_names: Mapping[str, Sequence[str]]
    requests: int
    seconds: float
    automations: Sequence[str]

    @classmethod
    def of(cls, job_result: JobResult) -> Self:
        """The plan that a job has made. Raises why it was not made to its end."""
        if job_result.summary.state != PLANNED:
            raise job_result.error or UsageError("plan_cut_off", job=job_result.folder.name)
        data = json.loads(job_result.folder.file(PLAN_JSON).read_text("utf-8"))
        return cls(
            job_result.folder.path, data["rows"], data["changes"], data["reasons"], data["new_names"],
            data["requests"]["single"], data["seconds"]["single"], data["automations"],
        )  # fmt: skip

    @property
    def is_nothing(self) -> bool:
        """Whether the account has all of it."""
        return not self.changes

    def lines(self) -> Iterator[Line]:
        """Every change, in the order of the rows; unchanged and refused rows have one line each. Reads a file."""
        with (self.job / PLAN_CSV).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            next(rows)  # the header
            yield from (Line(int(row), *rest) for row, *rest in rows)


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


async def apply(
    plan: Plan | str | Path, account: Account, *, max_age: float = DAY, progress: Progress = _QUIET
) -> Result:
    """Do exactly what a plan says, given as such or as its folder. What changed since is set aside, not overwritten.

    Each such row is failed with the code `changed_meanwhile`, both values in its error. Raises `UsageError` for a plan
    that is older than `max_age` seconds, or of another account.
    """
    path = plan.job if isinstance(plan, Plan) else Path(plan)
    setting = await setting_of(account, path.parent, progress)
    return Result.of(await import_.go_on(job_at(path), {"max_duration": None}, setting, max_age=max_age))


async def _plan(
    resource: str, given: Input, account: Account, options: ImportOptions, jobs: str | Path, progress: Progress
) -> Plan:
    known = resource_named(resource)
    setting = await setting_of(account, jobs, progress)
    check_import(known, options, setting.access)
    return Plan.of(await import_.start(known, given, options, setting, only_plan=True))
