"""Small tables of a job's end: how many rows ended how, of a job and of each part of one on a whole account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from bulk.cli import terminal

if TYPE_CHECKING:
    from bulk.library import Result

_NAME: Final = 22  # letters of the longest name of a resource


def show_left(job_result: Result) -> None:
    """Print which parts of a whole account were not begun."""
    from bulk.library.jobs import job_at  # noqa: PLC0415 - not for --help

    left = [name for name in job_at(job_result.job).record.parts if name not in job_result.summary.parts]
    if left:
        terminal.tell(f"  not begun: {', '.join(left)}")


def show_outcomes(outcomes: Iterable[tuple[int, str]]) -> None:
    """Print a line an outcome, with how many rows ended so; the numbers stand below one another."""
    lines = [(f"{count:,}", said) for count, said in outcomes]
    width = max((len(count) for count, _said in lines), default=0)
    for count, said in lines:
        terminal.tell(f"  {count:>{width}} {said}")


def show_counts(parts: Mapping[str, Mapping[str, int]]) -> None:
    """Print a line a resource, with how many of its rows ended how, and their sum."""
    known = dict.fromkeys(status for rows in parts.values() for status, count in rows.items() if count)
    statuses = [status for status in known if status != "read"] or ["succeeded"]
    total = {status: sum(rows.get(status, 0) for rows in parts.values()) for status in statuses}
    widths = [max(len(status), len(f"{total[status]:,}")) for status in statuses]
    heads = [f"{status.replace('_', ' '):>{width}}" for status, width in zip(statuses, widths, strict=True)]
    terminal.tell(f"  {'':{_NAME}}  {'  '.join(heads)}")
    for name, rows in (*parts.items(), *([("in all", total)] if len(parts) > 1 else [])):
        cells = [rows.get(status, 0) for status in statuses]
        figures = [f"{f'{cell:,}' if cell else '-':>{width}}" for cell, width in zip(cells, widths, strict=True)]
        terminal.tell(f"  {name:{_NAME}}  {'  '.join(figures)}")
