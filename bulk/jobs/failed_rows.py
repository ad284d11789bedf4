"""The rows of a job that are not done, out of its reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bulk.files.report_lines import number_in, report_lines
from bulk.storage.job_folder import FAILED

_NEEDED: Final = ("_row", "_status", "_step", "_code", "_error", "_attempts")


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that is not done. `row` is its number as a spreadsheet shows it (the header is row 1).

    `status` is rejected (never sent), failed or in_doubt; `step` names what failed of it, "" for the row as a whole;
    `code` is stable, `error` is for people; `cells` are the row's own by their titles; `resource` tells the parts of a
    folder apart, "" for a single file; `file` the tables of an archive.
    """

    row: int
    status: str
    step: str
    code: str
    error: str
    attempts: int
    cells: Mapping[str, str]
    resource: str = ""
    file: str = ""


def failed_rows(job: Path, parts: Iterable[str] = ()) -> Iterator[FailedRow]:
    """The rows of a job that are not done, and those of its parts, in the order of their files.

    Raises `UsageError` for a report that was changed since, so that it cannot be read.
    """
    for resource in ("", *parts):
        path = job / resource / FAILED
        if path.exists():
            yield from failed_rows_in(path, resource)


def failed_rows_in(path: Path, resource: str = "") -> Iterator[FailedRow]:
    """The rows of one failed.csv. Raises as `failed_rows`."""
    for line in report_lines(path, _NEEDED):
        cells = {title: cell for title, cell in line.items() if not title.startswith("_")}
        yield FailedRow(
            number_in(path, line["_row"]), line["_status"], line["_step"], line["_code"], line["_error"],
            number_in(path, line["_attempts"]), cells, resource, line.get("_file", ""),
        )  # fmt: skip
