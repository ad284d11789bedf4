"""How a job ended: its sums, and why it stopped if it did not run to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bulk.errors import BulkError
from bulk.model import LEFT
from bulk.runtime.meter import Totals
from bulk.storage.job_folder import JobFolder
from bulk.wording import FrontEnd


# wide: one attribute a figure, as summary.json keeps them
@dataclass(frozen=True, slots=True)
class Summary:
    """The sums of a job. `rows` maps "read" and every status to a count, `codes` what failed rows failed of.

    `missing` counts likewise rows that the file does not have: those of the export that are to be deleted, {} where
    none are; `missing_codes` are what these failed of.
    `state` is finished, unfinished, or stopped: then the file has to be corrected first (`on_invalid` stop).
    """

    job: str
    state: str
    rows: dict[str, int]
    actions: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    reason: str = ""
    output: str = ""
    parts: dict[str, dict[str, int]] = field(default_factory=dict)  # of a whole account: the rows of each resource
    read_at: str = ""  # when what says that rows are unchanged was read
    still_on_list: int = 0  # rows of people of whom the file says that they bounced or such, and who are on its lists
    begun: int = 0  # rows that are unprocessed, and of which some steps are sent already
    not_read_back: int = 0  # rows that the API has acknowledged and does not let be read
    undoable: bool = False  # an undo has something to put back
    not_undoable: int = 0  # rows that were changed, and of which it is not known what was there before
    missing: dict[str, int] = field(default_factory=dict)
    missing_codes: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)  # what may not be read with this key, and what was answered
    links: dict[str, int] = field(default_factory=dict)  # of an export of all: rows of what came with the contacts

    @property
    def complete(self) -> bool:
        """Whether every row is done."""
        return not any(rows.get(status) for rows in (self.rows, self.missing) for status in LEFT)

    def to_json(self) -> dict[str, Any]:
        """The summary as `summary.json` holds it."""
        totals = self.totals
        data = {
            "job": self.job, "state": self.state, "reason": self.reason, "rows": self.rows, "actions": self.actions,
            "codes": self.codes,
            "requests": totals.requests, "retries": totals.retries, "seconds": round(totals.seconds, 3),
            "requests_per_second": round(totals.requests / totals.seconds, 3) if totals.seconds else 0.0,
        }  # fmt: skip
        last = {
            "requests": totals.requests - totals.earlier_requests,
            "seconds": round(totals.seconds - totals.earlier_seconds, 3),
        }
        data |= {"last_run": last} if totals.earlier_requests else {}
        data |= {"stages": dict(totals.stages)} if totals.stages else {}
        data |= {"output": self.output} if self.output else {}
        data |= {"read_at": self.read_at} if self.read_at else {}
        data |= {"still_on_list": self.still_on_list} if self.still_on_list else {}
        data |= {"begun": self.begun} if self.begun else {}
        data |= {"not_read_back": self.not_read_back} if self.not_read_back else {}
        data |= {"undoable": self.undoable} if self.undoable or self.not_undoable else {}
        data |= {"not_undoable": self.not_undoable} if self.not_undoable else {}
        data |= {"missing": self.missing, "missing_codes": self.missing_codes} if self.missing else {}
        data |= {"left_out": self.left_out} if self.left_out else {}
        data |= {"links": self.links} if self.links else {}
        return data | ({"resources": self.parts} if self.parts else {})


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What an undo would do. `lines` are those of `undo.csv`, by its columns, `changes` counts them by action.

    `unsubscribed` are subscriptions that the job has made, of people who were never on that list: ActiveCampaign has no
    way back to that. `subscribed` are people who would be put on a list again. `stays` says what is not put back, and
    how often; `not_undoable` are the rows of which something stays since it was not read before, or is open.
    """

    lines: tuple[Mapping[str, str], ...]
    changes: Mapping[str, int]
    requests: int
    unsubscribed: int
    subscribed: int
    stays: Mapping[str, int]
    not_undoable: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended. `error` says why it stopped before its end, None if it ran to it.

    `kept` are reports of an earlier run that somebody changed: they have these names now. `undo` is what an undo would
    do that was only to be planned.
    """

    folder: JobFolder
    summary: Summary
    error: BulkError | None = None
    kept: tuple[Path, ...] = ()
    undo: UndoPlan | None = None


def told_of(error: BulkError | None, front_end: FrontEnd) -> str:
    """What a summary says of the error that stopped its job."""
    return "" if error is None else error.words(front_end)


def told(folder: JobFolder, state: str = "finished") -> JobResult | None:
    """How a job ended that an earlier run has finished, as its summary says; None if it is in another `state`."""
    data = folder.summary()
    if data is None or folder.state != state:
        return None
    totals = Totals(data["requests"], data["retries"], data["seconds"])
    summary = Summary(
        folder.name, data["state"], data["rows"], data["actions"], data["codes"], totals,
        output=str(data.get("output", "")), parts=data.get("resources", {}), read_at=str(data.get("read_at", "")),
        not_read_back=int(data.get("not_read_back", 0)), undoable=bool(data.get("undoable")),
        still_on_list=int(data.get("still_on_list", 0)),
        not_undoable=int(data.get("not_undoable", 0)), left_out=data.get("left_out", {}),
        missing=data.get("missing", {}), missing_codes=data.get("missing_codes", {}), links=data.get("links", {}),
    )  # fmt: skip
    return JobResult(folder, summary)
