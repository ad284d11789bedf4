"""Tells a cell that swallowed rows from a cell that has several lines.

Two stray quotes some rows apart are valid CSV: all between them becomes one cell, without any error. What gives it away
is that the cell's lines are rows of this very table. Looks at cells of several lines only, changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_LARGE: Final = 100  # lines; a note has fewer, so a cell this long need not match in every line


@dataclass(frozen=True, slots=True)
class SwallowGuard:
    """`width` columns, `delimiter` between them; `addresses` are the columns that hold addresses in every row."""

    width: int
    delimiter: str
    addresses: tuple[int, ...] = ()

    def swallowed(self, cells: Sequence[str]) -> int:
        """How many rows seem to have been swallowed by one cell of this record; 0 if it looks sound."""
        if self.width < (2 if self.addresses else 3):
            return 0
        return max(
            (self._rows_in(cells, at) for at, cell in enumerate(cells) if "\n" in cell or "\r" in cell), default=0
        )

    def _rows_in(self, cells: Sequence[str], at: int) -> int:
        lines = [line.split(self.delimiter) for line in _LINE_END.split(cells[at])]
        # the swallowing row keeps its cells before `at`; the row where the quote closed keeps those behind it
        rows = [[*cells[:at], *lines[0]], *lines[1:-1], [*lines[-1], *cells[at + 1 :]]]
        fitting = [row for row in rows if len(row) == self.width]
        enough = len(rows) // 2 + 1 if len(rows) > _LARGE else len(rows)
        plausible = self._addressed(fitting) if self.addresses else not _prose(lines)
        return len(rows) - 1 if len(fitting) >= enough and plausible else 0

    def _addressed(self, rows: Sequence[Sequence[str]]) -> bool:
        """Whether the rows have addresses where the table has them: most in one column, no other text in any."""
        counts = []
        for column in self.addresses:
            filled = [row[column] for row in rows if row[column]]
            counts.append(sum(map(_is_address, filled)))
            if filled and 2 * counts[-1] <= len(filled):
                return False
        return 2 * max(counts) > len(rows)


def address_columns(rows: Sequence[Sequence[str]], width: int) -> tuple[int, ...]:
    """The columns whose cells are nearly all addresses (a file may have a few broken ones)."""
    result = []
    for column in range(width):
        filled = [row[column] for row in rows if len(row) == width and row[column]]
        if filled and sum(map(_is_address, filled)) >= 0.8 * len(filled):
            result.append(column)
    return tuple(result)


def _is_address(cell: str) -> bool:
    """Roughly: an @ and no blanks, so that a note that mentions an address is none."""
    return "@" in cell and len(cell.split()) == 1


def _prose(lines: Sequence[Sequence[str]]) -> bool:
    """Whether a blank follows each delimiter, as in a sentence or a postal address."""
    return all(piece[:1] == " " for line in lines for piece in line[1:])
