"""Opening an account's SQLite file: its tables are made, and those that came since an earlier version of bulk.

Nothing is converted: where a table is not as ours, or is none of ours, the account is of another version.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from contextlib import closing
from functools import cache
from typing import Final, NamedTuple

from bulk.errors import UsageError
from bulk.sandbox.schema import SCHEMA, VERSION

PATIENCE: Final = 30.0  # seconds that a statement waits for another process
_MARK: Final = zlib.crc32("\n".join(SCHEMA).encode()) & 0x7FFF_FFFF  # of an account that has our very tables


def to_wal(db: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; SQLite does not wait by itself while another process does the same."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def make_tables(db: sqlite3.Connection) -> bool:
    """Make the tables that are not there yet; whether the account is new. To be called inside a transaction.

    Raises `UsageError` if the account is of a version that had other tables.
    """
    (version,), (mark,) = db.execute("PRAGMA user_version").fetchone(), db.execute("PRAGMA application_id").fetchone()
    if (version, mark) == (VERSION, _MARK):
        return False
    there = _made_in(db)
    if version not in (0, VERSION):
        raise UsageError("sandbox_of_other_version")
    if not there:
        for statement in SCHEMA:
            db.execute(statement)
    else:
        _add_tables(db, there)
    db.execute(f"PRAGMA application_id = {_MARK}")
    return not there


class _Made(NamedTuple):
    """A table, an index or a trigger: which it is, the table it is of, and the statement that makes it."""

    kind: str
    table: str
    sql: str


def _made_in(db: sqlite3.Connection) -> dict[str, _Made]:
    """What a database is made of, by name, in the order in which it was made."""
    rows = db.execute("SELECT name, type, tbl_name, sql FROM sqlite_master WHERE sql <> '' ORDER BY rowid")
    return {name: _Made(kind, table, " ".join(sql.split())) for name, kind, table, sql in rows}


@cache
def _ours() -> dict[str, _Made]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for statement in SCHEMA:
            db.execute(statement)
        return _made_in(db)


def _add_tables(db: sqlite3.Connection, there: dict[str, _Made]) -> None:
    """Add what came since; a trigger on a table that was there would not know of its rows, so that is no addition."""
    ours = _ours()
    missing = {name: made for name, made in ours.items() if name not in there}
    tables = {made.table for made in missing.values() if made.kind == "table"}
    beside = [made for made in missing.values() if made.kind == "trigger" and made.table not in tables]
    if beside or any(ours.get(name) != made for name, made in there.items()):
        raise UsageError("sandbox_of_other_version")
    for made in missing.values():
        db.execute(made.sql)
    for statement in SCHEMA:
        if statement.startswith(tuple(f"INSERT INTO {table} " for table in tables)):
            db.execute(statement)
