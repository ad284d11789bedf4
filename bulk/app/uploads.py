"""Takes a file that a browser sends, as it comes: piece by piece to its place on the disk, never whole in memory."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import IO, Final

import anyio.to_thread
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from bulk.app.drafts import Draft, new_draft
from bulk.errors import UsageError

MOST: Final = 200 * 1024**2  # bytes of a file
_BESIDE: Final = 100_000  # bytes that a form takes beside its file
_FIELD: Final = 1_000  # bytes of what stands beside it in the form
_FILE: Final = "file"


class _Form:
    """The parts of a form as they come by: short texts, and one file, for whose name a place is asked."""

    def __init__(self, begin: Callable[[str, dict[str, str]], IO[bytes]]) -> None:
        self.texts: dict[str, str] = {}
        self.size = 0
        self.output: IO[bytes] | None = None
        self._begin = begin
        self._header, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._text = b""
        self._is_file = False

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """What the parser calls."""
        return {
            "on_part_begin": self._part_begin, "on_header_field": self._header_field,
            "on_header_value": self._header_value, "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished, "on_part_data": self._part_data,
            "on_part_end": self._part_end,
        }  # fmt: skip

    def _part_begin(self) -> None:
        self._headers = {}
        self._text = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _headers_finished(self) -> None:
        _kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = self._name == _FILE and b"filename" in options and self.output is None
        if self._is_file and options[b"filename"]:
            self.output = self._begin(options[b"filename"].decode("utf-8", "replace"), self.texts)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file:
            self._text = (self._text + data[start:end])[:_FIELD]
        elif self.output is not None:
            self.size += end - start
            if self.size > MOST:
                raise UsageError("upload_too_large", most=MOST // 1024**2)
            self.output.write(data[start:end])

    def _part_end(self) -> None:
        if not self._is_file:
            self.texts[self._name] = self._text.decode("utf-8", "replace")


async def take(request: Request, jobs: Path) -> Draft:
    """The file that a request brings, kept as a draft. Raises `UsageError` where there is none, or it is too large."""
    return await take_pieces(request.headers, request.stream(), jobs)


async def take_pieces(headers: Mapping[str, str], pieces: AsyncIterator[bytes], jobs: Path) -> Draft:
    """The same of what comes piece by piece, below its headers."""
    draft, _texts = await take_form(headers, pieces, jobs)
    if draft is None:
        raise UsageError("upload_missing")
    return draft


async def take_form(
    headers: Mapping[str, str], pieces: AsyncIterator[bytes], jobs: Path
) -> tuple[Draft | None, dict[str, str]]:
    """A form that may bring a file, None where it does not, and the texts beside it. Raises `UsageError` as `take`."""
    kind, options = parse_options_header(headers.get("content-type"))
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > MOST + _BESIDE:
        raise UsageError("upload_too_large", most=MOST // 1024**2)
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise UsageError("upload_missing")
    drafts: list[Draft] = []

    def begin(name: str, texts: dict[str, str]) -> IO[bytes]:
        drafts.append(new_draft(jobs, name, texts.get("resource", "contacts")))
        return drafts[0].upload.open()

    form = _Form(begin)
    parser = MultipartParser(options[b"boundary"], form.callbacks())  # type: ignore[arg-type]
    try:
        await _feed(parser, pieces)
        _finish(form, chosen=bool(drafts))
        for draft in drafts:
            draft.save()
    except BaseException:
        if drafts:
            drafts[0].upload.remove()
        raise
    finally:
        if form.output is not None:
            form.output.close()
    return next(iter(drafts), None), form.texts


def _finish(form: _Form, *, chosen: bool) -> None:
    """See that all of the file is on the disk. Raises `UsageError` for an empty one."""
    if not chosen or form.output is None:
        return
    if not form.size:
        raise UsageError("upload_empty")
    form.output.flush()
    os.fsync(form.output.fileno())


async def _feed(parser: MultipartParser, pieces: AsyncIterator[bytes]) -> None:
    """Give the parser what comes, off the loop: it writes to the disk."""
    try:
        async for piece in pieces:
            if piece:
                await anyio.to_thread.run_sync(parser.write, piece)
        await anyio.to_thread.run_sync(parser.finalize)
    except OSError as error:
        raise UsageError("upload_not_kept", reason=error.strerror) from error
    except ValueError as error:  # what no form is
        raise UsageError("upload_missing") from error
