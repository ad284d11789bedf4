"""The core of a fleet's worker: one of its own, as long as nobody else is at work on it.

Of a worker's loop and the threads that write only one runs at a time, Python sees to that; to hand over from one core
to another costs a third more than all the work. But who stays on a core that others want too waits, while another core
may be idle: then the worker goes wherever the system puts it. Only Linux lets a process choose.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import anyio

_LOOK_EVERY: Final = 5.0  # seconds
_WAITED, _USED = 0.1, 0.8  # shares of a core: it waits, and not for its own threads, which would use it up


def core_of(number: int, parent: int, cores: Iterable[int]) -> int:
    """The core that falls to the worker of that number; two fleets, with parents in turn, begin with different ones."""
    there = sorted(cores)
    return there[(parent + number) % len(there)]


def is_crowded(waited: float, used: float, seconds: float) -> bool:
    """Whether others want the core, by the seconds that the loop was ready and waited, and those that all ran."""
    return waited > _WAITED * seconds and used < _USED * seconds


def take_core(number: int) -> frozenset[int]:
    """Stay on the core of the worker of that number. Gives the cores that there are, empty where none was chosen."""
    if sys.platform != "linux" or not hasattr(os, "sched_setaffinity"):
        return frozenset()
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, {core_of(number, os.getppid(), cores)})
        return frozenset(cores)
    return frozenset()


def leave_core(cores: Iterable[int]) -> None:
    """Let all threads of this process run on any of these cores."""
    if sys.platform == "linux":
        for thread in Path("/proc/self/task").iterdir():
            try:
                os.sched_setaffinity(int(thread.name), cores)
            except ProcessLookupError:  # it has ended meanwhile
                continue


async def leave_when_crowded(cores: frozenset[int]) -> None:
    """Look now and then whether others want the core, and leave it for good once they do."""
    before = (_waited(), time.process_time(), anyio.current_time())
    while cores:
        await anyio.sleep(_LOOK_EVERY)
        now = (_waited(), time.process_time(), anyio.current_time())
        if is_crowded(*(later - earlier for later, earlier in zip(now, before, strict=True))):
            leave_core(cores)
            return
        before = now


def _waited() -> float:
    """Seconds that the loop's thread was ready to run and did not; 0.0 where the system does not tell."""
    try:
        return int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
