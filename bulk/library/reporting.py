"""One page about a job, to be kept or handed on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.library.choices import command_line
from bulk.library.jobs import Job
from bulk.reporting.figures import figures_of
from bulk.reporting.page import page
from bulk.storage.job_folder import JOB, JobFolder
from bulk.storage.private import open_private

NAME: Final = "report.html"  # in the job's folder, where no other is given
MADE_BY: Final = b'<meta name="generator" content="bulk">'  # in the head of each page of ours
_HEAD: Final = 1_000  # bytes, among which that stands


def report(
    job: str | Path,
    path: str | Path | None = None,
    *,
    with_rows: bool = False,
    commands: Mapping[str, str] | None = None,
) -> Path:
    """Write one self-contained HTML page about a job; gives its path, `report.html` in the job's folder by default.

    It says what was asked, what became of the rows, requests over time, failures by code with what to do, and what was
    created. Addresses and telephone numbers are hidden unless `with_rows`, which lists the failed rows too (1,000 at
    most). `commands` are lines to show, by what they do. Only its owner may read it.

    A page of an earlier report is replaced; nothing else is.

    Raises `UsageError` for what is no job, and where it cannot be written or something else stands; `UnfinishedError`
    while the job runs.

        report("bulk-jobs/import-20261127T174016Z-12d0", "people.html")
    """
    folder = JobFolder(Path(job))
    if not folder.file(JOB).is_file():
        raise UsageError("report_of_nothing", folder=folder.path)
    output = folder.file(NAME) if path is None else Path(path)
    if path is not None:
        _check_place(output)
    figures = figures_of(folder, with_rows=with_rows)
    text = page(figures, with_rows=with_rows, commands=dict(commands or {}), now=datetime.now(UTC))
    try:
        with open_private(output) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError("output_not_written", file=output, reason=error.strerror) from error
    return output


def _check_place(output: Path) -> None:
    """Raise `UsageError` where a file stands that is no page of ours; an empty one is in nobody's way."""
    if not output.is_file():  # a new one, or a device; what cannot be written is told then
        return
    try:
        with output.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UsageError("output_not_written", file=output, reason=error.strerror) from error
    if head and MADE_BY not in head:
        raise UsageError("report_in_the_way", file=output)


def ways_on(job: Job) -> dict[str, str]:
    """The lines that go on with a job, or take it back, by what they do."""
    place = job.path.parent
    lines: dict[str, str] = {}
    if job.planned:
        lines["To carry it out:"] = command_line("apply", job.name, place)
    elif job.resumable:
        lines["To go on with it:"] = command_line("resume", job.name, place)
    if job.imports and job.worth_retrying and not job.resumable:
        lines["To send again what failed:"] = command_line("retry", job.name, place)
    if (job.summary or {}).get("undoable"):
        lines["To take it back:"] = command_line("undo", job.name, place)
    return lines
