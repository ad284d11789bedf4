"""Answers of an ASGI callable in process, as if they came over connections: one request at a time on each.

A callable that cares can tell by the client's port which requests follow each other on one connection.
"""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import count
from typing import Any, Final

import anyio
import httpx

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]  # the ASGI callable's own types are as loose as this
_ports: Final = count(1)  # of the process: one that was given up never comes again


class InProcess(httpx.AsyncBaseTransport):
    """The transport of one pool of such connections.

    What the callable raises is raised here; an answer without an end is lost like one cut off. httpx has such a
    transport for all that may be sent, which looks for another event loop's package at each request: a tenth of the
    time of an import.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._idle: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer over an idle connection, the oldest of them, or over a new one."""
        port = heapq.heappop(self._idle) if self._idle else next(_ports)
        exchange = _Exchange(await request.aread())
        await self._app(_scope(request, port), exchange.receive, exchange.send)
        if not exchange.status or exchange.more:
            raise httpx.RemoteProtocolError("the answer has no end")
        response = httpx.Response(exchange.status, headers=exchange.headers, stream=_Body(exchange.parts))
        heapq.heappush(self._idle, port)  # one that broke is gone
        return response


def _scope(request: httpx.Request, port: int) -> dict[str, Any]:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.split(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port),
        "client": ("127.0.0.1", port),
        "root_path": "",
    }


class _Exchange:
    """What passes between a callable and its caller about one request."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self.more = True
        self._complete: anyio.Event | None = None  # made for who waits for it only
        self.status = 0
        self.headers: Sequence[tuple[bytes, bytes]] = ()
        self.parts: list[bytes] = []

    async def receive(self) -> dict[str, Any]:
        """The body at once, and once the answer is complete that the client is gone."""
        if self._body is None:
            if self.more:
                self._complete = self._complete or anyio.Event()
                await self._complete.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message.get("headers", ())
            return
        self.parts.append(message.get("body", b""))
        self.more = message.get("more_body", False)
        if not self.more and self._complete is not None:
            self._complete.set()


class _Body(httpx.AsyncByteStream):
    """A body that is here already."""

    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"".join(self._parts)
