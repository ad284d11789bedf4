"""Connections against a gateway that answers by hand: what is asked, every documented shape, every refusal. §9."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from bulk.api import connections
from bulk.api.client import Client
from bulk.api.connections import Connection, Send
from bulk.api.credentials import Credentials
from bulk.errors import AbortedError, BulkError, UnfinishedError, UsageError
from bulk.wording import FrontEnd

KEY = "s3cret-key"
GATEWAY = Credentials("https://api.maton.ai/active-campaign/api/3/", KEY, connection="c-9")
ONE = {
    "connection_id": "c-1", "status": "PENDING", "creation_time": "2026-05-28T03:05:54.000001Z",
    "last_updated_time": "2026-05-29T04:00:00.000000Z", "url": "https://connect.maton.ai/?session_token=t",
    "app": "active-campaign", "method": "OAUTH2", "metadata": {},
}  # fmt: skip
KNOWN = Connection(
    "c-1", "PENDING", ONE["creation_time"], ONE["last_updated_time"], "OAUTH2", ONE["url"]  # type: ignore[arg-type]
)  # fmt: skip
ASKS: dict[str, Callable[[Send], Awaitable[Any]]] = {
    "list": connections.list_all,
    "create": connections.create,
    "show": lambda send: connections.show(send, "c-1"),
    "delete": lambda send: connections.delete(send, "c-1"),
}


class Gateway:
    """Answers with these, one after the other, and keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def hear(self, ask: Callable[[Send], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            async with Client(GATEWAY.office) as client:
                await client._client._transport.aclose()
                client._client._transport = httpx.MockTransport(self)
                client._client._mounts = {}
                return await ask(client.send)

        return anyio.run(main)


def says(status: int, body: Any) -> httpx.Response:
    return httpx.Response(status, json=body)


def test_connections_are_asked_for_at_the_gateways_own_root_with_the_key_alone() -> None:
    gateway = Gateway(says(200, {"connections": []}))
    assert gateway.hear(connections.list_all) == []
    (asked,) = gateway.asked
    assert (asked.method, str(asked.url)) == ("GET", "https://api.maton.ai/connections?app=active-campaign")
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert "Maton-Connection" not in asked.headers


def test_a_list_is_read_whatever_else_it_holds() -> None:
    more = [ONE, {"connection_id": 7}, ONE | {"app": "slack"}, "nonsense", {"connection_id": "c-2", "status": None}]
    result = Gateway(says(200, {"connections": more})).hear(connections.list_all)
    assert result == [KNOWN, Connection("7", ""), Connection("c-2", "")]
    assert (result[0].made, result[0].changed) == ("2026-05-28 03:05", "2026-05-29 04:00")


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("status", [200, 201])
def test_a_connection_is_made(status: int, wrapped: bool) -> None:
    gateway = Gateway(says(status, {"connection": ONE} if wrapped else ONE))
    assert gateway.hear(lambda send: connections.create(send, "API_KEY")) == KNOWN
    (asked,) = gateway.asked
    assert (asked.method, asked.url.path) == ("POST", "/connections")
    assert asked.content == b'{"app": "active-campaign", "method": "API_KEY"}'


def test_a_connection_whose_answer_lacks_the_link_is_looked_up() -> None:
    gateway = Gateway(says(200, {"connection_id": "c-1"}), says(200, {"connection": ONE}))
    assert gateway.hear(connections.create) == KNOWN
    assert [asked.method for asked in gateway.asked] == ["POST", "GET"]
    assert gateway.asked[0].content == b'{"app": "active-campaign"}'


def test_one_connection_is_shown_and_no_id_leads_elsewhere() -> None:
    gateway = Gateway(says(200, {"connection": ONE}))
    assert gateway.hear(lambda send: connections.show(send, "../x?y=z")) == KNOWN
    assert gateway.asked[0].url.raw_path == b"/connections/..%2Fx%3Fy%3Dz"


@pytest.mark.parametrize("answer", [httpx.Response(200), httpx.Response(204), says(200, {}), says(200, {"x": 1})])
def test_whatever_a_good_answer_says_the_connection_is_deleted(answer: httpx.Response) -> None:
    gateway = Gateway(answer)
    assert gateway.hear(ASKS["delete"]) is None
    assert (gateway.asked[0].method, gateway.asked[0].url.path) == ("DELETE", "/connections/c-1")


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize(
    ("answer", "error", "code", "said"),
    [
        (says(401, {"message": "Invalid API key"}), AbortedError, 3, "(HTTP 401).\nCheck MATON_API_KEY"),
        (says(403, {"message": "Forbidden"}), AbortedError, 3, "MATON_API_KEY"),
        (says(429, {"message": "Too Many Requests"}), UnfinishedError, 4, "Wait a little"),
        (says(400, {"message": "bad method"}), UsageError, 2, "bad method"),
        (says(500, {}), UnfinishedError, 4, "bulk doctor"),
        (httpx.Response(502, text="A page of a proxy"), UnfinishedError, 4, "A page of a proxy"),
        (httpx.ConnectError("refused"), UnfinishedError, 4, "refused.\nSee what is wrong: bulk doctor"),
        (httpx.ReadTimeout(""), UnfinishedError, 4, "bulk doctor"),
        (says(401, {"message": f"Bad key {KEY}"}), AbortedError, 3, "Bad key ***"),
    ],
)  # fmt: skip
def test_what_the_gateway_refuses_is_said_with_the_next_step(
    ask: str, answer: httpx.Response | Exception, error: type[BulkError], code: int, said: str
) -> None:
    gateway = Gateway(answer)
    with pytest.raises(error) as raised:
        gateway.hear(ASKS[ask])
    assert said in raised.value.words(FrontEnd.COMMAND_LINE)
    assert raised.value.exit_code == code
    assert KEY not in str(raised.value)
    assert len(gateway.asked) == 1, "nothing is repeated"


@pytest.mark.parametrize("ask", ["show", "delete"])
def test_a_connection_that_is_not_there_is_a_usage_error(ask: str) -> None:
    with pytest.raises(UsageError, match=r"no connection c-1\.\nSee those there are: `bulk connections list`"):
        Gateway(says(404, {"message": "?"})).hear(ASKS[ask])


@pytest.mark.parametrize("ask", ["list", "create"])
def test_an_address_that_knows_no_connections_is_said(ask: str) -> None:
    with pytest.raises(AbortedError, match="Check base_url"):
        Gateway(says(404, {"message": "Not found"})).hear(ASKS[ask])


@pytest.mark.parametrize("ask", ["list", "create", "show"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"<html>", b"{}", b'{"connections": 1, "connection": []}'])
def test_a_good_answer_that_says_nothing_is_not_believed(ask: str, content: bytes) -> None:
    with pytest.raises(BulkError, match="bulk doctor") as raised:
        Gateway(httpx.Response(200, content=content)).hear(ASKS[ask])
    assert raised.value.exit_code in (3, 4)
