"""The example row of a template: it carries a mark, and what carries it is no row of the file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

EXAMPLE: Final = "_example"  # the column of the mark
MARK: Final = "an example: this row is not imported"
_MARK: Final = MARK.casefold()


def mark_at(header: Sequence[str]) -> int | None:
    """Where the mark of an example stands in each row; None: nowhere."""
    titles = [title.strip().casefold() for title in header]
    return titles.index(EXAMPLE) if EXAMPLE in titles else None


def is_example(cells: Sequence[str], at: int) -> bool:
    """Whether a row carries the mark."""
    return len(cells) > at and cells[at].strip().casefold() == _MARK


def remarks_on_examples(numbers: Collection[int]) -> list[str]:
    """What is said of the rows that were passed over, by their numbers."""
    if not numbers:
        return []
    rows = ", ".join(map(str, sorted(numbers)))
    return [f"Row {rows} is the template's example, so it is not imported. Is it yours? Empty its cell in {EXAMPLE}."]
