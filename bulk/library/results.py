"""How a job ended, for the program that called it: counts, the rows that are not done, and an error on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bulk.errors import BulkError
from bulk.files.report_lines import has_lines
from bulk.jobs.check import describe
from bulk.jobs.failed_rows import FailedRow, failed_rows, failed_rows_in
from bulk.jobs.findings import Findings
from bulk.jobs.summary import JobResult, Summary, UndoPlan
from bulk.model import ENDED_BADLY, RowStatus
from bulk.storage.job_folder import FAILED, JOB, OPEN, PLANNED, JobFolder
from bulk.storage.job_record import UNDO

__all__ = [
    "NOTHING_DONE", "NOTHING_TO_UNDO", "PLANNED", "FailedRow", "Findings", "Result", "RowsFailedError", "Summary",
    "UndoPlan", "describe", "failed_rows", "failed_rows_in", "has_lines",
]  # fmt: skip

SHOWN: Final = 3  # failed rows that an error quotes
# what a program is told of an undo of a job of which there is nothing to put back
NOTHING_DONE: Final = Summary("", "finished", {"read": 0, **{status.value: 0 for status in RowStatus}})
NOTHING_TO_UNDO: Final = UndoPlan((), {}, 0, 0, 0, {}, ())


class RowsFailedError(BulkError):
    """A job ran to its end, and some rows are not done. `result` has them. Exit code 1."""

    exit_code = 1

    def __init__(self, code: str, result: Result, /, **parameters: object) -> None:
        super().__init__(code, **parameters)
        self.result = result


@dataclass(frozen=True, slots=True)
class Result:
    """How a job ended.

    `job` is its folder, with the reports; `summary` its counts ("read" and every status, which add up). `error` says
    why it stopped before its end, None if it ran to it: `resume(job)` goes on with it where `summary.state` is
    "unfinished". `kept` are reports of an earlier run that somebody changed: they have these names now. `undo` is what
    an undo would do, of one with `dry_run`: then no job was made, and `job` is the one that would be undone.
    """

    job: Path
    summary: Summary
    error: BulkError | None = None
    kept: tuple[Path, ...] = ()
    undo: UndoPlan | None = None

    @classmethod
    def of(cls, job_result: JobResult) -> Self:
        """The result of a job that has ended."""
        return cls(job_result.folder.path, job_result.summary, job_result.error, job_result.kept, job_result.undo)

    @property
    def complete(self) -> bool:
        """Whether every row is done."""
        return self.summary.complete and self.error is None

    @property
    def exit_code(self) -> int:
        """What the command line ends with: of what stopped it, else 1 for rows that are not done, and 0."""
        if self.error is not None:
            return self.error.exit_code
        return 0 if self.summary.complete or self.planned else 1

    @property
    def resumable(self) -> bool:
        """Whether `resume(job)` goes on with it."""
        return self.summary.state in OPEN

    @property
    def planned(self) -> bool:
        """Whether it is a plan, made to its end, that waits to be carried out."""
        return self.summary.state == PLANNED

    @property
    def is_undo(self) -> bool:
        """Whether its rows are what an undo puts back, and no rows of a file."""
        return (self.job / JOB).is_file() and JobFolder(self.job).record().kind == UNDO

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by status: "read", and what it is the sum of."""
        return self.summary.rows

    @property
    def missing(self) -> Mapping[str, int]:
        """The same of rows that the file does not have: those of its export that were to be deleted; {} of others."""
        return self.summary.missing

    @property
    def failed(self) -> Path | None:
        """The file of rows that are not done, with the reason of each; None where there is none, as of an export.

        Of a whole folder each part has its own, and this is None: `failed_rows()` reads them all.
        """
        path = self.job / FAILED
        return path if path.exists() else None

    def failed_rows(self) -> Iterator[FailedRow]:
        """The rows that are not done, in file order; none of an export. Reads the reports: blocks on the disk."""
        yield from failed_rows(self.job, self.summary.parts)

    def raise_for_failures(self) -> None:
        """Do nothing if every row is done; else raise why the job stopped, or `RowsFailedError`."""
        if self.error is not None:
            raise self.error
        if self.complete:
            return
        both = (self.counts, self.summary.missing)
        bad = sum(rows.get(status, 0) for rows in both for status in ENDED_BADLY)
        lines = [""]
        for at, row in enumerate(self.failed_rows()):
            if at == SHOWN:
                lines.append(f"All of them: {self.job}")
                break
            lines.append(f"{f'{row.file} ' if row.file else ''}row {row.row}: {row.error}")
        raise RowsFailedError(
            "rows_failed", self, failed=bad, read=sum(rows.get("read", 0) for rows in both), listed="\n".join(lines)
        )
