"""How the rows of a job have ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bulk.model import OUTSIDE, Aspect, Failure, Outcome, RowStatus
from bulk.storage.database import Database, Execute
from bulk.storage.facts import CREATED_BY, ENROLMENT_OF, UNCONFIRMED

OF_FILE: Final = (0, OUTSIDE - 1)  # the first and the last row that a file may have
MISSING_ROWS: Final = (OUTSIDE, 2**62)  # the same of those of the export that it has no more
_SETTLE: Final = (
    "INSERT INTO rows (row, status, action, id, failures, attempts) VALUES (?, ?, ?, ?, ?,"
    " (SELECT coalesce(sum(attempts), 0) FROM steps WHERE row = ?))"
    " ON CONFLICT (row) DO UPDATE SET status = excluded.status, action = excluded.action, id = excluded.id,"
    " failures = excluded.failures, attempts = excluded.attempts"
)
_REMEMBER: Final = (
    "INSERT OR REPLACE INTO meta SELECT ? || row, json_quote(id) FROM rows WHERE row = ? AND action = 'created'"
)
_NO_ENTRY: Final = f"json_extract(edits, '$[0][0]') IS NOT '{Aspect.AUTOMATION}'"  # which is left by its id alone
_MAKING: Final = "SELECT row FROM edits WHERE made AND record = ''"  # its record, as far as was known before
_NOT_CREATED: Final = "SELECT row FROM rows WHERE action <> 'created'"  # it was there, and what it held is not known
_UNTOLD: Final = (
    f"SELECT row FROM edits WHERE edits = '[]' AND row NOT IN ({_MAKING} AND row NOT IN ({_NOT_CREATED}))"
    " UNION SELECT row FROM rows WHERE action = 'created' AND row NOT IN (SELECT row FROM edits)"
    " UNION SELECT row FROM rows WHERE action IN ('updated', 'deleted')"
    f" AND (row NOT IN (SELECT row FROM edits WHERE NOT made) OR row IN ({_MAKING}))"
)


@dataclass(frozen=True, slots=True)
class SettledRow:
    """A row that has ended, as it is written down."""

    number: int
    outcome: Outcome
    attempts: int


class RowStates:
    """How each row has ended; a row that has not has no state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settle(self, row: int, outcome: Outcome) -> None:
        """Note how a row ended. The steps of a row that is done are not needed any more."""
        failures = json.dumps([[f.step, f.code, f.error] for f in outcome.failures]) if outcome.failures else "[]"
        self._database.put(_SETTLE, (row, outcome.status.value, outcome.action, outcome.id, failures, row))
        if outcome.status in (RowStatus.SUCCEEDED, RowStatus.UNCHANGED):
            self._database.put("DELETE FROM steps WHERE row = ?", (row,))

    def settle_now(self, rows: Iterable[tuple[int, Outcome]]) -> None:
        """Write outcomes of rows that are not sent, at once."""
        with self._database.at_once() as execute:
            for number, outcome in rows:
                failures = json.dumps([[f.step, f.code, f.error] for f in outcome.failures])
                execute("INSERT INTO rows VALUES (?, ?, '', '', ?, 0)", (number, outcome.status.value, failures))

    def forget_check(self) -> None:
        """Begin the checks anew: an earlier run was cut off within them."""
        with self._database.at_once() as execute:
            execute("DELETE FROM rows")

    def fail(self, row: int, failures: Iterable[Failure]) -> None:
        """Note that what was acknowledged of a row is not so; if it is sent again, it begins anew.

        What it has created stays noted, so that it is not created once more.
        """
        told = json.dumps([[failure.step, failure.code, failure.error] for failure in failures])
        sql = "UPDATE rows SET status = ?, failures = ? WHERE row = ?"
        self._database.put(sql, (RowStatus.FAILED.value, told, row))
        self._database.put(_REMEMBER, (UNCONFIRMED.prefix, row))
        self._database.put("DELETE FROM steps WHERE row = ?", (row,))

    # ---- how they ended

    def counts(self, rows: tuple[int, int] = OF_FILE) -> dict[str, int]:
        """How many of the rows, the first to the last, ended in each status."""
        sql = "SELECT status, count(*) FROM rows WHERE row BETWEEN ? AND ? GROUP BY status"
        return dict(self._database.read(sql, rows))

    def missing_ended(self) -> int:
        """How many rows have ended that the file does not have."""
        return sum(self.counts(MISSING_ROWS).values())

    def settled_between(self, first: int, last: int) -> dict[int, RowStatus]:
        """How the rows in this range ended that have, by their numbers."""
        result = self._database.read("SELECT row, status FROM rows WHERE row BETWEEN ? AND ?", (first, last))
        return {row: RowStatus(status) for row, status in result}

    def settled_rows(self, rows: tuple[int, int] = (OF_FILE[0], MISSING_ROWS[1])) -> Iterator[SettledRow]:
        """Those of the rows that have ended, in file order."""
        sql = "SELECT row, status, action, id, failures, attempts FROM rows WHERE row BETWEEN ? AND ? ORDER BY row"
        cursor = self._database.read(sql, rows)
        for number, status, action, identity, failures, attempts in cursor:
            result = () if failures == "[]" else tuple(Failure(*failure) for failure in json.loads(failures))
            yield SettledRow(number, Outcome(RowStatus(status), action, identity, result), attempts)

    def is_outcome(self, identity: str) -> bool:
        """Whether a row ended with this record."""
        return (
            self._database.read("SELECT 1 FROM rows WHERE id = ? AND id <> '' LIMIT 1", (identity,)).fetchone()
            is not None
        )

    def id_of(self, row: int) -> str:
        """The record with which a row ended, "" if it has not, or without one."""
        stored = self._database.read("SELECT id FROM rows WHERE row = ?", (row,)).fetchone()
        return "" if stored is None else str(stored[0])

    def untold(self) -> list[int]:
        """The rows that have changed something, and of which it does not stand here what was there before."""
        return [row for (row,) in self._database.read(f"{_UNTOLD} ORDER BY row")]

    def untold_count(self) -> int:
        """How many these are."""
        return int(self._database.read(f"SELECT count(*) FROM ({_UNTOLD})").fetchone()[0])

    def told(self) -> bool:
        """Whether of anything that the rows have changed it stands here what was there before."""
        sql = (
            f"SELECT EXISTS (SELECT 1 FROM edits WHERE edits <> '[]' AND NOT made AND {_NO_ENTRY})"
            f" OR EXISTS (SELECT 1 FROM meta WHERE name LIKE '{ENROLMENT_OF.prefix}%')"
            " OR EXISTS (SELECT 1 FROM rows WHERE action = 'created'"
            f" AND row IN (SELECT row FROM edits WHERE {_NO_ENTRY}))"
        )
        return bool(self._database.read(sql).fetchone()[0])

    # ---- parts of what the checkpoint does at once

    def send_again(self, execute: Execute, row: int) -> None:
        """Make a row open that is done, but for what it had created."""
        execute(_REMEMBER, (CREATED_BY.prefix, row))
        execute("DELETE FROM rows WHERE row = ?", (row,))
        execute("DELETE FROM unread WHERE row = ?", (row,))

    def reopen_failed(self, execute: Execute) -> int:
        """Make the rows open that failed or are in doubt; how many."""
        opened = execute("DELETE FROM rows WHERE status IN ('failed', 'in_doubt')").rowcount
        execute("DELETE FROM unreadable WHERE row NOT IN (SELECT row FROM rows)")
        return opened
