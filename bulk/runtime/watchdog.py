"""Ends the process where it does not end by itself: no signal hangs, whatever waits for a disk or for a thread.

Leaving so is as safe as any other end: nothing is believed that is not in the checkpoint.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

GRACE: Final = 60.0  # seconds after the second signal: the reports of a large file may be written yet
SAID: Final = b"bulk: left at once. 'bulk resume' goes on with the job.\n"


class Watchdog:
    """Counts signals as they come, also while the event loop is busy. After the second it lets go on for a while."""

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._count = 0

    @contextmanager
    def watching(self, numbers: Sequence[int]) -> Iterator[None]:
        """Watch signals that somebody handles already; that handler is called too."""
        before = {number: signal.getsignal(number) for number in numbers}

        def notice(number: int, frame: FrameType | None) -> None:
            self._notice(number)
            handler: Any = before[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        for number in numbers:
            signal.signal(number, notice)
            if hasattr(signal, "siginterrupt"):  # not on Windows, where no call is ever cut short by one
                signal.siginterrupt(number, False)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _notice(self, number: int) -> None:
        self._count += 1
        if self._count == 2:
            timer = threading.Timer(self._grace, _leave, (number,))
            timer.daemon = True
            timer.start()
        elif self._count > 2:
            _leave(number)


def _leave(number: int) -> None:
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, SAID)
    os._exit(128 + number)
