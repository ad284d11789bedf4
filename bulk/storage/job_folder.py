"""A job's folder: its name, its files, what was asked, and its lock. Holds personal data, so it is the owner's alone.

Knows nothing of rows: what is in the checkpoint and the reports is theirs.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from filelock import FileLock, Timeout

from bulk.errors import BulkError, UnfinishedError, UsageError
from bulk.messages import Part
from bulk.resources.kinds import nearest
from bulk.storage.job_record import JobRecord
from bulk.storage.private import check_no_links, make_private, open_private

JOB, CHECKPOINT, SUMMARY, LOCK = "job.json", "checkpoint.sqlite", "summary.json", "lock"
SUCCEEDED, FAILED, SKIPPED, UNPROCESSED = "succeeded.csv", "failed.csv", "skipped.csv", "unprocessed.csv"
INPUT_COPY: Final = "input.csv"  # what an import reads, from its first check to its last report
WITHOUT_END: Final = "cut off"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
STDOUT: Final = "-"  # the output of an export to standard output
OPEN: Final = ("unfinished", WITHOUT_END)  # the states of a job that can go on


class JobFolder:
    """One job's folder on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path / LOCK, mode=0o600)

    @property
    def name(self) -> str:
        """The job's name."""
        return self.path.name

    def file(self, name: str) -> Path:
        """The path of one of the job's files."""
        return self.path / name

    # ---- making and finding

    @classmethod
    def create(cls, jobs: Path, name: str | None, kind: str) -> Self:
        """Make a new folder; a given name must be free."""
        if name is not None and not re.fullmatch(r"[\w][\w.-]*", name):
            raise UsageError("job_name_invalid", name=name)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        folder = jobs / (name or f"{kind}-{stamp}-{secrets.token_hex(2)}")
        try:
            make_private(jobs)
            folder.mkdir(mode=0o700)
        except FileExistsError:
            raise UsageError("job_exists", job=folder.name, folder=jobs) from None
        except OSError as error:
            raise UsageError("jobs_folder_not_written", folder=jobs, reason=error.strerror) from error
        folder.chmod(0o700)  # whatever the umask says
        return cls(folder)

    @classmethod
    def within(cls, larger: JobFolder, name: str) -> Self:
        """The folder of a part of a larger job; made if it is not there."""
        folder = larger.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        check_no_links(folder)
        return cls(folder)

    @classmethod
    def find(cls, jobs: Path, name: str | None, *, retry: bool = False) -> Self:
        """Find the job of that name (or path); without one the newest unfinished, or for a `retry` with failed rows.

        An export to standard output is found by its name only: nobody else means to have it on the terminal.
        """
        if name is not None:
            for folder in (jobs / name, Path(name)):
                if _may_be_job(folder):
                    return cls(folder)
            close = nearest(name, [job.name for job in cls.all(jobs)])
            hint = Part.of("nearest", names=close) if close else Part.of("jobs_listed")
            raise UsageError("job_unknown", name=name, folder=jobs, hint=hint)
        for job in reversed(cls.all(jobs)):
            if job.has_failed if retry else job.state in OPEN and job.record().output != STDOUT:
                return job
        if retry:
            raise UsageError("jobs_failed_none", folder=jobs)
        raise UsageError("jobs_unfinished_none", folder=jobs)

    @classmethod
    def all(cls, jobs: Path) -> list[Self]:
        """All jobs here, oldest first; a folder whose `job.json` cannot be read stands in `unreadable`.

        Raises `UsageError` if the folder of jobs is none or is not to be read.
        """
        result: list[tuple[str, Self]] = []
        for job in cls._folders(jobs):
            with contextlib.suppress(UsageError):
                result.append((job.record().created, job))
        return [job for _created, job in sorted(result, key=lambda pair: pair[0])]

    @classmethod
    def unreadable(cls, jobs: Path) -> list[tuple[Self, str]]:
        """The jobs here that cannot be read, each with why: somebody else's, damaged, or a newer version's."""
        result: list[tuple[Self, str]] = []
        for job in cls._folders(jobs):
            try:
                job.record()
            except UsageError as error:
                result.append((job, str(error)))
        return result

    @classmethod
    def _folders(cls, jobs: Path) -> list[Self]:
        """The folders here that are a job's, as far as can be told."""
        try:
            inside = sorted(jobs.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise UsageError("jobs_folder_not_read", folder=jobs, reason=error.strerror) from error
        return [cls(folder) for folder in inside if _may_be_job(folder)]

    def discard(self) -> None:
        """Remove the folder of a job that never began."""
        self._lock.release(force=True)
        shutil.rmtree(self.path, ignore_errors=True)

    # ---- its files

    def write(self, record: JobRecord) -> None:
        """Write `job.json`."""
        self.write_json(JOB, asdict(record))

    def record(self) -> JobRecord:
        """Read `job.json`."""
        try:
            return JobRecord.of(json.loads(self.file(JOB).read_text(encoding="utf-8")))
        except OSError as error:
            raise UsageError("job_record_not_read", file=self.file(JOB), reason=error.strerror) from error
        except (ValueError, RecursionError) as error:
            raise UsageError("job_record_damaged", file=self.file(JOB), reason=str(error)) from error
        except UsageError as error:
            raise UsageError("job_record_newer", file=self.file(JOB), reason=error) from error

    def write_json(self, name: str, data: Any) -> None:
        """Write one of the job's JSON files whole, or leave the old one."""
        part = self.file(f".{name}.part")
        # what is no text, like a file's name that is no UTF-8, is escaped as JSON has it, and read back the same
        content = (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")
        try:
            with open_private(part) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.file(name))
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            raise

    def summary(self) -> dict[str, Any] | None:
        """Read `summary.json`; None if the job has never stopped in an orderly way."""
        try:
            data = json.loads(self.file(SUMMARY).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return data if _is_summary(data) else None  # damaged: what the checkpoint says still holds

    @property
    def state(self) -> str:
        """How it stands, whether or not a process has it in hand: as its summary says, or cut off without one."""
        return str((self.summary() or {}).get("state", WITHOUT_END))

    @property
    def has_failed(self) -> bool:
        """Whether rows of an import failed or are in doubt, as its summary says."""
        rows = (self.summary() or {}).get("rows", {})
        return self.record().kind == "import" and bool(rows.get("failed") or rows.get("in_doubt"))

    @property
    def is_done(self) -> bool:
        """Whether it is finished and each of its rows is done, so that nothing is left to send or to correct."""
        return self.state == "finished" and not self._left

    @property
    def has_only_rejected(self) -> bool:
        """Whether of an import nothing is left but rows that the checks have rejected."""
        return self.state == "finished" and self._left == ["rejected"]

    @property
    def _left(self) -> list[str]:
        """The statuses of rows that are not done which some of its rows have."""
        rows = (self.summary() or {}).get("rows", {})
        return [name for name in ("rejected", "failed", "in_doubt", "unprocessed") if rows.get(name)]

    @property
    def running(self) -> bool:
        """Whether a living process has it in hand."""
        if self._lock.is_locked:
            return True
        try:
            with self._lock.acquire(timeout=0):
                return False
        except Timeout:
            return True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the job; a dead owner's hold is gone with it. Raises `UnfinishedError` while another run has it.

        Errors that stop the job carry its folder; a disk that takes nothing more is one of them.
        """
        try:
            check_no_links(self.path)
            self._lock.acquire(timeout=0)
        except Timeout:
            error = UnfinishedError("job_running", job=self.name)
            error.job = self
            raise error from None
        except OSError as error:
            raise UsageError("job_folder_not_written", folder=self.path, reason=error.strerror) from error
        try:
            yield
        except BulkError as error:
            error.job = error.job or self
            raise
        except (OSError, sqlite3.OperationalError) as error:
            if not _is_of_the_disk(error):
                raise
            where = (error.filename if isinstance(error, OSError) else None) or self.path
            said = error.strerror if isinstance(error, OSError) else error
            stopped = UnfinishedError("job_not_written", file=where, reason=said)
            stopped.job = self
            raise stopped from error
        finally:
            self._lock.release()


def _is_of_the_disk(error: OSError | sqlite3.OperationalError) -> bool:
    """Whether an error says that a disk takes nothing more, for now."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)


def _may_be_job(folder: Path) -> bool:
    """Whether a folder holds a job, or may not be looked into."""
    try:
        return stat.S_ISREG((folder / JOB).stat().st_mode)
    except PermissionError:
        return True
    except OSError:
        return False


def _is_summary(data: Any) -> bool:
    """Whether a summary is of the shape that `Summary.to_json` writes."""
    kinds: dict[str, Any] = {
        "state": str, "rows": dict, "actions": dict, "codes": dict, "requests": int, "retries": int,
        "seconds": (int, float),
    }  # fmt: skip
    if not isinstance(data, dict) or not all(isinstance(data.get(name), kind) for name, kind in kinds.items()):
        return False
    return all(isinstance(count, int) for name in ("rows", "actions", "codes") for count in data[name].values())
