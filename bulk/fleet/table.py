"""How a fleet ended: a line for each account, as csv, json and a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bulk.files.opening import open_sink
from bulk.fleet.fleet_folder import ENDED, WAITING, AccountState, FleetFolder, worst
from bulk.messages.help import help_of
from bulk.model import ENDED_BADLY, RowStatus
from bulk.reporting.page import rendered
from bulk.storage.job_folder import FAILED as FAILED_ROWS
from bulk.storage.job_folder import PLANNED, JobFolder
from bulk.storage.private import open_private

CSV, JSON, PAGE = "summary.csv", "summary.json", "summary.html"
STATUSES: Final = ("read", *(status.value for status in RowStatus))
_HEADER: Final = ("account", "state", *STATUSES, "requests", "seconds", "error", "go_on", "to_correct")


@dataclass(frozen=True, slots=True)
class FleetResult:
    """How a fleet stands: its folder and each account's state, in their order.

    `resumed_by` gives the line that goes on with one account, or of "" with all that are not done; `stopped_by` is the
    number of the signal that ended it early.
    """

    folder: Path
    states: tuple[AccountState, ...]
    resumed_by: Callable[[str], str]
    stopped_by: int = 0

    @property
    def resume(self) -> str:
        """The line that goes on with what is not done."""
        return self.resumed_by("")

    @property
    def complete(self) -> bool:
        """Whether each account came to its end."""
        return all(state.state in ENDED for state in self.states)

    @property
    def exit_code(self) -> int:
        """As of one job: that of the account that stands worst, or of the signal that came before all were done."""
        return (
            128 + self.stopped_by
            if self.stopped_by and not self.complete
            else worst(state.exit_code for state in self.states)
        )

    @property
    def counts(self) -> Counter[str]:
        """Accounts by how they stand."""
        return Counter(state.state for state in self.states)

    @property
    def told_rows(self) -> Counter[str]:
        """The rows of all of them, but "read", in words for people."""
        return sum((Counter(told_rows(state)) for state in self.states), Counter())

    @property
    def rows(self) -> Counter[str]:
        """The rows of all of them, by status."""
        return sum((Counter(state.rows) for state in self.states), Counter())

    def to_correct(self, state: AccountState) -> list[Path]:
        """The files of an account's rows that are not done; of an import of a whole folder, its job has them."""
        steps = [step for step in state.steps if any(step.rows.get(status.value) for status in ENDED_BADLY)]
        jobs = [self.folder / state.account / step.job for step in steps]
        return [job / FAILED_ROWS if (job / FAILED_ROWS).exists() else job for job in jobs]

    def go_on(self, state: AccountState) -> str:
        """The line that goes on with an account, "" where there is nothing to go on with."""
        return "" if state.state in ENDED else self.resumed_by(state.account)

    def to_json(self) -> dict[str, Any]:
        """The result as `summary.json` has it."""
        return {
            "fleet": self.folder.name, "accounts": dict(self.counts), "rows": dict(self.rows),
            "exit_code": self.exit_code,
            "each": [
                {"account": state.account, "state": state.state, "rows": state.rows, "requests": state.requests,
                 "seconds": state.seconds, "error": state.error, "exit_code": state.exit_code,
                 "code": state.code, "help": help_of(state.code) if state.code else "",
                 "jobs": [str(self.folder / state.account / step.job) for step in state.steps],
                 "go_on": self.go_on(state), "to_correct": [str(path) for path in self.to_correct(state)]}
                for state in self.states
            ],
        }  # fmt: skip


def told_rows(state: AccountState) -> dict[str, int]:
    """The rows of an account by status, but "read", in words for people: what a plan found to do is planned."""
    words = {RowStatus.UNPROCESSED.value: PLANNED} if state.state == PLANNED else {}
    rows = ((status, count) for status, count in state.rows.items() if count and status != "read")
    return {words.get(status, status.replace("_", " ")): count for status, count in rows}


def result_of(folder: FleetFolder, resumed_by: Callable[[str], str], *, running: bool = False) -> FleetResult:
    """How a fleet stands by what is written down."""
    return FleetResult(folder.path, tuple(folder.states(running=running)), resumed_by)


def write_summary(folder: FleetFolder, result: FleetResult) -> None:
    """Write the three files into the fleet's folder."""
    with open_sink(folder.path / CSV, _HEADER) as sink:
        for line in _lines(result):
            sink.write(line)
    JobFolder(folder.path).write_json(JSON, result.to_json())
    text = rendered(
        "fleet.html.jinja", name=folder.name, record=folder.record(), result=result, statuses=STATUSES,
        now=datetime.now(UTC),
    )  # fmt: skip
    with open_private(folder.path / PAGE) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def _lines(result: FleetResult) -> Iterable[Sequence[str]]:
    for state in result.states:
        rows = [str(state.rows.get(status, 0)) for status in STATUSES]
        numbers = ("", "") if state.state == WAITING else (str(state.requests), str(state.seconds))
        files = "\n".join(map(str, result.to_correct(state)))
        yield (state.account, state.state, *rows, *numbers, state.error, result.go_on(state), files)
