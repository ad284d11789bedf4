"""The clock by which leases end: it goes on while a process is stopped, and while the machine sleeps.

That of the event loop goes on while a process is stopped, but on Linux and macOS it stands still while the machine
sleeps: what was granted until a moment of that clock would seem good for as long as the machine has slept.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final


def unstopped() -> float:
    """Seconds by a clock that never goes back and that neither a stop nor a sleep of the machine halts."""
    return _clock()


def slept() -> float:
    """Seconds for which this machine has slept so far, or a constant more: it grows by nothing else."""
    return unstopped() - time.monotonic()


def _of_this_system() -> Callable[[], float]:
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux's
    if boot is not None:
        return partial(time.clock_gettime, boot)
    if sys.platform == "darwin":  # Python's own `monotonic` is another one there
        return partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    return time.monotonic


_clock: Final = _of_this_system()
