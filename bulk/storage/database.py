"""The database of a job: opened, found sound and of today's format; written in order, by one thread at a time.

What stands in it is for those that have a part of it; see `checkpoint.py`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from bulk.errors import UnfinishedError, UsageError
from bulk.resources.escapes import speakable
from bulk.storage.carrying import NotCarriedError, carried_database
from bulk.storage.formats import FIRST_CHECKPOINT, checkpoint_format, complete_checkpoint, migrate_checkpoint

Execute = Callable[..., sqlite3.Cursor]
_Write = tuple[str, Sequence[Any], int]  # the statement, its values, and how many characters they have
_JOURNAL_PAGES: Final = 256  # after which SQLite moves them into the file, and begins the journal anew
_JOURNAL_PAGE: Final = 4_096 + 24  # bytes
_SCHEMA: Final = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (row INTEGER PRIMARY KEY, status TEXT NOT NULL, action TEXT NOT NULL, id TEXT NOT NULL,
                   failures TEXT NOT NULL, attempts INTEGER NOT NULL);
CREATE TABLE steps (row INTEGER NOT NULL, step TEXT NOT NULL, method TEXT NOT NULL, attempts INTEGER NOT NULL,
                    verdict TEXT, status INTEGER, data TEXT, code TEXT, error TEXT,
                    PRIMARY KEY (row, step)) WITHOUT ROWID;
CREATE TABLE pages (first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, records TEXT NOT NULL);
CREATE TABLE held (key TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE held_under (key TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (key, id)) WITHOUT ROWID;
CREATE TABLE relations (family TEXT NOT NULL, id INTEGER NOT NULL, owner INTEGER NOT NULL, record TEXT NOT NULL,
                        PRIMARY KEY (family, id)) WITHOUT ROWID;
CREATE INDEX relations_by_owner ON relations (owner);
CREATE INDEX rows_by_id ON rows (id) WHERE id <> '';
PRAGMA user_version = {FIRST_CHECKPOINT};
"""


# wide: one writer thread: queue, commits, failures and readers belong to the same lock
class Database:
    """One job's database. Only one process has it open (the job's lock sees to that)."""

    def __init__(self, path: Path, *, new: bool = False) -> None:
        """Open, or make it if it is `new`. Raises `UsageError` for a file that is damaged or of another version."""
        self._path = path
        self._failure: UnfinishedError | None = None  # after one, nothing more is written or called durable
        self._carried = carried_database(path)  # where it is kept, if that is not here
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise UsageError("checkpoint_not_opened", path=path, reason=str(error)) from error
        try:
            self._prepare(new=new)
        except BaseException:
            self._db.close()
            raise
        if self._carried is None:  # what is carried is told by the length of its log, and is synced where it is kept
            self._make_room()
        self._reader = sqlite3.connect(path, check_same_thread=False)  # sees what is committed, while a thread writes
        self._queue: deque[_Write] = deque()  # the loop adds to it, and whoever writes takes from it
        self._writing = threading.Lock()
        self.queued = self.written = 0  # writes
        self._queued_size = self._durable_size = 0  # characters in them
        self._turn = anyio.Lock(fast_acquire=True)  # whoever comes alone need not wait a turn of the loop

    def _prepare(self, *, new: bool) -> None:
        try:
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if new or version:  # an empty file is left as it is
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute(f"PRAGMA synchronous = {'OFF' if self._carried else 'FULL'}")
                # nothing leaves a log that is carried but by `_bring`
                self._db.execute(f"PRAGMA wal_autocheckpoint = {0 if self._carried else _JOURNAL_PAGES}")
                if self._carried:
                    self._db.execute("PRAGMA busy_timeout = 0")  # a log that somebody reads is moved another time
            if new:
                self._db.executescript("BEGIN;" + _SCHEMA)
                complete_checkpoint(self._db)
                self._db.execute("COMMIT")
            damage = "" if new else self._damage()
            if not damage and FIRST_CHECKPOINT <= version < checkpoint_format():
                migrate_checkpoint(self._db, version)
            self._bring()
        except NotCarriedError as error:
            raise UnfinishedError("checkpoint_not_written", path=self._path, reason=str(error)) from error
        except sqlite3.OperationalError as error:  # the disk is full, or does not answer: it is not the file
            raise UnfinishedError("checkpoint_not_usable", path=self._path, reason=str(error)) from error
        except sqlite3.DatabaseError as error:
            raise UsageError("checkpoint_damaged", path=self._path, reason=str(error)) from error
        if version == 0 and not new:
            raise UsageError("checkpoint_empty", path=self._path)
        if damage:
            raise UsageError("checkpoint_damaged", path=self._path, reason=damage)
        if version > checkpoint_format():
            raise UsageError("checkpoint_newer", path=self._path)
        if 0 < version < FIRST_CHECKPOINT:
            raise UsageError("checkpoint_too_old", path=self._path)

    def _make_room(self) -> None:
        """Fill the journal to the length at which SQLite begins it anew: a file that grows is on the disk much later.

        SQLite writes over what is behind its last entry, and reads nothing there. Without room it grows as it must.
        """
        with contextlib.suppress(OSError), self._path.with_name(f"{self._path.name}-wal").open("r+b") as journal:
            there = journal.seek(0, os.SEEK_END)
            journal.write(bytes(max(0, _JOURNAL_PAGES * _JOURNAL_PAGE - there)))

    def _damage(self) -> str:
        """What SQLite would pass over until it reads that page; "" if the file is sound. Half a second for 100 MB."""
        result = str(self._db.execute("PRAGMA quick_check(1)").fetchone()[0])
        if result != "ok":
            return " ".join(result.split())
        journal = self._path.with_name(f"{self._path.name}-wal")
        if journal.exists() and journal.stat().st_size:
            return ""  # a kill while it was moved into the file: what the file lacks is read from the journal
        (pages,), (size,) = (self._db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
        return "" if self._path.stat().st_size >= pages * size else "its end is missing"

    def close(self) -> None:
        """Write what is queued and close."""
        try:
            if self._failure is None:
                self._commit()
        finally:
            self._reader.close()
            self._db.close()

    # ---- reading what is committed

    def read(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """What the database holds, without what is queued."""
        return self._reader.execute(sql, values)

    # ---- writing, in order

    def put(self, sql: str, values: Sequence[Any]) -> None:
        """Queue one write. It is durable once a later `durable()` returns."""
        size, written = 0, []
        for value in values:  # a loop, since a row is six writes of nine values
            if isinstance(value, str):
                text = speakable(value)
                size += len(text)
                written.append(text)
            else:
                written.append(value)
        self._queue.append((sql, written, size))
        self.queued += 1
        self._queued_size += size

    async def durable(self) -> None:
        """Wait until everything queued so far is on disk. Many waiters share one commit."""
        ticket = self.queued
        while self.written < ticket:
            async with self._turn:
                if self.written >= ticket:
                    return
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self._commit)

    @property
    def backlog(self) -> int:
        """How many characters wait to be on disk: about what they take of memory."""
        return self._queued_size - self._durable_size

    def _commit(self) -> None:
        with self._writing:
            self._write()

    def _write(self) -> None:
        """Write what is queued by now; what others queue before the thread comes to it joins this commit."""
        if self._failure is not None:
            raise self._failure
        batch = [self._queue.popleft() for _one in range(len(self._queue))]
        if not batch:
            return
        with self._transaction() as execute:
            for sql, values, _size in batch:
                execute(sql, values)
        self.written += len(batch)
        self._durable_size += sum([size for _sql, _values, size in batch])

    @contextmanager
    def at_once(self) -> Iterator[Execute]:
        """What is executed within is on disk when this ends, all or nothing; after a failure nothing more is.

        What was queued before is written before: after it, it would bring back what is forgotten here.
        """
        with self._writing:
            self._write()
            with self._transaction() as execute:
                yield execute

    @contextmanager
    def _transaction(self) -> Iterator[Execute]:
        try:
            self._db.execute("BEGIN")
            yield self._db.execute
            self._db.execute("COMMIT")
            self._bring()
        except (sqlite3.Error, NotCarriedError) as error:  # a full disk, mostly; what is on it stays as it is
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            self._failure = UnfinishedError("checkpoint_not_written", path=self._path, reason=str(error))
            raise self._failure from error

    def _bring(self) -> None:
        """Carry what was committed to where it is kept, if that is not here. Raises `NotCarriedError`."""
        if self._carried is None:
            return
        self._carried.bring()
        if self._carried.is_long and not self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            self._carried.log_emptied()


def is_made(path: Path) -> bool:
    """Whether a checkpoint is there, whole: a kill may have left a file in which nothing stands yet."""
    if not path.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(path)) as db:
            return bool(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError:
        return True  # damaged, and to be told so
