"""One client for one account: `Request` -> `Reply | Lost`. Never judges, never repeats, never sleeps.

The key stays in here: it is put on each request to the account's own host and is in no message, path or error.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

import httpx

from bulk import __version__
from bulk.api.credentials import Credentials
from bulk.model import Lost, Reply, Request

CONNECT, ANSWER = 10.0, 60.0  # seconds; the slowest recorded answers take a few
MOST_CONNECTIONS: Final = 64
KEEP: Final = 60.0  # seconds an idle connection is kept: a new one costs its first request several round trips
LONGEST_QUOTE: Final = 300  # characters kept of a body that is no JSON

_NEVER_LEFT: Final = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol
)  # fmt: skip
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]  # the ASGI callable's own types are as loose as this


class Client:
    """Sends requests of one account. `send` never raises for what a network or a server does."""

    def __init__(self, credentials: Credentials, app: AsgiApp | None = None) -> None:
        """Prepare; nothing is sent. `app` answers in process instead of the network (the sandbox)."""
        limits = httpx.Limits(
            max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS, keepalive_expiry=KEEP
        )
        self._root = credentials.root
        self._secret = credentials.key
        self._headers = {"User-Agent": f"activecampaign-bulk/{__version__}", **credentials.headers()}
        self._extensions = {"timeout": httpx.Timeout(ANSWER, connect=CONNECT).as_dict()}
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app) if app is not None else None,  # one of our own would pass over proxies
            limits=limits,
            follow_redirects=False,  # a redirect would carry the key to another host
            trust_env=app is None,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def send(self, request: Request) -> Reply | Lost:
        """Send once. `Lost.sent` is False only where the request cannot have left."""
        try:
            response = await self._client.send(self._request(request))
        except _NEVER_LEFT as error:
            return Lost(self._safe(f"no connection: {str(error) or type(error).__name__}"), sent=False)
        except (httpx.RequestError, ConnectionError) as error:  # the latter is how the in-process app drops one
            return Lost(self._safe(f"the answer was lost: {str(error) or type(error).__name__}"))
        return self._reply(response)

    def _request(self, request: Request) -> httpx.Request:
        """Build the request by hand: the client's own building merges what never differs, at a fifth of the cost."""
        url = self._root + request.path
        if request.query:
            url = f"{url}?{urlencode(request.query)}"
        if request.body is None:
            return httpx.Request(request.method, url, headers=self._headers, extensions=self._extensions)
        content = json.dumps(request.body, ensure_ascii=False).encode()
        headers = self._headers | {"Content-Type": "application/json"}
        return httpx.Request(request.method, url, headers=headers, content=content, extensions=self._extensions)

    def _reply(self, response: httpx.Response) -> Reply:
        status = response.status_code
        retry_after = _seconds(response.headers.get("Retry-After"))
        content = response.content
        if not content.strip():
            return Reply(status, None, "empty", retry_after)
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            text = self._safe(response.text)[:LONGEST_QUOTE]
            damage = "cut off" if text.lstrip()[:1] in ("{", "[") else "not JSON"
            return Reply(status, None, damage, retry_after, " ".join(text.split()))
        if status >= 300:  # may be quoted; the key as it is written there, however it was escaped on the way
            body = json.loads(self._safe(json.dumps(body, ensure_ascii=False)))
        return Reply(status, body, "", retry_after)

    def _safe(self, text: str) -> str:
        """Give the text without the key, should a server or a library have put it there."""
        return text.replace(self._secret, "***") if self._secret else text


def _seconds(header: str | None) -> float | None:
    """Read `Retry-After`: seconds, or a date; None if it is missing or means nothing."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - time.time()
    return max(0.0, seconds) if math.isfinite(seconds) else None
