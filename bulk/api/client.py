"""One client for one account: `Request` -> `Reply | Lost`. Never judges, never repeats, never sleeps.

The key stays in here: it is put on each request to the account's own host and is in no message, path or error. Should
an answer hold it, it is cut out before anybody sees the answer, whatever its status.

What an answer may take is bounded (`answer`), in bytes and in seconds; one that goes beyond is lost like one cut off.

A connection that gave an answer to some other request is not used any more: one answer too many on it would shift all
that follow. All connections of that time are left, and the next request opens a new one.
"""

from __future__ import annotations

import json
import math
import ssl
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

import anyio
import anyio.lowlevel
import httpx

from bulk import __version__
from bulk.api.answer import Answer, ExcessError, content_of, is_complete, json_of, quote_of, seconds_of
from bulk.api.credentials import SANDBOX, Credentials
from bulk.api.in_process import AsgiApp, InProcess
from bulk.api.redaction import Redaction, proxy_passwords
from bulk.engine.confirm import UNKNOWN_SHAPE, confirmed, contradicts
from bulk.errors import UsageError
from bulk.model import Json, Lost, Reply, Request

CONNECT, ANSWER = 10.0, 60.0  # seconds; the slowest recorded answers take a few
MOST_CONNECTIONS: Final = 64
KEEP: Final = 60.0  # seconds an idle connection is kept: a new one costs its first request several round trips
PATIENCES: Final = 3  # so many times its patience a whole answer may take, however steadily it trickles
LEAVES: Final = "http11.send_request_headers.started"  # the trace of a request that is about to leave
BODY_LEAVES: Final = "http11.send_request_body.started"  # without it nobody does what the request asks for
NOT_LET: Final = "it was not let leave"
LARGE: Final = 65_536  # bytes of an answer that takes a while to read: a page of records
BREATHS: Final = 12  # turns of the loop before it is read: a request that is about to leave needs no more
LONGEST_QUOTE: Final = 300  # characters kept of a body that is no JSON

_NEVER_LEFT: Final = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol
)  # fmt: skip
_encoded: Final = json.JSONEncoder(ensure_ascii=False).encode  # made once, as `dumps` does not
REMEMBERED: Final = 1_000  # answers by their ids, among which one that comes twice is recognised


# wide: one connection pool with all that its requests share: address, key, clock, pools, what was told once
class Client:
    """Sends requests of one account. `send` never raises for what a network or a server does."""

    def __init__(self, credentials: Credentials, app: AsgiApp | None = None, *, patience: float = ANSWER) -> None:
        """Prepare; nothing is sent. `app` answers in process instead of the network (the sandbox).

        `patience`: seconds in which something of an answer has to come.

        Raises `UsageError` for an address that is none, or if the environment names a proxy that is none.
        """
        limits = httpx.Limits(
            max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS, keepalive_expiry=KEEP
        )
        try:
            httpx.URL(credentials.root)
        except httpx.InvalidURL:
            raise UsageError("address_host_invalid") from None
        self._root = credentials.root
        key = "" if credentials.key == SANDBOX.key else credentials.key  # which everybody knows, and is a word
        self._redaction = Redaction(key, *proxy_passwords())
        self._through_proxies = credentials.root.startswith("https:") and not credentials.on_this_machine
        self._patience = patience
        headers = {"User-Agent": f"activecampaign-bulk/{__version__}", **credentials.headers()}
        # as such and with the host, so that they are not made of text again for each request
        headers = {"Host": httpx.URL(credentials.root).netloc.decode("ascii"), **headers}
        self._headers = httpx.Headers(headers)
        self._headers_of_json = httpx.Headers(headers | {"Content-Type": "application/json"})
        self._extensions: dict[str, Any] = {
            "timeout": httpx.Timeout(patience, connect=min(CONNECT, patience)).as_dict()
        }
        self._limits = limits
        self._app = app
        in_clear = app is not None or credentials.root.startswith("http:")
        self._tls = _nobody() if in_clear else _authorities()
        self._answered: OrderedDict[str, int] = OrderedDict()  # id of an answer -> how often it came
        self._flying: Counter[_Connections] = Counter()  # requests on their way, by the connections they go over
        self._reading = anyio.Lock()
        self._client = self._opened()

    def _opened(self) -> _Connections:
        """A pool of connections. Proxies are for https to other machines only: they would see the key of plain http."""
        if self._app is not None:
            return InProcess(self._app, self._root, self._headers)
        try:
            return _Pool(
                limits=self._limits,
                verify=self._tls,
                follow_redirects=False,  # a redirect would carry the key to another host
                trust_env=self._through_proxies,
            )
        except (ValueError, ImportError, httpx.InvalidURL):  # which may quote the proxy's password
            raise UsageError("proxy_unusable") from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def send(self, request: Request) -> Reply | Lost:
        """Send once; the reply is held against the request (`confirmed`).

        `Lost.sent` is False only where the request cannot have left.
        """
        client = self._client
        try:
            reply, headers = await self.look(request)
        except _NEVER_LEFT as error:
            return Lost(self.safe(f"no connection: {str(error) or type(error).__name__}"), sent=False)
        except (httpx.RequestError, ConnectionError) as error:  # the latter is how the in-process app drops one
            return Lost(self.safe(f"the answer was lost: {str(error) or type(error).__name__}"))
        came_before = self._came_before(headers.get("X-Request-Id", ""))
        reply = confirmed(request, reply)
        if (came_before or contradicts(reply)) and client is self._client:
            self._client = self._opened()
            await self._leave(client)
        return Lost("an answer came that was another request's") if came_before else reply

    def _came_before(self, identity: str) -> bool:
        """Whether this very answer came before, by its id; where a server has one for all, that means nothing."""
        if not identity:
            return False
        count = self._answered[identity] = self._answered.pop(identity, 0) + 1
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        return count == 2  # a mistake on the way; more often, it is no id

    async def look(self, request: Request) -> tuple[Reply, Mapping[str, str]]:
        """Send once; the reply and its headers. Raises what httpx raises: for who wants to know exactly."""
        client = self._client
        self._flying[client] += 1
        longest = PATIENCES * self._patience
        try:
            with anyio.move_on_after(longest) as scope:
                answer = await self._ask(client, request)
                return await self._read(answer), answer.headers
            if scope.cancelled_caught:
                raise ExcessError(f"it was not complete after {longest:.0f} seconds")
            raise AssertionError("what is not cancelled has returned")
        finally:
            self._flying[client] -= 1
            await self._leave(client)

    async def _read(self, answer: Answer) -> Reply:
        """The reply that an answer is. Large ones that come over a line are read one at a time, with room between."""
        if len(answer.content) < LARGE or not answer.came:
            return self._reply(answer)
        async with self._reading:
            for _turn in range(BREATHS):
                await anyio.lowlevel.checkpoint()
            reply = self._reply(answer)
        return replace(reply, waited=max(0.0, anyio.current_time() - answer.came))

    async def _ask(self, client: _Connections, request: Request) -> Answer:
        content = b"" if request.body is None else _content(request.body)
        if isinstance(client, InProcess):
            if request.may_leave is not None and not await request.may_leave():
                raise httpx.ConnectTimeout(NOT_LET)
            return await client.ask(request, content)
        response = await client.send(self._built(request, content), stream=True)
        came = anyio.current_time()
        try:
            return Answer(response.status_code, response.headers, await content_of(response), came)
        finally:
            await response.aclose()  # what was not read to its end is closed with its connection

    async def _leave(self, client: _Connections) -> None:
        """Close connections that are not used any more, once nothing is on its way over them."""
        if client is not self._client and not self._flying[client]:
            del self._flying[client]
            await client.aclose()

    def _built(self, request: Request, content: bytes) -> httpx.Request:
        """Build the request by hand: the client's own building merges what never differs, at a fifth of the cost."""
        address = self._root + request.path
        url = f"{address}?{urlencode(request.query)}" if request.query else _url(address)
        asks = request.leave_within is not None or request.may_leave is not None
        extensions = self._asking_last(request) if asks else self._extensions
        headers = self._headers_of_json if content else self._headers
        return httpx.Request(request.method, url, headers=headers, content=content or None, extensions=extensions)

    def _asking_last(self, request: Request) -> dict[str, Any]:
        """What lets a request leave only if it may, and in its time, whatever it has to wait for before."""
        seconds = math.inf if request.leave_within is None else request.leave_within
        until = anyio.current_time() + seconds
        timeout = self._extensions["timeout"]
        if seconds < CONNECT:  # for each of: a place, the connection, TLS
            timeout = timeout | {"connect": min(timeout["connect"], seconds), "pool": seconds}

        async def check(event: str, info: Mapping[str, Any]) -> None:
            body_leaves = event == BODY_LEAVES and request.body is not None and request.may_leave is not None
            if (event != LEAVES and not body_leaves) or info["request"].method == b"CONNECT":
                return
            if request.may_leave is not None and not await request.may_leave():
                raise httpx.ConnectTimeout(NOT_LET)
            if anyio.current_time() > until:
                raise httpx.ConnectTimeout("there was no connection in time")

        return {"timeout": timeout, "trace": check}

    def _reply(self, answer: Answer) -> Reply:
        status, content = answer.status, answer.content
        retry_after = seconds_of(answer.headers.get("Retry-After"))
        if not content.strip():
            return Reply(status, None, "empty", retry_after)
        try:
            body = json_of(content)
            told = self._redaction.concerns(content, data=status < 300)  # however it was escaped on the way
            clean = self._redaction.body(body) if told else body
        except (ValueError, RecursionError):
            text = self.safe(quote_of(answer, LONGEST_QUOTE + self._redaction.reach))[:LONGEST_QUOTE]
            return Reply(status, None, _damage_of(content, text), retry_after, " ".join(text.split()))
        return Reply(status, clean, "", retry_after, redacted=clean is not body and clean != body)

    def safe(self, text: str) -> str:
        """Give the text without the key, should a server or a library have put it there."""
        return self._redaction.text(text)


class _NoCookies(httpx.Cookies):
    """Keeps no cookie: none is ever sent, and to look for them takes a twentieth of an import's time."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Pass over what an answer would have kept."""


_NO_COOKIES: Final = _NoCookies()


class _Pool(httpx.AsyncClient):
    """Connections over which no cookie is kept."""

    @property
    def cookies(self) -> httpx.Cookies:
        """None, whatever was answered."""
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        """Keep none."""


_Connections = InProcess | httpx.AsyncClient


def _content(body: Json) -> bytes:
    """A body as JSON."""
    try:
        return _encoded(body).encode()
    except UnicodeEncodeError:  # half of a letter, as the API gave it, goes back as it came
        return json.dumps(body).encode()


@lru_cache(maxsize=64)
def _url(text: str) -> httpx.URL:
    """An address without a query, which of a job are few."""
    return httpx.URL(text)


@cache
def _authorities() -> ssl.SSLContext:
    """Whom to believe that a server is who it says; read once a process, for it takes longer than many requests."""
    return httpx.create_ssl_context()


@cache
def _nobody() -> ssl.SSLContext:
    """What connections in the clear are opened with; made once a process too."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _damage_of(content: bytes, text: str) -> str:
    """What is wrong with a body that is no JSON and begins with this text."""
    if text.lstrip()[:1] not in ("{", "["):
        return "not JSON"
    return f"{UNKNOWN_SHAPE}: a number in it is none" if is_complete(content) else "cut off"
