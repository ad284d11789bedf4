"""Reading an answer within bounds: so many bytes after unpacking, so many seconds, JSON that is JSON.

Nothing an answer holds makes this raise anything but `ExcessError`, and what httpx raises for a network.
"""

from __future__ import annotations

import json
import math
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from bulk.model import Json

LARGEST: Final = 64 * 2**20  # bytes; a page of 100 contacts with all that belongs to them takes a few hundred thousand
_QUOTED: Final = ("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252")  # charsets for quotes


class ExcessError(httpx.RequestError):
    """An answer is larger, slower or packed otherwise than any that is honest; it is not read further."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came, unpacked. Of its `headers` case does not matter. `came`: when its first byte did."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    came: float = 0.0


async def content_of(response: httpx.Response) -> bytes:
    """Read a body, unpacked. Raises `ExcessError`; the caller closes the response, and with it the connection."""
    if response.is_stream_consumed:  # a transport need not stream
        return response.content
    unpack = _unpacking(response)
    pieces: list[bytes] = []
    taken = size = 0
    async for raw in response.aiter_raw():
        taken += len(raw)
        left = LARGEST - size
        piece = unpack.decompress(raw, left + 1) if unpack else raw
        size += len(piece)
        if size > LARGEST or taken > LARGEST:
            raise ExcessError(f"it was larger than {LARGEST // 2**20} MiB, which no page of records is")
        pieces.append(piece)
    if unpack and taken and not unpack.complete:
        raise httpx.DecodingError("what was packed is cut off")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class _Zlib:
    """gzip and deflate, the latter with its header or without. Never makes more than it is asked for."""

    def __init__(self, *, raw_deflate: bool) -> None:
        self._raw_deflate = raw_deflate
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._first = True

    @property
    def complete(self) -> bool:
        """Whether the end of what was packed has come."""
        return self._inflate.eof

    def decompress(self, raw: bytes, most: int) -> bytes:
        """Unpack more, but no more than so many bytes."""
        try:
            return self._decompress(raw, most)
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error

    def _decompress(self, raw: bytes, most: int) -> bytes:
        first, self._first = self._first, False
        if self._inflate.eof:
            return b""
        try:
            return self._inflate.decompress(raw, most)
        except zlib.error:
            if not (first and self._raw_deflate):
                raise
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._inflate.decompress(raw, most)


def _unpacking(response: httpx.Response) -> _Zlib | None:
    """What unpacks a body; None if it is not packed. Only what every server knows: nothing was asked for."""
    named = response.headers.get("Content-Encoding", "").lower().replace(",", " ").split()
    packed = [part for part in named if part != "identity"]
    if not packed:
        return None
    if len(packed) == 1 and packed[0] in ("gzip", "x-gzip", "deflate"):
        return _Zlib(raw_deflate=packed[0] == "deflate")
    raise ExcessError("it was packed in a way that was not asked for")


# ---- what the bytes say


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_ANY_NUMBER: Final = json.JSONDecoder(parse_constant=str, parse_float=str, parse_int=str)


def json_of(content: bytes) -> Json:
    """Decode a body; of a name twice the last counts. Raises `ValueError` or `RecursionError` for what is none."""
    return _DECODER.decode(_text(content))


def is_complete(content: bytes) -> bool:
    """Whether a body that is no JSON would be, were it not for a number that is none: it is not cut off."""
    try:
        _ANY_NUMBER.decode(_text(content))
    except (ValueError, RecursionError):
        return False
    return True


def _text(content: bytes) -> str:
    return content.decode(json.detect_encoding(content), "surrogatepass").removeprefix("\ufeff")


def quote_of(answer: Answer, most: int) -> str:
    """The beginning of a body that is no JSON, as text, whatever charset its headers name."""
    named = answer.headers.get("Content-Type", "").lower().partition("charset=")[2].strip("\"' ;")
    return answer.content[: 4 * most].decode(named if named in _QUOTED else "utf-8", "replace")[:most]


def seconds_of(header: str | None) -> float | None:
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
