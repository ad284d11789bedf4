"""Answers of an ASGI callable in process, as if they came over connections: one request at a time on each.

A callable that cares can tell by the client's port which requests follow each other on one connection.
"""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import Any, Final
from urllib.parse import unquote, urlencode

import anyio
import httpx

from bulk.api.answer import Answer
from bulk.model import Request

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]  # the ASGI callable's own types are as loose as this
Headers = Sequence[tuple[bytes, bytes]]
_OF_JSON: Final = ((b"content-type", b"application/json"),)
_ports: Final = count(1)  # of the process: one that was given up never comes again


class InProcess:
    """One pool of such connections.

    What the callable raises is raised here; an answer without an end is lost like one cut off. httpx has a transport
    for this, whose requests and responses take half of the time that an import into the sandbox has for each.
    """

    def __init__(self, app: AsgiApp, root: str, headers: Mapping[str, str]) -> None:
        """`root` is the address that all paths are below, `headers` are those that every request carries."""
        self._app = app
        self._root = httpx.URL(root)
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._idle: list[int] = []

    async def ask(self, request: Request, content: bytes) -> Answer:
        """Answer over an idle connection, the oldest of them, or over a new one; `content` is JSON, if there is any."""
        port = heapq.heappop(self._idle) if self._idle else next(_ports)
        exchange = _Exchange(content)
        await self._app(self._scope(request, port, _OF_JSON if content else ()), exchange.receive, exchange.send)
        if not exchange.status or exchange.more:
            raise httpx.RemoteProtocolError("the answer has no end")
        heapq.heappush(self._idle, port)  # one that broke is gone
        return Answer(exchange.status, httpx.Headers(exchange.headers), b"".join(exchange.parts))

    async def aclose(self) -> None:
        """Leave its connections; there is nothing to close."""

    def _scope(self, request: Request, port: int, more: Headers) -> dict[str, Any]:
        root = self._root
        path = root.path + request.path
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [*self._headers, *more],
            "scheme": root.scheme,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": urlencode(request.query).encode(),
            "server": (root.host, root.port),
            "client": ("127.0.0.1", port),
            "root_path": "",
        }


class _Exchange:
    """What passes between a callable and its caller about one request."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body  # None once it was received
        self.more = True
        self._complete: anyio.Event | None = None  # made for who waits for it only
        self.status = 0
        self.headers: Headers = ()
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
