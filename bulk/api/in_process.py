"""Answers of an ASGI callable in process, as if they came over connections: one request at a time on each.

A callable that cares can tell by the client's port which requests follow each other on one connection.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final

import httpx

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]  # the ASGI callable's own types are as loose as this
_ports: Final = count(1)  # of the process: one that was given up never comes again


class InProcess(httpx.ASGITransport):
    """The transport of one pool of such connections."""

    def __init__(self, app: AsgiApp) -> None:
        super().__init__(app)
        self._idle: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer over an idle connection, the oldest of them, or over a new one."""
        port = heapq.heappop(self._idle) if self._idle else next(_ports)
        self.client = ("127.0.0.1", port)  # taken into the call before it waits for anything
        response = await super().handle_async_request(request)
        heapq.heappush(self._idle, port)  # one that broke is gone
        return response
