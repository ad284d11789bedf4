"""A Redis of the tests' own, on a free loopback port; where there is no redis-server, the test is skipped."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def redis_server(folder: Path, port: int = 0) -> Iterator[str]:
    """Its address. `port` 0: one that is free."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server on this machine")
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    options = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder))
    line = (program, "--port", str(port), *options)
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            for said in server.stdout:
                if "Ready to accept" in said:
                    break
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.stdout.read()
