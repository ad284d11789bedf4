"""Writes a workbook of one sheet, every cell a text, complete or not at all: beside the target, then moved into place.

No spreadsheet program takes a text for a number, a date or a formula, and columns keep that for what is typed into
them. What does not fit into a cell or a sheet is refused, for it would be cut. Memory does not grow with the rows.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.format import Format

from bulk.errors import UnfinishedError, UsageError
from bulk.files.placing import put_in_place, sync_folder
from bulk.files.xlsx.cells import COLUMNS, ROWS
from bulk.resources.escapes import speakable

LONGEST: Final = 32_767  # characters in a cell, as spreadsheet programs count them
WIDE: Final = 24  # of a column, in characters
_SHEET_NAME: Final = 31


class XlsxFile:
    """A workbook being written: `with XlsxFile(path, header) as file: file.write(cells)`.

    It appears under its name, complete and synced, when the block ends well; otherwise nothing is left of it. New
    files are readable by their owner only, a replaced file's permissions stay. `rows` counts the rows written, the
    header not among them.
    """

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.rows = 0
        self._target = path.resolve()  # a link is followed, not replaced
        self._header = header
        self._part: Path | None = None

    def __enter__(self) -> Self:
        if len(self._header) > COLUMNS:
            raise UsageError("workbook_too_wide", file=self._target, columns=len(self._header))
        if self._target.exists() and not self._target.is_file():
            raise UsageError("output_not_written", file=self._target, reason="it is no regular file")
        try:
            handle, name = tempfile.mkstemp(prefix=f".{self._target.name}.", suffix=".part", dir=self._target.parent)
        except OSError as error:
            raise UsageError("output_not_written", file=self._target, reason=error.strerror) from error
        os.close(handle)
        self._part = Path(name)
        self._rows_kept = tempfile.TemporaryDirectory(prefix="bulk-")  # what the library keeps of them meanwhile
        self._book = Workbook(name, {"constant_memory": True, "tmpdir": self._rows_kept.name})
        self._sheet = self._book.add_worksheet(sheet_name(self._target.stem))
        self._text = self._book.add_format({"num_format": "@"})
        self._sheet.set_column(0, max(0, len(self._header) - 1), WIDE, self._text)
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS}"})
        try:
            self._put(0, self._header, self._book.add_format({"num_format": "@", "bold": True}))
        except BaseException:
            self._remove()
            raise
        return self

    def write(self, cells: Iterable[str]) -> None:
        """Write one row."""
        if self.rows + 1 >= ROWS:
            raise UsageError("workbook_full", file=self._target, rows=ROWS - 1)
        self._put(self.rows + 1, cells, self._text)
        self.rows += 1

    def _put(self, row: int, cells: Iterable[str], shape: Format) -> None:
        try:
            for at, cell in enumerate(cells):
                if not cell:
                    continue
                if len(cell) > LONGEST // 2 and cell_length(cell) > LONGEST:
                    title = self._header[at] if at < len(self._header) else ""
                    raise UsageError(
                        "workbook_cell_too_long", file=self._target, row=row + 1, title=title, limit=LONGEST
                    )
                self._sheet.write_string(row, at, speakable(cell), shape)
        except OSError as error:
            raise self._full(error) from error

    def settle(self) -> None:
        """Bring what was written to the disk; nothing more can be written then."""
        if self._book.fileclosed or self._part is None:
            return
        try:
            self._book.close()
            with self._part.open("rb+") as file:
                os.fsync(file.fileno())
        except (OSError, XlsxWriterException) as error:
            raise self._full(error) from error

    def _full(self, error: OSError | XlsxWriterException) -> UnfinishedError:
        if isinstance(error, PermissionError):
            return UnfinishedError("output_in_use", file=self._target, reason=error.strerror)
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return UnfinishedError("output_disk_full", file=self._target, reason=reason)

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._part is not None:
                self.settle()
                self._place(self._part)
        except OSError as error:
            raise self._full(error) from error
        finally:
            self._remove()

    def _place(self, part: Path) -> None:
        if self._target.exists():
            part.chmod(self._target.stat().st_mode & 0o777)
        put_in_place(part, self._target)
        sync_folder(self._target.parent)

    def _remove(self) -> None:
        with suppress(OSError, XlsxWriterException):
            if not self._book.fileclosed:
                self._book.close()  # the library's only way to let go of its files
        self._rows_kept.cleanup()
        if self._part is not None:
            self._part.unlink(missing_ok=True)


def cell_length(text: str) -> int:
    """How long a text is to a spreadsheet program."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def sheet_name(wanted: str) -> str:
    """A name that a sheet may have, of a file's."""
    name = "".join(" " if char in "[]:*?/\\" else char for char in wanted).strip().strip("'")[:_SHEET_NAME]
    return name if name and name.casefold() != "history" else "Sheet1"
