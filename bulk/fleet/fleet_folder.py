"""What is kept of a fleet: what was asked, and for each account a folder with its jobs and how it stands.

Only the process that has an account in hand writes into its folder. No key is in any of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from bulk.errors import UsageError
from bulk.fleet.steps import Step
from bulk.storage.job_folder import PLANNED, JobFolder
from bulk.storage.job_folders import create_job, is_portable
from bulk.storage.job_record import moment_of

FLEET, ACCOUNT = "fleet.json", "account.json"
# how an account stands; what is not done goes on with `fleet resume`
WAITING, RUNNING, UNFINISHED, REFUSED = "waiting", "running", "unfinished", "refused"
DONE, FAILED = "done", "rows failed"
DONE_WELL: Final = (DONE, PLANNED)  # nobody has to look at it
ENDED: Final = (*DONE_WELL, FAILED)  # there is nothing to go on with: of failed rows each job has its report


@dataclass(frozen=True, slots=True)
class StepState:
    """How a step on an account stands: its job, rows by status, and why it is not done, "" if it is."""

    job: str
    state: str
    rows: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    exit_code: int = 0
    code: str = ""  # of the error
    requests: int = 0  # of all runs of its job


@dataclass(frozen=True, slots=True)
class AccountState:
    """How an account stands: each of its steps, as far as it came, and what it took."""

    account: str
    state: str = WAITING
    steps: tuple[StepState, ...] = ()
    seconds: float = 0.0
    requests: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)  # answers of its last run that were none

    @property
    def rows(self) -> dict[str, int]:
        """The rows of all its steps, by status."""
        counts: dict[str, int] = {}
        for step in self.steps:
            for status, count in step.rows.items():
                counts[status] = counts.get(status, 0) + count
        return counts

    @property
    def exit_code(self) -> int:
        """As of one job: the worst of its steps."""
        code = worst(step.exit_code for step in self.steps)
        return 4 if code < 2 and self.state not in ENDED else code  # those that ended well are not all there is

    @property
    def error(self) -> str:
        """Why it is not done, "" if it is."""
        return next((step.error for step in reversed(self.steps) if step.error), "")

    @property
    def code(self) -> str:
        """The code of that error, "" if there is none."""
        return next((step.code for step in reversed(self.steps) if step.error), "")

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `asdict`."""
        return cls(**{**data, "steps": tuple(StepState(**step) for step in data["steps"])})


def too_many_failed(states: Iterable[AccountState], most: int | None) -> bool:
    """Whether so many accounts came to no good end that no further one is begun; None: never."""
    return most is not None and sum(one.state not in (*ENDED, RUNNING) for one in states) >= most


def worst(codes: Iterator[int]) -> int:
    """The exit code that says the worst, which is the highest: 0 all done to 4 unfinished, then those of signals."""
    return max(codes, default=0)


# wide: one attribute for each thing that a resume has to know again
@dataclass(frozen=True, slots=True)
class FleetRecord:
    """What was asked: the file, the accounts in their order, the steps; `sandbox` is the folder of a rehearsal."""

    file: str
    accounts: tuple[str, ...]
    steps: tuple[Step, ...]
    config: str = ""  # the bulk.toml that names the accounts
    sandbox: str = ""
    only_plan: bool = False
    notify: tuple[str, ...] = ()  # who is told once it has ended
    metrics: str = ""  # the file of its figures
    processes: int | None = None  # this and the next two as `FleetPlan` has them, for a resume; None: as usual
    at_once: int | None = None
    max_failures: int | None = None
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `asdict`."""
        steps = tuple(map(Step.of_json, data["steps"]))
        hooks = tuple(data.get("notify", ()))
        read = cls(**{**data, "accounts": tuple(data["accounts"]), "steps": steps, "notify": hooks})
        _ = read.begun
        return read

    @property
    def begun(self) -> datetime:
        """When the fleet was begun. Raises `ValueError` where that is no moment, as reading does."""
        return moment_of(self.created)


class FleetFolder:
    """A fleet's folder, among those of jobs."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, jobs: Path, name: str | None, record: FleetRecord) -> Self:
        """Make one. Raises `UsageError` where that name is taken, or it cannot be made."""
        for account in record.accounts:
            alike = [one for one in record.accounts if one.casefold() == account.casefold()]
            if len(alike) > 1 or not is_portable(account):
                raise UsageError("fleet_account_name", account=account)
        try:
            made = create_job(jobs, name, "fleet")
        except UsageError as error:
            if error.code == "job_exists" and (jobs / str(name) / FLEET).exists():
                raise UsageError("fleet_exists", fleet=name, folder=jobs) from error
            raise
        made.write_json(FLEET, asdict(record))
        return cls(made.path)

    @property
    def name(self) -> str:
        """What the fleet is called."""
        return self.path.name

    def record(self) -> FleetRecord:
        """What was asked. Raises `UsageError` for what is no fleet's folder."""
        try:
            return FleetRecord.of_json(json.loads((self.path / FLEET).read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UsageError("fleet_folder_damaged", folder=self.path, reason=str(error)) from error

    def place_of(self, account: str) -> Path:
        """The folder of an account: that of its jobs."""
        return self.path / account

    def state_of(self, account: str) -> AccountState:
        """How an account stands, as it was last written down."""
        try:
            return AccountState.of_json(json.loads((self.place_of(account) / ACCOUNT).read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return AccountState(account)

    def note(self, state: AccountState) -> None:
        """Write down how an account stands."""
        folder = JobFolder.within(JobFolder(self.path), state.account)
        folder.write_json(ACCOUNT, asdict(state))

    def lost(self, account: str, why: str) -> AccountState:
        """Write down that nobody has an account in hand any more, with why, at the step that it came to."""
        before, steps = self.state_of(account), self.record().steps
        done = tuple(step for step in before.steps if step.state in ENDED)
        number = min(len(done), len(steps) - 1)
        step = StepState(steps[number].job_name(number + 1), UNFINISHED, error=why, exit_code=4)
        state = replace(before, state=UNFINISHED, steps=(*done[:number], step))
        self.note(state)
        return state

    def states(self, *, running: bool) -> list[AccountState]:
        """How all accounts stand. Where nobody is `running` them, those that were in hand are unfinished."""
        states = [self.state_of(account) for account in self.record().accounts]
        return [replace(one, state=UNFINISHED) if one.state == RUNNING and not running else one for one in states]

    @property
    def running(self) -> bool:
        """Whether a living process has it in hand."""
        return JobFolder(self.path).running


def fleets_in(jobs: Path) -> list[FleetFolder]:
    """The fleets among the jobs of a folder, oldest first."""
    folders = [path.parent for path in jobs.glob(f"*/{FLEET}")] if jobs.is_dir() else []
    return [FleetFolder(path) for path in sorted(folders, key=lambda path: (path / FLEET).stat().st_mtime)]


def fleet_meant(jobs: Path, meant: str | None) -> FleetFolder:
    """The fleet of that name, the newest of that file, or the newest of all. Raises `UsageError` if there is none."""
    every = fleets_in(jobs)
    if meant is not None:
        file = str(Path(meant).resolve())
        every = [one for one in every if one.name == meant or one.path == Path(file) or one.record().file == file]
    if not every:
        raise UsageError("fleet_missing", jobs=jobs)
    return every[-1]
