"""A job's folder: its name, its files, what was asked, and its lock. Holds personal data, so it is the owner's alone.

Knows nothing of rows: what is in the checkpoint and the reports is theirs.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Self

from filelock import FileLock, Timeout

from bulk.errors import BulkError, UnfinishedError, UsageError
from bulk.files.placing import put_in_place
from bulk.model import LEFT
from bulk.storage.job_record import JobRecord
from bulk.storage.private import check_no_links, open_private

JOB, CHECKPOINT, SUMMARY, LOCK = "job.json", "checkpoint.sqlite", "summary.json", "lock"
SUCCEEDED, FAILED, SKIPPED, UNPROCESSED = "succeeded.csv", "failed.csv", "skipped.csv", "unprocessed.csv"
INPUT_COPY: Final = "input.csv"  # what an import reads, from its first check to its last report
WITHOUT_END: Final = "cut off"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
STDOUT: Final = "-"  # the output of an export to standard output
PLANNED: Final = "planned"  # the state of a plan that waits to be carried out
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

    # ---- making

    @classmethod
    def within(cls, larger: JobFolder, name: str) -> Self:
        """The folder of a part of a larger job; made if it is not there."""
        folder = larger.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        check_no_links(folder)
        return cls(folder)

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
            put_in_place(part, self.file(name))
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
        return self.record().kind != "export" and bool({"failed", "in_doubt"} & set(self._left))

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
        """The statuses of rows that are not done which some of its rows have, or of those that the file lacks."""
        summary = self.summary() or {}
        both = (summary.get("rows", {}), summary.get("missing", {}))
        return [name for name in LEFT if any(map(_has(name), both))]

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


def _has(name: str) -> Callable[[Mapping[str, int]], bool]:
    return lambda rows: bool(rows.get(name))


def _is_of_the_disk(error: OSError | sqlite3.OperationalError) -> bool:
    """Whether an error says that a disk takes nothing more, for now."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)


def _is_summary(data: Any) -> bool:
    """Whether a summary is of the shape that `Summary.to_json` writes."""
    kinds: dict[str, Any] = {
        "state": str, "rows": dict, "actions": dict, "codes": dict, "requests": int, "retries": int,
        "seconds": (int, float),
    }  # fmt: skip
    if not isinstance(data, dict) or not all(isinstance(data.get(name), kind) for name, kind in kinds.items()):
        return False
    return all(isinstance(count, int) for name in ("rows", "actions", "codes") for count in data[name].values())
