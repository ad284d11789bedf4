"""What a report was told by that is imported again: the baseline of its own job, wherever the report lies by then.

A newer export would be another question: what a conflict kept would count as an edit of it, and be sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.source import Source
from bulk.jobs.import_job import Job
from bulk.storage.baseline import BASELINE, BASELINE_COLUMN, has_digest
from bulk.storage.job_folders import all_jobs

_ROW: Final = "_row"  # every report has it
_BLANK: Final = ""


def is_report(source: Source) -> bool:
    """Whether a file is a report of a job: such a file holds some of the job's rows, never all that there are."""
    return any(title.strip() in (_ROW, BASELINE_COLUMN) for title in source.header)


def mark_of(source: Source) -> str:
    """By what a report's edits were told, "" if its job had no baseline. Raises `UsageError` where rows disagree."""
    titles = [title.strip() for title in source.header]
    if BASELINE_COLUMN not in titles:
        return _BLANK
    at = titles.index(BASELINE_COLUMN)
    marks = {record.cells[at].strip() for record in source.records() if at < len(record.cells)} - {_BLANK}
    if len(marks) > 1:
        raise UsageError("baselines_differ", column=BASELINE_COLUMN, names=[mark.rpartition(" ")[0] for mark in marks])
    return next(iter(marks), _BLANK)


def kept_with(job: Job, mark: str) -> Path:
    """Where a job keeps the baseline that a report names. Raises `UsageError` if none does by now."""
    name, _, digest = mark.rpartition(" ")
    for path in _kept(job):
        if has_digest(path, digest):
            return path
    raise UsageError("baseline_of_report_gone", name=name, folder=job.setting.jobs)


def _kept(job: Job) -> Iterator[Path]:
    """The baselines that jobs here keep, those of the newest first."""
    for folder in reversed(all_jobs(job.setting.jobs)):
        for within in (folder.path, *(folder.path / part for part in folder.record().parts)):
            if within != job.folder.path and (path := within / BASELINE).is_file():
                yield path
