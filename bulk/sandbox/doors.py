"""The two doors of the sandbox: the gateway's, with a bearer key, and ActiveCampaign's own, with a token. §1.1, §9."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from bulk.sandbox.account import Query
from bulk.sandbox.calls import Answer

GATEWAY: Final = "/active-campaign/api/3/"  # calls that the gateway passes on
DIRECT: Final = "/api/3/"  # ActiveCampaign itself
OFFICE: Final = "/"  # what the gateway answers by itself
CONNECTION: Final = "00000000-0000-4000-8000-000000000001"
_MADE: Final = "2026-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Request:
    """One request at a door; `path` is below it."""

    door: str
    method: str
    path: str
    query: Query
    headers: Mapping[bytes, bytes]
    body: bytes


def request_of(scope: Mapping[str, Any], body: bytes) -> Request:
    """The request of an ASGI scope."""
    path: str = scope["path"]
    door = next((door for door in (GATEWAY, DIRECT) if path.startswith(door)), OFFICE)
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Request(door, scope["method"], path.removeprefix(door), tuple(query), dict(scope["headers"]), body)


def turned_away(request: Request, key: str) -> Answer | None:
    """Refuse a wrong key or an unknown connection; None: come in."""
    if request.door == DIRECT:
        known = request.headers.get(b"api-token") == key.encode()
        return None if known else (403, {"message": "Forbidden"})
    if request.headers.get(b"authorization") != b"Bearer " + key.encode():
        return 401, {"message": "Invalid API key"}
    chosen = request.headers.get(b"maton-connection", b"").decode("latin-1")
    if request.door == GATEWAY and chosen not in ("", CONNECTION):
        return 400, {"message": f"Connection {chosen} was not found."}
    return None


def office(request: Request) -> Answer:
    """The gateway's own part: its connections, of which there is one."""
    connection = {
        "connection_id": CONNECTION, "status": "ACTIVE", "creation_time": _MADE, "last_updated_time": _MADE,
        "url": "https://connect.example.com/?session_token=sandbox", "app": "active-campaign", "method": "OAUTH2",
        "metadata": {},
    }  # fmt: skip
    if request.method == "GET" and request.path.strip("/") == "connections":
        fits = all(connection[name] == value for name, value in request.query if name in ("app", "status"))
        return 200, {"connections": [connection] if fits else []}
    if request.method == "GET" and request.path == f"connections/{CONNECTION}":
        return 200, {"connection": connection}
    return 404, {"message": "Not found"}
