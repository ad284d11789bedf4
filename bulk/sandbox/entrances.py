"""The doors of the sandbox: who comes in, and to which account. §1.1, §9.

The gateway's, with a bearer key; ActiveCampaign's own, with a token; and the page that connects an account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from bulk.sandbox.account import Query
from bulk.sandbox.calls import Answer, integer
from bulk.sandbox.connections import ACTIVE, FAILED, METHODS, PENDING, Connection, Connections
from bulk.sandbox.switches import Switches

GATEWAY: Final = "/active-campaign/api/3/"  # calls that the gateway passes on
DIRECT: Final = "/api/3/"  # ActiveCampaign itself
OFFICE: Final = "/"  # what the gateway answers by itself
CONNECT: Final = "/connect"  # for a person's browser, without a key
STATUS: Final = "/status"  # the page at "/", likewise
APP: Final = "active-campaign"
_PAGE: Final = (
    '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
    "<body><h1>{title}</h1><p>{text}</p></body>\n</html>\n"
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request at a door; `path` is below it. `origin` is the sandbox's address as whoever asks knows it."""

    entrance: str
    method: str
    path: str
    query: Query
    headers: Mapping[bytes, bytes]
    body: bytes
    origin: str = ""


def request_of(scope: Mapping[str, Any], body: bytes) -> Request:
    """The request of an ASGI scope."""
    path: str = scope["path"]
    headers = dict(scope["headers"])
    entrance = next((entrance for entrance in (GATEWAY, DIRECT) if path.startswith(entrance)), OFFICE)
    if path == CONNECT and scope["method"] == "GET":
        entrance = CONNECT
    elif path == OFFICE and scope["method"] == "GET":
        entrance = STATUS
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    origin = f"{scope.get('scheme', 'http')}://{headers.get(b'host', b'127.0.0.1').decode('latin-1')}"
    below = path.removeprefix(OFFICE if entrance in (CONNECT, STATUS) else entrance)
    return Request(entrance, scope["method"], below, tuple(query), headers, body, origin)


# ---- who comes in


def bears_key(request: Request, key: str) -> bool:
    """Whether a request at the gateway brings its key."""
    return request.headers.get(b"authorization") == b"Bearer " + key.encode()


def account_of(request: Request, key: str, connections: Connections, switches: Switches) -> int | Answer:
    """The number of the account that a request is for, or the refusal of who is turned away."""
    if request.entrance == DIRECT:
        return _account_by_token(request, key, connections, switches)
    chosen = request.headers.get(b"maton-connection", b"").decode("latin-1")
    active = [one for one in connections.active() if chosen in ("", one.id)]
    if len(active) == 1 or (active and switches.unchosen_connection == "first"):
        return active[0].number
    if active:
        said = f"There are {len(active)} connections for {APP}. Name one by Maton-Connection."
    elif chosen:
        waiting = connections.find(chosen)
        said = f"Connection {chosen} was not found." if waiting is None else f"Connection {chosen} is {waiting.status}."
    else:
        said = f"There is no active connection for {APP}."
    return 400, {"message": said}


def token_of(key: str, number: int) -> str:
    """The token that opens an account directly: the first account's is the sandbox's key itself."""
    return key if number == 1 else f"{key}-{number}"


def _account_by_token(request: Request, key: str, connections: Connections, switches: Switches) -> int | Answer:
    token = request.headers.get(b"api-token", b"").decode("latin-1")
    if token == key:
        return 1
    number = integer(token.removeprefix(f"{key}-"))
    if number is not None and token == token_of(key, number) and connections.opened(number):
        return number
    return switches.bad_token, {"message": "Forbidden"}


# ---- the gateway's own part


def office(request: Request, connections: Connections, switches: Switches, *, at_once: bool = False) -> Answer:
    """What the gateway answers by itself: its connections. `at_once`: a new one is active without a browser."""
    if request.path.strip("/") == "connections":
        if request.method == "GET":
            shown = [_shape(connection, request.origin) for connection in connections.all()]
            wanted = [pair for pair in request.query if pair[0] in ("app", "status", "method")]
            return 200, {"connections": [one for one in shown if all(one[name] == value for name, value in wanted)]}
        if request.method == "POST":
            return _create(request, connections, ACTIVE if at_once else PENDING, switches)
    plural, _, identity = request.path.partition("/")
    if plural != "connections" or request.method not in ("GET", "DELETE"):
        return 404, {"message": "Not found"}
    connection = connections.find(identity)
    if connection is None:
        return 404, {"message": f"Connection {identity} was not found."}
    if request.method == "DELETE":
        connections.delete(connection)
        return 200, {}
    return 200, {"connection": _shape(connection, request.origin)}


def _create(request: Request, connections: Connections, status: str, switches: Switches) -> Answer:
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        return 400, {"message": "The body is no JSON object."}
    app, method = sent.get("app"), sent.get("method", "OAUTH2")
    if app != APP:
        return 400, {"message": f"There is no app {app!r} here, only {APP}."}
    if method not in METHODS:
        return 400, {"message": f"There is no method {method!r}. There are: {', '.join(METHODS)}."}
    made = _shape(connections.create(method, status), request.origin)
    return 200, {"connection": made} if switches.new_connection == "wrapped" else made


def _shape(connection: Connection, origin: str) -> dict[str, Any]:
    return {
        "connection_id": connection.id, "status": connection.status, "creation_time": connection.created,
        "last_updated_time": connection.updated, "url": f"{origin}{CONNECT}?session_token={connection.token}",
        "app": APP, "method": connection.method, "metadata": {},
    }  # fmt: skip


def connect(request: Request, connections: Connections) -> tuple[int, str]:
    """The page behind a connection's link: to open it grants access; with `error`, as OAuth has it, denies it."""
    query = dict(request.query)
    connection = connections.with_token(query.get("session_token", ""))
    if connection is None:
        return 404, _PAGE.format(title="Unknown link", text="No connection of this sandbox has this link.")
    connections.settle(connection, FAILED if "error" in query else ACTIVE)
    now = connections.with_token(connection.token) or connection
    if now.status == ACTIVE:
        text = "The connection is active and opens an account of its own in the sandbox. You may close this page."
        return 200, _PAGE.format(title="Connected", text=text)
    return 200, _PAGE.format(title="Not connected", text="Access was denied. Delete the connection, make a new one.")
