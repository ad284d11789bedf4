"""The formats in which a job is kept, and how one of an earlier format becomes one of today's.

A list's functions lead from one format to the next, so its length is the number of today's. Whoever changes what is
written appends one and leaves the earlier as they are: jobs of every format since the first go on. What a newer version
has made is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Final

Record = dict[str, Any]  # what `job.json` holds

_UNREAD: Final = "(record TEXT NOT NULL, row INTEGER NOT NULL, wants TEXT NOT NULL, PRIMARY KEY (record, row))"


def _add_read_back(database: sqlite3.Connection) -> None:
    """From 4 to 5: what is acknowledged and not read back yet. Later versions of 4 made these tables too."""
    database.execute(f"CREATE TABLE IF NOT EXISTS unread {_UNREAD} WITHOUT ROWID")
    # tried in vain; its rows are in doubt
    database.execute(f"CREATE TABLE IF NOT EXISTS given_up {_UNREAD} WITHOUT ROWID")
    # what the API refuses to have read
    database.execute("CREATE TABLE IF NOT EXISTS unreadable (row INTEGER PRIMARY KEY)")


def _add_edits(database: sqlite3.Connection) -> None:
    """From 5 to 6: what each step overwrites, so that it can be told and taken back."""
    database.execute(
        "CREATE TABLE edits (number INTEGER PRIMARY KEY, row INTEGER NOT NULL, step TEXT NOT NULL,"
        " record TEXT NOT NULL, edits TEXT NOT NULL, UNIQUE (row, step))"
    )


def _add_planned(database: sqlite3.Connection) -> None:
    """From 6 to 7: what a plan says of each row."""
    database.execute(
        "CREATE TABLE planned (row INTEGER PRIMARY KEY, key TEXT NOT NULL, record TEXT NOT NULL, lines TEXT NOT NULL,"
        " requests INTEGER NOT NULL)"
    )


def _add_undoing(database: sqlite3.Connection) -> None:
    """From 7 to 8: when each step was sent, what rows made themselves, and what an undo puts back, row by row."""
    database.execute("ALTER TABLE edits ADD COLUMN made INTEGER NOT NULL DEFAULT 0")
    database.execute("ALTER TABLE edits ADD COLUMN at REAL NOT NULL DEFAULT 0")
    database.execute("CREATE TABLE undoing (row INTEGER PRIMARY KEY, thing TEXT NOT NULL)")


def _add_batches(database: sqlite3.Connection) -> None:
    """From 8 to 9: the batches that rows went in, and the importer's names for them."""
    database.execute("CREATE TABLE batches (number INTEGER PRIMARY KEY, rows TEXT NOT NULL, batch TEXT NOT NULL)")


FIRST_CHECKPOINT: Final = 4  # the oldest format of a checkpoint that is understood
CHECKPOINT_MIGRATIONS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (
    _add_read_back,
    _add_edits,
    _add_planned,
    _add_undoing,
    _add_batches,
)


def _add_named(record: Record) -> Record:
    """From 1 to 2: what bulk.toml calls the account, and which variable has its key."""
    return {"named": "", "key_from": ""} | record


FIRST_RECORD: Final = 1  # the same of `job.json`; each function gets what it holds, and gives it as the next has it
RECORD_MIGRATIONS: Final[tuple[Callable[[Record], Record], ...]] = (_add_named,)


def checkpoint_format() -> int:
    """The format in which checkpoints are written today."""
    return FIRST_CHECKPOINT + len(CHECKPOINT_MIGRATIONS)


def record_format() -> int:
    """The format in which `job.json` is written today."""
    return FIRST_RECORD + len(RECORD_MIGRATIONS)


def complete_checkpoint(database: sqlite3.Connection) -> None:
    """Lead a checkpoint of the first format to today's, inside the transaction that makes it."""
    for migration in CHECKPOINT_MIGRATIONS:
        migration(database)
    database.execute(f"PRAGMA user_version = {checkpoint_format()}")


def migrate_checkpoint(database: sqlite3.Connection, version: int) -> None:
    """Lead a checkpoint of an earlier format to today's. A kill leaves it whole, in the format before or after a step.

    The connection opens no transactions by itself. Raises `sqlite3.Error`.
    """
    for number, migration in enumerate(CHECKPOINT_MIGRATIONS, FIRST_CHECKPOINT):
        if number < version:
            continue
        database.execute("BEGIN")
        try:
            migration(database)
            database.execute(f"PRAGMA user_version = {number + 1}")
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:  # else the disk has ended it by itself
                database.execute("ROLLBACK")
            raise


def migrated_record(data: Record, version: int) -> Record:
    """What `job.json` of an earlier format holds, as it would be written today."""
    for migration in RECORD_MIGRATIONS[version - FIRST_RECORD :]:
        data = migration(data)
    return data | {"format": record_format()}
