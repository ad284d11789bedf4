"""One close look: each way of not being reached is told apart, by hand and over real sockets of this machine."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

import anyio
import httpx
import pytest

from bulk.api.client import Client
from bulk.api.credentials import Credentials
from bulk.api.probe import Seen, Trouble, Unreached, look
from bulk.model import Request

KEY = "s3cret-key-of-some-length"
ME = Request("account", "GET", "users/me")


def looked(answer: Callable[[httpx.Request], httpx.Response]) -> Seen | Unreached:
    async def main() -> Seen | Unreached:
        async with Client(Credentials("https://acme.example.com/api/3/", KEY, direct=True)) as client:
            await client._client._transport.aclose()
            client._client._transport = httpx.MockTransport(answer)
            client._client._mounts = {}
            return await look(client, ME)

    return anyio.run(main)


def seen(**headers: str) -> Seen:
    fixed = {name.replace("_", "-"): value for name, value in headers.items()}
    result = looked(lambda _request: httpx.Response(200, json={"user": {}}, headers=fixed))
    assert isinstance(result, Seen)
    assert result.reply.body == {"user": {}}
    assert 0 <= result.seconds < 5
    return result


@pytest.mark.parametrize("ahead", [-3600, -150, 0, 150, 86400])
def test_the_servers_clock_is_compared_with_ours(ahead: int) -> None:
    result = seen(Date=formatdate(time.time() - ahead, usegmt=True))
    assert result.ahead == pytest.approx(ahead, abs=3)


@pytest.mark.parametrize("date", ["", "soon", "Mon, 99 Foo 2026 99:99:99 GMT"])
def test_a_server_need_not_say_its_time(date: str) -> None:
    assert seen(Date=date).ahead is None
    assert seen().ahead is None


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ({"RateLimit_Limit": "5", "RateLimit_Remaining": "3"}, ("5", "3")),
        ({"X_RateLimit_Limit": "10", "X_RateLimit_Remaining": "0"}, ("10", "0")),
        ({"RateLimit_Limit": "many", "RateLimit_Remaining": "-1"}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_what_headers_say_of_a_limit(headers: dict[str, str], limit: tuple[str, str]) -> None:
    result = seen(**headers)
    assert (result.allowed, result.left) == limit


# ---- not reached, by hand


def caused(error: Exception, *causes: BaseException) -> Exception:
    """The error as it arrives: caused by the next, and so on."""
    inner: BaseException = error
    for cause in causes:
        inner.__cause__ = cause
        inner = cause
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_message = "self-signed certificate"  # type: ignore[misc]
    error.reason = "CERTIFICATE_VERIFY_FAILED"  # type: ignore[misc]
    return error


REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
CASES: dict[str, tuple[Exception, Trouble, str, bool]] = {
    "name": (caused(httpx.ConnectError("x"), OSError(), socket.gaierror(-2, "Name or service not known")),
             Trouble.NAME, "Name or service not known", False),
    "refused": (caused(httpx.ConnectError("All connection attempts failed"), REFUSED),
                Trouble.REFUSED, "Connection refused", False),
    "refused on each address": (caused(httpx.ConnectError("x"), ExceptionGroup("several", [REFUSED, REFUSED])),
                                Trouble.REFUSED, "Connection refused", False),
    "certificate": (caused(httpx.ConnectError("x"), untrusted()), Trouble.TLS, "self-signed certificate", False),
    "no answer to connect": (httpx.ConnectTimeout(""), Trouble.TIMEOUT, "ConnectTimeout", False),
    "no answer": (httpx.ReadTimeout(""), Trouble.TIMEOUT, "ReadTimeout", True),
    "proxy": (httpx.ProxyError("407 Proxy Authentication Required"), Trouble.PROXY, "407 Proxy", True),
    "cut off": (httpx.RemoteProtocolError("Server disconnected"), Trouble.DROPPED, "Server disconnected", True),
    "reset": (httpx.ReadError("reset"), Trouble.DROPPED, "reset", True),
    "in process": (ConnectionResetError(errno.ECONNRESET, "x"), Trouble.DROPPED, "Connection reset by peer", True),
    "no route": (caused(httpx.ConnectError("x"), OSError(errno.EHOSTUNREACH, "No route to host")),
                 Trouble.OTHER, "No route to host", False),
    "odd": (httpx.DecodingError("odd"), Trouble.OTHER, "odd", True),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_why_no_answer_came(case: str) -> None:
    error, trouble, said, connected = CASES[case]

    def answer(_request: httpx.Request) -> httpx.Response:
        raise error

    result = looked(answer)
    assert isinstance(result, Unreached)
    assert result.trouble is trouble
    assert said in result.said
    assert result.connected is connected


def test_the_key_is_not_in_what_is_said() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError(f"illegal header {KEY}")

    result = looked(answer)
    assert isinstance(result, Unreached)
    assert result.said == "illegal header ***"


# ---- not reached, over real sockets


@contextmanager
def answering(conversation: Callable[[socket.socket], Any]) -> Iterator[int]:
    """A server that treats each connection so; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return
                conversation(taken[-1])

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for one in taken:
            one.close()


def reached(url: str) -> Seen | Unreached:
    async def main() -> Seen | Unreached:
        async with Client(Credentials(f"{url}/api/3/", KEY, direct=True), patience=0.5) as client:
            return await look(client, ME)

    return anyio.run(main)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,nobody.example")


def test_a_port_where_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert reached(f"http://127.0.0.1:{port}") == Unreached(Trouble.REFUSED, "Connection refused")


def test_a_server_that_never_answers() -> None:
    with answering(lambda _taken: None) as port:
        result = reached(f"http://127.0.0.1:{port}")
    assert isinstance(result, Unreached)
    assert (result.trouble, result.connected) == (Trouble.TIMEOUT, True)


def test_a_server_that_hangs_up() -> None:
    with answering(lambda taken: taken.shutdown(socket.SHUT_RDWR)) as port:
        result = reached(f"http://127.0.0.1:{port}")
    assert isinstance(result, Unreached)
    assert (result.trouble, result.connected) == (Trouble.DROPPED, True)


def test_a_server_that_does_not_speak_tls() -> None:
    with answering(lambda taken: taken.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert reached(f"https://127.0.0.1:{port}") == Unreached(Trouble.TLS, "it does not speak TLS")


def test_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert reached("https://nobody.example") == Unreached(Trouble.NAME, "Name or service not known")
