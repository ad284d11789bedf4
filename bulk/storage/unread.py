"""The rows that are acknowledged and not read back yet, and what is to be found of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from bulk.model import Json
from bulk.storage.database import Database

_encoded: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once, as `dumps` does not
EVERY: Final = (0, 2**62)  # the first and the last of all rows
NOT_READ_BACK: Final = "not_read_back"  # the code of a row that is acknowledged and could not be read


class Unread(NamedTuple):
    """A row that is acknowledged and not read back: its record's id, and what is to be found of it."""

    row: int
    record: str
    wants: Json


class UnreadRows:
    """What is to be read of the records of rows, by record and row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def expect(self, row: int, record: str, wants: Json) -> None:
        """Note what is to be found of a record when it is read back, in the same breath as the end of the row."""
        text = _encoded(wants)
        self._database.put("INSERT OR REPLACE INTO unread VALUES (?, ?, ?)", (record, row, text))

    def read_back(self, row: int, record: str) -> None:
        """Note that what a row has brought about was read."""
        self._database.put("DELETE FROM unread WHERE record = ? AND row = ?", (record, row))

    def unreadable(self, row: int, record: str) -> None:
        """Note that the API will not have read what a row has brought about."""
        self.read_back(row, record)
        self._database.put("INSERT OR IGNORE INTO unreadable VALUES (?)", (row,))

    def unreadable_count(self) -> int:
        """How many rows are done as far as the answers say, and may not be read."""
        sql = "SELECT count(*) FROM unreadable JOIN rows USING (row) WHERE status = 'succeeded'"
        return int(self._database.read(sql).fetchone()[0])

    def give_up(self, error: str, rows: tuple[int, int] = EVERY) -> None:
        """Make those of the rows that are done and could not be read back doubtful ones, so that the job can end.

        Rows that had failed before stay as they are: what they have made is looked for when they are sent again.
        """
        done = "SELECT row FROM rows WHERE status = 'succeeded'"
        told = json.dumps([["read back", NOT_READ_BACK, error]])
        put = f"INSERT OR REPLACE INTO given_up SELECT * FROM unread WHERE row BETWEEN ? AND ? AND row IN ({done})"
        self._database.put(put, rows)
        self._database.put("DELETE FROM unread WHERE row BETWEEN ? AND ?", rows)
        sql = "UPDATE rows SET status = 'in_doubt', failures = ? WHERE row IN (SELECT row FROM given_up)"
        self._database.put(sql, (told,))

    def reopen_given_up(self) -> None:
        """Let what could not be read back be read once more: it was acknowledged, so it is not sent again before."""
        with self._database.at_once() as execute:
            given_up = "SELECT row FROM given_up"
            execute(f"UPDATE rows SET status = 'succeeded', failures = '[]' WHERE row IN ({given_up})")
            execute("INSERT OR REPLACE INTO unread SELECT * FROM given_up")
            execute("DELETE FROM given_up")

    def count(self, rows: tuple[int, int] = EVERY) -> int:
        """How many of the rows, the first to the last, are acknowledged and not read back."""
        return int(self._database.read("SELECT count(*) FROM unread WHERE row BETWEEN ? AND ?", rows).fetchone()[0])

    def batches(self, records: int, rows: tuple[int, int] = EVERY) -> Iterator[list[Unread]]:
        """Those of the rows that are not read back, those of so many records at a time."""
        after = ""
        while True:
            sql = "SELECT DISTINCT record FROM unread WHERE record > ? AND row BETWEEN ? AND ? ORDER BY record LIMIT ?"
            result = [record for (record,) in self._database.read(sql, (after, *rows, records))]
            if not result:
                return
            between = "SELECT row, record, wants FROM unread WHERE record BETWEEN ? AND ? AND row BETWEEN ? AND ?"
            cursor = self._database.read(f"{between} ORDER BY row", (result[0], result[-1], *rows))
            yield [Unread(row, record, json.loads(wants)) for row, record, wants in cursor.fetchall()]
            after = result[-1]
