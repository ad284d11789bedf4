"""What an undo puts back, by the number of its line in `undo.csv`: whole, where the line has it for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from bulk.model import Json
from bulk.storage.database import Database


class UndoneThings:
    """The things to be put back, in the order in which that is done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, things: Iterable[tuple[int, Json]]) -> None:
        """Write all of them at once, in place of any that are there."""
        with self._database.at_once() as execute:
            execute("DELETE FROM undoing")
            for number, thing in things:
                execute("INSERT INTO undoing VALUES (?, ?)", (number, json.dumps(thing, ensure_ascii=False)))

    def between(self, first: int, last: int) -> Iterator[tuple[int, Json]]:
        """Those of a range of lines that have not ended."""
        still_open = "row BETWEEN ? AND ? AND row NOT IN (SELECT row FROM rows)"
        sql = f"SELECT row, thing FROM undoing WHERE {still_open} ORDER BY row"
        for number, thing in self._database.read(sql, (first, last)).fetchall():
            yield number, json.loads(thing)

    def all(self) -> Iterator[tuple[int, Json]]:
        """All of them."""
        for number, thing in self._database.read("SELECT row, thing FROM undoing ORDER BY row"):
            yield number, json.loads(thing)
