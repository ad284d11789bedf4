"""What the bytes of a file are: its encoding, its delimiter, its rows as the bare CSV says them.

Never guesses an encoding: a byte order mark, strict UTF-8, or what the user said. Knows no header, no column rules and
no resource beyond the header words it is given to tell delimiters apart.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from bulk.errors import UsageError
from bulk.files.named_file import NamedFile, open_binary
from bulk.files.quoting import BlankWatch, is_spaced
from bulk.files.sniffing import recognise
from bulk.resources.spec import normalise

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CELL_LIMIT: Final = 1_048_576  # characters; a spreadsheet's own limit is 32,767
LINE_LIMIT: Final = 16 * 1024 * 1024  # bytes; a longer line is no table, and would have to be held whole
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
PREAMBLE: Final = 20  # records among which the header is looked for
_SAMPLE: Final = 65_536  # characters that the delimiter is judged by
_SAMPLE_RECORDS: Final = 200
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the mark of UTF-16 LE
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHOWN: Final = {
    "utf-8": "UTF-8", "utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE", "utf-32-le": "UTF-32 LE",
    "utf-32-be": "UTF-32 BE", "latin-1": "Latin-1",
}  # fmt: skip
# Python calls these encodings too: of names in domains, of source code, of mail headers. No file is written in them,
# and what they make of one may be no text (half a surrogate pair) or never come to an end.
_NO_ENCODINGS: Final = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7")
_NO_DELIMITERS: Final = '"\r\n\0 '

# The limit is one per process in the csv module, and its default (131,072) is below what a long note can be. It also
# bounds what a quote that is never closed can swallow before it is noticed.
csv.field_size_limit(CELL_LIMIT)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written. `skip_lines` are lines before the header, a `sep=` line not among them.

    `spaced`: spaces may stand before an opening quote; they, and those before other cells, are passed over.
    """

    encoding: str
    delimiter: str
    bom: bool
    skip_lines: int
    sep_line: bool
    spaced: bool = False

    def describe(self) -> str:
        """For people: "UTF-8 with BOM, semicolon-separated"."""
        encoding = _SHOWN.get(self.encoding, self.encoding) + (" with BOM" if self.bom else "")
        spaced = ", blanks before quotes" if self.spaced else ""
        return f"{encoding}, {DELIMITERS.get(self.delimiter, repr(self.delimiter))}-separated{spaced}"

    def reader(self, lines: Iterable[str]) -> Any:
        """What takes the text apart; its `line_num` counts lines."""
        return csv.reader(lines, delimiter=self.delimiter, strict=True, skipinitialspace=self.spaced)


class _LineTooLongError(Exception):
    """A physical line passed LINE_LIMIT."""


class _Watched(io.RawIOBase):
    """The bytes of a file up to `stop`, watched chunk by chunk: for NUL, for a line that does not end, for blanks."""

    def __init__(self, file: io.FileIO, stop: int | None = None, delimiter: str = ",") -> None:
        self._file = file
        self.blanks = BlankWatch(delimiter)
        self._stop = stop
        self._line = 0  # bytes since the last line break
        self.read_bytes = 0
        self.nul = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
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
            raise _LineTooLongError
        return size

    def close(self) -> None:
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
        self._watched: _Watched | None = None

    @property
    def odd(self) -> bool:
        """Whether a NUL, or a blank before a quote, was read so far; the cells still have to be looked at."""
        return self._watched is not None and (self._watched.nul or self._watched.blanks.seen)

    @property
    def read_bytes(self) -> int:
        """How much of the file was read so far, give or take a chunk."""
        return self._watched.read_bytes if self._watched is not None else 0

    def __iter__(self) -> Iterator[tuple[int, int, list[str]]]:
        self._watched = _Watched(open_binary(self._source), self._stop, self._dialect.delimiter)
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
                raise UsageError(self._broken(str(error), number + 1)) from error
            except _LineTooLongError:
                raise UsageError(_line_too_long(self._source, number + 1)) from None
            except UnicodeError:
                raise UsageError(undecodable(self._source, self._dialect)) from None

    def raw(self) -> Iterator[tuple[int, str]]:
        """In a pass of its own, each record as it stands in the file: `(row number, text with its line end)`.

        Only as far as another pass has come: what is wrong behind that is not said in words.
        """
        with text_of(_Watched(open_binary(self._source)), self._dialect) as text:
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

    def _broken(self, error: str, number: int) -> str:
        where = f"{self._source}, row {number}: "
        if "field larger" in error:
            return where + (
                f"a cell is longer than {CELL_LIMIT:,} characters. Usually a quote that is opened there and never "
                "closed: close or double it."
            )
        if "end of data" in error:
            return where + (
                'a quote (") is opened in this row and never closed, so the rest of the file would be one cell. '
                'Close it, or write a quote inside a cell as "".'
            )
        delimiter = DELIMITERS.get(self._dialect.delimiter, self._dialect.delimiter)
        return where + (
            f"a closing quote (\") is followed by something other than a {delimiter} or the line's end. "
            'Write a quote inside a cell as ""; take away blanks behind a closing one.'
        )


def _line_too_long(source: NamedFile, row: int) -> str:
    return (
        f"{source}, row {row}: a line is longer than {LINE_LIMIT // 1024**2} MiB, which no table has. "
        "Check that this is the right file, and export it again."
    )


def text_of(raw: io.RawIOBase, dialect: Dialect) -> io.TextIOWrapper:
    """The decoded text behind the byte order mark, line ends as they stand."""
    buffered = io.BufferedReader(raw, 262_144)
    if dialect.bom:
        buffered.read(len(next(mark for mark, encoding in _BOMS if encoding == dialect.encoding)))
    return io.TextIOWrapper(buffered, encoding=dialect.encoding, errors="strict", newline="")


def detect(
    source: NamedFile, encoding: str, delimiter: str, skip_lines: int, known: Collection[str]
) -> tuple[Dialect, str]:
    """The dialect of a file: what the user said, and where that is "auto", what the file itself shows.

    Also the text of the beginning that this was judged by, from the first line that is not skipped.

    `known` are normalised names of columns that the header may hold.
    """
    with open_binary(source) as file:
        head = file.read(4096) or b""
    if other := recognise(source, head, encoded=encoding != "auto"):
        raise UsageError(other.describe(source))
    codec, bom = _encoding(source, head, encoding)
    plain = Dialect(codec, ",", bom, 0, sep_line=False)
    with text_of(_Watched(open_binary(source)), plain) as text:
        try:
            first = text.readline()
            sep_line = (
                first[:4].casefold() == "sep=" and len(first.rstrip("\r\n")) == 5 and first[4] not in _NO_DELIMITERS
            )
            for _ in range(skip_lines if sep_line else skip_lines - 1):
                text.readline()
            begun = text.readline() if sep_line or skip_lines else first
            sample = begun + text.read(_SAMPLE)  # a header may be longer than a sample
        except UnicodeError:
            raise UsageError(undecodable(source, plain)) from None
        except _LineTooLongError:
            raise UsageError(_line_too_long(source, 1)) from None
    if delimiter != "auto":
        chosen = _named_delimiter(delimiter)
    elif sep_line:
        chosen = first[4]
    else:
        chosen = _delimiter(sample, known)
    return Dialect(codec, chosen, bom, skip_lines, sep_line, is_spaced(sample, chosen)), sample


def _encoding(source: NamedFile, head: bytes, asked: str) -> tuple[str, bool]:
    marked = next((encoding for mark, encoding in _BOMS if head.startswith(mark)), "")
    if asked == "auto":
        if not marked and head.count(0) * 3 > len(head) > 0:
            order = "le" if head[1::2].count(0) > head[::2].count(0) else "be"
            raise UsageError(f"{source} looks like UTF-16 without a byte order mark. Pass --encoding utf-16-{order}.")
        return marked or "utf-8", bool(marked)
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=asked)
        name = codecs.lookup(asked).name
    except (LookupError, ValueError):
        name = ""
    if not name or name in _NO_ENCODINGS:
        raise UsageError(
            f"--encoding {asked!r} is not known. Usual ones: utf-8, cp1252 (Windows, western Europe), latin-1, utf-16."
        )
    if not marked:
        if head and name in ("utf-16", "utf-32"):
            raise UsageError(
                f"{source} does not start with a byte order mark, so it is not {asked} as such. Leave --encoding out, "
                f"or pass {name}-le or {name}-be if you know it to be that."
            )
        return {"iso8859-1": "latin-1", "utf-8-sig": "utf-8"}.get(name, name), False
    if name in (marked, f"{marked}-sig", marked[:-3]):
        return marked, True
    raise UsageError(
        f"{source} starts with the byte order mark of {_SHOWN[marked]}, so it is not {asked}. Leave --encoding out."
    )


def _named_delimiter(asked: str) -> str:
    names = {name: char for char, name in DELIMITERS.items()} | {"\\t": "\t"}
    char = names.get(asked.casefold(), asked)
    if len(char) != 1 or char in _NO_DELIMITERS:
        raise UsageError(f"--delimiter {asked!r} is not one character. Use , ; | or tab.")
    return char


def _delimiter(sample: str, known: Collection[str]) -> str:
    """The candidate whose header holds most known names, else the one with the most even rows, else most columns."""

    def score(candidate: str) -> tuple[int, float, bool, int]:
        rows, sound = sample_records(sample, candidate)
        filled = [cells for _, cells in rows if any(cells)]
        if not filled:
            return 0, 0.0, sound, 1
        widths = Counter(len(cells) for cells in filled)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        names, parts = max((known_names(cells, known), -len(cells)) for cells in filled[:PREAMBLE])
        if width == 1 or (names and parts == -1):  # a header that it does not part is of a table of one column
            return names, 0.0, sound, 1
        return names, count / len(filled), sound, width

    return max(DELIMITERS, key=score)  # the first of equals: a file of one column is comma-separated


def known_names(cells: list[str], known: Collection[str]) -> int:
    """How many of the cells are names of known columns."""
    return sum(normalise(cell) in known for cell in cells)


def sample_records(sample: str, delimiter: str, *, spaced: bool = False) -> tuple[list[tuple[int, list[str]]], bool]:
    """The first records of a sample as `(lines before it, cells)`, and whether they are sound CSV.

    The record at the end of a full sample may be cut, so it is left out if it is not the only one.
    """
    lines = io.StringIO(sample, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=spaced)
    rows: list[tuple[int, list[str]]] = []
    sound = True
    before = 0
    try:
        for cells in islice(reader, _SAMPLE_RECORDS):
            rows.append((before, cells))
            before = reader.line_num
    except csv.Error as error:
        sound = len(sample) >= _SAMPLE and "end of data" in str(error)
    else:
        if len(sample) >= _SAMPLE and len(rows) < _SAMPLE_RECORDS:
            rows = rows[:-1] or rows
    return rows, sound


def undecodable(source: NamedFile, dialect: Dialect) -> str:
    """The text for the user when bytes do not decode: where, how they would look otherwise, and the way on."""
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
    encoding = _SHOWN.get(dialect.encoding, dialect.encoding)
    return (
        f"{source}, row {row}: byte {offset} is not {encoding}. Around it the file reads\n"
        f"  as cp1252:  {around.decode('cp1252', 'replace')}\n"
        f"  as latin-1: {around.decode('latin-1').translate(_VISIBLE)}\n"
        "If one of these is right, pass --encoding cp1252 (files from Excel or Outlook on Windows) or "
        "--encoding latin-1; otherwise save the file as UTF-8."
    )


_VISIBLE: Final = dict.fromkeys((*range(32), *range(127, 160)), "�")


def _bad_offset(source: NamedFile, dialect: Dialect) -> int:
    """The position in the file of the first byte that does not decode."""
    decoder = codecs.getincrementaldecoder(dialect.encoding)("strict")
    with open_binary(source) as file:
        if dialect.bom:
            file.seek(len(next(mark for mark, encoding in _BOMS if encoding == dialect.encoding)))
        while True:
            chunk = file.read(65_536) or b""
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return file.tell() - len(error.object) + error.start
            if not chunk:
                return file.tell()
