"""The steps of rows: an intent is durable before its request leaves, a receipt before its row counts as done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from bulk.model import ANOTHER_RECORD, Edit, Edits, Receipt, Request, Verdict
from bulk.storage.database import Database, Execute

_INTEND: Final = (
    "INSERT INTO steps (row, step, method, attempts) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (row, step) DO UPDATE SET attempts = excluded.attempts"
)
_RECEIVE: Final = (
    "INSERT INTO steps (row, step, method, attempts, verdict, status, data, code, error)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (row, step) DO UPDATE SET attempts = excluded.attempts, verdict = excluded.verdict,"
    " status = excluded.status, data = excluded.data, code = excluded.code, error = excluded.error"
)
_OVERWRITE: Final = "INSERT OR IGNORE INTO edits (row, step, record, edits, made, at) VALUES (?, ?, ?, ?, ?, ?)"
NOTHING_TOLD: Final = "[]"  # the edits of a write of which it is not known what was there before
_UNTOLD: Final = Edits("", ())
_NOT_DONE: Final = "DELETE FROM edits WHERE row = ? AND step = ?"
_REPEATED: Final = f"NOT (step = 'contact' AND code = '{ANOTHER_RECORD}')"
_encoded: Final = json.JSONEncoder(separators=(",", ":")).encode  # made once: `dumps` would make one each time

_readable: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class OpenRow:
    """What is known of a row that has begun and not ended: receipts, and steps that were never answered."""

    known: dict[str, Receipt] = field(default_factory=dict)
    cut_off: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overwritten:
    """What a step of a row changes of a record, with what was there before. Kept when the row has ended.

    `at`: when it was first sent, by the clock of this machine; 0.0: not known. `sure`: it was acknowledged.
    """

    row: int
    step: str
    edits: Edits
    at: float = 0.0
    sure: bool = True


# wide: one table of steps and one of what they overwrite; each stage of a job forgets another part of both
class Journal:
    """Intents and receipts, by row and step."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def intend(self, number: int, request: Request, attempts: int) -> None:
        """Note that a row's request is about to leave, and what it overwrites. The first such note of a step stays."""
        self._database.put(_INTEND, (number, request.step, request.method, attempts))
        if request.method != "GET":
            edits = request.edits or _UNTOLD
            each = [edit.to_json() for edit in edits.each]
            text = _readable(each) if each else NOTHING_TOLD
            values = (number, request.step, edits.record, text, edits.made, self._clock())
            self._database.put(_OVERWRITE, values)

    def receive(self, row: int, method: str, receipt: Receipt) -> None:
        """Note how a step ended."""
        data = None if receipt.data is None else _encoded(receipt.data)
        self._database.put(
            _RECEIVE,
            (row, receipt.step, method, receipt.attempts, receipt.verdict.value, receipt.status, data, receipt.code,
             receipt.error),
        )  # fmt: skip
        if receipt.verdict is Verdict.REJECT and method != "GET":
            self._database.put(_NOT_DONE, (row, receipt.step))

    def release(self, number: int, step: str) -> None:
        """Forget an intent whose request was surely not executed."""
        self._database.put("DELETE FROM steps WHERE row = ? AND step = ? AND verdict IS NULL", (number, step))
        self._database.put(_NOT_DONE, (number, step))

    def was_so(self, row: int, step: str) -> None:
        """Forget what a write has overwritten: the account says that it was so before, so it has changed nothing."""
        self._database.put(_NOT_DONE, (row, step))

    def amend(self, row: int, step: str, edits: Edits) -> None:
        """Put right what a step has overwritten, once it is known which of it came about."""
        each = _readable([edit.to_json() for edit in edits.each])
        values = (edits.record, each, edits.made, row, step)
        self._database.put("UPDATE edits SET record = ?, edits = ?, made = ? WHERE row = ? AND step = ?", values)

    def written(self) -> Iterator[Overwritten]:
        """What the job has written, or may have, in the order in which it was sent; also of what rows have made."""
        cursor = self._database.read(
            "SELECT row, step, record, edits, made, at, steps.row IS NULL OR verdict = 'accept'"
            " FROM edits LEFT JOIN steps USING (row, step) ORDER BY number"
        )
        for row, step, record, text, made, at, sure in cursor:  # the steps of a row that is done are not kept
            edits = tuple(map(Edit.from_json, json.loads(text)))
            yield Overwritten(row, step, Edits(record, edits, bool(made)), at, sure=bool(sure))

    def written_by(self, step: str, rows: AbstractSet[int]) -> Iterator[Overwritten]:
        """What one step of these rows changes, or may have."""
        marks = ",".join(map(str, rows))
        sql = f"SELECT row, record, edits, made, at FROM edits WHERE step = ? AND row IN ({marks})"
        for row, record, text, made, at in self._database.read(sql, (step,)):
            edits = tuple(map(Edit.from_json, json.loads(text)))
            yield Overwritten(row, step, Edits(record, edits, bool(made)), at)

    def last_sent(self) -> float:
        """When the last of what the job may have changed was sent, by the clock of this machine; 0.0: nothing was."""
        return float(self._database.read("SELECT coalesce(max(at), 0) FROM edits").fetchone()[0])

    def made_by_open(self) -> dict[int, str]:
        """The ids of the records that rows have made which have not ended, by row."""
        sql = (
            "SELECT row, data FROM steps WHERE method = 'POST' AND verdict = 'accept' AND data IS NOT NULL"
            " AND (step LIKE 'create%' OR (step LIKE 'contact%' AND status = 201))"
            " AND row NOT IN (SELECT row FROM rows)"
        )
        first = ((row, json.loads(data)) for row, data in self._database.read(sql))
        return {row: str(data[0] if isinstance(data, list) else data) for row, data in first}

    def open_between(self, first: int, last: int) -> dict[int, OpenRow]:
        """The rows in this range that have begun and not ended."""
        rows: dict[int, OpenRow] = {}
        cursor = self._database.read(
            "SELECT row, step, attempts, verdict, status, data, code, error FROM steps WHERE row BETWEEN ? AND ?"
            " AND row NOT IN (SELECT row FROM rows WHERE row BETWEEN ? AND ?)",
            (first, last, first, last),
        )
        for row, step, attempts, verdict, status, data, code, error in cursor:
            entry = rows.setdefault(row, OpenRow())
            if verdict is None:
                entry.cut_off[step] = attempts
            else:
                value = None if data is None else json.loads(data)
                receipt = Receipt(step, Verdict(verdict), status, value, code, error, attempts)
                entry.known[step] = receipt
        return rows

    def has_begun(self) -> bool:
        """Whether any row has changed something or is under way; one that was as it should be does not count."""
        ended = "SELECT 1 FROM rows WHERE status NOT IN ('rejected', 'skipped', 'unchanged')"
        begun = f"{ended} UNION ALL SELECT 1 FROM steps LIMIT 1"
        return self._database.read(begun).fetchone() is not None

    def cut_off_rows(self) -> dict[int, int]:
        """The rows with a write that was sent and never answered; how often each was sent."""
        sql = "SELECT row, sum(attempts) FROM steps WHERE verdict IS NULL AND method <> 'GET' GROUP BY row"
        return dict(self._database.read(sql))

    def begun_rows(self) -> frozenset[int]:
        """The rows that have not ended, and of which something was written or may have been."""
        sql = "SELECT DISTINCT row FROM steps WHERE method <> 'GET' AND row > 0 AND row NOT IN (SELECT row FROM rows)"
        return frozenset(row for (row,) in self._database.read(sql))

    def created_by_open(self) -> frozenset[str]:
        """The ids of the records that rows have created which have not ended."""
        sql = (
            "SELECT data FROM steps WHERE method = 'POST' AND verdict = 'accept' AND step LIKE 'create%'"
            " AND data IS NOT NULL AND row NOT IN (SELECT row FROM rows)"
        )
        return frozenset(str(json.loads(data)) for (data,) in self._database.read(sql))

    # ---- parts of what the checkpoint does at once

    def forget_questions(self, execute: Execute) -> None:
        """Forget what the account answered to questions."""
        execute("DELETE FROM steps WHERE method = 'GET'")

    def forget_stale_answers(self, execute: Execute) -> None:
        """Forget answers that say that a send is to come, and those that led to no send or settled one."""
        execute(
            "DELETE FROM steps WHERE method = 'GET'"
            " AND (step LIKE 'look up after %' OR step LIKE 'look up before %'"
            " OR row NOT IN (SELECT row FROM steps WHERE method <> 'GET'))"
        )

    def reopen_failed(self, execute: Execute) -> None:
        """Keep what is done of the rows that failed or are in doubt, and leave the rest to be sent or settled anew."""
        bad = "SELECT row FROM rows WHERE status IN ('failed', 'in_doubt')"
        execute(f"DELETE FROM steps WHERE row IN ({bad}) AND (verdict = 'reject' OR method = 'GET')")
        again = f"(verdict = 'in_doubt' AND {_REPEATED}) OR (verdict = 'accept' AND method = 'DELETE')"
        execute(f"UPDATE steps SET verdict = NULL WHERE row IN ({bad}) AND ({again})")

    def forget(self, execute: Execute, row: int) -> None:
        """Forget all steps of a row."""
        execute("DELETE FROM steps WHERE row = ?", (row,))
