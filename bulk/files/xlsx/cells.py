"""A sheet's rows as they stand in it: which cells, with their numbers of texts and of formats. Decides nothing of them.

Read piece by piece, in memory that does not grow with the sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, Final, NamedTuple

from bulk.files.xlsx.markup import Events, MarkupError, feed

ROWS: Final = 1_048_576
COLUMNS: Final = 16_384
_REFERENCE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")


class Cell(NamedTuple):
    """A cell that holds anything. `kind` is what the file calls its type: `n`, `s`, `b`, `e`, `str`, `inlineStr`, `d`.

    `value` is None where there is none; `calculated` whether a formula is behind it.
    """

    column: int
    kind: str
    style: int
    value: str | None
    calculated: bool


class SheetRow(NamedTuple):
    """A row that is written down, by the number that the sheet shows."""

    number: int
    cells: list[Cell]


@dataclass(slots=True)
class Merged:
    """Cells that are shown as one: rows and columns from and to, as numbers from 1 and from 0."""

    name: str
    rows: tuple[int, int]
    columns: tuple[int, int]


@dataclass(slots=True)
class Told:
    """What a sheet says beside its cells. Known when all rows were read."""

    merged: list[Merged] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0


def rows_of(part: IO[bytes], told: Told) -> Iterator[SheetRow]:
    """The rows in their order, and into `told` what else is said. Raises `MarkupError`."""
    sheet = _Sheet(told)
    for _ in feed(part, sheet):
        yield from sheet.rows
        sheet.rows.clear()


class _Sheet(Events):
    """Takes cells and rows out of what a parser tells."""

    def __init__(self, told: Told) -> None:
        self.rows: list[SheetRow] = []
        self._told = told
        self._row = SheetRow(0, [])
        self._column = -1
        self._cell: Mapping[str, str] = {}
        self._value: list[str] | None = None
        self._calculated = False
        self._taking = False
        self._spoken = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """A cell or a row begins, or what is in it."""
        if name == "c":
            self._begin(attributes)
        elif name == "v" or (name == "t" and not self._spoken):
            self._taking = True
            if self._value is None:
                self._value = []
        elif name == "f":
            self._calculated = True
        elif name == "row":
            number = int(attributes.get("r", self._row.number + 1))
            if not self._row.number < number <= ROWS:
                raise MarkupError(f"row {number} does not come after row {self._row.number}")
            self._row = SheetRow(number, [])
            self._column = -1
            self._told.hidden_rows += attributes.get("hidden") in ("1", "true")
        elif name == "rPh":
            self._spoken = True
        elif name == "mergeCell":
            self._told.merged.append(_merged(attributes["ref"]))
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes["min"]), int(attributes["max"])
            self._told.hidden_columns += last - first + 1 if last < COLUMNS else 0  # all that follow hold nothing

    def _begin(self, attributes: Mapping[str, str]) -> None:
        column = column_of(attributes["r"]) if "r" in attributes else self._column + 1
        if not self._column < column < COLUMNS:
            raise MarkupError(f"the cells of row {self._row.number} are in no order")
        self._column = column
        self._cell = attributes
        self._value = None
        self._calculated = False

    def end(self, name: str) -> None:
        """A cell or a row is all there."""
        if name == "c":
            if self._value is not None or self._calculated:
                value = "".join(self._value) if self._value is not None else None
                of = self._cell
                cell = Cell(self._column, of.get("t", "n"), int(of.get("s", 0)), value, self._calculated)
                self._row.cells.append(cell)
        elif name in ("v", "t"):
            self._taking = False
        elif name == "row":
            self.rows.append(self._row)
        elif name == "rPh":
            self._spoken = False

    def text(self, text: str) -> None:
        """Take a piece of a value."""
        if self._taking and self._value is not None:
            self._value.append(text)


@lru_cache(maxsize=COLUMNS)
def _number_of(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_of(reference: str) -> int:
    """The column of a cell by its name, from 0: that of `B7` is 1."""
    return _number_of(reference.rstrip("0123456789"))


def name_of(row: int, column: int) -> str:
    """A cell as people name it: `B7`."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def _merged(name: str) -> Merged:
    ends = [_REFERENCE.fullmatch(end) for end in name.split(":")]
    first, last = ends[0], ends[-1]
    if first is None or last is None:
        raise MarkupError(f"{name!r} is no range of cells")
    return Merged(name, (int(first[2]), int(last[2])), (_number_of(first[1]), _number_of(last[1])))
