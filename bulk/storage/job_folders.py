"""The folders of all jobs of one place: making a new one, and finding one again by its name or its state."""

from __future__ import annotations

import contextlib
import re
import secrets
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bulk.errors import UnfinishedError, UsageError
from bulk.messages import Part
from bulk.resources.likeness import nearest
from bulk.storage.job_folder import CHECKPOINT, INPUT_COPY, JOB, LOCK, OPEN, STDOUT, JobFolder
from bulk.storage.private import make_private

_OF_WINDOWS: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # its devices
EXPORTS: Final = "exports"  # a folder beside the jobs: files that the page has written
DIFFERENCES: Final = "differences-"  # begins the name of what a comparison there has written
PRUNED: Final = ".pruned-"  # begins the name of the folder of a job that is being deleted
_BEFORE_IT_BEGINS: Final = frozenset(  # the files of a job before it has its `job.json`
    {
        LOCK,
        INPUT_COPY,
        *(f".{name}.part" for name in (INPUT_COPY, JOB)),
        *(f"{CHECKPOINT}{end}" for end in ("", "-wal", "-shm", "-journal")),
    }
)


def new_name(kind: str) -> str:
    """A name for a job of a kind that no other job has."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{kind}-{stamp}-{secrets.token_hex(2)}"


def is_portable(name: str) -> bool:
    """Whether a name can be a folder's on every system, so that what lies there can be carried to another."""
    return bool(re.fullmatch(r"\w[\w.-]*(?<!\.)", name)) and not _OF_WINDOWS.fullmatch(name)


def create_job(jobs: Path, name: str | None, kind: str) -> JobFolder:
    """Make a new folder; a given name must be free, or that of a job that was killed before it began."""
    if name is not None and not is_portable(name):
        raise UsageError("job_name_invalid", name=name)
    folder = jobs / (name or new_name(kind))
    try:
        make_private(jobs)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not _taken_over(JobFolder(folder)):
            raise UsageError("job_exists", job=folder.name, folder=jobs) from None
    except OSError as error:
        raise UsageError("jobs_folder_not_written", folder=jobs, reason=error.strerror) from error
    folder.chmod(0o700)  # whatever the umask says
    return JobFolder(folder)


def _taken_over(folder: JobFolder) -> bool:
    """Whether nothing is in a folder but what a process has left that was killed before it wrote what its job is.

    That has sent nothing, and nobody can go on with it. It is taken away.
    """
    with contextlib.suppress(UnfinishedError, OSError):
        if {one.name for one in folder.path.iterdir()} <= _BEFORE_IT_BEGINS:
            with folder.locked():
                left = [one for one in folder.path.iterdir() if one.name != LOCK]
                if {one.name for one in left} <= _BEFORE_IT_BEGINS:
                    for one in left:
                        one.unlink()
                    return True
    return False


def find_job(jobs: Path, name: str | None, *, retry: bool = False) -> JobFolder:
    """Find the job of that name (or path); without one the newest unfinished, or for a `retry` with failed rows.

    An export to standard output is found by its name only: nobody else means to have it on the terminal.
    """
    if name is not None:
        for folder in (jobs / name, Path(name)):
            if _may_be_job(folder):
                return JobFolder(folder)
        close = nearest(name, [job.name for job in all_jobs(jobs)])
        hint = Part.of("nearest", names=close) if close else Part.of("jobs_listed")
        raise UsageError("job_unknown", name=name, folder=jobs, hint=hint)
    for job in reversed(all_jobs(jobs)):
        if job.has_failed if retry else job.state in OPEN and job.record().output != STDOUT:
            return job
    if retry:
        raise UsageError("jobs_failed_none", folder=jobs)
    raise UsageError("jobs_unfinished_none", folder=jobs)


def all_jobs(jobs: Path) -> list[JobFolder]:
    """All jobs here, oldest first; a folder whose `job.json` cannot be read stands in `unreadable_jobs`.

    Raises `UsageError` if the folder of jobs is none or is not to be read.
    """
    result: list[tuple[datetime, JobFolder]] = []
    for job in _folders(jobs):
        with contextlib.suppress(UsageError):
            result.append((job.record().begun, job))
    return [job for _begun, job in sorted(result, key=lambda pair: pair[0])]


def unreadable_jobs(jobs: Path) -> list[tuple[JobFolder, str]]:
    """The jobs here that cannot be read, each with why: somebody else's, damaged, or a newer version's."""
    result: list[tuple[JobFolder, str]] = []
    for job in _folders(jobs):
        try:
            job.record()
        except UsageError as error:
            result.append((job, str(error)))
    return result


def _folders(jobs: Path) -> list[JobFolder]:
    """The folders here that are a job's, as far as can be told."""
    try:
        inside = sorted(jobs.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UsageError("jobs_folder_not_read", folder=jobs, reason=error.strerror) from error
    return [JobFolder(folder) for folder in inside if not folder.name.startswith(PRUNED) and _may_be_job(folder)]


def _may_be_job(folder: Path) -> bool:
    """Whether a folder holds a job, or may not be looked into."""
    try:
        return stat.S_ISREG((folder / JOB).stat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return False
