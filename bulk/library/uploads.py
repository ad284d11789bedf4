"""Files that a program was given to work on: kept in the folder of jobs, their owner's alone, until they are removed.

Each has a folder of its own, with what is noted about it, and maybe its corrected table beside it.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from bulk.errors import UsageError
from bulk.storage.job_folder import JobFolder
from bulk.storage.job_folders import DIFFERENCES, EXPORTS
from bulk.storage.private import check_own_file, make_private, open_private

UPLOADS: Final = "uploads"  # no job has this name: jobs have a `job.json`
ACCOUNT: Final = "account"  # the folder of what was packed
MOST_UNPACKED: Final = 2 * 1024**3  # bytes
_PIECE: Final = 1024**2
_MEMBER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,60}\.(csv|json)")  # no folder, nothing unseen
_NOTES: Final = "notes.json"
_LONGEST: Final = 120  # letters of a name; file systems take 255 bytes
_ID: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was given. `name` is what its owner calls it, as far as a file can be called so."""

    folder: Path
    name: str

    @property
    def id(self) -> str:
        """What it is found by."""
        return self.folder.name

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.folder / "file" / self.name

    @property
    def corrected(self) -> Path:
        """Where its corrected table lies, once it is written."""
        return self.folder / "corrected" / f"{Path(self.name).stem}.csv"

    def open(self) -> IO[bytes]:
        """Open the file to write it."""
        make_private(self.path.parent)
        return open_private(self.path)

    def open_corrected(self) -> IO[bytes]:
        """Open its corrected table to write it."""
        make_private(self.corrected.parent)
        return open_private(self.corrected)

    def note(self, data: Mapping[str, Any]) -> None:
        """Keep what there is to know of it, as JSON, whole or not at all."""
        JobFolder(self.folder).write_json(_NOTES, {**data, "name": self.name})

    def noted(self) -> dict[str, Any]:
        """What was noted last."""
        data: dict[str, Any] = json.loads((self.folder / _NOTES).read_text("utf-8"))
        return data

    def remove(self) -> None:
        """Remove the file and all that belongs to it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def new_upload(jobs: str | Path, name: str) -> Upload:
    """A place for a file called so. Raises `UsageError` where the folder of jobs takes nothing."""
    return Upload(_made(Path(jobs) / UPLOADS / secrets.token_hex(8), jobs), safe_name(name))


def exports_folder(jobs: str | Path) -> Path:
    """The folder for files that are exported to be handed on; made if it is not there. Raises `UsageError`."""
    return _made(Path(jobs) / EXPORTS, jobs)


def differences_file(folder: Path, mark: str) -> Path:
    """Where in the folder of exports a comparison is written, so that it goes with old jobs."""
    return folder / f"{DIFFERENCES}{mark}.csv"


def zipped(folder: Path) -> Path:
    """The files of an exported folder in one, beside it, for its owner alone; made anew. Raises `OSError`."""
    path = folder.with_suffix(".zip")
    with open_private(path) as output, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            if file.is_file() and not file.name.startswith("."):
                archive.write(file, file.name)
    return path


def unpacked(upload: Upload) -> Path:
    """The files of a packed account, in a folder beside it; what is not one of an export is left where it is.

    Raises `UsageError` for what is no archive, or holds more than a disk should be given.
    """
    folder = upload.folder / ACCOUNT
    make_private(folder)
    try:
        with zipfile.ZipFile(upload.path) as archive:
            members = [one for one in archive.infolist() if _MEMBER.fullmatch(one.filename)]
            if sum(one.file_size for one in members) > MOST_UNPACKED:
                raise UsageError("archive_too_large", file=upload.name, most=MOST_UNPACKED // 1024**3)
            for one in members:
                with archive.open(one) as packed, open_private(folder / one.filename) as output:
                    _copy(packed, output, one.file_size)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        raise UsageError("archive_of_account", file=upload.name) from error
    if not members:
        raise UsageError("archive_of_account", file=upload.name)
    return folder


def _copy(packed: IO[bytes], output: IO[bytes], size: int) -> None:
    """Write a member out, as long as it says that it is and not longer."""
    while size > 0 and (piece := packed.read(min(size, _PIECE))):
        output.write(piece)
        size -= len(piece)


def _made(folder: Path, jobs: str | Path) -> Path:
    """A folder within that of jobs, its owner's alone. Raises `UsageError` where that takes nothing."""
    try:
        make_private(folder)
    except OSError as error:
        raise UsageError("jobs_folder_not_written", folder=jobs, reason=error.strerror) from error
    return folder


def private_file(path: Path, text: str) -> Path:
    """Write a small file that only its owner can read. Raises `UsageError` where it cannot be."""
    try:
        make_private(path.parent)
        with open_private(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise UsageError("jobs_folder_not_written", folder=path.parent, reason=error.strerror) from error
    return path


def upload_in(jobs: str | Path, identity: str) -> Upload | None:
    """The upload that is found by `identity`; None if there is none, or it cannot be read."""
    folder = Path(jobs) / UPLOADS / identity
    if _ID.fullmatch(identity) is None:
        return None
    try:
        check_own_file(folder / _NOTES)
        data = json.loads((folder / _NOTES).read_text("utf-8"))
        return Upload(folder, safe_name(str(data["name"])))
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        return None


def uploads_in(jobs: str | Path) -> list[Upload]:
    """All uploads of a folder, the newest first."""
    place = Path(jobs) / UPLOADS
    each = [upload_in(jobs, folder.name) for folder in (place.iterdir() if place.is_dir() else ())]
    there = [upload for upload in each if upload is not None]
    return sorted(there, key=lambda upload: (upload.folder / _NOTES).stat().st_mtime, reverse=True)


def safe_name(name: str) -> str:
    """A name of a file as this machine can have it: no path, nothing unseen, not too long."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join("_" if unicodedata.category(sign)[0] == "C" else sign for sign in last)
    seen = re.sub(r"^[\s.]+|\s+$", "", seen)
    stem, dot, end = seen.rpartition(".")
    cut = f"{stem[: _LONGEST - len(end) - 1]}{dot}{end}" if dot and len(end) < 8 else seen[:_LONGEST]
    return cut.rstrip() or "file"
