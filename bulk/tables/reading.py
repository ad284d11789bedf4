"""A CSV file as a table: its header, its rows with the numbers a spreadsheet shows, what is wrong with single rows.

All cells are text. A file whose rows cannot be told apart is refused (`UsageError`, with the row and the next step); a
row that does not fit is handed on with its `Problem`. Nothing is dropped, padded or repaired in silence. Knows nothing
of what a column means: that is `matching`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.resources.kinds import Problem, split_values
from bulk.resources.spec import Column, normalise
from bulk.tables.dialect import DELIMITERS, PREAMBLE, Dialect, Frames, detect, known_names, sample_records
from bulk.tables.files import NamedFile
from bulk.tables.swallowed import SwallowGuard, address_columns
from bulk.tables.writing import GUARDED, unguard

__all__ = ["Dialect", "Record", "Table", "open_table"]

QUOTED_ROWS: Final = 50  # rows that tell whether a file quotes every cell

NUL: Final = Problem(
    "nul_character",
    "The row holds a NUL character.",
    "Remove it; it usually comes from a damaged export or a wrong encoding.",
)


@dataclass(slots=True)
class Record:
    """One data row as read. `number` is the row a spreadsheet shows. With a `problem` the row is to be rejected."""

    number: int
    cells: list[str]
    problem: Problem | None


@dataclass(slots=True)
class Table:
    """An open table. `header` is as read, nameless columns included; `records()` streams the file anew at each call.

    `quoted`: its first rows quote every cell. `blank_rows` counts the blank lines and the rows without any value below
    the header, after a full pass.
    """

    source: NamedFile
    dialect: Dialect
    header: tuple[str, ...]
    header_row: int
    limit: int | None
    guard: SwallowGuard
    quoted: bool = False
    blank_rows: int = field(default=0)
    _frames: Frames | None = field(default=None, repr=False)

    @property
    def read_bytes(self) -> int:
        """How much of the file the latest pass has read so far, give or take a chunk."""
        return self._frames.read_bytes if self._frames is not None else 0

    def records(self, only: Collection[int] | None = None) -> Iterator[Record]:
        """The data records in file order, in bounded memory. Raises `UsageError` where rows cannot be told apart.

        `only` are row numbers seen in an earlier pass: no other records are given.
        """
        frames = self._frames = Frames(self.source, self.dialect)
        fit = _Fit(self.header, self.dialect.delimiter)
        width = len(self.header)
        careful = bool(fit.nameless) or fit.guarded is not None
        header_row = self.header_row
        left = -1 if self.limit is None else self.limit
        self.blank_rows = 0
        raw: Iterator[tuple[int, str]] | None = None
        for number, lines, cells in frames:
            if number <= header_row:
                continue
            if not any(cells):
                self.blank_rows += 1
                continue
            if left == 0:
                return
            left -= 1
            if only is not None and number not in only:
                continue
            if lines > 1 and (rows := self.guard.swallowed(cells)):
                raw = raw or frames.raw()
                self._refuse_swallowed(number, cells, rows, raw)
            problem = None
            if (
                careful or len(cells) != width or frames.nul
            ):  # this loop runs a million times: calls are for the odd row
                problem = fit.problem(cells)
                if problem is None and fit.guarded is not None:
                    fit.undo_guards(cells)
            yield Record(number, cells, problem)

    def _refuse_swallowed(self, number: int, cells: list[str], rows: int, raw: Iterator[tuple[int, str]]) -> None:
        """Refuse a row that seems to have swallowed others, unless every cell is quoted, as in all of its file.

        Among such rows a stray quote is an error, never silent; but somebody may have written others below them.
        """
        if self.quoted:
            text = next(text for at, text in raw if at == number)
            if text.rstrip("\r\n") == _quoted(cells, self.dialect.delimiter):
                return
        raise UsageError(
            f'{self.source}, row {number}: a quote (") opened in this row seems to swallow the next '
            f"{rows} row{'s' if rows > 1 else ''} into one cell. "
            'Remove the stray quote, or write a quote inside a cell as "".'
        )


class _Fit:
    """How a row has to look to fit its header."""

    def __init__(self, header: Sequence[str], delimiter: str) -> None:
        self._names = [name.strip() for name in header]
        self._width = len(header)
        self._delimiter = delimiter
        self.nameless = [at for at, name in enumerate(self._names) if not name]
        self.guarded = self._names.index(GUARDED) if GUARDED in self._names else None

    def problem(self, cells: list[str]) -> Problem | None:
        if len(cells) != self._width:
            return _ragged(len(cells), self._width, self._delimiter)
        if any("\0" in cell for cell in cells):
            return NUL
        for at in self.nameless:
            if cells[at]:
                return _nameless(at)
        return None

    def undo_guards(self, cells: list[str]) -> None:
        for name in split_values(cells[self.guarded or 0], ","):
            if name in self._names:
                at = self._names.index(name)
                cells[at] = unguard(cells[at])


def open_table(
    file: NamedFile | Path,
    *,
    encoding: str = "auto",
    delimiter: str = "auto",
    skip_lines: int = 0,
    limit: int | None = None,
    columns: Sequence[Column] = (),
) -> Table:
    """The table in a file. Reads its beginning only; `columns` are those that the header may hold.

    Raises `UsageError` with the remedy if there is no readable table with an understandable header.
    """
    source = file if isinstance(file, NamedFile) else NamedFile(file)
    known = {normalise(name) for column in columns for name in (column.attribute, column.title, *column.aliases)} - {""}
    dialect, sample = detect(source, encoding, delimiter, skip_lines, known)
    header_row, header = _header(source, dialect)
    rows, _ = sample_records(sample, dialect.delimiter)
    _refuse_preamble(source, header, rows, skip_lines, known)
    repeated = [name for name, count in Counter(name.strip() for name in header).items() if name and count > 1]
    if repeated:
        raise UsageError(
            f"{source}, row {header_row}: the header names {', '.join(map(repr, repeated))} more than once. "
            "Rename or remove the repeated columns, so that each has a name of its own."
        )
    addresses = address_columns([cells for _, cells in rows if cells != header], len(header))
    all_quoted = all(_quoted(cells, dialect.delimiter) in sample for _, cells in rows[:QUOTED_ROWS])
    guard = SwallowGuard(len(header), dialect.delimiter, addresses)
    return Table(source, dialect, tuple(header), header_row, limit, guard, all_quoted)


def _quoted(cells: Sequence[str], delimiter: str) -> str:
    return delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)


def _header(source: NamedFile, dialect: Dialect) -> tuple[int, list[str]]:
    """The first row that holds anything: spreadsheets write empty rows above a table as blank lines or bare commas."""
    for number, _, cells in Frames(source, dialect):
        if any(cell.strip() for cell in cells):
            return number, cells
    after = f" after the {dialect.skip_lines} skipped lines" if dialect.skip_lines else ""
    raise UsageError(f"{source} is empty{after}: it needs a header row. `bulk template` writes one.")


def _refuse_preamble(
    source: NamedFile, header: list[str], rows: list[tuple[int, list[str]]], skip_lines: int, known: set[str]
) -> None:
    """Refuse a header that is a report's title: another of the first rows is the header, or all below have more."""
    if known_names(header, known):
        return
    found = next((lines for lines, cells in rows[:PREAMBLE] if known_names(cells, known) >= 2), None)
    if found is None and _filled(header) == 1:
        below = [(lines, _filled(cells)) for lines, cells in rows[:PREAMBLE] if cells != header and any(cells)]
        usual, count = Counter(filled for _, filled in below).most_common(1)[0] if below else (0, 0)
        if usual > 1 and count >= max(2, 0.6 * len(below)):
            found = next(lines for lines, filled in below if filled == usual)
    if found:
        raise UsageError(
            f"{source}: the header does not seem to be the first line, which reads {_short(header)}. "
            f"If the table begins below it, pass --skip-lines {skip_lines + found}."
        )


def _filled(cells: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _short(cells: list[str]) -> str:
    text = " ".join(cell.strip() for cell in cells if cell.strip())
    return repr(text if len(text) <= 60 else text[:59] + "…")


def _ragged(found: int, width: int, delimiter: str) -> Problem:
    cells = f"{found} cell" + ("s" if found != 1 else "")
    said = f"The row has {cells}, the header has {width}."
    if found < width:
        return Problem("too_few_cells", said, "Add the missing cells; quote a cell that holds a line break.")
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
