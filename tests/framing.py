"""A second reader of CSV files, to hold bulk's own to: slow, plain, and sharing none of its code.

`held(path)` reads a file both ways. Either bulk refuses it, and then for a reason that the second reader sees too, or
every row is accounted for: cell by cell, with its number and with what is wrong with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.csv.reader import open_csv
from bulk.resources.spec import Column

LINE: Final = re.compile(r"\r\n|\r|\n")
MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
CELL: Final = 1_048_576  # characters that a cell may have


class BrokenError(Exception):
    """Quotes that do not match; `row` is the record that they are in."""

    def __init__(self, row: int, says: str) -> None:
        super().__init__(f"row {row}: {says}")
        self.row = row
        self.says = says


@dataclass(frozen=True, slots=True)
class Read:
    """What `held` saw: how many data rows, blank ones and rows with a problem; of a refused file, the refusal alone."""

    refused: str = ""
    rows: int = 0
    blank: int = 0
    unfit: int = 0


def decoded(content: bytes, encoding: str = "auto") -> str:
    """The text of a file behind its byte order mark."""
    for mark, marked in MARKS:
        if content.startswith(mark):
            return content.removeprefix(mark).decode(marked)
    return content.decode("utf-8" if encoding == "auto" else encoding)


def framed(text: str, delimiter: str, *, spaced: bool = False) -> list[list[str]]:
    """The records of a text, blank lines among them (as no cells), character by character.

    `spaced`: spaces at the beginning of a cell do not count.
    """
    records: list[list[str]] = []
    cells: list[str] = []
    at = 0
    while at < len(text):
        while spaced and text[at : at + 1] == " ":
            at += 1
        if text[at : at + 1] == '"':
            cell, at = _quoted(text, at + 1, len(records) + 1)
        else:
            begin = at
            while at < len(text) and text[at] not in (delimiter, "\r", "\n"):
                at += 1
            cell = text[begin:at]
        cells.append(cell)
        if at < len(text) and text[at] == delimiter:
            at += 1
            if at < len(text):
                continue
            cells.append("")
        end = LINE.match(text, at)
        if end is None and at < len(text):
            raise BrokenError(len(records) + 1, "closing quote")
        begun = at == 0 or (LINE.search(text[at - 1]) is not None and cells == [""])
        at = end.end() if end else at
        records.append([] if begun and cells == [""] else cells)
        cells = []
    return records


def _quoted(text: str, at: int, row: int) -> tuple[str, int]:
    """The cell whose quote was opened before `at`, and where it ends."""
    parts = []
    while True:
        end = text.find('"', at)
        if end < 0:
            raise BrokenError(row, "never closed")
        parts.append(text[at:end])
        if text[end + 1 : end + 2] != '"':
            return '"'.join(parts), end + 1
        at = end + 2


def current(
    path: Path,
    *,
    encoding: str = "auto",
    delimiter: str = "auto",
    skip_lines: int = 0,
    columns: Sequence[Column] = (),
) -> Read:
    """Read a file with bulk and with the reader above, and hold the one to the other."""
    try:
        table = open_csv(path, encoding=encoding, delimiter=delimiter, skip_lines=skip_lines, columns=columns)
        records = list(table.records())
    except UsageError as error:
        justified(str(error), path, encoding, delimiter, skip_lines)
        return Read(refused=str(error))
    text = decoded(path.read_bytes(), encoding)
    text, skipped = _behind(text, table.dialect.sep_line, skip_lines)
    frames = list(enumerate(framed(text, table.dialect.delimiter, spaced=table.dialect.spaced), skipped + 1))
    header_row, header = next((number, cells) for number, cells in frames if any(map(str.strip, cells)))
    assert (table.header_row, list(table.header)) == (header_row, header)
    below = [(number, cells) for number, cells in frames if number > header_row]
    expected = [(number, cells) for number, cells in below if any(cells)]
    assert [record.number for record in records] == [number for number, _ in expected]
    guards = "_guarded" in map(str.strip, header)  # their cells may lose an apostrophe
    if table.width != len(header):
        _level(header, expected, table.width)
    for record, (_, cells) in zip(records, expected, strict=True):
        assert (record.problem and record.problem.code) == _problem(cells, header)
        assert record.cells == cells or (guards and len(record.cells) == len(cells))
    assert table.blank_rows == len(below) - len(expected)
    return Read("", len(records), table.blank_rows, sum(record.problem is not None for record in records))


def _level(header: list[str], rows: list[tuple[int, list[str]]], width: int) -> None:
    """Hold rows to it that all end in more or fewer empty cells than the header, and make them as long as it is."""
    named = len(header)
    while not header[named - 1].strip():
        named -= 1
    assert rows
    for _, cells in rows:
        assert len(cells) == width != len(header)
        assert width >= named
        assert not any(cells[named:])
        cells[:] = (cells + [""] * len(header))[: len(header)]


def _behind(text: str, sep_line: bool, skip_lines: int) -> tuple[str, int]:
    """The text behind a `sep=` line and the skipped ones, and how many of these count as rows."""
    for _ in range(sep_line + skip_lines):
        end = LINE.search(text)
        text = text[end.end() :] if end else ""
    return text, skip_lines


def _problem(cells: list[str], header: list[str]) -> str | None:
    if len(cells) != len(header):
        return "too_few_cells" if len(cells) < len(header) else "too_many_cells"
    if "\0" in "".join(cells):
        return "nul_character"
    nameless = any(cell for cell, name in zip(cells, header, strict=True) if not name.strip())
    return "value_without_header" if nameless else None


def justified(said: str, path: Path, encoding: str, delimiter: str, skip_lines: int) -> None:
    """Whether a file is refused for what it is: the refusal names the file, what is wrong and what to do."""
    assert said.startswith(f"{path}")
    assert len(said) > len(str(path)) + 40
    content = path.read_bytes()
    marked = next((codec for mark, codec in MARKS if content.startswith(mark)), "")
    if "looks like UTF-16" in said:
        assert content.count(0)
        assert not marked
        return
    if "byte order mark" in said:
        wide = encoding in ("utf-16", "utf-32")
        assert not marked.startswith(encoding) if marked else wide and content
        return
    try:
        text = decoded(content, encoding)
    except UnicodeDecodeError as error:
        mark = next((mark for mark, marked in MARKS if marked == error.encoding), b"")
        before = len(mark) if content.startswith(mark) else 0
        at = before + error.start
        # a file may be broken in another way before
        assert f"byte {at} is not" in said or _row(said) <= _line(content, at)
        return
    assert "is not UTF" not in said
    sep = re.match(r"(?i)sep=([^\r\n\" \0])(\r|\n|\Z)", text)
    rest, skipped = _behind(text, sep is not None, skip_lines)
    delimiters = [sep[1]] if sep else [",", ";", "\t", "|"]
    if delimiter != "auto":
        delimiters = ["\t" if delimiter == "tab" else delimiter]
    if "a blank stands before" in said:
        assert re.search(r'[ \t\xa0]"', rest)
        return
    spaced = (False, True) if ' "' in rest else (False,)
    assert any(_seen(said, rest, skipped, each, spaced=way) for each in delimiters for way in spaced), said


def _row(said: str) -> int:
    result = re.search(r", row (\d+): ", said)
    return int(result[1]) if result else 0


def _line(content: bytes, at: int) -> int:
    return len(re.findall(rb"\r|\n", content[:at])) + 1


def _seen(said: str, text: str, skipped: int, delimiter: str, *, spaced: bool = False) -> bool:  # noqa: PLR0911
    """Whether a text has what a refusal says of it, split at this delimiter."""
    try:
        frames = framed(text, delimiter, spaced=spaced)
    except BrokenError as error:
        if f"row {error.row + skipped}: " in said:
            return error.says in said
        frames = []
    if "is empty" in said:
        return not any(cell.strip() for cells in frames for cell in cells)
    if "longer than" in said:
        return max(map(len, text.split(delimiter))) > CELL
    if "more than once" in said:
        header = Counter(name.strip() for name in next((cells for cells in frames if any(map(str.strip, cells))), []))
        return not frames or any(count > 1 for name, count in header.items() if name)
    if "seems to swallow" in said:
        return not frames or any(LINE.search(cell) for cell in frames[_row(said) - skipped - 1])
    if "one quoted cell" in said:
        return not frames or any(len(cells) == 1 and any(each in cells[0] for each in ",;\t|") for cells in frames)
    # what is no CSV is told by its first bytes, which have tests of their own
    return "does not seem to be the first line" in said or "is no CSV" in said
