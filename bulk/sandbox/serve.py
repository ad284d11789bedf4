"""The sandbox on a port, for other programs and for rehearsals over a real socket. Listens on loopback unless told."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from bulk.errors import UsageError
from bulk.sandbox.app import Sandbox


def serve(sandbox: Sandbox, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted. `port` 0 takes a free one. `ready` is told the address once it answers."""
    try:
        listening = socket.create_server((host, port), backlog=256)
    except OSError as error:
        raise UsageError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another by --port.") from error
    with listening:
        config = uvicorn.Config(
            sandbox.app, log_level="error", access_log=False, interface="asgi3", lifespan="off", http="h11", ws="none",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        ready(f"http://{host}:{listening.getsockname()[1]}")
        server.run(sockets=[listening])
