"""The sandbox as an ASGI application: front doors, limit, faults, and the way to a route. Its state is the store's.

Two doors: the gateway's (`/active-campaign/api/3/…` with a bearer key) and ActiveCampaign's own (`/api/3/…`).
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qsl

import anyio

from bulk.sandbox.calls import Answer, Call, Refusal, Switches
from bulk.sandbox.faults import BODIES, ConnectionDropped, Fault, Faults
from bulk.sandbox.limits import Busiest, limit_of
from bulk.sandbox.routes import ROUTES
from bulk.sandbox.shapes import Shapes
from bulk.sandbox.store import Store

GATEWAY: Final = "/active-campaign/api/3/"
DIRECT: Final = "/api/3/"
CONNECTION: Final = "00000000-0000-4000-8000-000000000001"
_HTML: Final = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Bad gateway</h1></body></html>"
_HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store, no-cache, must-revalidate"),
    (b"pragma", b"no-cache"),
)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox behaves. `rate` 0: no limit; `window` is sliding, fixed or bucket; times are in seconds.

    `demo`: a new account comes with lists and custom fields.
    """

    rate: float = 5.0
    window: str = "sliding"
    latency: float = 0.0
    jitter: float = 0.0
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    key: str = "sandbox"
    host: str = "sandbox.example.com"
    demo: bool = True
    switches: Switches = field(default_factory=Switches)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str  # below the door
    query: tuple[tuple[str, str], ...]
    headers: dict[bytes, bytes]
    door: str


class Sandbox:
    """One account behind an ASGI callable, `app`. `path` None keeps it in memory.

    `log` is called after each request with method, path and status (0: dropped).
    """

    def __init__(
        self, path: Path | None, options: SandboxOptions | None = None, clock: Callable[[], datetime] = _wall
    ) -> None:
        self.options = options or SandboxOptions()
        self.store = Store(path, clock, demo=self.options.demo)
        self.requests = 0
        self.refused = 0
        self.log: Callable[[str, str, int], None] | None = None
        self._clock = clock
        self._shapes = Shapes(self.options.host)
        self._limit = limit_of(self.options.window, self.options.rate)
        self._busiest = Busiest()
        self._faults = Faults(self.options.faults, self.options.seed)
        self._chance = random.Random(self.options.seed)  # noqa: S311 - jitter keeps no secret

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the state; it stays on disk."""
        self.store.close()

    @property
    def observed_max(self) -> int:
        """The most requests that were served in any one second."""
        return self._busiest.most

    # ---- ASGI

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body = await _read(receive)
        request = _request(scope)
        try:
            status, headers, content = await self._answer(request, body)
        except ConnectionDropped:
            self._logged(request, 0)
            raise
        self._logged(request, status)
        head = (*_HEADERS, (b"x-request-id", uuid.uuid4().hex.encode()), *headers)
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": content})

    def _logged(self, request: _Request, status: int) -> None:
        if self.log is not None:
            self.log(request.method, request.path, status)

    async def _answer(self, request: _Request, body: bytes) -> tuple[int, tuple[tuple[bytes, bytes], ...], bytes]:
        half = self.options.latency / 2
        await self._travel(half)
        self.requests += 1
        now = anyio.current_time()
        refused = self._refuse_key(request)
        if refused is not None:
            return _packed(refused)
        if not self._limit.admit(now):
            self.refused += 1
            await self._travel(half)
            limit = str(int(self.options.rate)).encode()
            headers = ((b"retry-after", b"1"), (b"ratelimit-limit", limit), (b"ratelimit-remaining", b"0"))
            return _packed((429, BODIES[429]), headers)
        self._busiest.note(now)
        fault = self._faults.meet(request.method, request.path)
        packed = await self._with(fault, request, body) if fault else _packed(self._serve(request, body))
        await self._travel(half)
        return packed

    async def _travel(self, seconds: float) -> None:
        spread = self.options.jitter
        seconds += self._chance.uniform(0, spread) if spread else 0.0
        if seconds > 0:
            await anyio.sleep(seconds)

    def _refuse_key(self, request: _Request) -> Answer | None:
        key = self.options.key.encode()
        if request.door == DIRECT:
            known = request.headers.get(b"api-token") == key
            return None if known else (403, {"message": "Forbidden"})
        if request.headers.get(b"authorization") != b"Bearer " + key:
            return 401, {"message": "Invalid API key"}
        chosen = request.headers.get(b"maton-connection", b"").decode("latin-1")
        if request.door == GATEWAY and chosen not in ("", CONNECTION):
            return 400, {"error": f"Connection {chosen} was not found."}
        return None

    # ---- serving

    def _serve(self, request: _Request, body: bytes) -> Answer:
        if request.door == "/":
            return self._gateway(request)
        ids = tuple(int(part) for part in request.path.split("/") if part.isascii() and part.isdigit())
        shape = "/".join("{}" if part.isascii() and part.isdigit() else part for part in request.path.split("/"))
        route = ROUTES.get((request.method, shape))
        if route is None:
            return 404, {"message": f"No Result found for {request.method} {request.path}"}
        try:
            sent = json.loads(body) if body else None
        except ValueError:
            return 400, {"message": "Invalid or unparsable json"}
        call = Call(self.store, self._shapes, self.options.switches, ids, request.query, sent)
        if request.method == "GET":
            try:
                return route(call)
            except Refusal as refusal:
                return refusal.status, refusal.body
        self.store.db.execute("BEGIN IMMEDIATE")
        try:
            answer = route(call)
        except Refusal as refusal:
            self.store.db.execute("ROLLBACK")
            return refusal.status, refusal.body
        except BaseException:
            self.store.db.execute("ROLLBACK")
            raise
        self.store.db.execute("COMMIT")
        return answer

    def _gateway(self, request: _Request) -> Answer:
        """The gateway's own part: the one connection."""
        connection = {
            "connection_id": CONNECTION, "status": "ACTIVE", "creation_time": "2026-01-01T00:00:00.000000Z",
            "last_updated_time": "2026-01-01T00:00:00.000000Z", "url": "https://connect.example.com/",
            "app": "active-campaign", "method": "OAUTH2", "metadata": {},
        }  # fmt: skip
        if request.method == "GET" and request.path == "connections":
            return 200, {"connections": [connection]}
        if request.method == "GET" and request.path == f"connections/{CONNECTION}":
            return 200, {"connection": connection}
        return 404, {"error": "Not found"}

    # ---- faults

    async def _with(
        self, fault: Fault, request: _Request, body: bytes
    ) -> tuple[int, tuple[tuple[bytes, bytes], ...], bytes]:
        if fault.kind == "lost_before":
            raise ConnectionDropped("dropped before it was applied")
        if fault.kind == "status":
            content = BODIES.get(fault.status, {"message": f"HTTP {fault.status}"})
            return _packed((fault.status, content), self._retry_after(fault))
        if fault.kind == "slow":
            await anyio.sleep(fault.seconds)
        if fault.kind == "no_include":
            request = replace(request, query=tuple(pair for pair in request.query if pair[0] != "include"))
        status, content = self._serve(request, body)
        if fault.kind == "lost_after":
            raise ConnectionDropped("dropped after it was applied")
        if fault.kind in ("empty", "html"):
            return 200, (), _HTML if fault.kind == "html" else b""
        _, headers, packed = _packed((status, _spoiled(fault.kind, content)))
        return status, headers, packed[: len(packed) // 2] if fault.kind == "truncated" else packed

    def _retry_after(self, fault: Fault) -> tuple[tuple[bytes, bytes], ...]:
        if not fault.retry_after:
            return ()
        value = fault.retry_after
        if value == "date":
            value = format_datetime(self._clock() + timedelta(seconds=fault.seconds), usegmt=True)
        return ((b"retry-after", value.encode()),)


def _spoiled(kind: str, content: Any) -> Any:
    """A list as a fault leaves it."""
    if not isinstance(content, dict):
        return content
    if kind == "no_total":
        return {name: value for name, value in content.items() if name != "meta"}
    if kind in ("short_page", "empty_page"):
        return {
            name: value[: len(value) // 2 if kind == "short_page" else 0] if name == "contacts" else value
            for name, value in content.items()
        }
    return content


def _packed(
    answer: Answer, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> tuple[int, tuple[tuple[bytes, bytes], ...], bytes]:
    status, content = answer
    return status, headers, b"" if content is None else json.dumps(content, separators=(",", ":")).encode()


def _request(scope: Scope) -> _Request:
    path: str = scope["path"]
    door = next(door for door in (GATEWAY, DIRECT, "/") if path.startswith(door))
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return _Request(scope["method"], path.removeprefix(door).strip("/"), tuple(query), dict(scope["headers"]), door)


async def _read(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
