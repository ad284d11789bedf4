"""Where the book of budgets lies on this machine: one SQLite file that all processes change one at a time.

It holds no more than the last seconds, so nothing is lost with it: what is no such book is set aside, and begun anew.
All who have it open notice, for they look before each change whether the file is still the one they opened.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from bulk.access.shared_limit_rows import UNKNOWN, About, Change, Result, Unreachable, carried_out
from bulk.errors import UsageError
from bulk.storage.private import NO_LINK, NotOursError, check_own_file, own_folder

WAIT: Final = 1.0  # seconds for others to be done with the file
WAYS: Final = 10_000  # that are kept: those which were noted last
TABLES: Final = {  # a table `book` is an earlier version's, and left to it
    "budgets": "name TEXT PRIMARY KEY, text TEXT NOT NULL",
    "ways": "way TEXT PRIMARY KEY, name TEXT NOT NULL",
}


class UnusableError(UsageError):
    """No book can be kept there: the disk is full or may not be written."""


class FileStore:
    """The book in a file, for all processes of this machine. They have one clock, that of the machine."""

    def __init__(self, path: Path, now: float, clock: Callable[[], float] | None = None) -> None:
        """Open it, or make it; `now` is the time of the clock that the callers go by, `clock` the machine's.

        Raises `UnusableError` if it cannot be written, `NotOursError` if it is a link or another's.
        """
        self._path = path
        self._ahead = (clock or time.monotonic)() - now
        try:
            own_folder(path.parent)
            self._db = self._connected()
            try:
                self._prepare()
            except sqlite3.DatabaseError as error:
                if _is_passing(error):
                    raise
                self._set_aside()
        except (OSError, sqlite3.Error) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            raise UnusableError("shared_limit_not_written", file=path, reason=said) from error

    def change(self, now: float, about: About, change: Change[Result]) -> Result:
        """Let one alone read and write what it is about."""
        try:
            if _identity(self._path) != self._file:
                self._reopen()
            try:
                return self._change(now, about, change)
            except sqlite3.DatabaseError as error:
                if _is_passing(error):
                    raise
                self._set_aside()
                return self._change(now, about, change)
        except (OSError, sqlite3.Error, NotOursError) as error:
            raise Unreachable(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ---- one change

    def _change(self, now: float, about: About, change: Change[Result]) -> Result:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            row = self._db.execute("SELECT name FROM ways WHERE way = ?", (about.way,)).fetchone()
            name = row[0] if row else UNKNOWN
            result, written = carried_out(name, self._read(about.names(name)), now + self._ahead, change)
            if written.name != name:
                self._db.execute("INSERT OR REPLACE INTO ways VALUES (?, ?)", (about.way, written.name))
                self._db.execute("DELETE FROM ways WHERE rowid <= (SELECT max(rowid) FROM ways) - ?", (WAYS,))
            for each, text in written.texts.items():
                if text:
                    self._db.execute("INSERT OR REPLACE INTO budgets VALUES (?, ?)", (each, text))
                else:
                    self._db.execute("DELETE FROM budgets WHERE name = ?", (each,))
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        return result

    def _read(self, names: tuple[str, ...]) -> dict[str, str]:
        """The rows of these names that there are; of all where none is named."""
        where = f"WHERE name IN ({', '.join('?' * len(names))})" if names else ""
        return dict(self._db.execute(f"SELECT name, text FROM budgets {where}", names))

    # ---- the file

    def _connected(self) -> sqlite3.Connection:
        """Open the file, and note which one it is."""
        while True:
            if self._is_folder():
                self._rename(self._is_folder)
            check_own_file(self._path)
            with contextlib.suppress(FileExistsError):
                flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | NO_LINK
                os.close(os.open(self._path, flags, 0o600))
            self._file = _identity(self._path)
            if self._path.lstat().st_mode & 0o777 != 0o600:
                self._path.chmod(0o600)
            db = sqlite3.connect(self._path, isolation_level=None, timeout=WAIT, check_same_thread=False)
            if self._file is not None and _identity(self._path) == self._file:
                return db
            db.close()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA synchronous = OFF")  # it has to outlive a process, not the machine
        self._db.execute("PRAGMA journal_mode = PERSIST")  # made and removed each time, it holds up others on the disk
        if self._db.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("it is damaged")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for table, columns in TABLES.items():
                present = [f"{name} {kind}" for _n, name, kind, *_ in self._db.execute(f"PRAGMA table_info({table})")]
                if present and present != [" ".join(column.split()[:2]) for column in columns.split(",")]:
                    self._db.execute(f"ALTER TABLE {table} RENAME TO {table}_{secrets.token_hex(4)}")  # another's
                self._db.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def _reopen(self) -> None:
        self._db.close()
        own_folder(self._path.parent)
        self._db = self._connected()
        self._prepare()

    def _set_aside(self) -> None:
        """Rename a file that is no book, unless somebody else has done so, and begin a new one."""
        self._db.close()  # Windows renames no file that is open
        self._rename(lambda: _identity(self._path) == self._file)
        self._reopen()

    def _rename(self, still: Callable[[], bool]) -> None:
        """Rename what stands there, if it is still what is meant: of several processes, one does it."""
        aside = self._path.with_name(f"{self._path.name}.unusable-{secrets.token_hex(4)}")
        with contextlib.suppress(Timeout), FileLock(self._path.with_suffix(".lock"), timeout=WAIT, mode=0o600):
            if still():
                self._path.rename(aside)
                for more in ("-journal", "-wal", "-shm"):
                    with contextlib.suppress(FileNotFoundError):
                        self._path.with_name(self._path.name + more).rename(aside.with_name(aside.name + more))

    def _is_folder(self) -> bool:
        return self._path.is_dir() and not self._path.is_symlink()


def _is_passing(error: sqlite3.Error) -> bool:
    """Whether an error of SQLite is no fault of the file itself: somebody has it just now, the disk is full."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own
        return not isinstance(error, sqlite3.DatabaseError)
    primary = code & 0xFF
    return primary not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR,
                           sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_SCHEMA)  # fmt: skip


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        told = path.lstat()
    except FileNotFoundError:
        return None
    return told.st_dev, told.st_ino
