"""What a broken or hostile answer may do: be lost or damaged within bounds, and tell the key to nobody."""

from __future__ import annotations

import base64
import gzip
import json
import random
import zlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import anyio
import httpx
import pytest

from bulk.api.answer import LARGEST, Answer
from bulk.api.client import ANSWER, PATIENCES, Client
from bulk.api.credentials import Credentials
from bulk.api.redaction import Redaction
from bulk.engine.confirm import UNKNOWN_SHAPE
from bulk.engine.retry import explain
from bulk.errors import UsageError
from bulk.model import Lost, Reply, Request
from tests.scale import tries
from tests.virtual import run

KEY = "k3y/with+slash==&more"
GET = Request("s", "GET", "contacts")
STATUSES = (200, 201, 202, 204, 206, 301, 302, 307, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503)


class Body(httpx.AsyncByteStream):
    """A body that comes piece by piece; `sent` counts the bytes, `closed` is whether the client let go of it."""

    def __init__(self, pieces: Any, pause: float = 0.0) -> None:
        self.pieces, self.pause, self.sent, self.closed = pieces, pause, 0, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if self.pause:
                await anyio.sleep(self.pause)
            self.sent += len(piece)
            yield piece

    async def aclose(self) -> None:
        self.closed = True


def send(response: httpx.Response | Exception, key: str = KEY, root: str = "https://api.maton.ai/x/") -> Reply | Lost:
    async def handler(_request: httpx.Request) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    async def main() -> Reply | Lost:
        async with Client(Credentials(root, key)) as client:
            await client._client._transport.aclose()
            client._client._transport = httpx.MockTransport(handler)
            client._client._mounts = {}
            return await client.send(GET)

    return run(main)


def endless(piece: bytes) -> Any:
    while True:
        yield piece


# ---- bounds


def test_a_body_without_end_is_let_go():
    body = Body(endless(b"x" * 2**20))
    reply = send(httpx.Response(200, stream=body))
    assert isinstance(reply, Lost)
    assert reply.sent
    assert "64 MiB" in reply.reason
    assert body.closed
    assert body.sent <= LARGEST + 2**21


@pytest.mark.parametrize("packing", ["gzip", "x-gzip", "deflate", "raw deflate"])
def test_what_is_packed_is_unpacked_and_a_bomb_is_let_go(packing: str):
    def packed(content: bytes) -> bytes:
        if packing == "raw deflate":
            return zlib.compress(content, 6)[2:-4]
        return zlib.compress(content) if packing == "deflate" else gzip.compress(content)

    name = packing.removeprefix("raw ")
    good = send(httpx.Response(200, stream=Body([packed(b'{"a":1}')]), headers={"Content-Encoding": name}))
    assert isinstance(good, Reply)
    assert good.body == {"a": 1}
    cut = packed(b'{"a":"' + random.Random(1).randbytes(999).hex().encode() + b'"}')[:-30]
    lost = send(httpx.Response(200, stream=Body([cut]), headers={"Content-Encoding": name}))
    assert isinstance(lost, Lost)
    bomb = packed(b"\0" * 2**20)
    body = Body([bomb, *([b""] * 3)] if packing != "gzip" else [gzip.compress(b"\0" * (LARGEST + 5))])
    reply = send(httpx.Response(200, stream=body, headers={"Content-Encoding": name}))
    assert isinstance(reply, Lost) == (packing == "gzip")


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip, gzip", "compress", "nonsense"])
def test_a_packing_that_nobody_asked_for_is_an_answer_lost(packing: str):
    reply = send(httpx.Response(200, stream=Body([b"{}"]), headers={"Content-Encoding": packing}))
    assert isinstance(reply, Lost)
    assert "not asked for" in reply.reason


def test_a_byte_a_second_is_let_go_in_time():
    body = Body(endless(b" "), pause=1.0)
    reply = send(httpx.Response(200, stream=body))
    assert isinstance(reply, Lost)
    assert f"{PATIENCES * ANSWER:.0f} seconds" in reply.reason
    assert body.closed
    assert body.sent <= PATIENCES * ANSWER


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000, b'{"a":' * 200_000, b'{"a":' + b"9" * 5_000 + b"}", b'{"meta":{"total":NaN}}',
        b'{"meta":{"total":Infinity}}', b'{"meta":{"total":-Infinity}}', b'{"meta":{"total":1e999}}',
        b'{"a":"\xff"}', b'\xff\xfe{\x00"\x00', b"\x00\x00\x00{",
    ],
)  # fmt: skip
def test_what_is_no_json_is_damaged_whatever_it_is(content: bytes):
    reply = send(httpx.Response(200, content=content))
    assert isinstance(reply, Reply)
    assert reply.damage in ("cut off", "not JSON", f"{UNKNOWN_SHAPE}: a number in it is none")
    assert reply.body is None


def test_of_a_name_given_twice_the_last_counts():
    reply = send(httpx.Response(200, content=b'{"a":1,"a":2}'))
    assert isinstance(reply, Reply)
    assert reply.body == {"a": 2}


CHARSETS = ("utf-8", "hex", "base64", "rot13", "zip", "bz2", "uu", "quopri", "idna", "punycode", "undefined", "x" * 999,
            "\\", "mbcs", "utf-7", "unicode_escape", '"; charset=')  # fmt: skip


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("content", [b"<h1>\xfc\xff</h1>", b"plain", b"{}", b""])
def test_no_charset_that_a_server_names_breaks_anything(charset: str, content: bytes):
    reply = send(httpx.Response(502, content=content, headers={"Content-Type": f"text/html; charset={charset}"}))
    assert isinstance(reply, Reply)
    explain(reply)


# ---- the key


def forms(key: str, chance: random.Random) -> dict[str, str]:
    """The key as a server may write it into a JSON string."""

    def escaped(escape: Any, share: float) -> str:
        return "".join(escape(char) if chance.random() < share else json.dumps(char)[1:-1] for char in key)

    return {
        "plain": json.dumps(key)[1:-1],
        "as PHP has it": json.dumps(key)[1:-1].replace("/", "\\/"),
        "escaped": escaped(lambda char: f"\\u{ord(char):04x}", 1),
        "escaped in part": escaped(lambda char: f"\\u{ord(char):04X}", 0.5),
        "percent": quote(key, safe=""),
        "percent in part": escaped(lambda char: f"%{ord(char):02x}", 0.5),
        "percent twice": quote(quote(key, safe=""), safe=""),
        "html": escaped(lambda char: f"&#{ord(char)};", 1),
        "html hexadecimal": escaped(lambda char: f"&#x{ord(char):X};", 0.5),
        "base64": base64.b64encode(f"Bearer {key}".encode()).decode(),
        "base64 of a pair": base64.b64encode(f"user:{key}".encode()).decode(),
    }


def bodies(form: str) -> dict[str, bytes]:
    """Every place in a body."""
    return {
        "value": f'{{"contact":{{"id":"1","firstName":"{form}"}}}}'.encode(),
        "within": f'{{"contacts":[{{"id":"1","note":"sent by Bearer {form}."}}],"meta":{{"total":"1"}}}}'.encode(),
        "name": f'{{"contact":{{"{form}":{{"{form}":["{form}"]}}}}}}'.encode(),
        "error": f'{{"errors":[{{"title":"{form}","detail":"x","code":"{form}"}}],"message":"{form}"}}'.encode(),
        "text": f"<html><title>{form}</title>{form}</html>".encode(),
        "cut off": f'{{"contact":{{"firstName":"{form}"'.encode(),
        "UTF-16": f'{{"contact":"{form}"}}'.encode("utf-16"),
    }


def told(reply: Reply | Lost) -> str:
    return f"{reply!r} {explain(reply)} {json.dumps(getattr(reply, 'body', None))}"


@pytest.mark.parametrize("status", STATUSES)
def test_the_key_comes_out_of_no_place_of_no_answer(status: int):
    chance = random.Random(status)
    for _ in range(tries(2, 60)):
        key = "".join(chance.choices("abcdefgh0123456789/+=.-_&%\"\\'<>", k=chance.choice((8, 24, 72))))
        for how, form in forms(key, chance).items():
            for place, content in bodies(form).items():
                headers = {
                    "Location": f"https://x.example/?{form}", "Retry-After": form, "X-Request-Id": form,
                    "RateLimit-Limit": form, "Date": form, "Content-Type": f"text/html; charset={form}",
                }  # fmt: skip
                response = httpx.Response(
                    status, content=content, headers=headers, extensions={"reason_phrase": form.encode()}
                )
                reply = send_fast(response, key)
                for written in (key, quote(key, safe=""), json.dumps(key)[1:-1], form):
                    assert written not in told(reply), (how, place)
                if isinstance(reply, Reply) and place in ("value", "within", "name"):
                    assert not reply.damage
                    assert reply.redacted


def send_fast(response: httpx.Response, key: str) -> Reply | Lost:
    """What the client makes of a response, without a network."""
    CLIENT._redaction = Redaction(key)
    return CLIENT._reply(Answer(response.status_code, response.headers, response.content))


CLIENT = Client(Credentials("https://api.maton.ai/x/", KEY))


@pytest.mark.parametrize("key", ["12345678901234567890", "1234567.5", "3456789012345678"])
def test_a_key_of_digits_is_cut_out_of_numbers_too(key: str):
    reply = send(httpx.Response(200, content=f'{{"a":{key},"b":"x{key}x","c":7}}'.encode()), key=key)
    assert isinstance(reply, Reply)
    assert reply.body == {"a": "***", "b": "x***x", "c": 7}


def test_an_answer_without_the_key_is_left_as_it_is():
    body = {"a": "100% \\u0041 &amp; %41 é", "b": [1, 2.5, None, True], "c": "***"}
    reply = send(httpx.Response(200, json=body))
    assert isinstance(reply, Reply)
    assert reply.body == body
    assert not reply.redacted


def test_a_short_key_is_cut_where_it_is_a_word_of_its_own():
    cut = Redaction("sandbox").text
    assert cut("https://sandbox.example.com/sandbox-2 sandboxes") == "https://sandbox.example.com/sandbox-2 sandboxes"
    assert cut("Bearer sandbox. 'sandbox' sandbox") == "Bearer ***. '***' ***"


# ---- proxies


def mounted(root: str) -> bool:
    async def main() -> bool:
        async with Client(Credentials(root, KEY)) as client:
            return client._client._transport_for_url(httpx.URL(root)) is not client._client._transport

    return anyio.run(main)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
@pytest.mark.parametrize("root", ["http://127.0.0.1:8025/", "http://localhost:8025/", "http://[::1]:8025/",
                                  "https://127.0.0.1:8025/"])  # fmt: skip
def test_nobody_stands_between_this_machine_and_itself(monkeypatch: pytest.MonkeyPatch, variable: str, root: str):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv(variable, "http://proxy.example.com:3128")
    assert not mounted(root)
    assert mounted("https://api.maton.ai/") == (variable not in ("HTTP_PROXY", "http_proxy"))


@pytest.mark.parametrize(
    "proxy", ["http://user:s3cret-word@[::bad", "gopher://user:s3cret-word@x", "http://u:s3cret-word@:x"]
)
def test_a_proxy_that_is_none_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch, proxy: str):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(UsageError, match="HTTPS_PROXY") as raised:
        Client(Credentials("https://api.maton.ai/", KEY))
    assert "s3cret-word" not in str(raised.value)


def test_a_proxys_password_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pa%20ss-word@proxy.example.com:3128")
    reply = send(httpx.ProxyError("407 for user:pa ss-word, pa%20ss-word"))
    assert isinstance(reply, Lost)
    assert "ss-word" not in reply.reason
