"""The signals by which a person or a system ends a command, as events of the loop, on each system that there is.

The loop's own way of watching them is not there on Windows, so none is used: a handler of the process wakes the loop.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

BREAK: Final = getattr(signal, "SIGBREAK", None)  # on Windows: Ctrl-Break, or the console's window is closed
STOPPING: Final = tuple(number for number in (signal.SIGINT, signal.SIGTERM, BREAK) if number is not None)


@contextmanager
def stopping_signals() -> Iterator[AsyncIterator[int]]:
    """Within, the signals that end a command come as numbers; `SIGBREAK` as `SIGTERM`. In the main thread only."""
    loop = asyncio.get_running_loop()
    received: asyncio.Queue[int] = asyncio.Queue()

    def notice(number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(received.put_nowait, signal.SIGTERM if number == BREAK else number)

    before = {number: signal.signal(number, notice) for number in STOPPING}
    try:
        yield _each(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _each(received: asyncio.Queue[int]) -> AsyncIterator[int]:
    while True:
        yield await received.get()
