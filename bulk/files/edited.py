"""Corrections that a person has made to a file: cells that say something else, and rows that are left out.

The file itself stays as it is; the corrected table is a source over it, and can be written as a file of its own, whose
rows stand at the same numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import IO, Final

from bulk.files.adapted import Adapted, table_of
from bulk.files.csv.reader import CsvSource
from bulk.files.source import Record, Seen, Source
from bulk.files.unread_cells import UNREAD, unread_text
from bulk.files.xlsx.source import SheetSource
from bulk.resources.kinds import Problem

ENCODING: Final = "utf-8-sig"  # of a corrected table
DELIMITER: Final = ","


@dataclass(slots=True)
class Edits:
    """Corrected `cells` by row and column (as indexes of the header), and the rows that are `left_out`."""

    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.cells or self.left_out)


@dataclass(slots=True)
class Edited:
    """A `Source` with its corrections. A row of which a cell was corrected has as many cells as the header."""

    source: Source
    edits: Edits

    @property
    def header(self) -> tuple[str, ...]:
        """The titles of the file."""
        return self.source.header

    def describe(self) -> str:
        """What kind of file it is."""
        return self.source.describe()

    def records(self, only: Collection[int] | None = None) -> Iterator[Record]:
        """The rows, corrected, without those that are left out."""
        edits = self.edits
        for record in self.source.records(only):
            if record.number in edits.left_out:
                continue
            if changed := edits.cells.get(record.number):
                yield self._corrected(record, changed)
            else:
                yield record

    def _corrected(self, record: Record, changed: Mapping[int, str]) -> Record:
        width = len(self.header)
        cells = [*record.cells[:width], *[""] * (width - len(record.cells))]
        for at, text in changed.items():
            if at < width:
                cells[at] = text
        doubts: dict[int, Problem] = {at: why for at, why in (record.doubts or {}).items() if at not in changed}
        return Record(record.number, cells, None, doubts or None)

    @property
    def seen(self) -> Seen:
        """What the latest pass has seen of the file."""
        return self.source.seen


def for_another_reader(source: Source) -> Source:
    """The table as it stands in the file, which may be read while another reads `source`."""
    result = copy(table_of(source))
    if isinstance(result, SheetSource):
        result.table = copy(result.table)
    return result


def with_edits(source: Source, edits: Edits) -> Source:
    """The source of the corrected rows, put right as those of the file would be."""
    if isinstance(source, Adapted):
        return Adapted(Edited(source.source, edits), source.adaptation)
    return Edited(source, edits)


def write_corrected(source: Source, edits: Edits, output: IO[bytes]) -> None:
    """Write the corrected table as CSV (UTF-8, commas), each row at the number that it has.

    A cell whose text is not known, and that nobody has corrected, is named in a column of its own: as text it would
    pass, and so its row is rejected as that of the file would be.
    """
    table = table_of(source)
    texts = io.TextIOWrapper(output, ENCODING, newline="", write_through=True)
    write = csv.writer(texts).writerow
    number, header = _header_row(table), table.header
    has_unread = isinstance(table, SheetSource) and bool(table.doubts)
    texts.write("\r\n" * (number - 1))
    write([*[UNREAD] * has_unread, *header])
    for record in Edited(table, edits).records():
        texts.write("\r\n" * (record.number - number - 1))  # a blank line is no row
        write([*[unread_text(header, record.doubts)] * has_unread, *record.cells])
        number = record.number
    texts.detach()


def _header_row(source: Source) -> int:
    """The row that holds the titles, as a spreadsheet shows it."""
    table = source.table if isinstance(source, SheetSource) else source
    return table.header_row if isinstance(table, CsvSource) else 1
