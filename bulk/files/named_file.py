"""A file as it is read, and the name that people know it by: a job reads its own copy and speaks of the original."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bulk.errors import UnfinishedError, UsageError


class Content(Protocol):
    """The bytes of a table that a file does not hold as they are: they are packed, or made of what it holds."""

    def open(self, file: NamedFile, /) -> io.RawIOBase:
        """Open them at their beginning, as often as is asked. Raises as `open_file` does, and while they are read."""

    def describe(self) -> str:
        """What they are in, for people: "packed with gzip"."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """Where the bytes are, and what messages call the file; as text it is that name.

    With a `content` the table is that, and not what lies at the path.
    """

    path: Path
    name: str = ""
    content: Content | None = None

    def __str__(self) -> str:
        return self.name or str(self.path)


def open_binary(file: NamedFile) -> io.RawIOBase:
    """The bytes of its table, open for reading. Raises as `open_file` does."""
    return file.content.open(file) if file.content is not None else open_file(file)


def open_file(file: NamedFile | Path) -> io.FileIO:
    """The file as it lies there, open for reading; a `UsageError` if it is none that can be read twice.

    `UnfinishedError` if a job's copy was taken away from it.
    """
    path = file.path if isinstance(file, NamedFile) else file
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no regular file"
            raise UsageError("input_no_file", file=file, what=what)
        return io.FileIO(path, "rb")
    except FileNotFoundError:
        if path.parent.exists() and str(file) != str(path):
            raise UnfinishedError("input_copy_gone", copy=path, file=file, job=path.parent) from None
        raise UsageError("input_missing", file=file) from None
    except OSError as error:
        raise UsageError("input_unreadable", file=file, reason=error.strerror) from error
