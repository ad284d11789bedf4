"""The client against a transport that answers by hand: what is damage, what is lost, and where the key never goes."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from bulk.api.answer import LARGEST
from bulk.api.client import LONGEST_QUOTE, Client
from bulk.api.credentials import Credentials
from bulk.api.in_process import InProcess
from bulk.engine.confirm import UNKNOWN_SHAPE
from bulk.engine.retry import explain
from bulk.model import Lost, Reply, Request
from tests.virtual import run

KEY = "k3y/with+slash=="
GATEWAY = Credentials("https://api.maton.ai/active-campaign/api/3/", KEY, connection="c-1")
DIRECT = Credentials("https://acme.api-us1.com/api/3/", KEY, direct=True)
GET = Request("s", "GET", "contacts")

Handler = Callable[[httpx.Request], httpx.Response]


def send(handler: Handler, request: Request = GET, credentials: Credentials = GATEWAY) -> Reply | Lost:
    async def main() -> Reply | Lost:
        async with Client(credentials) as client:
            await client._client._transport.aclose()
            client._client._transport = httpx.MockTransport(handler)
            client._client._mounts = {}
            return await client.send(request)

    return anyio.run(main)


def answered(status: int = 200, content: bytes = b"{}", **headers: str) -> Reply:
    fixed = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = send(lambda _request: httpx.Response(status, content=content, headers=fixed))
    assert isinstance(reply, Reply)
    return reply


# ---- what comes back


@pytest.mark.parametrize(
    ("content", "body", "damage"),
    [
        (b'{"contact":{"id":"1"}}', {"contact": {"id": "1"}}, ""),
        (b"[]", [], ""),
        (b"null", None, ""),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}, ""),
        ('{"a":"ü"}'.encode(), {"a": "ü"}, ""),
        (b"", None, "empty"),
        (b" \r\n", None, "empty"),
        (b'{"contact":{"id":"1"', None, "cut off"),
        (b'[{"id":1},', None, "cut off"),
        (b'\n {"a":"\xff\xfe', None, "cut off"),
        (b"<html><h1>Bad  gateway</h1>\n</html>", None, "not JSON"),
        (b"OK", None, "not JSON"),
        (b"[" * 100_000, None, "cut off"),
    ],
)
def test_every_kind_of_damage(content, body, damage):
    reply = answered(200, content)
    assert (reply.body, reply.damage) == (body, damage)


def test_what_is_no_json_is_kept_in_one_short_line():
    assert answered(502, b"<h1>Bad\n  gateway</h1>").text == "<h1>Bad gateway</h1>"
    assert len(answered(502, b"x" * 10_000).text) == LONGEST_QUOTE


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0), (" 1 ", 1.0), ("0.5", 0.5), ("0", 0.0), ("-3", 0.0), ("86400000", 86_400_000.0),
        ("soon", None), ("", None), ("inf", None), ("nan", None), ("1e999", None),
        ("Mon, 01 Jan 1990 00:00:00 GMT", 0.0), ("Mon, 01 Jan 0001 00:00:00 -0000", 0.0),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None), ("Mon, 01 Jan 99999 00:00:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_a_date_or_nothing(header, seconds):
    assert answered(429, Retry_After=header).retry_after == seconds
    assert answered(429).retry_after is None


def test_retry_after_as_a_date_is_counted_from_now():
    until = datetime.now(UTC) + timedelta(seconds=90)
    seconds = answered(503, Retry_After=format_datetime(until, usegmt=True)).retry_after
    assert seconds is not None
    assert math.isclose(seconds, 90, abs_tol=5)


def test_a_redirect_is_not_followed():
    hosts = []

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(302, headers={"Location": "https://evil.example/"})

    reply = send(handler)
    assert isinstance(reply, Reply)
    assert reply.status == 302
    assert hosts == ["api.maton.ai"]


# ---- what does not


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx.ConnectError, False), (httpx.ConnectTimeout, False), (httpx.PoolTimeout, False),
        (httpx.ProxyError, False), (httpx.UnsupportedProtocol, False), (httpx.ReadTimeout, True),
        (httpx.ReadError, True), (httpx.WriteError, True), (httpx.WriteTimeout, True),
        (httpx.RemoteProtocolError, True), (httpx.CloseError, True), (httpx.DecodingError, True),
        (ConnectionResetError, True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("message", ["", f"while sending Bearer {KEY}"])
def test_whether_a_lost_request_may_have_arrived(error: type[Exception], sent: bool, message: str):
    def handler(_request: httpx.Request) -> httpx.Response:
        raise error(message)

    reply = send(handler)
    assert isinstance(reply, Lost)
    assert reply.sent is sent
    assert KEY not in reply.reason
    assert reply.reason.split(": ", 1)[1], "it says something"


def test_a_body_that_does_not_unpack_is_lost():
    reply = send(lambda _r: httpx.Response(200, stream=Packed(), headers={"Content-Encoding": "gzip"}))
    assert isinstance(reply, Lost)
    assert reply.sent


class Packed(httpx.AsyncByteStream):
    async def __aiter__(self) -> Any:
        yield b"this is no gzip"


# ---- the key


ECHOES = [
    (401, f'{{"message":"Bad key {KEY}"}}'.encode()),
    (403, b'{"errors":[{"title":"k3y\\/with+slash== is unknown"}]}'),
    (422, b'{"errors":[{"title":"x","detail":"k3y\\u002fwith+slash=="}]}'),
    (500, f"<html>{KEY}</html>".encode()),
    (502, b"x" * (LONGEST_QUOTE - 5) + KEY.encode()),
    (200, f"<html>{KEY}</html>".encode()),
]


@pytest.mark.parametrize(("status", "content"), ECHOES)
def test_a_key_that_a_server_echoes_is_told_to_nobody(status, content):
    reply = answered(status, content)
    told = f"{reply!r} {explain(reply)}"
    assert KEY not in told
    assert KEY[:4] not in told, "not the beginning of it either"


@pytest.mark.parametrize("key", ['"k3y"', "k3y\\", "403", "true", "message"])
def test_no_key_makes_an_answer_unreadable(key):
    body = {"message": f"Bad key {key}", "errors": [{"status": 403, "is": True, "said": key, key: {"k3y": [key]}}]}
    credentials = Credentials(GATEWAY.root, key)
    reply = send(lambda _request: httpx.Response(403, json=body), credentials=credentials)
    assert isinstance(reply, Reply)
    assert reply.damage == ""
    assert reply.body["errors"][0]["status"] == 403
    assert reply.body["errors"][0]["said"] == "***"
    assert reply.body["errors"][0]["***"] == {"k3y": ["***"]}


SECRET = "s3cr3t/key+of 72".replace(" ", "-")
FORMS = [
    SECRET,
    "".join(f"\\u{ord(letter):04x}" for letter in SECRET),
    SECRET.replace("/", "\\/"),
    "s3cr3t%2Fkey%2Bof-72",
    base64.b64encode(SECRET.encode()).decode(),
    base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
]


@pytest.mark.parametrize("status", [200, 201, 302, 404, 422, 500])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", ['{"contact":{"id":"1","note":"my %s."}}', '{"contact":{"%s":[{"a":["x","%s"]}]}}'])
def test_an_answer_of_any_status_is_without_the_key(status, form, place):
    reply = send(
        lambda _r: httpx.Response(status, content=place.replace("%s", form).encode()),
        credentials=Credentials(GATEWAY.root, SECRET),
    )
    assert isinstance(reply, Reply)
    assert not reply.damage, "the rest of it is as good as before"
    assert "***" in repr(reply.body)
    assert not any(shown in repr(reply) for shown in (SECRET, *FORMS[3:]))


def test_a_key_of_digits_is_no_number_of_an_answer():
    reply = send(
        lambda _r: httpx.Response(200, content=b'{"a":[12345678,1234]}'),
        credentials=Credentials("https://x/", "12345678"),
    )
    assert isinstance(reply, Reply)
    assert reply.body == {"a": ["***", 1234]}


def test_a_short_key_of_a_sandbox_spoils_no_data():
    reply = send(
        lambda _r: httpx.Response(200, json={"tag": "sandbox"}), credentials=Credentials("https://x/", "sandbox")
    )
    assert isinstance(reply, Reply)
    assert reply.body == {"tag": "sandbox"}


# ---- bounds of an answer


class Endless(httpx.AsyncByteStream):
    """Sends the same piece for ever, so many seconds apart."""

    def __init__(self, piece: bytes, apart: float = 0.0) -> None:
        self.piece, self.apart, self.sent = piece, apart, 0

    async def __aiter__(self) -> Any:
        while True:
            self.sent += len(self.piece)
            yield self.piece
            await anyio.sleep(self.apart)


@pytest.mark.some(1)
@pytest.mark.parametrize("packed", ["", "gzip", "deflate"])
def test_an_answer_without_end_is_cut_off(packed):
    piece = b"x" * 2**20
    if packed:
        wbits = 31 if packed == "gzip" else 15
        packer = zlib.compressobj(wbits=wbits)
        piece = packer.compress(b"x" * (LARGEST + 2**20)) + packer.flush()
    body = Endless(piece)
    headers = {"Content-Encoding": packed} if packed else {}
    reply = send(lambda _r: httpx.Response(200, stream=body, headers=headers))
    assert isinstance(reply, Lost)
    assert reply.sent
    assert "larger than 64 MiB" in reply.reason
    assert body.sent <= LARGEST + 2 * 2**20


def test_an_answer_that_trickles_has_a_deadline():
    async def main() -> Reply | Lost:
        async with Client(GATEWAY) as client:
            client._client._transport = httpx.MockTransport(
                lambda _r: httpx.Response(200, stream=Endless(b"x", apart=1.0))
            )
            client._client._mounts = {}
            return await client.send(Request("s", "GET", "contacts"))

    reply = run(main)
    assert isinstance(reply, Lost)
    assert "not complete after 180 seconds" in reply.reason


def test_a_packing_that_was_not_asked_for_is_not_unpacked():
    reply = send(lambda _r: httpx.Response(200, stream=Packed(), headers={"Content-Encoding": "br"}))
    assert isinstance(reply, Lost)
    assert "not asked for" in reply.reason


@pytest.mark.parametrize(
    "content", [b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e400}', b"[-1e400,{}]", b'{"a":' + b"9" * 5000 + b"}"]
)
def test_numbers_that_are_none_are_damage(content):
    reply = answered(200, content)
    assert (reply.body, reply.damage) == (None, f"{UNKNOWN_SHAPE}: a number in it is none")
    assert answered(200, content[:-1]).damage == "cut off"


@pytest.mark.parametrize("charset", ["utf-7", "base64", "no-such", '"', "utf-16"])
def test_the_charset_that_a_server_names_does_not_matter(charset):
    kind = f"text/html; charset={charset}"
    assert answered(502, b"<h1>Bad</h1>", Content_Type=kind).text == "<h1>Bad</h1>"


def test_credentials_do_not_show_their_key():
    assert KEY not in repr(GATEWAY)


@pytest.mark.parametrize(
    ("credentials", "host", "headers"),
    [
        (GATEWAY, "api.maton.ai", {"Authorization": f"Bearer {KEY}", "Maton-Connection": "c-1"}),
        (DIRECT, "acme.api-us1.com", {"Api-Token": KEY}),
    ],
)
def test_what_is_sent_through_either_door(credentials, host, headers):
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    query = (("email", "a+b@example.com"), ("orders[id]", "ASC"))
    send(handler, Request("s", "POST", "contact/sync", query, {"contact": {"firstName": "Zoë"}}), credentials)
    request = seen[0]
    assert request.url.host == host
    assert request.url.path.endswith("/api/3/contact/sync")
    assert list(request.url.params.multi_items()) == [*query]
    assert request.content == '{"contact": {"firstName": "Zoë"}}'.encode()
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("activecampaign-bulk/")
    for name, value in headers.items():
        assert request.headers[name] == value
    entrances = {"Authorization", "Maton-Connection", "Api-Token"}
    assert {name for name in entrances if name in request.headers} == set(headers)
    assert request.extensions["timeout"]["connect"] < request.extensions["timeout"]["read"]


def test_a_question_has_no_body():
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    send(handler)
    assert seen[0].content == b""
    assert "Content-Type" not in seen[0].headers


def test_proxies_of_the_environment_are_used_but_never_in_clear(monkeypatch):
    served = Credentials("http://127.0.0.1:8000/api/3/", KEY, direct=True)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example:3128")

    async def main() -> None:
        async with Client(GATEWAY) as client:
            assert client._client._mounts

        async def app(*_args: Any) -> None:
            raise AssertionError

        async with Client(served) as client:
            assert not client._client._mounts
        async with Client(DIRECT, app) as client:
            assert isinstance(client._client, InProcess)

    anyio.run(main)


def test_no_cookie_is_kept_or_sent():
    cookies: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("Cookie"))
        return httpx.Response(200, json={}, headers={"Set-Cookie": "a=b; Path=/"})

    async def main() -> None:
        async with Client(GATEWAY) as client:
            client._client._transport, client._client._mounts = httpx.MockTransport(handler), {}
            for _ in range(2):
                await client.send(GET)
            assert not client._client.cookies.jar

    anyio.run(main)
    assert cookies == [None, None]


# ---- answers that were meant for another request


def bodies(*answers: tuple[str, str]) -> tuple[list[object], int]:
    """What comes of as many requests for one contact, given bodies and ids of the answers; how many pools were used."""

    async def ask() -> tuple[list[object], int]:
        left = list(answers)

        def handler(_request: httpx.Request) -> httpx.Response:
            body, identity = left.pop(0)
            return httpx.Response(200, content=body, headers={"X-Request-Id": identity} if identity else {})

        pools = set()
        async with Client(GATEWAY) as client:
            opened = client._opened

            def opened_with_handler() -> httpx.AsyncClient:
                new = opened()
                new._transport, new._mounts = httpx.MockTransport(handler), {}
                return new

            client._opened = opened_with_handler
            client._client = opened_with_handler()
            result = []
            for _ in answers:
                pools.add(client._client)
                request = Request("s", "GET", "contacts/1", expects="contact", says={"id": "1"})
                result.append(await client.send(request))
        assert all(pool.is_closed for pool in pools), "nothing is left open"
        return result, len(pools)

    return anyio.run(ask)


OURS, ANOTHERS = '{"contact":{"id":"1"}}', '{"contact":{"id":"2"}}'


def test_a_connection_that_gave_another_request_s_answer_is_not_used_any_more():
    _lookup, pools = bodies((OURS, ""), (OURS, ""), (ANOTHERS, ""), (OURS, ""), (OURS, ""))
    assert pools == 2


def test_an_answer_that_is_given_twice_is_the_answer_of_neither():
    result, pools = bodies((OURS, "a"), (OURS, "a"), (OURS, "b"))
    assert result[1] == Lost("an answer came that was another request's")
    assert isinstance(result[2], Reply)
    assert pools == 2


def test_a_server_with_one_id_for_all_its_answers_is_believed():
    result, _pools = bodies(*[(OURS, "same")] * 5)
    assert [isinstance(reply, Reply) for reply in result] == [True, False, True, True, True]


def test_large_answers_that_come_at_once_leave_room_between_them_for_requests_to_leave():
    body = b'{"contacts": [%s]}' % b",".join(
        b'{"id": "%d", "email": "%0200d@example.com"}' % (n, n) for n in range(400)
    )
    turns, at = 0, list[int]()

    async def main() -> None:
        nonlocal turns
        arrived = anyio.Event()

        async def handler(_request: httpx.Request) -> httpx.Response:
            await arrived.wait()
            return httpx.Response(200, content=body)

        async def ask(client: Client) -> None:
            reply = await client.send(Request("read", "GET", "contacts", expects="contacts"))
            assert isinstance(reply, Reply)
            assert not reply.damage
            at.append(turns)

        async with Client(GATEWAY) as client, anyio.create_task_group() as several:
            await client._client._transport.aclose()
            client._client._transport, client._client._mounts = httpx.MockTransport(handler), {}
            for _ in range(5):
                several.start_soon(ask, client)
            await anyio.lowlevel.checkpoint()
            arrived.set()
            while len(at) < 5:
                turns += 1
                await anyio.lowlevel.checkpoint()

    anyio.run(main)
    assert all(later - earlier >= 10 for earlier, later in pairwise(at)), at
