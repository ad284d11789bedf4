from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sandbox_desk import Desk, Line, has_path, matches, small_account

from bulk.sandbox.app import Sandbox
from bulk.sandbox.serve import listening, server_of


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk at the small account that every statement starts from."""
    with small_account() as sandbox:
        yield Desk(sandbox)


class Stage:
    """What stands behind the one port of a test run: another sandbox for each statement."""

    sandbox: Sandbox

    async def app(self, *call: Any) -> None:
        await self.sandbox.app(*call)


@pytest.fixture(scope="session")
def port() -> Iterator[tuple[Stage, httpx.Client]]:
    """A real socket of this machine and a client that keeps its connection open."""
    stage = Stage()
    server = server_of(stage)  # type: ignore[arg-type]  # it needs no more of it than the app
    with listening("127.0.0.1", 0) as (opened, address):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            headers = {"Api-Token": "sandbox"}
            with httpx.Client(base_url=f"{address}/api/3/", headers=headers, trust_env=False) as client:
                yield stage, client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def hold(port: tuple[Stage, httpx.Client]) -> Callable[[Line], None]:
    """Hold the sandbox to one statement, over the socket."""
    stage, client = port

    def ask(request: str, body: Any) -> httpx.Response:
        method, _, path = request.partition(" ")
        content = body if isinstance(body, bytes) else None
        return client.request(method, path, content=content, json=None if content else body)

    def check(line: Line) -> None:
        with small_account(line.switches) as stage.sandbox:
            for request, body in line.after:
                made = ask(request, body)
                assert made.status_code < 300, (request, body, made.text)
            response = ask(line.request, line.body)
            result = response.json() if response.content else None
            assert response.status_code == line.status, response.text
            assert matches(result, line.has) or line.has is None, response.text
            for path in line.lacks:
                assert not has_path(result, path), (path, response.text)

    return check
