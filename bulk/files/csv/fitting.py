"""How a row has to look to fit its header, and what is said of one that does not. One row's cells at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bulk.files.csv.dialect import DELIMITERS
from bulk.files.csv.writer import GUARDED, unguard
from bulk.files.source import MISSING, TOO_FEW
from bulk.resources.kinds import Problem, join_values, split_values

NUL: Final = Problem(
    "nul_character",
    "The row holds a NUL character.",
    "Remove it; it usually comes from a damaged export or a wrong encoding.",
)


class Fit:
    """What is wrong with a row of a table with this header; `width` is how many cells its rows have.

    `clearing`: an empty cell clears a value. Where it leaves it alone, a cell that was never there does the same.
    """

    def __init__(self, header: Sequence[str], delimiter: str, width: int, *, clearing: bool = False) -> None:
        self._names = [name.strip() for name in header]
        self._width = width
        self._delimiter = delimiter
        self.nameless = [at for at, name in enumerate(self._names) if not name]
        self.guarded = self._names.index(GUARDED) if GUARDED in self._names else None
        self.missing = self._names.index(MISSING) if clearing and MISSING in self._names else None

    def level(self, cells: list[str]) -> None:
        """Bring a row of the usual width to that of the header: what is more or less of it is empty and has no name."""
        width = len(self._names)
        cells[width:] = [""] * (width - len(cells))

    def problem(self, cells: list[str]) -> Problem | None:
        """What is wrong with a row as it was read."""
        if len(cells) != self._width:
            return _ragged(cells, self._width, self._delimiter)
        if any("\0" in cell for cell in cells):
            return NUL
        for at in self.nameless:
            if at < len(cells) and cells[at]:
                return _nameless(at)
        return self._still_missing(cells) if self.missing is not None else None

    def undo_guards(self, cells: list[str]) -> None:
        """Take the apostrophes away that an export put before formulas, and with them the names of the guarded."""
        guarded = self.guarded or 0
        for name in split_values(cells[guarded], ","):
            if name in self._names:
                at = self._names.index(name)
                cells[at] = unguard(cells[at])
        cells[guarded] = ""

    def _still_missing(self, cells: list[str]) -> Problem | None:
        """What is wrong with a row that was too short and was filled up by us: nobody wrote those empty cells."""
        names = split_values(cells[self.missing or 0], ",")
        open_names = [name for name in names if name not in self._names or not cells[self._names.index(name)]]
        if not open_names:
            return None
        return Problem(
            TOO_FEW,
            f"The row was too short: it had no cell for {join_values(names, ', ')}, and {join_values(open_names, ', ')}"
            f" {'is' if len(open_names) == 1 else 'are'} still empty.",
            f"Fill it in; or, if it is meant to be empty, empty the cell in the column {MISSING} too.",
        )


def usual_width(header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """How many cells every row has: the header's, or another number if that is so in all and only empties differ.

    Spreadsheets and scripts end rows, or the header, with delimiters that the other has not.
    """
    width = len(header)
    named = max((at for at, name in enumerate(header, 1) if name.strip()), default=width)
    usual = 0
    shifted = True
    for cells in rows:
        if not any(cells):
            continue
        usual = usual or len(cells)
        if len(cells) != usual or usual == width or usual < named or any(cells[named:]):
            return width
        shifted = shifted and _seems_shifted(header, cells)
    return width if not usual or (shifted and usual > width) else usual


def _seems_shifted(header: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a cell begins with a blank where its title does not: the rest of a text that a delimiter cut in two."""
    return any(cell[:1] == " " and title[:1] != " " for title, cell in zip(header, cells, strict=False))


def _ragged(cells: Sequence[str], width: int, delimiter: str) -> Problem:
    result = len(cells)
    said = f"The row has {result} cell{'s' if result != 1 else ''}, the header has {width}."
    if result == 1 and delimiter in cells[0]:
        return Problem(TOO_FEW, said, "The line is quoted as a whole: take away the quotes around it.")
    if result < width:
        return Problem(TOO_FEW, said, "Add the missing cells; quote a cell that holds a line break.")
    return Problem(
        "too_many_cells",
        said,
        f"Remove the extra cells; quote a cell that holds a {DELIMITERS.get(delimiter, delimiter)}.",
    )


def _nameless(at: int) -> Problem:
    return Problem(
        "value_without_header",
        f"Column {at + 1} has a value here and no name in the header.",
        "Name the column in the header, or empty the cell.",
    )
