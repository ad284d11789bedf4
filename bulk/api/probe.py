"""One look at an address: what it answers, with the headers that tell of its clock and limits, or why it cannot.

For finding out what is wrong: a job's requests go by `Client.send`, which need not tell one trouble from another.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

import httpx

from bulk.api.client import Client
from bulk.model import Reply, Request


class Trouble(StrEnum):
    """Why no answer came."""

    NAME = "name"  # DNS does not know the host
    REFUSED = "refused"  # nothing listens there
    TLS = "tls"
    TIMEOUT = "timeout"
    PROXY = "proxy"
    DROPPED = "dropped"  # it was connected, and cut off
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer. `ahead`: seconds by which this machine's clock is ahead of the server's, None if it does not say.

    `allowed` and `left` are what the headers say of a limit, "" for nothing; `seconds` is how long the answer took.
    """

    reply: Reply
    seconds: float
    ahead: float | None = None
    allowed: str = ""
    left: str = ""


@dataclass(frozen=True, slots=True)
class Unreached:
    """No answer came; `said` is what the system or the library said. `connected`: it had taken the connection."""

    trouble: Trouble
    said: str
    connected: bool = False


async def look(client: Client, request: Request) -> Seen | Unreached:
    """Send one request, once; never raises for what a network or a server does."""
    began, clock = time.monotonic(), time.time()
    try:
        reply, headers = await client.look(request)
    except (httpx.RequestError, ConnectionError) as error:
        connected = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        return Unreached(_trouble(error), client.safe(_words(error)), connected)
    seconds = time.monotonic() - began
    theirs = _moment(headers)
    ahead = None if theirs is None else clock + seconds / 2 - theirs
    return Seen(reply, seconds, ahead, _header(headers, "limit"), _header(headers, "remaining"))


def _trouble(error: Exception) -> Trouble:
    causes = tuple(_causes(error))

    def any_is(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    table = (
        (Trouble.PROXY, any_is(httpx.ProxyError)),
        (Trouble.TLS, any_is(ssl.SSLError)),
        (Trouble.NAME, any_is(socket.gaierror)),
        (Trouble.TIMEOUT, any_is(httpx.TimeoutException)),
        (Trouble.REFUSED, any_is(ConnectionRefusedError)),
        (Trouble.DROPPED, any_is(httpx.NetworkError, httpx.RemoteProtocolError, ConnectionError)
         and not any_is(httpx.ConnectError)),
    )  # fmt: skip
    return next((trouble for trouble, applies in table if applies), Trouble.OTHER)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that led to it, the outermost first."""
    yield error
    for inner in getattr(error, "exceptions", ()):
        yield from _causes(inner)
    cause = error.__cause__ or error.__context__
    if cause is not None:
        yield from _causes(cause)


def _words(error: Exception) -> str:
    """What the innermost cause that says anything says: the library's own words around it tell less."""
    causes = [cause for cause in _causes(error) if not isinstance(cause, BaseExceptionGroup)]
    for cause in reversed(causes):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, ssl.SSLError):
            reason = str(getattr(cause, "reason", None) or cause)
            return "it does not speak TLS" if reason == "WRONG_VERSION_NUMBER" else reason.replace("_", " ").lower()
        if isinstance(cause, socket.gaierror):
            return str(cause.strerror)
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno)
    return str(error) or type(error).__name__


def _moment(headers: Mapping[str, str]) -> float | None:
    try:
        return parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def _header(headers: Mapping[str, str], name: str) -> str:
    result = headers.get(f"RateLimit-{name}") or headers.get(f"X-RateLimit-{name}") or ""
    return result if result.isascii() and result.isdigit() else ""
