"""The sandbox as an ASGI application: the order of things for each request, and what it looks like on the wire.

Key, then limits, then fault, then the account's answer. State is the stores', the doors say who comes in and where to.
"""

from __future__ import annotations

import json
import math
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final, Self

import anyio

from bulk.sandbox import status
from bulk.sandbox.account import Account
from bulk.sandbox.calls import Answer
from bulk.sandbox.connections import Connections
from bulk.sandbox.demo import furnish
from bulk.sandbox.entrances import (
    CONNECT,
    DIRECT,
    OFFICE,
    STATUS,
    Request,
    account_of,
    bears_key,
    connect,
    office,
    request_of,
)
from bulk.sandbox.faults import BODIES, ConnectionDropped, Fault, Faults
from bulk.sandbox.limits import Busiest, Limit, limit_of
from bulk.sandbox.shapes.wire import Shapes
from bulk.sandbox.spoiling import exchanged, narrowed, spoiled, unnarrowed
from bulk.sandbox.status import Memory, Seen
from bulk.sandbox.store import Store
from bulk.sandbox.switches import Switches

_HTML: Final = b"<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Bad gateway</h1></body></html>\n"
_PAGE: Final = b"text/html; charset=UTF-8"
_PAGE_HEADERS: Final = ((b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),)
_HEADERS: Final = (
    (b"cache-control", b"no-store, no-cache, must-revalidate"),
    (b"expires", b"Thu, 19 Nov 1981 08:52:00 GMT"),
    (b"pragma", b"no-cache"),
)
_encode: Final = json.JSONEncoder(separators=(",", ":")).encode  # non-ASCII as \uXXXX, as recorded

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def _wall() -> datetime:
    return datetime.now(UTC)


# wide: one attribute an option of the sandbox
@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox behaves. `rate` 0: no limit; `window` is sliding, fixed or bucket; times are in seconds.

    `rate` is of each account, `gateway_rate` of the gateway's key, for all accounts together; None: twice the rate.
    `strict`: refused requests count against the limit. Each way takes half the latency, and up to `jitter` more.
    `demo`: the first account comes with lists and custom fields, further ones are empty. `host` is the first account's
    name in links, `zone` the time of all. `browser`: a new connection waits until its link is opened in one.
    """

    rate: float = 5.0
    gateway_rate: float | None = None
    window: str = "sliding"
    strict: bool = False
    latency: float = 0.0
    jitter: float = 0.0
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    key: str = "sandbox"
    host: str = "sandbox.example.com"
    zone: tzinfo = timezone(timedelta(hours=-5))
    demo: bool = True
    browser: bool = True
    switches: Switches = field(default_factory=Switches)


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    content: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = b"application/json"
    identity: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class _Paced:
    """An account and the limit that is its own."""

    account: Account
    limit: Limit
    busiest: Busiest = field(default_factory=Busiest)


class Sandbox:
    """A gateway and the accounts of its connections behind an ASGI callable, `app`. `path` None keeps all in memory.

    `path` is the first account's file, the others and the connections lie beside it; `store` is the first account's.
    `requests` counts what arrived, `refused` what was over a limit, `observed_max` the most that one account served in
    any one second. `log` is called after each request with method, path and status (0: dropped).
    """

    def __init__(
        self, path: Path | None, options: SandboxOptions | None = None, clock: Callable[[], datetime] = _wall
    ) -> None:
        self.options = options or SandboxOptions()
        self._path = path
        self._clock = clock
        given = self.options.gateway_rate
        self._gateway_rate = 2 * self.options.rate if given is None else given
        self._gateway = limit_of(self.options.window, self._gateway_rate, strict=self.options.strict)
        self._faults = Faults(self.options.faults, self.options.seed)
        self._connections = Connections(self._beside("connections"), clock)
        self._accounts: dict[int, _Paced] = {}
        self.store = self._account(1).account.store
        self.requests = 0
        self.refused = 0
        self._memory = Memory()
        self._owed: dict[str, _Response] = {}  # by connections on which an answer came twice: the next one's
        self._begun: float | None = None  # when the first request came: what faults count their seconds from
        self.log: Callable[[str, str, int], None] | None = None
        self._chance = random.Random(self.options.seed)  # noqa: S311 - jitter keeps no secret

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the state; it stays on disk."""
        for paced in self._accounts.values():
            paced.account.store.close()
        self._connections.close()

    @property
    def observed_max(self) -> int:
        """The most requests that one account served in any one second."""
        return max(paced.busiest.most for paced in self._accounts.values())

    def _beside(self, name: str) -> Path | None:
        """A file beside the first account's."""
        return self._path and self._path.with_name(f"{self._path.stem}-{name}{self._path.suffix}")

    def _account(self, number: int) -> _Paced:
        """The account of that number, opened when it is first asked for."""
        if number not in self._accounts:
            options = self.options
            path, host = self._path, options.host
            if number != 1:
                name, dot, domain = host.partition(".")
                path, host = self._beside(str(number)), f"{name}-{number}{dot}{domain}"
            store = Store(
                path, self._clock, options.zone, furnish=furnish if options.demo and number == 1 else None,
                collation=options.switches.collation,
            )  # fmt: skip
            limit = limit_of(options.window, options.rate, strict=options.strict)
            self._accounts[number] = _Paced(Account(store, Shapes(host), options.switches), limit)
        return self._accounts[number]

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; a connection that a fault drops is a `ConnectionDropped`."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body = await _read(receive)
        if body is None:  # the client went away before it had said all
            return
        request = request_of(scope, body)
        try:
            response = await self._respond(request, str(scope.get("client")))
        except ConnectionDropped as dropped:
            self._note(request, 0)
            if dropped.sent is not None:
                await _begin(send, *dropped.sent)
            raise
        if request.entrance != STATUS:
            self._note(request, response.status)
        headers = (
            (b"content-type", response.content_type),
            (b"content-length", str(len(response.content)).encode()),
            (b"x-request-id", response.identity.encode()),
            *_HEADERS,
            *response.headers,
        )
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.content})

    def _note(self, request: Request, status: int) -> None:
        clock = self._clock()
        self._memory.note(Seen(clock, request.method, request.path, status), clock.timestamp())
        if self.log is not None:
            self.log(request.method, request.path, status)

    def _status(self) -> str:
        """The page for a person's browser."""
        options = self.options
        counts = {
            paced.account.shapes.host: {
                table: paced.account.store.count(f"SELECT count(*) FROM {table}") for table in status.COUNTED
            }
            for paced in self._accounts.values()
        }
        facts = status.Facts(
            self.requests, self.refused, self.observed_max, options.rate, options.window,
            self._memory.pace(self._clock().timestamp()), self._memory.latest, self._memory.errors, counts,
        )  # fmt: skip
        return status.page(facts)

    async def _respond(self, request: Request, connection: str) -> _Response:
        if request.entrance == CONNECT:
            code, page = connect(request, self._connections)
            return _Response(code, page.encode(), (), _PAGE)
        if request.entrance == STATUS:
            return _Response(200, self._status().encode(), _PAGE_HEADERS, _PAGE)
        # it arrives when it arrives, also if we are just then at work on another: that is no fault of the sender
        arrived = anyio.current_time() + await self._travel()
        self.requests += 1
        result = self._enter(request, arrived)
        if not isinstance(result, _Response):
            self._begun = arrived if self._begun is None else self._begun
            fault = self._faults.meet(request.method, request.path, request.body, arrived - self._begun)
            if fault is None:
                result = _packed(self._answer(request, result))
            else:
                result = await self._faulty(fault, request, result)
                if fault.kind == "twice":
                    self._owed.setdefault(connection, result)
        await self._travel()
        return self._in_turn(connection, result)

    def _in_turn(self, connection: str, response: _Response) -> _Response:
        """The answer whose turn it is on a connection: its own, unless one was given twice there."""
        if connection not in self._owed:
            return response
        owed, self._owed[connection] = self._owed[connection], response
        return owed

    async def _travel(self) -> float:
        """Half of the way there and back; the seconds it takes."""
        spread = self.options.jitter
        seconds = self.options.latency / 2 + (self._chance.uniform(0, spread) if spread else 0.0)
        if seconds > 0:
            await anyio.sleep(seconds)
        return seconds

    def _enter(self, request: Request, arrived: float) -> Account | _Response | None:
        """Who answers, None for the gateway itself; or what is answered before anything is done.

        That is to a wrong key, a connection that opens nothing, or a request over a limit.
        """
        options = self.options
        if request.entrance != DIRECT:
            if not bears_key(request, options.key):
                return _packed((401, BODIES[401]))
            if not self._gateway.admit(arrived):
                return self._over(self._gateway_rate, request)
            if request.entrance == OFFICE:
                return None
        number = account_of(request, options.key, self._connections, options.switches)
        if not isinstance(number, int):
            return _packed(number)
        paced = self._account(number)
        if not paced.limit.admit(arrived):
            return self._over(options.rate, request)
        paced.busiest.note(arrived)
        return paced.account

    def _over(self, rate: float, request: Request) -> _Response:
        """The answer to a request over a limit."""
        self.refused += 1
        passed_on = request.entrance == DIRECT or self.options.switches.gateway_retry_after
        wait = ((b"retry-after", str(max(1, math.ceil(1 / rate))).encode()),) if passed_on else ()
        limit = f"{rate:g}".encode()
        body = {"message": self.options.switches.refusal_text}
        return _packed((429, body), (*wait, (b"ratelimit-limit", limit), (b"ratelimit-remaining", b"0")))

    def _answer(self, request: Request, account: Account | None, *, applied: bool = True) -> Answer:
        if account is None:
            options = self.options
            return office(request, self._connections, options.switches, at_once=not options.browser)
        return account.answer(request.method, request.path, request.query, request.body, applied=applied)

    # ---- faults

    async def _faulty(self, fault: Fault, request: Request, account: Account | None) -> _Response:
        """Answer with a fault; most kinds apply the request first."""
        if fault.kind == "lost_before":
            raise ConnectionDropped("dropped before it was applied")
        if fault.kind in ("status", "proxy") and not fault.applied:
            return self._failed(fault)
        if fault.kind == "slow":
            await anyio.sleep(fault.seconds)
        if fault.kind == "no_include":
            request = replace(request, query=tuple(pair for pair in request.query if pair[0] != "include"))
        if fault.kind == "no_filter" and request.method == "GET":
            request = replace(request, query=unnarrowed(request.query))
        code, content = self._answer(request, account, applied=fault.kind != "unapplied")
        if fault.kind == "reset":
            entire = _packed((code, content))
            raise ConnectionDropped("reset amid the answer", (code, entire.content))
        if fault.kind == "lost_after":
            raise ConnectionDropped("dropped after it was applied")
        return self._damaged(fault, request, code, content)

    def _damaged(self, fault: Fault, request: Request, code: int, content: Any) -> _Response:
        """The answer to a request that was applied, as the fault leaves it."""
        if fault.kind in ("status", "proxy"):
            return self._failed(fault)
        if fault.kind == "empty":
            return _Response(200, b"")
        if fault.kind == "html":
            return _Response(fault.status or 200, _HTML, self._retry_after(fault), _PAGE)
        code, content = self._exchanged(fault, request, code, content)
        response = _packed((code, content))
        if fault.kind == "truncated":
            return replace(response, content=response.content[: len(response.content) // 2])
        return response

    @staticmethod
    def _exchanged(fault: Fault, request: Request, code: int, content: Any) -> Answer:
        """A sound answer with something wrong in what it says."""
        if fault.kind == "unsaid":
            return 200, {}
        if fault.kind == "another" and (request.method != "GET" or "/" in request.path or narrowed(request.query)):
            return exchanged((code, content))
        if request.method == "GET" and isinstance(content, Mapping):
            return code, spoiled(fault.kind, content, fault.total)
        return code, content

    def _failed(self, fault: Fault) -> _Response:
        if fault.kind == "proxy":
            return _Response(fault.status or 403, _HTML, self._retry_after(fault), _PAGE)
        code = fault.status or 500
        return _packed((code, BODIES.get(code, {"message": f"HTTP {code}"})), self._retry_after(fault))

    def _retry_after(self, fault: Fault) -> tuple[tuple[bytes, bytes], ...]:
        if not fault.retry_after:
            return ()
        value = fault.retry_after
        if value == "date":
            value = format_datetime(self._clock().astimezone(UTC) + timedelta(seconds=fault.seconds), usegmt=True)
        return ((b"retry-after", value.encode()),)


def _packed(answer: Answer, headers: tuple[tuple[bytes, bytes], ...] = ()) -> _Response:
    status, content = answer
    return _Response(status, b"" if content is None else _encode(content).encode(), headers)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None if the client went away."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _begin(send: Send, status: int, content: bytes) -> None:
    """The first half of an answer that says how long the whole is."""
    headers = ((b"content-type", b"application/json"), (b"content-length", str(max(2, len(content))).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})


async def _live(receive: Receive, send: Send) -> None:
    """Answer the server's lifespan messages; there is nothing to start or stop."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
