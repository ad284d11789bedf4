"""The XML of a workbook's parts, as events while it is read; no part is in memory at once. Knows no part by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Final
from xml.parsers import expat

PIECE: Final = 262_144  # bytes read at a time


class MarkupError(Exception):
    """A part is no XML that a workbook has."""


class Events:
    """What a parser tells. `start` and `end` are given names without their prefix, `text` what stands between."""

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text, maybe only a piece of it."""


def feed(part: IO[bytes], events: Events) -> Iterator[None]:
    """Read a part piece by piece, telling what it holds; each step is a piece. Raises `MarkupError`.

    Elements that have another prefix than the first are of another kind, and told with it.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse  # which no workbook has: entities could grow without end
    parser.CharacterDataHandler = events.text

    def first(name: str, attributes: Mapping[str, str]) -> None:
        prefix = name[: name.rfind(":") + 1]
        start, end = events.start, events.end  # called a million times
        parser.StartElementHandler = (lambda n, a: start(n.removeprefix(prefix), a)) if prefix else start
        parser.EndElementHandler = (lambda n: end(n.removeprefix(prefix))) if prefix else end
        start(name.removeprefix(prefix), attributes)

    parser.StartElementHandler = first
    try:
        while piece := part.read(PIECE):
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise MarkupError(str(error)) from error
    yield


def read(part: IO[bytes], events: Events) -> None:
    """Read a part to its end. Raises `MarkupError`."""
    for _ in feed(part, events):
        pass


def _refuse(*_: object) -> None:
    raise MarkupError("it declares a document type")
