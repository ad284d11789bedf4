"""The sandbox as an ASGI application: the order of things for each request, and what it looks like on the wire.

Key, then limits, then fault, then the account's answer. State is the stores', the doors say who comes in and where to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import anyio

from bulk.sandbox import status
from bulk.sandbox.account import Account
from bulk.sandbox.admission import Admission
from bulk.sandbox.calls import Answer
from bulk.sandbox.entrances import CONNECT, STATUS, Request, connect, office, request_of
from bulk.sandbox.faults import ConnectionDropped, Fault, Faults
from bulk.sandbox.options import SandboxOptions
from bulk.sandbox.responses import Response, damaged, disregarding, failed, packed, page
from bulk.sandbox.status import Memory, Seen
from bulk.sandbox.travel import Travel

_PAGE_HEADERS: Final = ((b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def _wall() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """A gateway and the accounts of its connections behind an ASGI callable, `app`. `path` None keeps all in memory.

    `path` is the first account's file, the others and the connections lie beside it; `store` is the first account's.
    `requests` counts what arrived. `log` is called after each request with method, path and status (0: dropped).
    """

    def __init__(
        self, path: Path | None, options: SandboxOptions | None = None, clock: Callable[[], datetime] = _wall
    ) -> None:
        self.options = options or SandboxOptions()
        self._clock = clock
        self._faults = Faults(self.options.faults, self.options.seed)
        self._admission = Admission(path, self.options, clock)
        self.store = self._admission.first.store
        self.requests = 0
        self._memory = Memory()
        self._begun: float | None = None  # when the first request came: what faults count their seconds from
        self.log: Callable[[str, str, int], None] | None = None
        self._travel = Travel(self.options.latency, self.options.jitter, self.options.seed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the state; it stays on disk."""
        self._admission.close()

    @property
    def refused(self) -> int:
        """The requests that were over a limit."""
        return self._admission.refused

    @property
    def observed_max(self) -> int:
        """The most requests that one account served in any one second."""
        return self._admission.observed_max

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
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.content})

    def _note(self, request: Request, status: int) -> None:
        clock = self._clock()
        self._memory.note(Seen(clock, request.method, request.path, status), clock.timestamp())
        if self.log is not None:
            self.log(request.method, request.path, status)

    def _status(self) -> str:
        """The page for a person's browser."""
        facts = status.Facts(
            self.requests, self.refused, self.observed_max, self.options.rate, self.options.window,
            self._memory.pace(self._clock().timestamp()), self._memory.latest, self._memory.errors,
            self._admission.counts(status.COUNTED),
        )  # fmt: skip
        return status.page(facts)

    async def _respond(self, request: Request, connection: str) -> Response:
        if request.entrance == CONNECT:
            return page(*connect(request, self._admission.connections))
        if request.entrance == STATUS:
            return page(200, self._status(), _PAGE_HEADERS)
        # it arrives when it arrives, also if we are just then at work on another: that is no fault of the sender
        arrived = anyio.current_time() + await self._travel.half()
        self.requests += 1
        result = self._admission.enter(request, arrived)
        if not isinstance(result, Response):
            self._begun = arrived if self._begun is None else self._begun
            fault = self._faults.meet(request.method, request.path, request.body, arrived - self._begun)
            if fault is None:
                result = packed(self._answer(request, result))
            else:
                result = await self._faulty(fault, request, result)
                if fault.kind == "twice":
                    self._travel.twice(connection, result)
        await self._travel.half()
        return self._travel.in_turn(connection, result)

    def _answer(self, request: Request, account: Account | None, *, applied: bool = True) -> Answer:
        if account is None:
            options = self.options
            return office(request, self._admission.connections, options.switches, at_once=not options.browser)
        return account.answer(request.method, request.path, request.query, request.body, applied=applied)

    async def _faulty(self, fault: Fault, request: Request, account: Account | None) -> Response:
        """Answer with a fault; most kinds apply the request first."""
        if fault.kind == "lost_before":
            raise ConnectionDropped("dropped before it was applied")
        if fault.kind in ("status", "proxy", "quota") and not fault.applied:
            return failed(fault, self._clock())
        if fault.kind == "slow":
            await anyio.sleep(fault.seconds)
        request = disregarding(fault, request)
        answer = self._answer(request, account, applied=fault.kind != "unapplied")
        if fault.kind == "batch" and account is not None:
            account.destine(answer, fault.ends, fault.share)
        if fault.kind == "reset":
            raise ConnectionDropped("reset amid the answer", (answer[0], packed(answer).content))
        if fault.kind == "lost_after":
            raise ConnectionDropped("dropped after it was applied")
        return damaged(fault, request, answer, self._clock())


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
