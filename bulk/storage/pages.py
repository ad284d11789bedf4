"""The pages of an export, each with the range that it covers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from bulk.model import Json
from bulk.storage.database import Database


class Pages:
    """Pages that were read, in the order of what they cover."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, first: int, last: int, records: Sequence[Json]) -> None:
        """Note a page: the range that it covers, of ids or offsets, and its records in the order of that range."""
        text = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
        if not _is_text(text):  # half a letter that an API gave is kept as JSON writes it
            text = json.dumps(records, separators=(",", ":"))
        self._database.put("INSERT INTO pages VALUES (?, ?, ?, ?)", (first, last, len(records), text))

    def ranges(self) -> list[tuple[int, int, int]]:
        """What every page covers, first and last, and how many records it holds."""
        return list(self._database.read("SELECT first, last, count FROM pages"))

    def read(self) -> Iterator[list[Json]]:
        """The records page by page, in the order of what they cover."""
        order = [row for (row,) in self._database.read("SELECT rowid FROM pages ORDER BY first")]
        for row in order:  # one at a time: sorted by SQLite, they would all lie in memory
            (text,) = self._database.read("SELECT records FROM pages WHERE rowid = ?", (row,)).fetchone()
            yield json.loads(text)


def _is_text(text: str) -> bool:
    """Whether a file can hold the text: half of a surrogate pair has no bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
