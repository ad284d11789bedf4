"""A CSV file as a source: its header, its rows with the numbers a spreadsheet shows, what is wrong with single rows.

All cells are text. A file whose rows cannot be told apart is refused (`UsageError`, with the row and the next step); a
row that does not fit is handed on with its `Problem`. Nothing is dropped, padded or repaired in silence. Knows nothing
of what a column means: that is `matching`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile, islice
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.csv.detect import PREAMBLE, detect, known_names, sample_records
from bulk.files.csv.dialect import DELIMITERS, Dialect
from bulk.files.csv.fitting import Fit, usual_width
from bulk.files.csv.frames import Frames
from bulk.files.csv.quoting import BLANK_AND_QUOTE, are_lines_in_cells, is_line_in_a_cell, quotes_after_blanks
from bulk.files.csv.swallowed import SwallowGuard, address_columns
from bulk.files.named_file import NamedFile
from bulk.files.source import Record, Seen
from bulk.files.unread_cells import UNREAD, with_unread
from bulk.messages import Part
from bulk.resources.kinds import Problem
from bulk.resources.spec import Column, normalise

QUOTED_ROWS: Final = 50  # rows that tell whether a file quotes every cell


# wide: a file is framed once: what that has found of its form is kept for every later pass
@dataclass(slots=True)
class CsvSource:
    """A `Source` out of a CSV.

    `quoted`: its first rows quote every cell. `clearing`: an empty cell clears what it is about; who opens the table
    may say so. `width` is how many cells each row has, where they end in more or fewer empty ones than the header.

    After a full pass `blank_rows` counts the blank lines and the rows without any value below the header, `surplus`
    says how many cells the longest row has too many, `short` whether one has too few.
    """

    file: NamedFile
    dialect: Dialect
    header: tuple[str, ...]
    header_row: int
    limit: int | None
    guard: SwallowGuard
    width: int
    quoted: bool = False
    clearing: bool = False
    blank_rows: int = field(default=0)
    surplus: int = 0
    short: bool = False
    _frames: Frames | None = field(default=None, repr=False)

    def describe(self) -> str:
        """For people: "UTF-8 with BOM, semicolon-separated"."""
        content = self.file.content
        return (f"{content.describe()}, " if content is not None else "") + self.dialect.describe()

    @property
    def seen(self) -> Seen:
        """What the latest pass has seen so far."""
        read = self._frames.read_bytes if self._frames is not None else 0
        return Seen(read, self.width, self.blank_rows, self.surplus, self.short)

    def records(self, only: Collection[int] | None = None) -> Iterator[Record]:
        """The data records in file order, in bounded memory. Raises `UsageError` where rows cannot be told apart.

        `only` are row numbers seen in an earlier pass: no other records are given.
        """
        records = self._records(only)
        return with_unread(self.header, records) if UNREAD in self.header else records

    def _records(self, only: Collection[int] | None) -> Iterator[Record]:
        frames = self._frames = Frames(self.file, self.dialect)
        width = self.width
        fit = Fit(self.header, self.dialect.delimiter, width, clearing=self.clearing)
        careful = bool(fit.nameless) or fit.guarded is not None or fit.missing is not None or width != len(self.header)
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
            # this loop runs a million times: calls are for the odd row
            if careful or len(cells) != width or frames.odd:
                if any(map(BLANK_AND_QUOTE.match, cells)):
                    raw = raw or frames.raw()
                    self._refuse_blanks(number, raw)
                problem = self._fitted(cells, fit)
            yield Record(number, cells, problem)

    def _fitted(self, cells: list[str], fit: Fit) -> Problem | None:
        """Bring a row into the form of the header, or say why it has not got it."""
        self.surplus = max(self.surplus, len(cells) - self.width)
        self.short = self.short or len(cells) < self.width
        problem = fit.problem(cells)
        if len(cells) == self.width:
            fit.level(cells)
        if problem is None and fit.guarded is not None:
            fit.undo_guards(cells)
        return problem

    def _refuse_blanks(self, number: int, raw: Iterator[tuple[int, str]]) -> None:
        """Refuse a row in which a cell begins with blanks and a quote, unless the cell itself is quoted."""
        text = next(text for at, text in raw if at == number)
        if quotes_after_blanks(text, self.dialect.delimiter, spaced=self.dialect.spaced):
            raise UsageError("blank_before_quote", file=self.file, row=number)

    def _refuse_swallowed(self, number: int, cells: list[str], rows: int, raw: Iterator[tuple[int, str]]) -> None:
        """Refuse a row that seems to have swallowed others, unless every cell is quoted, as in all of its file.

        Among such rows a stray quote is an error, never silent; but somebody may have written others below them.
        """
        if self.quoted:
            text = next(text for at, text in raw if at == number)
            if text.rstrip("\r\n") == _quoted(cells, self.dialect.delimiter):
                return
        raise UsageError("quote_swallows_rows", file=self.file, row=number, rows=rows)


def open_csv(
    file: NamedFile | Path,
    *,
    encoding: str = "auto",
    delimiter: str = "auto",
    skip_lines: int = 0,
    limit: int | None = None,
    columns: Sequence[Column] = (),
) -> CsvSource:
    """The table in a file. `columns` are those that the header may hold.

    Reads the beginning only, unless its rows all end in more or fewer empty cells than the header.

    Raises `UsageError` with the remedy if there is no readable table with an understandable header.
    """
    source = file if isinstance(file, NamedFile) else NamedFile(file)
    known = {normalise(name) for column in columns for name in (column.attribute, column.title, *column.aliases)} - {""}
    dialect, sample = detect(source, encoding, delimiter, skip_lines, known)
    header_row, header = _header(source, dialect)
    rows, _ = sample_records(sample, dialect.delimiter, spaced=dialect.spaced)
    _refuse_quoted_lines(source, header, [cells for _, cells in rows if any(cells)], sample, known)
    _refuse_preamble(source, header, rows, skip_lines, known)
    repeated = [name for name, count in Counter(name.strip() for name in header).items() if name and count > 1]
    if repeated:
        raise UsageError("header_repeated", file=source, row=header_row, titles=repeated)
    if (
        not dialect.spaced
        and any(map(BLANK_AND_QUOTE.match, header))
        and quotes_after_blanks(sample, dialect.delimiter)
    ):
        raise UsageError("blank_before_quote", file=source, row=header_row)
    addresses = address_columns([cells for _, cells in rows if cells != header], len(header))
    all_quoted = all(_quoted(cells, dialect.delimiter) in sample for _, cells in rows[:QUOTED_ROWS])
    guard = SwallowGuard(len(header), dialect.delimiter, addresses)
    width = len(header)
    if usual_width(header, _after_header(rows, header)) != width:  # it may be so in all rows: only then they are read
        every = (cells for number, _, cells in Frames(source, dialect) if number > header_row and any(cells))
        width = usual_width(header, islice(every, limit))
    return CsvSource(source, dialect, tuple(header), header_row, limit, guard, width, all_quoted)


def _after_header(rows: Sequence[tuple[int, list[str]]], header: list[str]) -> Iterator[list[str]]:
    """The rows of a sample below its header."""
    below = dropwhile(lambda row: row[1] != header, rows)
    return (cells for _, cells in islice(below, 1, None))


def _refuse_quoted_lines(
    source: NamedFile, header: list[str], rows: Sequence[Sequence[str]], sample: str, known: set[str]
) -> None:
    """Refuse a file that quotes whole lines, so that each is a table of one column."""
    of_header = len(header) == 1 and _quoted(header, "") in sample and is_line_in_a_cell(header[0], DELIMITERS, known)
    below = rows[rows.index(header) + 1 :] if header in rows else ()
    if of_header or (len(header) > 1 and are_lines_in_cells(below, len(header), DELIMITERS)):
        line = header[0] if of_header else below[0][0]
        raise UsageError("lines_quoted", file=source, line=_short([line]))


def _quoted(cells: Sequence[str], delimiter: str) -> str:
    return delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)


def _header(source: NamedFile, dialect: Dialect) -> tuple[int, list[str]]:
    """The first row that holds anything: spreadsheets write empty rows above a table as blank lines or bare commas."""
    for number, _, cells in Frames(source, dialect):
        if any(cell.strip() for cell in cells):
            return number, cells
    after = Part.of("after_skipped", lines=dialect.skip_lines) if dialect.skip_lines else ""
    raise UsageError("file_empty", file=source, after=after)


def _refuse_preamble(
    source: NamedFile, header: list[str], rows: list[tuple[int, list[str]]], skip_lines: int, known: set[str]
) -> None:
    """Refuse a header that is a report's title: another of the first rows is the header, or all below have more."""
    if known_names(header, known):
        return
    result = next((lines for lines, cells in rows[:PREAMBLE] if known_names(cells, known) >= 2), None)
    if result is None and _filled(header) == 1:
        below = [(lines, _filled(cells)) for lines, cells in rows[:PREAMBLE] if cells != header and any(cells)]
        usual, count = Counter(filled for _, filled in below).most_common(1)[0] if below else (0, 0)
        if usual > 1 and count >= max(2, 0.6 * len(below)):
            result = next(lines for lines, filled in below if filled == usual)
    if result:
        raise UsageError("header_not_first", file=source, line=_short(header), skip_lines=skip_lines + result)


def _filled(cells: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _short(cells: list[str]) -> str:
    text = " ".join(cell.strip() for cell in cells if cell.strip())
    return repr(text if len(text) <= 60 else text[:59] + "…")
