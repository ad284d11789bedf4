"""What the cells of an export held, kept with a job that imports what was made of it: found by the ids of the records.

A file of its own beside the checkpoint: it is written once, before anything is sent, and is never part of the truth.
Holds personal data, so it is the owner's alone; memory does not grow with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from bulk.errors import UsageError
from bulk.files.placing import put_in_place
from bulk.storage.private import open_private

BASELINE_CSV: Final = "baseline.csv"  # in the folder of an export: its rows, as it wrote them
BASELINE: Final = "baseline.sqlite"  # in the folder of an import: the same, by id
_SCHEMA: Final = (
    "CREATE TABLE header (cells TEXT NOT NULL, digest TEXT NOT NULL)",
    "CREATE TABLE rows (id TEXT PRIMARY KEY, number INTEGER NOT NULL, cells TEXT NOT NULL, seen INTEGER DEFAULT 0)",
)
_INSTEAD: Final = (  # rows of the file that were made others
    "CREATE TABLE IF NOT EXISTS instead (row INTEGER PRIMARY KEY, id TEXT NOT NULL, key TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS instead_of ON instead (id)",
)
BASELINE_COLUMN: Final = "_baseline"  # of reports: what the edits of their rows are told by
_DIGITS: Final = 16  # of a digest, by which a baseline is known whatever its job is called by then
# they were written in the order of their numbers
_UNSEEN: Final = "SELECT rowid, id, number, cells FROM rows WHERE rowid > ? AND NOT seen ORDER BY rowid LIMIT 1000"
_encoded: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Missing(NamedTuple):
    """A row of the export that the file has no more: the id of its record, its number in the export, its cells."""

    id: str
    number: int
    cells: list[str]


class Baseline:
    """The rows of an export, by the ids of their records. May be used from any thread, by one at a time."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, check_same_thread=False)
        header, self.digest = self._db.execute("SELECT cells, digest FROM header").fetchone()
        self.header: tuple[str, ...] = tuple(json.loads(header))
        for statement in _INSTEAD:  # an earlier version has none
            self._db.execute(statement)

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def cells(self, identity: str) -> list[str] | None:
        """The cells of a record's row, None if the export had none."""
        row = self._db.execute("SELECT cells FROM rows WHERE id = ?", (identity,)).fetchone()
        result: list[str] | None = None if row is None else json.loads(row[0])
        return result

    def see(self, identities: Iterable[str]) -> None:
        """Note that these records still have a row."""
        with self._db:
            self._db.executemany("UPDATE rows SET seen = 1 WHERE id = ?", ((identity,) for identity in identities))

    def see_none(self) -> None:
        """Forget which have."""
        with self._db:
            self._db.execute("UPDATE rows SET seen = 0")

    def name(self, keys: Iterable[str]) -> None:
        """Note keys that rows of the file have, whatever their ids."""
        with self._db:
            self._db.execute("CREATE TABLE IF NOT EXISTS named (key TEXT PRIMARY KEY) WITHOUT ROWID")
            self._db.executemany("INSERT OR IGNORE INTO named VALUES (?)", ((key,) for key in keys))

    def is_named(self, key: str) -> bool:
        """Whether a row of the file has this key."""
        return self._db.execute("SELECT 1 FROM named WHERE key = ?", (key,)).fetchone() is not None

    def is_missing(self, identity: str) -> bool:
        """Whether a record of the export has no row any more."""
        return self._db.execute("SELECT 1 FROM rows WHERE id = ? AND NOT seen", (identity,)).fetchone() is not None

    def stand_instead(self, rows: Iterable[tuple[int, str, str]]) -> None:
        """Note rows of the file that were made others: each by its number, the id of what it was, and its key."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO instead VALUES (?, ?, ?)", rows)

    def instead_of(self, identity: str) -> list[tuple[int, str]]:
        """The rows of the file that were made others of that record, by their numbers and keys."""
        sql = "SELECT row, key FROM instead WHERE id = ? ORDER BY row"
        return self._db.execute(sql, (identity,)).fetchall()

    def stands_instead(self, row: int) -> bool:
        """Whether a row of the file was made another of what the export had."""
        return self._db.execute("SELECT 1 FROM instead WHERE row = ?", (row,)).fetchone() is not None

    def missing(self) -> Iterator[Missing]:
        """The rows whose records have none any more, in their order. What was given may be seen meanwhile."""
        after = 0
        while batch := self._db.execute(_UNSEEN, (after,)).fetchall():
            yield from (Missing(identity, number, json.loads(cells)) for _at, identity, number, cells in batch)
            after = batch[-1][0]

    def counts(self) -> tuple[int, int]:
        """How many rows there are, and how many of them are missing."""
        all_rows, missing = self._db.execute("SELECT count(*), count(*) FILTER (WHERE NOT seen) FROM rows").fetchone()
        return int(all_rows), int(missing)


Rows = Iterable[tuple[str, int, Sequence[str]]]  # id, number and cells of each


def write_baseline(path: Path, header: Sequence[str], rows: Rows) -> tuple[int, str]:
    """Write the rows of an export, each with id and number. Whole or not at all; of several the first counts.

    Gives how many, and the digest by which they are known. Raises `OSError`, `sqlite3.Error`.
    """
    digest = hashlib.sha256(_encoded(list(header)).encode())

    def encoded() -> Iterator[tuple[str, int, str]]:
        for identity, number, cells in rows:
            written = _encoded(list(cells))
            digest.update(f"{identity} {written}\n".encode())
            yield identity, number, written

    part = path.with_name(f".{path.name}.part")
    open_private(part).close()
    with contextlib.closing(sqlite3.connect(part)) as database:
        for statement in _SCHEMA:
            database.execute(statement)
        database.executemany("INSERT OR IGNORE INTO rows (id, number, cells) VALUES (?, ?, ?)", encoded())
        known_by = digest.hexdigest()[:_DIGITS]
        database.execute("INSERT INTO header VALUES (?, ?)", (_encoded(list(header)), known_by))
        database.commit()
        count = int(database.execute("SELECT count(*) FROM rows").fetchone()[0])
    put_in_place(part, path)
    return count, known_by


def copy_baseline(source: Path, path: Path) -> None:
    """Keep another job's baseline with this one; whole or not at all. Raises `OSError`."""
    part = path.with_name(f".{path.name}.part")
    with source.open("rb") as original, open_private(part) as file:
        shutil.copyfileobj(original, file)
    put_in_place(part, path)


def has_digest(path: Path, digest: str) -> bool:
    """Whether that is a baseline of this digest; a file that cannot be read is none."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT digest FROM header").fetchone()
    except sqlite3.Error:
        return False
    return row is not None and row[0] == digest


@contextmanager
def opened_baseline(path: Path) -> Iterator[Baseline]:
    """The baseline of a job. Raises `UsageError` if it is gone, or no such file any more."""
    try:
        baseline = Baseline(path)
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise UsageError("baseline_gone", file=path) from error
    with contextlib.closing(baseline):
        yield baseline
