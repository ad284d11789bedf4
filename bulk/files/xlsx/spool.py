"""A sheet written out once as CSV, on disk and without a name: every pass over its rows reads that."""

from __future__ import annotations

import io
import tempfile
import weakref
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING

from bulk.errors import UnfinishedError
from bulk.files.csv.writer import format_row
from bulk.files.named_file import NamedFile
from bulk.resources.escapes import speakable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ENCODING = "utf-8"
DELIMITER = ","


class Spool:
    """Rows of texts, all quoted, as the content of a file. What was written goes with the last who knows it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="bulk-")  # noqa: SIM115 - closed by the next line
        weakref.finalize(self, self._file.close)

    def write(self, cells: Iterable[str]) -> None:
        """Write a row."""
        self._put(speakable(format_row(list(cells), plain=False)).encode())

    def skip(self, rows: int) -> None:
        """Write rows that hold nothing."""
        self._put(b"\r\n" * rows)

    def settle(self) -> None:
        """All is written."""
        self._put(b"")
        self._file.flush()

    def _put(self, written: bytes) -> None:
        try:
            self._file.write(written)
        except OSError as error:
            folder = tempfile.gettempdir()
            raise UnfinishedError("sheet_disk_full", folder=folder, reason=error.strerror) from error

    def open(self, _file: NamedFile, /) -> io.RawIOBase:
        """The rows as the bytes of a CSV, from the beginning."""
        return _Pass(self, self._file)

    def describe(self) -> str:
        """For people."""
        return self._name


class _Pass(io.RawIOBase):
    """One reading of a file that others read too: it has a place of its own."""

    def __init__(self, spool: Spool, file: IO[bytes]) -> None:
        self._spool = spool  # which must not be closed meanwhile
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        """As a file that is open for reading says."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read on from its place."""
        view = memoryview(buffer).cast("B")
        self._file.seek(self._at)
        piece = self._file.read(len(view))
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to another place."""
        self._at = self._file.seek(offset, whence) if whence == io.SEEK_END else offset + self._at * whence
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at
