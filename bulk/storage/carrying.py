"""What a job keeps, carried as it becomes durable from a machine's own disk to a folder that outlives the machine.

SQLite is not opened over a network, and yet what was intended has to be there when the machine is lost. So a database
stays on a local disk, and whatever a commit has added to its log (`-wal`) is added to a copy of the log in the kept
folder, and synced, before that commit counts as durable. The kept folder is at every moment what a kill would leave:
a database and its log, of which SQLite takes what was committed whole and passes over a torn end.

Two rules hold it together. Nothing is committed without being carried before anything else happens, so that both
places say the same; therefore a copy of the database may take the place of the one before it while the log before it
is still there: to read that log once more changes nothing. And the kept folder is never made here, only written into:
whoever takes it over gives it another name, and what is carried from here from then on fails.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Final

from bulk.files.placing import put_in_place, sync_folder
from bulk.storage.job_folder import CHECKPOINT, LOCK
from bulk.storage.private import NO_LINK, open_private

LOG: Final = "-wal"  # what SQLite calls the log of a database, behind its name
LONG: Final = 4 * 1024 * 1024  # bytes of a log from which on it is moved into its database, where that is not longer
_COPY: Final = 1024 * 1024
_DATABASE: Final = ".sqlite"


class NotCarriedError(OSError):
    """What became durable here could not be carried: the kept folder is another's by now, or is not there."""


class Carrier:
    """Carries what becomes durable in the folders within `local` to those within `kept`. For any thread."""

    def __init__(self, local: Path, kept: Path) -> None:
        self.local = local
        self.kept = kept
        self.failed = False  # from then on the two places may differ, and nothing more is carried
        self._turn = threading.RLock()
        self._carried: dict[Path, tuple[int, int]] = {}  # files as they were when they were carried, by their place

    def database(self, path: Path) -> CarriedDatabase:
        """What is about to be opened there."""
        return CarriedDatabase(self, path)

    def place_of(self, path: Path) -> Path:
        """Where something local is kept."""
        return self.kept / path.relative_to(self.local)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Carry by itself. Raises `NotCarriedError` if it fails, or if the kept folder is another's once it is done."""
        with self._turn:
            if self.failed:
                raise NotCarriedError(f"{self.kept} could not be written before")
            try:
                yield
                self.kept.stat()
            except OSError as error:
                self.failed = True
                gone = "it was taken over by another worker, or is gone"
                said = gone if isinstance(error, FileNotFoundError) else error.strerror or error
                raise NotCarriedError(f"{self.kept}: {said}") from error

    def restore(self) -> None:
        """Copy what is kept to the local folder, with what stands in logs moved into their databases."""
        with self.turn():
            shutil.copytree(self.kept, self.local, dirs_exist_ok=True, ignore=_not_copied)
            for log in self.local.rglob(f"{CHECKPOINT}{LOG}"):
                _empty_log(log.with_name(CHECKPOINT))
            for folder in self._folders():
                self._carried |= {self._at(file): _mark(file) for file in _files(folder)}

    def bring_files(self, folder: Path) -> None:
        """Carry the files of a folder that have changed, and of those above it; databases of jobs aside."""
        between = [one for one in (folder, *folder.parents) if one != self.local and one.is_relative_to(self.local)]
        for one in reversed(between):
            place = self.place_of(one)
            if not place.is_dir():
                place.mkdir(mode=0o700)
                sync_folder(place.parent)
            for file in _files(one):
                try:
                    mark = _mark(file)
                    if self._carried.get(self._at(file)) != mark:
                        copy_file(file, self.place_of(file))
                        self._carried[self._at(file)] = mark
                except FileNotFoundError:
                    if file.exists():  # else the job has removed it meanwhile
                        raise

    def finish(self) -> None:
        """Make the kept folders those of jobs that nobody has in hand: all files, databases without logs."""
        with self.turn():
            for folder in self._folders():
                self.bring_files(folder)
                database, place = folder / CHECKPOINT, self.place_of(folder / CHECKPOINT)
                log = place.with_name(f"{CHECKPOINT}{LOG}")
                if database.is_file() and (log.exists() or not place.exists()):
                    _empty_log(database)
                    copy_file(database, place)
                    log.unlink(missing_ok=True)
            for folder, folders, files in _walk(self.kept):
                here = self.local / folder.relative_to(self.kept)
                for name in [name for name in folders if not (here / name).is_dir()]:
                    shutil.rmtree(folder / name)
                    folders.remove(name)
                for name in files:
                    if not (here / name).is_file():
                        (folder / name).unlink()

    def _folders(self) -> Iterator[Path]:
        return (path for path in sorted(self.local.rglob("*")) if path.is_dir())

    def _at(self, file: Path) -> Path:
        return file.relative_to(self.local)


class CarriedDatabase:
    """A database of a job while it is open: how much of its log is carried."""

    def __init__(self, carrier: Carrier, path: Path) -> None:
        self._carrier = carrier
        self._path = path
        self._log = path.with_name(f"{path.name}{LOG}")
        self._sent = 0  # bytes of the log
        self._base = 0  # bytes of the database when its log began

    def bring(self) -> None:
        """Carry what was committed since. Raises `NotCarriedError`; then nothing more may be called durable."""
        size = self._log.stat().st_size if self._log.exists() else 0
        if size == self._sent:
            return
        with self._carrier.turn():
            self._carrier.bring_files(self._path.parent)
            kept = self._carrier.place_of(self._log)
            if self._sent:
                with self._log.open("rb") as log:
                    log.seek(self._sent)
                    _append(kept, log.read(size - self._sent))
            else:
                self._base = self._path.stat().st_size
                copy_file(self._path, self._carrier.place_of(self._path))
                copy_file(self._log, kept)
            self._sent = size

    @property
    def is_long(self) -> bool:
        """Whether the log is due to be moved into the database: then that is copied, which is worth its while."""
        return self._sent > max(LONG, 2 * self._base)

    def log_emptied(self) -> None:
        """Hear that all of the log stands in the database: another log begins."""
        self._sent = 0


_CARRIER: ContextVar[Carrier | None] = ContextVar("carrier", default=None)  # a job opens databases in twenty places,
# none of which has to know where it is kept


@contextmanager
def carried(local: Path, kept: Path) -> Iterator[Carrier]:
    """Within, jobs whose folders are in `local` are carried to `kept`."""
    carrier = Carrier(local, kept)
    token = _CARRIER.set(carrier)
    try:
        yield carrier
    finally:
        _CARRIER.reset(token)


def carried_database(path: Path) -> CarriedDatabase | None:
    """How a database that is about to be opened is carried; None: it stays where it is."""
    carrier = _CARRIER.get()
    return carrier.database(path) if carrier is not None and path.is_relative_to(carrier.local) else None


def copy_file(source: Path, target: Path) -> None:
    """Copy a file so that whoever looks sees the one before it or this one, whole, and a lost machine changes nothing.

    A database that is another's than a job's may be in use meanwhile. Its folder has to be there.
    """
    part = target.with_name(f".{target.name}.part")
    with _readable(source) as reading, open_private(part) as file:
        shutil.copyfileobj(reading, file, _COPY)
        file.flush()
        os.fsync(file.fileno())
    put_in_place(part, target)
    sync_folder(target.parent)


@contextmanager
def _readable(source: Path) -> Iterator[IO[bytes]]:
    """A file to be read. Of a database that may be in use it is a copy, which SQLite makes of what was committed."""
    if source.suffix != _DATABASE or source.name == CHECKPOINT:
        with source.open("rb") as file:
            yield file
        return
    copy = source.with_name(f".{source.name}.copy")
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(copy)) as target:
        database.backup(target)
    with copy.open("rb") as file:
        copy.unlink()
        yield file


def _append(path: Path, data: bytes) -> None:
    """Add to a file that is there, and sync it. It is opened each time: by then its folder may be another's."""
    number = os.open(path, os.O_WRONLY | os.O_APPEND | NO_LINK)
    with os.fdopen(number, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _empty_log(path: Path) -> None:
    """Move what is committed in the log of a database that nobody has open into the database."""
    if path.is_file():
        try:
            with closing(sqlite3.connect(path)) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.DatabaseError:
            return  # damaged: whoever opens it says so


def _files(folder: Path) -> list[Path]:
    """The files of a job that are carried as they are."""
    with os.scandir(folder) as entries:
        return [folder / one.name for one in entries if one.is_file(follow_symlinks=False) and not _is_own(one.name)]


def _is_own(name: str) -> bool:
    """Whether a file means something only here, or is carried in a way of its own."""
    return name == LOCK or name.startswith((".", CHECKPOINT)) or name.endswith((LOG, "-shm", "-journal"))


def _not_copied(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == LOCK or name.startswith(".")]


def _mark(file: Path) -> tuple[int, int]:
    told = file.stat()
    return told.st_size, told.st_mtime_ns


def _walk(top: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    for folder, folders, files in os.walk(top):
        yield Path(folder), folders, files
