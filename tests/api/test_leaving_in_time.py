"""What has to leave by some time does not leave later, whatever stands before its sending; only its leaving counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import anyio
import httpcore
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from bulk.api.client import LEAVES, Client
from bulk.api.credentials import Credentials
from bulk.model import Lost, Reply, Request
from tests.virtual import run

SOON = 0.2
ASK = Request("s", "POST", "contactLists", body={}, leave_within=SOON)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def send(serve: Callable[[SocketStream], Awaitable[None]], root: str, *asks: Request) -> list[Reply | Lost]:
    """Send one after the other to a server on this machine that does as it is told; `{port}` stands for its port."""
    replies: list[Reply | Lost] = []

    async def served(socket: SocketStream) -> None:
        async with socket:
            await serve(socket)

    async def main() -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - not Django's
        async with listener, anyio.create_task_group() as group:
            group.start_soon(listener.serve, served)
            with anyio.fail_after(5):
                async with Client(Credentials(root.format(port=port), "key"), patience=5) as client:
                    replies.extend([await client.send(ask) for ask in asks])
            group.cancel_scope.cancel()

    anyio.run(main)
    return replies


async def silent(_socket: SocketStream) -> None:
    """Take the connection, and say nothing: TLS does not come about."""
    await anyio.sleep_forever()


async def slow(socket: SocketStream) -> None:
    """Answer each request, only after the time in which it had to leave."""
    coming = BufferedByteReceiveStream(socket)
    while True:
        await coming.receive_until(b"\r\n\r\n", 10_000)
        await coming.receive_exactly(2)
        await anyio.sleep(2 * SOON)
        await socket.send(ANSWER)


def test_what_has_no_connection_in_time_is_not_sent() -> None:
    (reply,) = send(silent, "https://127.0.0.1:{port}/api/3/", ASK)
    assert isinstance(reply, Lost)
    assert not reply.sent


def test_what_has_a_connection_too_late_is_not_sent() -> None:
    """Each wait may have been within its bound, and a proxy's has another one: what counts is when it would leave."""

    async def sent_after(seconds: float) -> Reply | Lost:
        async def handler(request: httpx.Request) -> httpx.Response:
            await anyio.sleep(seconds)
            await request.extensions["trace"](LEAVES, {"request": httpcore.Request("CONNECT", "http://x.example")})
            await request.extensions["trace"](LEAVES, {"request": httpcore.Request("POST", "http://x.example")})
            return httpx.Response(200, content=b"{}")

        async with Client(Credentials("http://x.example/api/3/", "key")) as client:
            await client._client.aclose()
            client._client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
            return await client.send(ASK)

    assert isinstance(run(sent_after, SOON / 2), Reply)
    assert run(sent_after, SOON * 2) == Lost("no connection: there was no connection in time", sent=False)


def test_that_moment_is_told_by_the_library_under_this_name() -> None:
    events: list[str] = []
    plain = replace(ASK, leave_within=None)

    async def note(event: str, _info: object) -> None:
        events.append(event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "_asking_last", lambda _client, _request: {"trace": note})
        replies = send(slow, "http://127.0.0.1:{port}/api/3/", plain, ASK)
    assert [type(reply) for reply in replies] == [Reply, Reply]
    assert events.count(LEAVES) == 1


def test_what_has_left_waits_for_its_answer_as_long_as_any_request() -> None:
    replies = send(slow, "http://127.0.0.1:{port}/api/3/", ASK, ASK)
    assert [reply.status for reply in replies if isinstance(reply, Reply)] == [200, 200]
