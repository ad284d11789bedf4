"""A file as it is read, and the name that people know it by: a job reads its own copy and speaks of the original."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from bulk.errors import UnfinishedError, UsageError


@dataclass(frozen=True, slots=True)
class NamedFile:
    """Where the bytes are, and what messages call the file; as text it is that name."""

    path: Path
    name: str = ""

    def __str__(self) -> str:
        return self.name or str(self.path)


def open_binary(file: NamedFile | Path) -> io.FileIO:
    """The file, open for reading; a `UsageError` if it is none that can be read twice.

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
