"""What goes back over the wire: an answer as bytes, a page, and what a fault makes of either. Pure but for its ids."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from bulk.sandbox.calls import Answer
from bulk.sandbox.entrances import Request
from bulk.sandbox.faults import BODIES, Fault
from bulk.sandbox.routes.bulk_import import over_quota
from bulk.sandbox.spoiling import exchanged, narrowed, spoiled, unnarrowed

Headers = tuple[tuple[bytes, bytes], ...]
_HTML: Final = "<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Bad gateway</h1></body></html>\n"
_HEADERS: Final = (
    (b"cache-control", b"no-store, no-cache, must-revalidate"),
    (b"expires", b"Thu, 19 Nov 1981 08:52:00 GMT"),
    (b"pragma", b"no-cache"),
)
_encode: Final = json.JSONEncoder(separators=(",", ":")).encode  # non-ASCII as \uXXXX, as recorded


@dataclass(frozen=True, slots=True)
class Response:
    """One response: its status, its body and what tells of them; `own` are headers that not all have."""

    status: int
    content: bytes
    own: Headers = ()
    content_type: bytes = b"application/json"
    identity: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def headers(self) -> Headers:
        """All of its headers."""
        return (
            (b"content-type", self.content_type),
            (b"content-length", str(len(self.content)).encode()),
            (b"x-request-id", self.identity.encode()),
            *_HEADERS,
            *self.own,
        )


def packed(answer: Answer, headers: Headers = ()) -> Response:
    """An answer as JSON."""
    status, content = answer
    return Response(status, b"" if content is None else _encode(content).encode(), headers)


def page(status: int, text: str, headers: Headers = ()) -> Response:
    """A page for a browser."""
    return Response(status, text.encode(), headers, b"text/html; charset=UTF-8")


# ---- faults


def disregarding(fault: Fault, request: Request) -> Request:
    """The request without what the fault passes over."""
    if fault.kind == "no_include":
        return replace(request, query=tuple(pair for pair in request.query if pair[0] != "include"))
    if fault.kind == "no_filter" and request.method == "GET":
        return replace(request, query=unnarrowed(request.query))
    return request


def failed(fault: Fault, now: datetime) -> Response:
    """The error of a fault, in place of any answer."""
    if fault.kind == "proxy":
        return page(fault.status or 403, _HTML, _retry_after(fault, now))
    if fault.kind == "quota":
        return packed(over_quota(), _retry_after(fault, now))
    code = fault.status or 500
    return packed((code, BODIES.get(code, {"message": f"HTTP {code}"})), _retry_after(fault, now))


def damaged(fault: Fault, request: Request, answer: Answer, now: datetime) -> Response:
    """The answer to a request that was applied, as the fault leaves it."""
    if fault.kind in ("status", "proxy"):
        return failed(fault, now)
    if fault.kind == "empty":
        return Response(200, b"")
    if fault.kind == "html":
        return page(fault.status or 200, _HTML, _retry_after(fault, now))
    response = packed(_untrue(fault, request, answer))
    if fault.kind == "truncated":
        return replace(response, content=response.content[: len(response.content) // 2])
    return response


def _untrue(fault: Fault, request: Request, answer: Answer) -> Answer:
    """A sound answer with something wrong in what it says."""
    code, content = answer
    if fault.kind == "unsaid":
        return 200, {}
    if fault.kind == "another" and (request.method != "GET" or "/" in request.path or narrowed(request.query)):
        return exchanged(answer)
    if request.method == "GET" and isinstance(content, Mapping):
        return code, spoiled(fault.kind, content, fault.total)
    return answer


def _retry_after(fault: Fault, now: datetime) -> Headers:
    if not fault.retry_after:
        return ()
    value: Any = fault.retry_after
    if value == "date":
        value = format_datetime(now.astimezone(UTC) + timedelta(seconds=fault.seconds), usegmt=True)
    return ((b"retry-after", value.encode()),)
