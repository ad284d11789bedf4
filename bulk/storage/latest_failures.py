"""The rows of a job at work that failed last, read beside it: nothing is written, and nobody is kept from writing."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bulk.model import RowStatus, number_told

_LATEST: Final = "SELECT row, failures FROM rows WHERE status IN (?, ?) ORDER BY row DESC LIMIT ?"
_BAD: Final = (RowStatus.FAILED.value, RowStatus.IN_DOUBT.value)
_PATIENCE: Final = 0.1  # seconds


def latest_failures(checkpoint: Path, most: int) -> list[tuple[str, str]]:
    """The last rows of a file that failed or are in doubt, the last first: their numbers and why.

    Empty too where that cannot be read now.
    """
    place = f"file:{quote(str(checkpoint.resolve()))}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(place, uri=True, timeout=_PATIENCE)) as database:
            rows = database.execute(_LATEST, (*_BAD, most)).fetchall()
    except sqlite3.Error:
        return []
    return [(number_told(row), "; ".join(error for _step, _code, error in json.loads(told))) for row, told in rows]
