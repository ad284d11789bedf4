"""An asyncio loop whose clock jumps to the next due moment, so that hours of back-off take no time.

While a thread works (the checkpoint, the checks) the clock stands still. Not for sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import anyio.to_thread

Result = TypeVar("Result")


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._look = self._selector.select
        self._selector.select = self._jump

    def time(self) -> float:
        return self._now

    def _jump(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout <= 0:
            return self._look(timeout)
        if anyio.to_thread.current_default_thread_limiter().borrowed_tokens:
            return self._look(None)
        events = self._look(0)
        if not events:
            self._now += timeout
        return events


def run(function: Callable[..., Awaitable[Result]], *args: Any) -> Result:
    return anyio.run(function, *args, backend_options={"loop_factory": VirtualLoop})
