"""The connections of a gateway key: list, create, show, delete. Each is one request; none is repeated.

`send` is that of a `Client` at the gateway itself (`Credentials.office`). What the gateway refuses is a `BulkError`
with the next step. The shape of its answers is only partly documented, so nothing is taken for granted but the id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from bulk.engine.retry import explain
from bulk.errors import AbortedError, BulkError, UnfinishedError, UsageError
from bulk.model import Json, Lost, Reply, Request

APP: Final = "active-campaign"
ACTIVE: Final = "ACTIVE"
PENDING: Final = "PENDING"
FAILED: Final = "FAILED"
METHODS: Final = ("API_KEY", "BASIC", "OAUTH1", "OAUTH2", "MCP")
LISTING: Final = Request("connections", "GET", "connections", (("app", APP),))
Send = Callable[[Request], Awaitable[Reply | Lost]]
# what an answer other than a good one means; the first line that holds its status decides
_REFUSALS: Final[tuple[tuple[range, Callable[[str, str], BulkError]], ...]] = (
    (range(401, 402), lambda _what, said: AbortedError("gateway_refuses_key", reason=said)),
    (range(403, 404), lambda what, said: AbortedError("gateway_forbids", what=what, reason=said)),
    (range(404, 405), lambda _what, said: AbortedError("gateway_without_connections", reason=said)),
    (range(429, 430), lambda _what, said: UnfinishedError("gateway_asked_too_often", reason=said)),
    (range(400, 500), lambda what, said: UsageError("gateway_refuses_request", what=what, reason=said)),
    (range(1000), lambda what, said: UnfinishedError("gateway_fails", what=what, reason=said)),
)


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection of the key. Times are as the gateway writes them; `url` is the link that a person opens."""

    id: str
    status: str
    created: str = ""
    updated: str = ""
    method: str = ""
    url: str = ""

    @property
    def made(self) -> str:
        """The day and time it was made, as people read it: `2026-01-01 09:30`, in UTC."""
        return self.created[:16].replace("T", " ")

    @property
    def changed(self) -> str:
        """When it last changed, likewise."""
        return self.updated[:16].replace("T", " ")


async def list_all(send: Send) -> list[Connection]:
    """All connections for ActiveCampaign, in the gateway's order."""
    return listed_in(await send(LISTING))


def listed_in(reply: Reply | Lost) -> list[Connection]:
    """The connections in the answer to `LISTING`."""
    result = _sound(reply, "the connections").get("connections")
    if not isinstance(result, list):
        raise AbortedError("gateway_list_unknown")
    # the gateway may pass over the filter
    return [_connection(one) for one in result if isinstance(one, dict) and one.get("app", APP) == APP]


async def create(send: Send, method: str = "") -> Connection:
    """Make a connection; it waits until a person has opened its `url`."""
    body = {"app": APP} | ({"method": method} if method else {})
    reply = await send(Request("create", "POST", "connections", body=body, repeatable=False))
    made = _one(_sound(reply, "a new connection"))
    return made if made.url else await show(send, made.id)


async def show(send: Send, identity: str) -> Connection:
    """The connection with that id. Raises `UsageError` if there is none."""
    reply = await send(Request("connection", "GET", f"connections/{quote(identity, safe='')}"))
    return _one(_sound(reply, "the connection", identity))


async def delete(send: Send, identity: str) -> None:
    """Delete the connection with that id. Raises `UsageError` if there is none."""
    reply = await send(Request("delete", "DELETE", f"connections/{quote(identity, safe='')}"))
    if isinstance(reply, Lost) or reply.status >= 300:  # what a good answer says is not documented
        _sound(reply, "the connection", identity)


def _one(body: dict[str, Json]) -> Connection:
    """The connection in a body, with its wrapper or without."""
    inner = body.get("connection", body)
    if not isinstance(inner, dict) or not inner.get("connection_id"):
        raise AbortedError("gateway_answer_unknown")
    return _connection(inner)


def _connection(record: dict[str, Json]) -> Connection:
    names = ("connection_id", "status", "creation_time", "last_updated_time", "method", "url")
    return Connection(*(str(record.get(name) or "") for name in names))


def _sound(reply: Reply | Lost, what: str, identity: str = "") -> dict[str, Json]:
    """The body of a good answer; else raises what a person can do about it."""
    if isinstance(reply, Reply) and reply.status < 300 and isinstance(reply.body, dict):
        return reply.body
    raise _refusal(reply, what, identity)


def _refusal(reply: Reply | Lost, what: str, identity: str) -> BulkError:
    _code, said = explain(reply)
    if isinstance(reply, Lost):
        return UnfinishedError("gateway_unreachable", reason=said)
    if reply.status == 404 and identity:
        return UsageError("connection_unknown", connection=identity)
    refusal = next(refusal for statuses, refusal in _REFUSALS if reply.status in statuses)
    return refusal(what, said.rstrip("."))
