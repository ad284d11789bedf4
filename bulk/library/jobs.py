"""The jobs of a folder: which there are, how they stand, and which of them there is something to do for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bulk.errors import BulkError
from bulk.jobs.pruning import Pruning, prunable, prune
from bulk.model import LEFT, REFUSED_AGAIN
from bulk.storage.job_folder import CHECKPOINT, JOB, OPEN, PLANNED, JobFolder
from bulk.storage.job_folders import all_jobs, find_job, new_name, unreadable_jobs
from bulk.storage.job_record import JobRecord, moment_of
from bulk.storage.latest_failures import latest_failures as storage_failures

__all__ = [
    "Job", "JobRecord", "Pruning", "discard_plan", "job_at", "job_done", "job_in", "job_kept", "job_to_correct",
    "job_to_go_on", "jobs_in", "latest_failures", "moment_of", "new_name", "prunable", "prune", "unreadable_in",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its folder, `path`, has it: what was asked (`record`), and how it ended (`summary`, None: cut off).

    `state` is unfinished, "cut off" (a process that was killed), finished, planned, or stopped: the file has to be
    corrected first.
    """

    path: Path
    record: JobRecord
    summary: Mapping[str, Any] | None
    state: str

    @classmethod
    def of(cls, folder: JobFolder) -> Self:
        """The job of a folder. Raises `UsageError` if it cannot be read."""
        return cls(folder.path, folder.record(), folder.summary(), folder.state)

    @property
    def name(self) -> str:
        """The name of the job."""
        return self.path.name

    @property
    def imports(self) -> bool:
        """Whether it writes to the account: an import, a plan of one, an undo; else it is an export."""
        return self.record.kind != "export"

    @property
    def resumable(self) -> bool:
        """Whether it can go on."""
        return self.state in OPEN

    @property
    def planned(self) -> bool:
        """Whether it is a plan, made to its end, that waits to be carried out."""
        return self.state == PLANNED

    @property
    def running(self) -> bool:
        """Whether a living process has it in hand. Looks at the disk, now."""
        return JobFolder(self.path).running

    @property
    def file(self) -> str:
        """The file or folder that it reads or writes; "-" is standard input or output."""
        return self.record.input.path if self.record.input else self.record.output

    @property
    def rows(self) -> Mapping[str, int]:
        """Its rows by status, "read" among them; empty for a job that was cut off."""
        rows: Mapping[str, int] = (self.summary or {}).get("rows", {})
        return rows

    @property
    def complete(self) -> bool:
        """Whether every row is done, also of those that were to be deleted."""
        return bool(self.rows) and not any(of.get(status) for of in (self.rows, self.missing) for status in LEFT)

    @property
    def missing(self) -> Mapping[str, int]:
        """Rows by status that its file did not have: those of the export that were to be deleted; {} of others."""
        missing: Mapping[str, int] = (self.summary or {}).get("missing", {})
        return missing

    @property
    def codes(self) -> Mapping[str, int]:
        """What its failed rows failed of."""
        codes: Mapping[str, int] = (self.summary or {}).get("codes", {})
        return codes

    @property
    def worth_retrying(self) -> bool:
        """Whether rows are in doubt, or failed of what may be otherwise by now: else a retry is of no use."""
        both = ((self.rows, self.codes), (self.missing, (self.summary or {}).get("missing_codes", {})))
        return any(
            rows.get("in_doubt") or rows.get("failed", 0) > sum(codes.get(code, 0) for code in REFUSED_AGAIN)
            for rows, codes in both
        )

    @property
    def reason(self) -> str:
        """Why it stopped, "" if it ran to its end."""
        return str((self.summary or {}).get("reason", ""))


def jobs_in(folder: str | Path) -> list[Job]:
    """All jobs of a folder, oldest first, but for those of `unreadable_in`.

    Raises `UsageError` if it is none or cannot be read.
    """
    return [Job.of(job) for job in all_jobs(Path(folder))]


def unreadable_in(folder: str | Path) -> list[tuple[str, str]]:
    """The names of jobs that cannot be read, each with why: somebody else's, damaged, or a newer version's."""
    return [(job.name, why) for job, why in unreadable_jobs(Path(folder))]


def job_in(folder: str | Path, name: str) -> Job:
    """The job of that name, or path. Raises `UsageError` if there is none, with the nearest."""
    return Job.of(find_job(Path(folder), name))


def job_at(path: str | Path) -> Job:
    """The job in a folder. Raises `UsageError` if there is none."""
    return job_in(Path(path).parent, Path(path).name)


def job_to_go_on(folder: str | Path, name: str | None = None, *, retry: bool = False) -> Job:
    """The job of that name; without one the newest unfinished, or for a `retry` the newest with failed rows.

    Raises `UsageError` if there is none.
    """
    return Job.of(find_job(Path(folder), name, retry=retry))


def job_done(folder: str | Path, name: str | None = None, *, retry: bool = False) -> Job | None:
    """The job that is meant, if it has nothing left to send; without a name the newest, if none here has."""
    jobs = Path(folder)
    every = [find_job(jobs, name)] if name is not None else all_jobs(jobs)
    if retry:
        every = [job for job in every if job.record().kind != "export"]
    left = any(job.state in OPEN or (retry and job.has_failed) for job in every)
    return Job.of(every[-1]) if every and not left and every[-1].is_done else None


def job_to_correct(folder: str | Path, name: str | None = None, *, retry: bool = False) -> Job | None:
    """The job that is meant, if it has nothing to send again but rows that have to be corrected first."""
    jobs = Path(folder)
    if name is not None:
        result = find_job(jobs, name)
        return Job.of(result) if result.has_only_rejected else None
    every = all_jobs(jobs)
    if not retry or any(job.has_failed for job in every):
        return None
    return next((Job.of(job) for job in reversed(every) if job.has_only_rejected), None)


def latest_failures(job: Path, most: int) -> list[tuple[str, str]]:
    """The rows of a job at work that failed last or are in doubt, the last first: their numbers, and why."""
    return storage_failures(job / CHECKPOINT, most)


def discard_plan(folder: str | Path, name: str) -> bool:
    """Delete the folder of a plan that waits, whose file was imported otherwise; whether it is gone."""
    plan = JobFolder(Path(folder) / name)
    if plan.state != PLANNED:
        return False
    gone, _left = prune(Pruning((plan,), ()), Path(folder))
    return bool(gone)


def job_kept(error: BulkError) -> Path | None:
    """The folder of the job that an error stopped, if it was kept: `resume` goes on with it."""
    folder = error.job
    return folder.path if isinstance(folder, JobFolder) and folder.file(JOB).exists() else None
