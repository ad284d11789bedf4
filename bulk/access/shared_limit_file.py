"""Where the book of budgets lies on this machine: one SQLite file that all processes change one at a time.

It holds no more than the last seconds, so nothing is lost with it: what is no such book is set aside, and begun anew.
All who have it open notice, for they look before each change whether the file is still the one they opened.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from filelock import FileLock, Timeout

from bulk.errors import UsageError
from bulk.storage.private import NO_LINK, NotOursError, check_own_file, own_folder

WAIT: Final = 1.0  # seconds for others to be done with the file
_COLUMNS: Final = [("at", "INTEGER"), ("text", "TEXT")]
Result = TypeVar("Result")
Book = dict[str, Any]  # "names": name -> budget; "budgets": what is known of each
Change = Callable[[Book, float], Result]  # is given the book and the time of its clock


class Unreachable(Exception):  # noqa: N818 - says what is so, as the others
    """The budget cannot be reached just now."""


class UnusableError(UsageError):
    """No book can be kept there: the disk is full or may not be written."""


class BudgetStore(Protocol):
    """Where the book of budgets lies."""

    def change(self, now: float, change: Change[Result]) -> Result:
        """Let one alone read and write the book.

        `now` is the caller's time; the change is given what that is by the book's clock. Raises `Unreachable`.
        """

    def close(self) -> None:
        """Let go of it."""


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

    def change(self, now: float, change: Change[Result]) -> Result:
        """Let one alone read and write the book."""
        try:
            if _identity(self._path) != self._file:
                self._reopen()
            try:
                return self._change(now, change)
            except sqlite3.DatabaseError as error:
                if _is_passing(error):
                    raise
                self._set_aside()
                return self._change(now, change)
        except (OSError, sqlite3.Error, NotOursError) as error:
            raise Unreachable(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # ---- one change

    def _change(self, now: float, change: Change[Result]) -> Result:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            row = self._db.execute("SELECT text FROM book").fetchone()
            book, there = _book_in(row[0]) if row else {}, now + self._ahead
            try:
                result = change(book, there)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError):
                if not book:
                    raise  # the book is not to blame
                book = {}  # another version's
                result = change(book, there)
            self._db.execute("INSERT OR REPLACE INTO book VALUES (1, ?)", (json.dumps(book),))
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        return result

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
            columns = [(name, kind) for _n, name, kind, *_ in self._db.execute("PRAGMA table_info(book)")]
            if columns and columns != _COLUMNS:  # another version's
                self._db.execute(f"ALTER TABLE book RENAME TO book_{secrets.token_hex(4)}")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS book (at INTEGER PRIMARY KEY CHECK (at = 1), text TEXT NOT NULL)"
            )
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


def _book_in(text: Any) -> Book:
    """The book that a text holds; an empty one where it is none."""
    try:
        book = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    sound = isinstance(book, dict) and all(isinstance(book.get(name, {}), dict) for name in ("names", "budgets"))
    return book if sound else {}


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
