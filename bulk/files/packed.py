"""Tables that are packed: with gzip, or as CSVs of a zip archive. Unpacked while they are read, never on disk.

Tells no kind of file: `opening` asks what is in it. Memory does not grow with what comes out.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Final, Protocol

from bulk.errors import UsageError
from bulk.files.named_file import NamedFile, open_file

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

DAMAGED: Final = (EOFError, OSError, zlib.error, struct.error, zipfile.BadZipFile)
_TABLES: Final = (".csv", ".tsv", ".tab", ".txt")
_NESTED: Final = (".zip", ".gz", ".7z", ".rar", ".bz2", ".xz", ".xlsx", ".xls", ".ods")  # tables may be in them
_MOST: Final = 100  # tables that are read as one
_ENCRYPTED: Final = 1  # the bit of a member that needs a password


@dataclass(frozen=True, slots=True)
class Gzipped:
    """What a file holds that is packed with gzip."""

    def open(self, file: NamedFile) -> io.RawIOBase:
        """Open it, packed as it is."""
        raw = open_file(file)
        return _Unpacked(file, gzip.GzipFile(fileobj=raw, mode="rb"), raw)

    def describe(self) -> str:
        """For people."""
        return "packed with gzip"


@dataclass(frozen=True, slots=True)
class Zipped:
    """One member of a zip archive."""

    member: str

    def open(self, file: NamedFile) -> io.RawIOBase:
        """Open it, packed as it is."""
        raw = open_file(file)
        try:
            with _telling_damage(file):
                archive = zipfile.ZipFile(raw)
                return _Unpacked(file, archive.open(self.member), archive, raw)
        except UsageError:
            raw.close()
            raise

    def describe(self) -> str:
        """For people."""
        return f"{self.member} in a zip archive"


def only_table(file: NamedFile) -> Zipped:
    """The CSV of an archive. Raises `UsageError` if there is none, or several, or one with a password."""
    tables = tables_in(file)
    if len(tables) > 1:
        raise UsageError("zip_of_several", file=file, members=[table.member for table in tables])
    return tables[0]


def tables_in(file: NamedFile) -> list[Zipped]:
    """The CSVs of an archive, in its order. Raises `UsageError` if there is none, or one that cannot be read."""
    with open_file(file) as raw, _telling_damage(file), zipfile.ZipFile(raw) as archive:
        members = [member for member in archive.infolist() if not member.is_dir() and not _is_hidden(member.filename)]
    tables = [member for member in members if member.filename.casefold().endswith(_TABLES)]
    csvs = [member for member in tables if not member.filename.casefold().endswith(".txt")]
    chosen = csvs or tables or (members if len(members) == 1 else [])
    nested = [member.filename for member in members if member.filename.casefold().endswith(_NESTED)]
    if nested and len(members) > 1:
        raise UsageError("zip_nested", file=file, members=nested)
    if not chosen:
        raise UsageError("zip_without_csv", file=file, count=len(members))
    names = [member.filename for member in chosen]
    if len(chosen) > _MOST or len(set(names)) < len(names):
        raise UsageError("zip_of_too_many", file=file, count=len(chosen), most=_MOST)
    if any(member.flag_bits & _ENCRYPTED for member in chosen):
        raise UsageError("zip_encrypted", file=file)
    return [Zipped(name) for name in names]


def _is_hidden(name: str) -> bool:
    """Whether a member is none of the sender's: what a Mac adds, and files that begin with a dot."""
    parts = PurePosixPath(name).parts
    return parts[:1] == ("__MACOSX",) or any(part.startswith(".") for part in parts)


class Closing(Protocol):
    """What is open."""

    def close(self) -> None:
        """Close it."""


@contextmanager
def _telling_damage(file: NamedFile) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise UsageError("packed_damaged", file=file, reason=error) from error
    except (NotImplementedError, RuntimeError) as error:  # a way of packing, or of locking, that Python does not know
        raise UsageError("packed_unknown", file=file, reason=error) from error


class _Unpacked(io.RawIOBase):
    """Bytes as they come out. Damage is told with the file, when it is met."""

    def __init__(self, file: NamedFile, unpacking: IO[bytes] | gzip.GzipFile, *beneath: Closing) -> None:
        self._file = file
        self._unpacking = unpacking
        self._beneath = beneath  # what is closed with it, in this order

    def readable(self) -> bool:
        """As a file that is open for reading says."""
        return True

    def seekable(self) -> bool:
        """It is; backwards it begins again."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Unpack the next bytes."""
        view = memoryview(buffer).cast("B")
        with _telling_damage(self._file):
            piece = self._unpacking.read(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in what is unpacked."""
        with _telling_damage(self._file):
            return self._unpacking.seek(offset, whence)

    def tell(self) -> int:
        """Where in what is unpacked it is read."""
        return self._unpacking.tell()

    def close(self) -> None:
        """Close the file with it."""
        self._unpacking.close()
        for each in self._beneath:
            each.close()
        super().close()
