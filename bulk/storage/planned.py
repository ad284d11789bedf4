"""What a plan says that each row changes: the lines of `plan.csv`, kept until they are applied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from bulk.planning.plan_lines import Line
from bulk.storage.database import Database

_encoded: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SELECT: Final = "SELECT row, key, record, lines FROM planned"


class PlannedRows:
    """The lines of the rows that change something, or would and must not."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, lines: tuple[Line, ...], *, requests: int) -> None:
        """Note the lines of one row, at least one, and how many requests carry them."""
        first = lines[0]
        said = _encoded([[line.action, line.column, line.before, line.after] for line in lines])
        values = (first.row, first.key, first.record, said, requests)
        self._database.put("INSERT OR REPLACE INTO planned VALUES (?, ?, ?, ?, ?)", values)

    def of(self, row: int) -> tuple[Line, ...]:
        """The lines of a row, () if the plan has none for it."""
        cursor = self._database.read(f"{_SELECT} WHERE row = ?", (row,))
        return next((_lines(*one) for one in cursor), ())

    def all(self) -> Iterator[tuple[Line, ...]]:
        """The lines of all rows, in the order of the file."""
        for one in self._database.read(f"{_SELECT} ORDER BY row"):
            yield _lines(*one)

    def requests(self) -> int:
        """How many requests carry all of it."""
        return int(self._database.read("SELECT coalesce(sum(requests), 0) FROM planned").fetchone()[0])

    def left(self) -> tuple[int, int]:
        """How many of the rows have not ended, and how many requests carry them that are not done."""
        still_open = "row NOT IN (SELECT row FROM rows)"
        sql = f"SELECT count(*), coalesce(sum(requests), 0) FROM planned WHERE {still_open}"
        rows, requests = self._database.read(sql).fetchone()
        sql = f"SELECT count(*) FROM steps WHERE method <> 'GET' AND verdict = 'accept' AND row > 0 AND {still_open}"
        return int(rows), max(0, int(requests) - int(self._database.read(sql).fetchone()[0]))


def _lines(row: int, key: str, record: str, said: str) -> tuple[Line, ...]:
    return tuple(Line(row, key, record, *one) for one in json.loads(said))
