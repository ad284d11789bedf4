"""A sheet of a workbook as a source: the table that it shows, under the row numbers that it shows.

It is read once, when it is opened; after that it is a CSV of its texts, so that all that holds for one holds for it.
What a cell cannot give comes with its row, by the cell's name, for who uses its column.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

from bulk.errors import UsageError
from bulk.files.csv.reader import CsvSource, open_csv
from bulk.files.named_file import NamedFile
from bulk.files.source import Record, Seen
from bulk.files.xlsx.cells import Merged, Told, name_of, rows_of
from bulk.files.xlsx.package import Package, Sheet
from bulk.files.xlsx.shown import Reader
from bulk.files.xlsx.spool import DELIMITER, ENCODING, Spool
from bulk.resources.kinds import Problem
from bulk.resources.spec import Column

_BEYOND: Final = 256  # columns right of the header that are shown as such; a cell farther out makes its row too long
_MERGED_ROWS: Final = 2_000_000  # cells of merged ranges, by row: more is no table
Doubts = dict[int, dict[int, Problem]]  # of rows, by column: what is wrong with cells


@dataclass(slots=True)
class SheetSource:
    """A `Source` out of a sheet."""

    table: CsvSource
    about: str
    doubts: Mapping[int, Mapping[int, Problem]] = field(repr=False)

    @property
    def header(self) -> tuple[str, ...]:
        """The titles as they are shown."""
        return self.table.header

    def describe(self) -> str:
        """For people: "Excel workbook, sheet 'People'"."""
        return self.about

    def records(self, only: Collection[int] | None = None) -> Iterator[Record]:
        """The rows below the header, with what is wrong with single cells."""
        doubts = self.doubts
        for record in self.table.records(only):
            record.doubts = doubts.get(record.number)
            yield record

    @property
    def seen(self) -> Seen:
        """What the latest pass has seen of the file."""
        return self.table.seen


def open_xlsx(
    file: NamedFile, sheet: str = "", *, skip_lines: int = 0, limit: int | None = None,
    columns: Sequence[Column] = (), clearing: bool = False,
) -> SheetSource:  # fmt: skip
    """The table in a sheet, by its name or the first; it is read to its end.

    Raises `UsageError` with the remedy if there is no readable table with an understandable header.
    """
    with Package(file) as package:
        chosen = package.sheet(sheet)
        reader = Reader(package.texts(), package.formats(), since_1904=package.since_1904)
        with package.telling_damage():
            with package.open(chosen.part) as part:
                written = _written(part, chosen, reader, skip_lines, 0)
            if written.header < written.width <= written.header + _BEYOND:
                with package.open(chosen.part) as part:
                    written = _written(part, chosen, reader, skip_lines, written.width)
        names = [other.name for other in package.sheets]
    _mark_merged(written)
    table = NamedFile(file.path, file.name, written.spool)
    source = open_csv(table, encoding=ENCODING, delimiter=DELIMITER, limit=limit, columns=columns)
    source.clearing = clearing
    return SheetSource(source, _about(chosen, names, written.told), written.doubts)


@dataclass(slots=True)
class _Written:
    """A sheet that was written out. `header` is how many cells its header has, `width` its longest row."""

    spool: Spool
    told: Told
    doubts: Doubts
    header: int = 0
    width: int = 0
    last: int = 0


def _written(part: IO[bytes], sheet: Sheet, reader: Reader, skip_lines: int, width: int) -> _Written:
    """Write the rows of a sheet out, each at its number; those to be skipped as if nothing were in them.

    All have as many cells as the header, or `width`; only a longer one has more.
    """
    result = _Written(Spool(sheet.name), Told(), {})
    before = 0
    for number, cells in rows_of(part, result.told):
        texts: list[str] = [""] * width
        for cell in cells if number > skip_lines else ():
            text, problem = reader.text(number, cell)
            if not text:
                continue
            texts += [""] * (cell.column + 1 - len(texts))
            texts[cell.column] = text
            if problem is not None:
                result.doubts.setdefault(number, {})[cell.column] = problem
        if not any(texts):
            continue
        if not width:
            width = result.header = len(texts)
        result.width = max(result.width, len(texts))
        result.spool.skip(number - before - 1)
        result.spool.write(texts)
        before = number
    result.last = before
    result.spool.settle()
    return result


def _mark_merged(written: _Written) -> None:
    """Tell of the cells that are shown as one with another and hold nothing: nobody knows whether they are meant so."""
    cells = 0
    for merged in written.told.merged:
        rows = range(merged.rows[0], min(merged.rows[1], written.last) + 1)
        columns = range(merged.columns[0], min(merged.columns[1], written.width - 1) + 1)
        cells += len(rows) * len(columns)
        if cells > _MERGED_ROWS:
            raise UsageError("sheet_merged", sheet=written.spool.describe(), range=merged.name)
        for row in rows:
            for column in columns:
                if (row, column) != (merged.rows[0], merged.columns[0]):
                    written.doubts.setdefault(row, {}).setdefault(column, _merged(row, column, merged))


def _merged(row: int, column: int, merged: Merged) -> Problem:
    first = merged.name.partition(":")[0]
    return Problem(
        "cell_merged",
        f"Cell {name_of(row, column)} is merged with {first} ({merged.name}), so it holds nothing of its own.",
        "Take the merge apart, and write into each cell what it is to hold.",
    )


def _about(sheet: Sheet, names: Sequence[str], told: Told) -> str:
    """What is read, and what of it a person may not see."""
    said = [f"Excel workbook, sheet {sheet.name!r}" + (f" (the others: {_named(names, sheet)})" if names[1:] else "")]
    hidden = [
        f"{count:,} hidden {what}{'s' if count != 1 else ''}"
        for count, what in ((told.hidden_rows, "row"), (told.hidden_columns, "column"))
        if count
    ]
    return ", ".join([*said, *([f"with {' and '.join(hidden)}, read as the others"] if hidden else [])])


def _named(names: Sequence[str], sheet: Sheet) -> str:
    others = [repr(name) for name in names if name != sheet.name]
    return ", ".join(others[:5]) + (f" and {len(others) - 5} more" if others[5:] else "")
