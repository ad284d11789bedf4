"""Who may talk to the page: the person who was given its address, from that address, and no other page.

Pure ASGI, around everything else. A page elsewhere can have its own name point at this machine, so `Host` is looked at;
it can send forms here, so `Origin` is; other users of the machine can connect, so a cookie is needed that only the
one-time secret of the printed address gives.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ENTRANCE: Final = "/enter"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    # not `no-referrer`: browsers then say of our own forms too that they come from nowhere (`Origin: null`)
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# of a page that stands by itself: its style is within it, and nothing of it runs or leads anywhere
ALONE: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
_ALONE: Final = (b"content-security-policy", ALONE.encode())
_READING: Final = ("GET", "HEAD")
_WRITING: Final = ("POST",)
_OPEN: Final = ("/static/app.css",)  # what refusals look like; it tells nothing


class Guards:
    """Lets requests through to `app`, or refuses them. `address` is the page's own, without a path.

    The secret is good for one entrance; who has come in by it is known by a cookie from then on.
    """

    def __init__(self, app: App, address: str, refusal: Callable[[str], bytes]) -> None:
        self._app = app
        self._origin = address
        host = address.removeprefix("http://")
        self._hosts = {host, host.replace("127.0.0.1", "localhost")}
        self._refusal = refusal
        self._cookie = f"bulk-app-{host.rpartition(':')[2]}"  # a browser keeps one jar for all ports of a machine
        self._key = secrets.token_urlsafe(32)
        self._secret: str | None = secrets.token_urlsafe(32)

    @property
    def entrance(self) -> str:
        """The path that lets one browser in, once."""
        return f"{ENTRANCE}?secret={self._secret}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let `app` do it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        said = self._refused(scope)
        if said:
            await _answer(send, 403, self._refusal(said))
        elif scope["path"] == ENTRANCE:
            await self._enter(scope, send)
        elif self._is_known(scope) or scope["path"] in _OPEN:
            await self._app(scope, receive, _guarded(send))
        else:
            await _answer(send, 403, self._refusal("not_known"))

    def _refused(self, scope: Scope) -> str:
        """Why a request is not looked at any further; "" if it is."""
        if _values(scope, b"host") not in [[host] for host in self._hosts]:
            return "other_name"
        method, origins = scope["method"], _values(scope, b"origin")
        if method not in (*_READING, *_WRITING):
            return "other_method"
        host = _values(scope, b"host")[0]
        if any(origin != f"http://{host}" for origin in origins) or (method in _WRITING and len(origins) != 1):
            return "other_page"
        came_from = _values(scope, b"sec-fetch-site")  # another port of this machine is the same site to a browser
        if scope["path"] != ENTRANCE and any(site not in ("same-origin", "none") for site in came_from):
            return "other_page"
        return ""

    def _is_known(self, scope: Scope) -> bool:
        """Whether the cookie is there that the entrance has given."""
        for line in _values(scope, b"cookie"):
            try:
                morsel = SimpleCookie(line).get(self._cookie)
            except CookieError:
                continue
            if morsel is not None and _same(morsel.value, self._key):
                return True
        return False

    async def _enter(self, scope: Scope, send: Send) -> None:
        """Give the cookie to who has the secret, which is used up by that."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("secret", [""])[-1]
        if self._is_known(scope):  # the same address once more, in the same browser
            await _answer(send, 200, _ONWARD)
        elif scope["method"] == "GET" and self._secret is not None and _same(given, self._secret):
            self._secret = None
            cookie = f"{self._cookie}={self._key}; HttpOnly; SameSite=Strict; Path=/"
            # a page and no redirect: one that began elsewhere would not take the strict cookie along
            await _answer(send, 200, _ONWARD, ((b"set-cookie", cookie.encode()),))
        else:
            await _answer(send, 403, self._refusal("used_up" if self._secret is None else "not_known"))


_ONWARD: Final = (
    b'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bulk</title><link rel="icon" href="data:,">'
    b'<meta http-equiv="refresh" content="0;url=/"></head><body><p><a href="/">Go on</a></p></body></html>'
)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _values(scope: Scope, name: bytes) -> list[str]:
    """The values of a header, each as often as it is there."""
    return [value.decode("latin-1") for header, value in scope["headers"] if header.lower() == name]


def _guarded(send: Send) -> Send:
    """The same, that adds what a browser has to know of every answer."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            ours = dict(HEADERS)
            if _ALONE in message["headers"]:
                ours |= [_ALONE]
            headers = [(name, value) for name, value in message["headers"] if name.lower() not in ours]
            message = {**message, "headers": [*headers, *ours.items()]}
        await send(message)

    return guarded


async def _answer(send: Send, status: int, body: bytes, more: Iterable[tuple[bytes, bytes]] = ()) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", length), *HEADERS, *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
