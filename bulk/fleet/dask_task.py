"""What a Dask worker does for a fleet: the steps on one account, as one task.

A task is given paths and names only: no key is ever in one, the workers have them in their own environment. What a
worker's process has in hand goes on in one event loop, as on one machine; the threads that Dask begins for its tasks
only wait. Dask keeps its state in memory, so nothing is believed of it: how far an account is stands in its folder.

Nothing here needs Dask to be installed but to be called by it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal

import bulk
from bulk.access.redis_connection import REDIS
from bulk.fleet.at_work import work_carried
from bulk.fleet.fleet_folder import AccountState, FleetFolder
from bulk.fleet.on_account import limit_threads

_LARGE: Final = 65_536  # bytes


class OtherVersionError(RuntimeError):
    """A worker has another version of bulk than whoever began the fleet."""


def work_on(folder: str, account: str, version: str) -> dict[str, Any]:
    """Do what a fleet has to do on one account; how it stands, as JSON. This is the task.

    Another worker that is given the same task goes on where this one came to. `version` is that of whoever began the
    fleet. Raises `OSError` where the fleet's folder is not to be written.
    """
    if bulk.__version__ != version:
        raise OtherVersionError(f"this worker has bulk {bulk.__version__}, the fleet was begun by {version}")
    scratch, tell = _of_worker(topic_of(folder))
    return _process().work(FleetFolder(Path(folder)), account, scratch, tell)


def topic_of(folder: str) -> str:
    """Under what workers tell how the accounts of a fleet stand."""
    return f"bulk fleet {folder}"


def stop_all(folder: str) -> None:
    """Let all accounts of a fleet stop that this process has in hand, or is still given: each keeps how far it is."""
    _process().stop(folder)


def begin_again(folder: str) -> None:
    """Forget that a fleet was told to stop: it goes on."""
    _process().forget(folder)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a worker says of itself. `blind`: files that it does not see as whoever asks, or may not write beside."""

    blind: tuple[str, ...]
    shares_limits: bool  # with jobs on other machines


def look(files: Sequence[tuple[str, str]], folder: str) -> Sight:
    """Whether this worker sees files as they are (each a path and its digest), and may write in a folder."""
    blind = [path for path, digest in files if digest_of(Path(path)) != digest]
    if not os.access(folder, os.W_OK | os.X_OK):
        blind.append(folder)
    return Sight(tuple(blind), bool(os.environ.get(REDIS, "").strip()))


def digest_of(path: Path) -> str:
    """What a file holds, in a few characters, of a large one only how much; "" where it cannot be read."""
    try:
        if path.is_dir():
            return "a folder"
        size = path.stat().st_size
        return f"{size} bytes" if size > _LARGE else hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


@dataclass(slots=True)
class _Process:
    """The accounts that this process has in hand, whatever fleets they are of. For any thread."""

    stopped: set[str] = field(default_factory=set)
    _stops: dict[str, list[anyio.Event]] = field(default_factory=dict)
    _portal: BlockingPortal | None = None
    _events: asyncio.AbstractEventLoop | None = None
    _users: int = 0
    _thread: threading.Thread | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def work(
        self, folder: FleetFolder, account: str, scratch: str | None, tell: Callable[[AccountState], None]
    ) -> dict[str, Any]:
        with self._loop() as portal:
            return asdict(portal.call(self._work, folder, account, scratch, tell))

    async def _work(
        self, folder: FleetFolder, account: str, scratch: str | None, tell: Callable[[AccountState], None]
    ) -> AccountState:
        stop, fleet = anyio.Event(), str(folder.path)
        with self._lock:
            self._stops.setdefault(fleet, []).append(stop)
            if fleet in self.stopped:
                stop.set()
        try:
            return await work_carried(folder, account, stop, scratch, tell)
        finally:
            with self._lock:
                self._stops[fleet].remove(stop)

    def stop(self, fleet: str) -> None:
        with self._lock:
            self.stopped.add(fleet)
            for stop in self._stops.get(fleet, ()):
                assert self._events is not None  # noqa: S101 - it runs as long as anybody is to be stopped
                self._events.call_soon_threadsafe(stop.set)  # waits not for the loop, which may wait for the lock

    def forget(self, fleet: str) -> None:
        with self._lock:
            self.stopped.discard(fleet)

    @contextmanager
    def _loop(self) -> Iterator[BlockingPortal]:
        """The event loop of all accounts; it ends with the last of them, so that a worker can end too."""
        with self._lock:
            if self._portal is None:
                begun = threading.Event()
                self._thread = threading.Thread(target=anyio.run, args=(self._serve, begun), daemon=True)
                self._thread.start()
                begun.wait()
            self._users += 1
            portal = self._portal
            assert portal is not None  # noqa: S101 - it has begun
        try:
            yield portal
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    portal.call(portal.stop)
                    self._portal = None

    async def _serve(self, begun: threading.Event) -> None:
        limit_threads()
        async with BlockingPortal() as portal:
            self._portal, self._events = portal, asyncio.get_running_loop()
            begun.set()
            await portal.sleep_until_stopped()


@cache
def _process() -> _Process:
    """Made once a process, when the first task comes: Dask's tasks are functions and have nobody else to ask."""
    return _Process()


def _of_worker(topic: str) -> tuple[str | None, Callable[[AccountState], None]]:
    """The worker's own local folder, which Dask clears away after a lost one, and how to tell how an account stands."""
    from distributed import get_worker  # noqa: PLC0415 - only Dask calls this

    worker = get_worker()
    return worker.local_directory, lambda state: worker.log_event(topic, asdict(state))
