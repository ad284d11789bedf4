"""A sandbox on a loopback port, in a thread of the test's own process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import urlopen

from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.serve import listening, server_of

KEY = "sandbox-s3cret"
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]  # status, headers, body


class Served:
    """`log` holds method, path and status of each request. `on_request` is called after each with their number.

    `on_arrival` is given the ASGI scope of each request before anything else sees it, and may change it. `on_answer`
    is given the scope and the answer, and gives the one that goes out.
    """

    def __init__(self, folder: Path, **options: object) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder / "sandbox.sqlite"
        self.log: list[tuple[str, str, int]] = []
        self.on_request: Callable[[int], None] = lambda _number: None
        self.on_arrival: Callable[[dict[str, Any]], None] = lambda _scope: None
        self.on_answer: Callable[[dict[str, Any], Answer], Answer] | None = None
        self._open = 0
        self._turn = threading.Condition()
        self._options = SandboxOptions(**{"rate": 0, "key": KEY, **options})

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        sandbox = self._stack.enter_context(Sandbox(self.path, self._options))
        sandbox.log = self._note
        answer = sandbox.app

        async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
            self.on_arrival(scope)
            with self._under_way():
                await answer(scope, receive, self._changing(scope, send))

        sandbox.app = app
        opened, self.address = self._stack.enter_context(listening("127.0.0.1", 0))
        server = server_of(sandbox)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join()

        self._stack.callback(end)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        with self._turn:
            self._open += 1
        try:
            yield
        finally:
            with self._turn:
                self._open -= 1
                self._turn.notify_all()

    def wait_until_quiet(self) -> None:
        """Wait until what a process had sent before it ended is answered and in the log.

        What is asked now is read after what has arrived before.
        """
        with suppress(HTTPError):
            urlopen(f"{self.address}/", timeout=10).close()  # noqa: S310 - on this machine
        with self._turn:
            assert self._turn.wait_for(lambda: not self._open, timeout=10)

    def _changing(self, scope: dict[str, Any], send: Any) -> Any:
        change = self.on_answer
        if change is None:
            return send
        begun: dict[str, Any] = {}

        async def changed(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                begun.update(message)
                return
            status, headers, body = change(scope, (begun["status"], list(begun["headers"]), message["body"]))
            headers = [(name, value) for name, value in headers if name != b"content-length"]
            headers.append((b"content-length", str(len(body)).encode()))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return changed

    def _note(self, method: str, path: str, status: int) -> None:
        self.log.append((method, path, status))
        self.on_request(len(self.log))
