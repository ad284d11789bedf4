"""The bytes of a CSV -> its records, numbered as a spreadsheet numbers rows; or why they are none.

Knows no header, no column rules and no resource.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bulk.errors import UsageError
from bulk.files.csv.dialect import CELL_LIMIT, DELIMITERS, Dialect
from bulk.files.csv.encoding import mark_of, shown
from bulk.files.csv.quoting import BlankWatch
from bulk.files.named_file import NamedFile, open_binary

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LINE_LIMIT: Final = 16 * 1024 * 1024  # bytes; a longer line is no table, and would be in memory at once
_VISIBLE: Final = dict.fromkeys((*range(32), *range(127, 160)), "�")


class LineTooLongError(Exception):
    """A physical line passed LINE_LIMIT."""


class Watched(io.RawIOBase):
    """The bytes of a file up to `stop`, watched chunk by chunk: for NUL, for a line that does not end, for blanks."""

    def __init__(self, file: io.RawIOBase, stop: int | None = None, delimiter: str = ",") -> None:
        self._file = file
        self.blanks = BlankWatch(delimiter)
        self._stop = stop
        self._line = 0  # bytes since the last line break
        self.read_bytes = 0
        self.nul = False

    def readable(self) -> bool:
        """As a file that is open for reading says."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read the next bytes, and look at them as they pass. Raises `LineTooLongError`."""
        view = memoryview(buffer).cast("B")
        if self._stop is not None:
            view = view[: max(0, self._stop - self._file.tell())]
        size = self._file.readinto(view) or 0
        self.read_bytes += size
        chunk = bytes(view[:size])
        if not self.nul and b"\0" in chunk:
            self.nul = True
        self.blanks.look(chunk)
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self._line = size - last - 1 if last >= 0 else self._line + size
        if self._line > LINE_LIMIT:
            raise LineTooLongError
        return size

    def close(self) -> None:
        """Close the file with it."""
        self._file.close()
        super().close()


class Frames:
    """One pass over a file's records as the CSV says them: `(row number, physical lines, cells)`.

    Iterated once. Row numbers are a spreadsheet's: a blank line takes one (and gives no cells), a cell of several lines
    takes none besides its record's. `odd` is True once a NUL may have been read. Raises `UsageError` with the row for
    whatever is no CSV or cannot be decoded.
    """

    def __init__(self, file: NamedFile, dialect: Dialect, stop: int | None = None) -> None:
        self._source = file
        self._dialect = dialect
        self._stop = stop
        self._watched: Watched | None = None

    @property
    def odd(self) -> bool:
        """Whether a NUL, or a blank before a quote, was read so far; the cells still have to be looked at."""
        return self._watched is not None and (self._watched.nul or self._watched.blanks.seen)

    @property
    def read_bytes(self) -> int:
        """How much of the file was read so far, give or take a chunk."""
        return self._watched.read_bytes if self._watched is not None else 0

    def __iter__(self) -> Iterator[tuple[int, int, list[str]]]:
        self._watched = Watched(open_binary(self._source), self._stop, self._dialect.delimiter)
        with text_of(self._watched, self._dialect) as text:
            number = self._dialect.skip_lines
            try:
                for _ in range(self._dialect.sep_line + self._dialect.skip_lines):
                    text.readline()
                reader = self._dialect.reader(text)
                before = 0
                for cells in reader:
                    number += 1
                    line = reader.line_num
                    yield number, line - before, cells
                    before = line
            except csv.Error as error:
                raise self._broken(str(error), number + 1) from error
            except LineTooLongError:
                raise line_too_long(self._source, number + 1) from None
            except UnicodeError:
                raise undecodable(self._source, self._dialect) from None

    def raw(self) -> Iterator[tuple[int, str]]:
        """In a pass of its own, each record as it stands in the file: `(row number, text with its line end)`.

        Only as far as another pass has come: what is wrong behind that is not said in words.
        """
        with text_of(Watched(open_binary(self._source)), self._dialect) as text:
            for _ in range(self._dialect.sep_line + self._dialect.skip_lines):
                text.readline()
            taken: list[str] = []

            def lines() -> Iterator[str]:
                for line in text:
                    taken.append(line)
                    yield line

            reader = self._dialect.reader(lines())
            for number, _ in enumerate(reader, self._dialect.skip_lines + 1):
                yield number, "".join(taken)
                taken.clear()

    def _broken(self, error: str, row: int) -> UsageError:
        if "field larger" in error:
            return UsageError("cell_too_long", file=self._source, row=row, limit=CELL_LIMIT)
        if "end of data" in error:
            return UsageError("quote_unclosed", file=self._source, row=row)
        delimiter = DELIMITERS.get(self._dialect.delimiter, self._dialect.delimiter)
        return UsageError("quote_inside", file=self._source, row=row, delimiter=delimiter)


def line_too_long(source: NamedFile, row: int) -> UsageError:
    """The error for a line that does not end."""
    return UsageError("line_too_long", file=source, row=row, limit=LINE_LIMIT // 1024**2)


def text_of(raw: io.RawIOBase, dialect: Dialect) -> io.TextIOWrapper:
    """The decoded text behind the byte order mark, line ends as they stand."""
    buffered = io.BufferedReader(raw, 262_144)
    if dialect.bom:
        buffered.read(len(mark_of(dialect.encoding)))
    return io.TextIOWrapper(buffered, encoding=dialect.encoding, errors="strict", newline="")


def undecodable(source: NamedFile, dialect: Dialect) -> UsageError:
    """The error for bytes that do not decode: where, how they would look otherwise, and the way on."""
    offset = _bad_offset(source, dialect)
    frames = Frames(source, dialect, stop=offset)
    row = dialect.skip_lines
    try:
        for row, _, _ in frames:  # noqa: B007  # only the last number counts
            pass
    except UsageError:
        row += 1  # cut inside quotes: in the record after the last whole one
    with open_binary(source) as file:
        file.seek(max(0, offset - 24))
        before = file.read(offset - file.tell()) or b""
        bad = file.read(16) or b""
    if before.endswith((b"\n", b"\r")) or not before:
        row += 1
    around = before[max(before.rfind(b"\n"), before.rfind(b"\r")) + 1 :] + bad.splitlines()[0]
    encoding = shown(dialect.encoding)
    cp1252, latin1 = around.decode("cp1252", "replace"), around.decode("latin-1").translate(_VISIBLE)
    return UsageError(
        "not_decodable", file=source, row=row, offset=offset, encoding=encoding, cp1252=cp1252, latin1=latin1
    )


def _bad_offset(source: NamedFile, dialect: Dialect) -> int:
    """The position in the file of the first byte that does not decode."""
    decoder = codecs.getincrementaldecoder(dialect.encoding)("strict")
    with open_binary(source) as file:
        if dialect.bom:
            file.seek(len(mark_of(dialect.encoding)))
        while True:
            chunk = file.read(65_536) or b""
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return file.tell() - len(error.object) + error.start
            if not chunk:
                return file.tell()
