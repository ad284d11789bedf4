"""The sandbox's state in SQLite, and the few statements that several routes need. No HTTP, no JSON shapes.

State survives the process, and two processes may use one file: nothing read is kept between two requests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from bulk.errors import UsageError
from bulk.sandbox.collation import COLLATIONS
from bulk.sandbox.opening import PATIENCE, make_tables, to_wal


class Store:
    """One account's state. `path` None: in memory. `furnish` puts something into an account that is new.

    `fold` gives what two spellings share that the account takes for one name or address; what was written by another
    `collation` stays as it is.
    """

    def __init__(
        self,
        path: Path | None,
        clock: Callable[[], datetime],
        zone: tzinfo,
        *,
        furnish: Callable[[Store], None] | None = None,
        collation: str = "casefold",
    ) -> None:
        self._clock = clock
        self.fold = COLLATIONS[collation]
        self.zone = zone
        try:
            self.db = sqlite3.connect(
                path or ":memory:", isolation_level=None, timeout=PATIENCE, check_same_thread=False,
                cached_statements=512,
            )  # fmt: skip
        except sqlite3.Error as error:
            raise UsageError("sandbox_file_not_opened", file=path, reason=str(error)) from error
        try:
            if path is not None:
                path.chmod(0o600)
            self._prepare(furnish)
        except (OSError, sqlite3.Error) as error:
            self.db.close()
            raise UsageError("sandbox_file_unusable", file=path, reason=str(error)) from error
        except UsageError:
            self.db.close()
            raise

    def close(self) -> None:
        """Close; the state stays."""
        self.db.close()

    def _prepare(self, furnish: Callable[[Store], None] | None) -> None:
        """Set the connection up; of several processes that open a new file at once, one makes the tables."""
        self.db.create_function("fold", 1, self.fold, deterministic=True)
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.execute("PRAGMA synchronous = OFF")  # a rehearsal: a power cut may cost its last second
        to_wal(self.db)
        self.db.execute("BEGIN IMMEDIATE")
        if make_tables(self.db) and furnish is not None:
            furnish(self)
        self.db.execute("COMMIT")

    def undo(self) -> None:
        """Undo what was written since the beginning; the ids that it took are not given to anything else."""
        taken = self.db.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        self.db.execute("ROLLBACK")
        self.db.execute("BEGIN IMMEDIATE")
        for name, last in taken:
            self.db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, name))
            if not self.db.execute("SELECT 1 FROM sqlite_sequence WHERE name = ?", (name,)).fetchone():
                self.db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))
        self.db.execute("COMMIT")

    # ---- statements

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.db.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        result: tuple[Any, ...] | None = self.db.execute(sql, values).fetchone()
        return result

    def many(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        """A statement that gives nothing back, once for each of the values."""
        self.db.executemany(sql, values)

    def count(self, sql: str, values: Sequence[Any] = ()) -> int:
        """The number that a query gives."""
        return int(self.db.execute(sql, values).fetchone()[0])

    def insert(self, table: str, values: Mapping[str, Any]) -> int:
        """Add one row; its id."""
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"
        return int(self.db.execute(sql, tuple(values.values())).lastrowid or 0)

    def update(self, table: str, identity: int, values: Mapping[str, Any]) -> None:
        """Change one row."""
        if values:
            sets = ", ".join(f"{name} = ?" for name in values)
            self.db.execute(f"UPDATE {table} SET {sets} WHERE id = ?", (*values.values(), identity))

    def delete(self, table: str, identity: int) -> None:
        """Delete one row and what hangs on it."""
        self.db.execute(f"DELETE FROM {table} WHERE id = ?", (identity,))

    # ---- time

    def now(self) -> str:
        """The account's time of day, as the API writes it."""
        return self._clock().astimezone(self.zone).isoformat(timespec="seconds")

    def time(self) -> float:
        """The moment in seconds."""
        return self._clock().timestamp()

    def in_zone(self, text: str) -> str:
        """A moment in the account's zone, as it is stored; without an offset it is there already; other text stays."""
        try:
            moment = datetime.fromisoformat(text)
            local = moment.replace(tzinfo=self.zone) if moment.tzinfo is None else moment.astimezone(self.zone)
        except (ValueError, OverflowError):
            return text
        return local.isoformat(timespec="seconds")
