"""Writes CSV files, whole or not at all: beside the target, then moved into place. Also the formula guard, both ways.

Two forms: for spreadsheets (BOM, every cell quoted) and plain for programs (RFC 4180, quotes where needed); CRLF both.
What is written here is read back identically by `reader`. Decides nothing about which rows or columns there are.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from bulk.errors import ReaderGoneError, UnfinishedError, UsageError
from bulk.files.placing import put_in_place, sync_folder
from bulk.resources.escapes import speakable
from bulk.resources.kinds import join_values

GUARDED: Final = "_guarded"  # the column that names the guarded columns of each row
BOM: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# Beyond RFC 4180: the other delimiters, so that no reader takes one of them for the file's, and a leading BOM.
_QUOTED: Final = re.compile(r'[",\r\n;\t|]|^\ufeff|^sep=', re.IGNORECASE)


_MAY_BE_QUOTED: Final = re.compile('[",\r\n;\t|\ufeff]|sep=', re.IGNORECASE)


def format_row(cells: Sequence[str], *, plain: bool) -> str:
    """One CSV record with its CRLF. `plain` quotes only what needs it, else every cell is quoted."""
    joined = "".join(cells)
    if not plain:
        if '"' not in joined:  # as in nearly all
            return '"' + '","'.join(cells) + '"\r\n'
        return '"' + '","'.join([cell.replace('"', '""') for cell in cells]) + '"\r\n'
    if joined and not _MAY_BE_QUOTED.search(joined):
        return ",".join(cells) + "\r\n"
    row = ",".join(['"' + cell.replace('"', '""') + '"' if cell and _QUOTED.search(cell) else cell for cell in cells])
    return (row or '""') + "\r\n"  # a lone empty cell unquoted would be a blank line


def guard_formulas(cells: Iterable[str]) -> tuple[list[str], list[int]]:
    """The cells, those that a spreadsheet would run led by an apostrophe, and the indexes of these.

    A cell that reads as if it were guarded already gets one too, so that `unguard` gives back what was there.
    """
    guarded: list[str] = []
    indexes: list[int] = []
    for index, cell in enumerate(cells):
        if cell.startswith(_FORMULA) or (cell[:1] == "'" and cell.startswith(_FORMULA, 1)):
            indexes.append(index)
            guarded.append("'" + cell)
        else:
            guarded.append(cell)
    return guarded, indexes


def unguard(cell: str) -> str:
    """The cell without the one apostrophe that `guard_formulas` put; any other cell as it is."""
    rest = cell[1:]
    if cell[:1] == "'" and (rest.startswith(_FORMULA) or (rest[:1] == "'" and rest.startswith(_FORMULA, 1))):
        return rest
    return cell


class CsvFile:
    """A CSV file being written: `with CsvFile(path, header) as file: file.write(cells)`.

    It appears under its name, complete and synced, when the block ends well; otherwise nothing is left of it. New
    files are readable by their owner only (they hold personal data), a replaced file's permissions stay. `path` None
    is standard output. `rows` counts the rows written, the header not among them. `guard`: cells that a spreadsheet
    would run are guarded, and the last column names those of each row.
    """

    def __init__(self, path: Path | None, header: Sequence[str], *, plain: bool = False, guard: bool = False) -> None:
        self.rows = 0
        self._target = path.resolve() if path else None  # a link is followed, not replaced
        self._header = header
        self._plain = plain
        self._guard = guard
        self._part: Path | None = None
        self._file: IO[bytes]

    def __enter__(self) -> Self:
        try:
            self._open()
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise self._full(error) from error
            raise UsageError("output_not_written", file=self._target, reason=error.strerror) from error
        header = [*self._header, GUARDED] if self._guard else self._header
        self._put(("" if self._plain else BOM) + format_row(header, plain=self._plain))
        return self

    def _open(self) -> None:
        if self._target is None:
            self._file = sys.stdout.buffer
        elif self._target.exists() and not self._target.is_file():  # /dev/null, a pipe; a folder is refused by open
            self._file = self._target.open("wb")
        else:
            handle, name = tempfile.mkstemp(prefix=f".{self._target.name}.", suffix=".part", dir=self._target.parent)
            self._part = Path(name)
            self._file = os.fdopen(handle, "wb", buffering=262_144)

    def write(self, cells: Iterable[str]) -> None:
        """Write one row."""
        if self._guard:
            guarded, indexes = guard_formulas(cells)
            cells = [*guarded, join_values((self._header[at] for at in indexes), ",")]
        self._put(format_row(list(cells), plain=self._plain))
        self.rows += 1

    def write_text(self, row: str) -> None:
        """Write one row that `format_row` made earlier."""
        self._put(row)
        self.rows += 1

    def settle(self) -> None:
        """Bring what was written to the disk, so that nothing of it can fail when the block ends."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._full(error) from error

    def _put(self, text: str) -> None:
        try:
            self._file.write(_encoded(text))
        except BrokenPipeError as error:
            raise ReaderGoneError from error
        except OSError as error:
            raise self._full(error) from error

    def _full(self, error: OSError) -> UnfinishedError:
        if isinstance(error, PermissionError):
            return UnfinishedError("output_in_use", file=self._target, reason=error.strerror)
        return UnfinishedError("output_disk_full", file=self._target or "Standard output", reason=error.strerror)

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self._finish(kind)
        except BrokenPipeError as error:
            raise ReaderGoneError from error
        except OSError as error:
            raise self._full(error) from error

    def _finish(self, kind: type[BaseException] | None) -> None:
        try:
            self._file.flush()
            if self._part is not None and self._target is not None and kind is None:
                if self._target.exists():
                    self._part.chmod(self._target.stat().st_mode & 0o777)
                os.fsync(self._file.fileno())
                self._file.close()
                put_in_place(self._part, self._target)
                sync_folder(self._target.parent)
        finally:
            if self._target is not None:
                self._file.close()
            if self._part is not None:
                self._part.unlink(missing_ok=True)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # an error may quote half of a letter; cells are escaped before
        return speakable(text).encode()
