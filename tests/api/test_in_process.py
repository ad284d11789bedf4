"""Requests that are answered in process: what the callable is given and told, and what becomes of its answer."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from bulk.api.client import Client
from bulk.api.credentials import SANDBOX
from bulk.api.in_process import InProcess
from bulk.model import Lost, Reply, Request

BODY = {"type": "http.response.body", "body": b'{"contacts": []}'}
pytestmark = pytest.mark.anyio


def start(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": headers}


async def test_the_body_comes_at_once_and_the_client_is_gone_once_the_answer_is_complete():
    told: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told.extend((scope["path"], scope["query_string"], await receive()))

        async def wait() -> None:
            told.append(await receive())

        async with anyio.create_task_group() as waiting:
            waiting.start_soon(wait)
            await anyio.lowlevel.checkpoint()
            await send(start((b"x-one", b"1")))
            await send({"type": "http.response.body", "body": b"ab", "more_body": True})
            assert len(told) == 3
            await send({"type": "http.response.body", "body": b"c"})
        told.append(await receive())

    request = Request("s", "POST", "a%2Fb", (("q", "é"),))
    answer = await InProcess(app, "http://box.example.com/x/", {}).ask(request, b"body")
    assert (answer.status, answer.headers["X-One"], answer.content) == (200, "1", b"abc")
    assert told == [
        "/x/a/b", b"q=%C3%A9", {"type": "http.request", "body": b"body", "more_body": False},
        {"type": "http.disconnect"}, {"type": "http.disconnect"},
    ]  # fmt: skip


@pytest.mark.parametrize("messages", [(), (start(),), (start(), BODY | {"more_body": True})])
async def test_an_answer_without_an_end_is_lost_and_its_connection_not_used_again(messages: tuple[Any, ...]):
    ports: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        ports.append(scope["client"][1])
        for message in messages if len(ports) == 1 else (start(), BODY):
            await send(message)

    async with Client(SANDBOX, app) as client:
        request = Request("read", "GET", "contacts", expects="contacts")
        lost, *replies = [await client.send(request) for _ in range(3)]
    assert isinstance(lost, Lost)
    assert lost.sent
    assert all(isinstance(reply, Reply) and reply.body == {"contacts": []} for reply in replies)
    assert ports[0] != ports[1] == ports[2]
