"""Reads the reports that jobs have written, line by line: failed.csv, plan.csv. Some are changed by then.

Not for the files of users: what these are is found out by `opening`.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from pathlib import Path

from bulk.errors import UsageError
from bulk.files.csv.dialect import Dialect

_OURS = Dialect("utf-8-sig", ",", bom=True, skip_lines=0, sep_line=False)


def report_lines(path: Path, needed: Collection[str]) -> Iterator[Mapping[str, str]]:
    """The lines of a report by its titles; cells without one are left out.

    Raises `UsageError` for what is not as a job writes it, or lacks one of the `needed` titles or a cell below it.
    """
    records = _records(path)
    titles = next(records, [])
    if lacking := [title for title in needed if title not in titles]:
        raise _refused(path, f"it has no column {lacking[0]}")
    for cells in records:
        line = {title: cell for title, cell in zip(titles, cells, strict=False) if title}
        if not line.keys() >= set(needed):
            raise _refused(path, "a line of it is cut off")
        yield line


def has_lines(path: Path) -> bool:
    """Whether a report has any line below its titles. Raises `UsageError` as `report_lines`."""
    return len(list(islice(_records(path), 2))) == 2


def number_in(path: Path, text: str) -> int:
    """A number of a report. Raises `UsageError` for what is none."""
    if not (text.isascii() and text.isdigit()):
        raise _refused(path, f"{text!r} is no number")
    return int(text)


def _records(path: Path) -> Iterator[list[str]]:
    """The titles of a report, then its lines."""
    try:
        with path.open(encoding=_OURS.encoding, newline="") as file:
            yield from filter(None, _OURS.reader(file))
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise _refused(path, "it is not in UTF-8") from error
    except csv.Error as error:
        raise _refused(path, str(error)) from error


def _refused(path: Path, reason: str) -> UsageError:
    return UsageError("report_not_read", file=path, reason=reason)
