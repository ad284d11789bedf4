"""What the cells of an export held, kept with a job that imports what was made of it: found by the ids of the records.

A file of its own beside the checkpoint: it is written once, before anything is sent, and is never part of the truth.
Holds personal data, so it is the owner's alone; memory does not grow with it.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bulk.storage.private import open_private

BASELINE_CSV: Final = "baseline.csv"  # in the folder of an export: its rows, as it wrote them
BASELINE: Final = "baseline.sqlite"  # in the folder of an import: the same, by id
_SCHEMA: Final = (
    "CREATE TABLE header (cells TEXT NOT NULL)",
    "CREATE TABLE rows (id TEXT PRIMARY KEY, number INTEGER NOT NULL, cells TEXT NOT NULL, seen INTEGER DEFAULT 0)",
)
_encoded: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Baseline:
    """The rows of an export, by the ids of their records. May be used from any thread, by one at a time."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False)
        self.header: tuple[str, ...] = tuple(json.loads(self._db.execute("SELECT cells FROM header").fetchone()[0]))

    def close(self) -> None:
        """Close it."""
        self._db.close()

    def cells(self, identity: str) -> list[str] | None:
        """The cells of a record's row, None if the export had none."""
        found = self._db.execute("SELECT cells FROM rows WHERE id = ?", (identity,)).fetchone()
        result: list[str] | None = None if found is None else json.loads(found[0])
        return result

    def see(self, identities: Iterable[str]) -> None:
        """Note that these records still have a row."""
        with self._db:
            self._db.executemany("UPDATE rows SET seen = 1 WHERE id = ?", ((identity,) for identity in identities))

    def see_none(self) -> None:
        """Forget which have."""
        with self._db:
            self._db.execute("UPDATE rows SET seen = 0")

    def missing(self) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of the rows whose records have none any more."""
        for number, cells in self._db.execute("SELECT number, cells FROM rows WHERE NOT seen ORDER BY number"):
            yield number, json.loads(cells)


def write_baseline(path: Path, header: Sequence[str], rows: Iterable[tuple[str, int, Sequence[str]]]) -> int:
    """Write the rows of an export, each with id and number; how many. Whole or not at all; of several the first counts.

    Raises `OSError`, `sqlite3.Error`.
    """
    part = path.with_name(f".{path.name}.part")
    open_private(part).close()
    with contextlib.closing(sqlite3.connect(part)) as database:
        for statement in _SCHEMA:
            database.execute(statement)
        database.execute("INSERT INTO header VALUES (?)", (_encoded(list(header)),))
        database.executemany(
            "INSERT OR IGNORE INTO rows (id, number, cells) VALUES (?, ?, ?)",
            ((identity, number, _encoded(list(cells))) for identity, number, cells in rows),
        )
        database.commit()
        count = int(database.execute("SELECT count(*) FROM rows").fetchone()[0])
    part.replace(path)
    return count


@contextmanager
def opened_baseline(path: Path) -> Iterator[Baseline]:
    """The baseline of a job."""
    with contextlib.closing(Baseline(path)) as baseline:
        yield baseline
