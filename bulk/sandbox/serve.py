"""The sandbox on a port, for other programs and for rehearsals over a real socket. Listens on loopback unless told.

Prints nothing: the address goes to `ready`, each request to the sandbox's own `log`.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bulk.errors import UsageError
from bulk.sandbox.app import Receive, Sandbox, Scope, Send
from bulk.sandbox.faults import ConnectionDropped
from bulk.sandbox.guests import is_let_in

_REFUSED: Final = b'{"message":"This sandbox is called by its own address only, and by no other page."}'
_REFUSED_HEADERS: Final = ((b"content-type", b"application/json"), (b"content-length", str(len(_REFUSED)).encode()))
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def serve(
    sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0, ready: Callable[[str], None] = lambda _address: None
) -> None:
    """Serve until Ctrl-C or SIGTERM, then return. `port` 0 takes a free one; `ready` is told the address."""
    server = server_of(sandbox, host)
    with listening(host, port) as (socket_, address), heeding(server):
        ready(address)
        server.run(sockets=[socket_])


@contextmanager
def listening(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    """A listening socket and its address: who connects from now on is answered as soon as a server runs on it."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise UsageError("port_not_free", host=host, port=port, reason=error.strerror) from error
    with opened:
        # inherited by every connection; without it an answer's body waits 40 ms for the client to confirm its headers
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = f"[{host}]" if ":" in host else host
        yield opened, f"http://{name}:{opened.getsockname()[1]}"


def server_of(sandbox: Sandbox, host: str = "") -> uvicorn.Server:
    """A server for the sandbox, to be run on a listening socket; `should_exit` ends it.

    It answers who names it by a name of this machine, or by `host`, and no page of another server.
    """
    transports: dict[Any, asyncio.Transport] = {}

    class Protocol(H11Protocol):
        """Tells the transport of each connection: ASGI has no way to drop one."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            transports[transport.get_extra_info("peername")[:2]] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            transports.pop(self.client, None)
            super().connection_lost(exc)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not is_let_in(scope, host):
            await send({"type": "http.response.start", "status": 403, "headers": _REFUSED_HEADERS})
            await send({"type": "http.response.body", "body": _REFUSED})
            return
        try:
            await sandbox.app(scope, receive, send)
        except ConnectionDropped:
            transports[scope["client"]].abort()
            while (await receive())["type"] != "http.disconnect":
                pass

    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", http=Protocol, ws="none", server_header=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    return uvicorn.Server(config)


@contextmanager
def heeding(server: uvicorn.Server) -> Iterator[None]:
    """Let an ending signal end the server only, also before it runs: uvicorn raises it again after its clean end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {stopping: signal.signal(stopping, end) for stopping in _SIGNALS}
    try:
        yield
    finally:
        for stopping, handler in before.items():
            signal.signal(stopping, handler)
