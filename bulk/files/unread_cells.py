"""What of a row's cells nobody could read, as a column of a table: so that it is known where only texts are kept.

A corrected workbook is such a table. Text would pass for what stood there, and it is not known what that was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bulk.files.source import Record
from bulk.resources.kinds import Problem

UNREAD: Final = "_unread"  # the column; it stands first, so that a row that is too long does not reach into it


def unread_text(header: Sequence[str], doubts: Mapping[int, Problem] | None) -> str:
    """The cell that says what of a row is not known, by titles; "" where all is."""
    if not doubts:
        return ""
    by_title = {header[at].strip(): [why.code, why.message, why.hint] for at, why in doubts.items() if at < len(header)}
    return json.dumps(by_title, ensure_ascii=False)


def with_unread(header: Sequence[str], records: Iterator[Record]) -> Iterator[Record]:
    """The records of a table that has the column, with what it says of their cells."""
    titles = [title.strip() for title in header]
    at = titles.index(UNREAD)
    for record in records:
        if at < len(record.cells) and record.cells[at]:
            record.doubts = {titles.index(title): why for title, why in _said(record.cells[at]) if title in titles}
        yield record


def _said(text: str) -> Iterator[tuple[str, Problem]]:
    """What such a cell says; nothing where somebody else has written it."""
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    for title, why in said.items() if isinstance(said, dict) else ():
        if isinstance(why, list) and len(why) == 3 and all(isinstance(part, str) for part in why):
            yield title, Problem(*why)
