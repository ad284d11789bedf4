"""The input of a job: one private copy of the file, measured before anything else, which every later pass reads.

From then on the file itself may be saved over, moved or deleted: what was checked is what is sent, reported and gone on
with. The copy holds personal data and goes when there is nothing left to send. Nothing here runs on the event loop.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final, Self, TypeVar, cast

import anyio
import anyio.to_thread

from bulk.errors import UnfinishedError, UsageError
from bulk.files.named_file import NamedFile, open_file
from bulk.files.placing import put_in_place
from bulk.storage.job_folder import INPUT_COPY, JobFolder
from bulk.storage.job_record import InputFile, sha256_of
from bulk.storage.private import open_private

PIECE: Final = 8 * 1024 * 1024  # bytes copied at a time
PAUSES: Final = (0.25, 0.5, 1.0, 2.0)  # seconds before the file is copied once more, while somebody writes it
FRESH: Final = 2.5  # seconds; the time of a change says nothing of a later one within it, on the coarsest file system
STDIN: Final = "standard input"
GIVEN_ONCE: Final = "the input"  # what messages call what was no file, when the job goes on
Result = TypeVar("Result")
_NOT_HERE: Final = (errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the file system said of a file when it was looked at."""

    size: int
    modified: int  # nanoseconds, as the next
    changed: int
    inode: int
    device: int

    @classmethod
    def at(cls, path: Path) -> Self | None:
        """Look at a path; None if there is nothing."""
        try:
            return cls.of(path.stat())
        except OSError:
            return None

    @classmethod
    def of(cls, stat: os.stat_result) -> Self:
        """What of a look counts."""
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev)


@dataclass(frozen=True, slots=True)
class Taken:
    """An input that was just copied. `file` is the copy under the name of its source, `input` what is noted of it."""

    file: NamedFile
    input: InputFile
    source: Path | None = None
    seen: Seen | None = None

    def changed(self) -> bool:
        """Whether the source is another by now than when it was copied."""
        return self.source is not None and Seen.at(self.source) != self.seen

    async def check_unchanged(self) -> None:
        """Raise `UnfinishedError` if the source was changed while its copy was checked: the change may be meant."""
        if await anyio.to_thread.run_sync(self.changed):
            raise UnfinishedError("input_changed_meanwhile", file=self.file)


@dataclass(frozen=True, slots=True)
class GivenRows:
    """Rows that a program holds. `write` writes them as CSV (UTF-8, commas); `name` is what messages call them."""

    name: str
    write: Callable[[Path], None]


Input = Path | GivenRows | None  # a file, rows, or standard input


async def take(source: Input, target: Path) -> Taken:
    """Copy an input to `target`, readable by its owner only.

    Raises `UsageError` if it cannot be read or does not fit on the disk, and if it changes all the while.
    """
    if source is None:
        return await _in_thread(partial(_spool, target))
    if isinstance(source, GivenRows):
        await anyio.to_thread.run_sync(source.write, target)
        return Taken(NamedFile(target, source.name), await anyio.to_thread.run_sync(InputFile.of, target))
    for pause in (*PAUSES, None):
        taken = await _in_thread(partial(_copied, source, target))
        if taken is not None:
            return taken
        if pause is not None:
            await anyio.sleep(pause)
    raise UsageError("input_keeps_changing", file=source)


async def taken_again(folder: JobFolder, noted: InputFile, say: Callable[[str], None]) -> NamedFile:
    """The input of a job that goes on: its copy, or where it has none the file itself, copied now, if it is the same.

    Says it if the file is another by now. Raises `UsageError` if there is nothing left that the job began with.
    """
    copy, source = folder.file(INPUT_COPY), Path(noted.path)
    is_no_file = source.name == INPUT_COPY and source.parent.name == folder.name  # but was read or given only once
    name = GIVEN_ONCE if is_no_file else str(source)
    if not await anyio.Path(copy).exists():  # begun by a version that kept none, or removed with nothing left to send
        if not await anyio.Path(source).exists():
            raise UsageError("input_gone", file=source)
        taken = await take(source, copy)
        if not _same(taken.input, noted):
            await anyio.Path(copy).unlink()
            raise UsageError("input_changed", file=source)
        return NamedFile(copy, name)
    if not _same(await anyio.to_thread.run_sync(InputFile.of, copy), noted):
        raise UsageError("input_copy_damaged", copy=copy, file=source)
    now = None if is_no_file else await anyio.to_thread.run_sync(_digest_if_there, source)
    if now is not None and now != noted.sha256:
        say(
            f"{source} has changed since the job began. The job goes on with the file as it was checked; "
            "import the changed file by itself afterwards."
        )
    return NamedFile(copy, name)


def check_copy(folder: JobFolder) -> None:
    """Raise `UnfinishedError` if the copy is not what the job began with, so that nothing is reported by it."""
    copy, noted = folder.file(INPUT_COPY), folder.record().input
    if noted is not None and not (copy.exists() and _same(InputFile.of(copy), noted)):
        raise UnfinishedError("input_copy_changed", copy=copy, file=noted.path, job=folder.path)


def remove_copy(folder: JobFolder) -> None:
    """Remove the copy of a job that has nothing left to send: it holds personal data."""
    folder.file(INPUT_COPY).unlink(missing_ok=True)


def _same(one: InputFile, other: InputFile) -> bool:
    return (one.size, one.sha256) == (other.size, other.sha256)


def _digest_if_there(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None


async def _in_thread(work: Callable[[threading.Event], Result]) -> Result:
    """Run `work` in a thread; it ends soon after the event is set, which happens where nobody waits for it any more."""
    left = threading.Event()
    try:
        return await anyio.to_thread.run_sync(work, left)
    finally:
        left.set()


def _copied(source: Path, target: Path, left: threading.Event) -> Taken | None:
    """Copy a file once; None if it was changed meanwhile. What is not whole never stands under the copy's name."""
    part = target.with_name(f".{target.name}.part")
    try:
        with open_file(source) as file, open_private(part) as copy:
            began = time.time()
            seen = Seen.of(os.fstat(file.fileno()))
            _transfer(file, copy, left)
            os.fsync(copy.fileno())
            entire = os.fstat(copy.fileno()).st_size == seen.size
            if not entire or not seen == Seen.of(os.fstat(file.fileno())) == Seen.at(source):
                return None
        digest = sha256_of(part)
        if seen.modified / 1e9 > began - FRESH and (_digest_if_there(source) != digest or Seen.at(source) != seen):
            return None
        put_in_place(part, target)
    except OSError as error:
        raise _no_copy(source, target, error) from error
    finally:
        part.unlink(missing_ok=True)
    noted = InputFile(str(source.resolve()), seen.size, digest)
    return Taken(NamedFile(target, str(source)), noted, source, seen)


def _transfer(file: io.FileIO, copy: IO[bytes], left: threading.Event) -> None:
    """Copy all bytes; by the system itself where it can, which takes no room where the disk knows shared blocks."""
    by_system = getattr(os, "copy_file_range", None)
    try:
        while by_system is not None and not left.is_set() and by_system(file.fileno(), copy.fileno(), PIECE):
            pass
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
    while not left.is_set() and (piece := file.read(PIECE)):
        copy.write(piece)
    copy.flush()


def _spool(target: Path, left: threading.Event) -> Taken:
    """Copy standard input, which can be read only once."""
    pipe = cast("io.BufferedReader", sys.stdin.buffer)
    try:
        with open_private(target) as copy:
            while _ready(pipe, left) and (piece := pipe.read1(PIECE)):
                copy.write(piece)
        return Taken(NamedFile(target, STDIN), InputFile.of(target))
    except OSError as error:
        raise _no_copy(STDIN, target, error) from error


def _ready(pipe: io.BufferedReader, left: threading.Event) -> bool:
    """Wait until there is something to read; False once nobody waits for it any more."""
    try:
        number = pipe.fileno()
        while sys.platform != "win32" and not left.is_set() and not select.select([number], (), (), 0.25)[0]:
            pass
    except ValueError:
        pass  # no file of the system's: it is read as it comes
    return not left.is_set()


def _no_copy(source: Path | str, target: Path, error: OSError) -> UsageError:
    if error.errno in _FULL:
        return UsageError("input_does_not_fit", file=source, reason=error.strerror, folder=target.parent)
    return UsageError("input_not_copied", file=source, folder=target.parent, reason=error.strerror)
