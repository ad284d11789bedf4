"""The way to the sandbox and back: how long it takes, and which answer comes out when one was given twice."""

from __future__ import annotations

import random

import anyio

from bulk.sandbox.responses import Response


class Travel:
    """Each way takes half the latency and up to `jitter` seconds more; chance follows from the seed."""

    def __init__(self, latency: float, jitter: float, seed: int) -> None:
        self._latency = latency
        self._jitter = jitter
        self._chance = random.Random(seed)  # noqa: S311 - jitter keeps no secret
        self._owed: dict[str, Response] = {}  # by connections on which an answer came twice: the next one's

    async def half(self) -> float:
        """Go there or back; the seconds it takes."""
        seconds = self._latency / 2 + (self._chance.uniform(0, self._jitter) if self._jitter else 0.0)
        if seconds > 0:
            await anyio.sleep(seconds)
        return seconds

    def twice(self, connection: str, response: Response) -> None:
        """Give this answer twice on that connection."""
        self._owed.setdefault(connection, response)

    def in_turn(self, connection: str, response: Response) -> Response:
        """The answer whose turn it is on a connection: its own, unless one was given twice there."""
        if connection not in self._owed:
            return response
        owed, self._owed[connection] = self._owed[connection], response
        return owed
