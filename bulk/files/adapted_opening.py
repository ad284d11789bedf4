"""Opens a file as its program wrote it: recognised by the header, its rows put right, and in the program's encoding."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, NoReturn

from bulk.errors import UsageError
from bulk.files.adaptation import adaptation_of
from bulk.files.adapted import Adapted, table_of
from bulk.files.csv.reader import CsvSource
from bulk.files.given import Given
from bulk.files.named_file import NamedFile, open_binary
from bulk.files.opening import SourceOptions, open_source
from bulk.files.packed import Zipped
from bulk.files.source import Source
from bulk.resources.presets import PRESETS
from bulk.resources.spec import Resource

_AUTO: Final = "auto"
_PIECE: Final = 1024 * 1024  # bytes read at a time
_NOT_DECODABLE: Final = "not_decodable"


def open_adapted(
    file: NamedFile, asked: SourceOptions, resource: Resource, given: Given, *, called: str = "", telling: bool = False
) -> Adapted:  # fmt: skip
    """The table in a file, its rows put right as its preset and the user say; `called` is the name that counts.

    `telling`: it is one of several, of which others say who may be mailed.

    A file that is no Unicode is refused, as by `open_source`, but where a preset says in which encoding its program
    writes.
    """
    name = called or str(file)
    try:
        source = open_source(file, asked, resource.columns)
    except UsageError as error:
        if error.code != _NOT_DECODABLE or asked.encoding != _AUTO:
            raise
        return _in_its_encoding(file, asked, resource, given, name, telling=telling) or _refuse(error)
    how = adaptation_of(source.header, _inner_name(source) or name, resource, given, telling=telling)
    encoding = how.preset.encoding if how.preset is not None and asked.encoding == _AUTO else ""
    if encoding and isinstance(source, CsvSource) and not _is_unicode(source.file):  # beyond what was looked at
        source = open_source(file, replace(asked, encoding=encoding), resource.columns)
    return Adapted(source, how, _all_rows(file, replace(asked, encoding=encoding or asked.encoding), resource))


def _all_rows(file: NamedFile, asked: SourceOptions, resource: Resource) -> Callable[[], Source] | None:
    """What opens the file with all of its rows, where not all of them count."""
    if asked.limit is None:
        return None
    return partial(open_source, file, replace(asked, limit=None), resource.columns)


def readapted(source: Source, resource: Resource, given: Given, name: str) -> Source:
    """The table of a source that is open, its rows put right as the user says now; `name` is the file's."""
    raw = table_of(source)
    how = adaptation_of(raw.header, _inner_name(raw) or name, resource, given)
    return Adapted(raw, how, source.all_rows if isinstance(source, Adapted) else None)


def _inner_name(source: Source) -> str:
    """What the table in an archive is called, which may say who is in it; "" of a file by itself."""
    content = source.file.content if isinstance(source, CsvSource) else None
    return content.member if isinstance(content, Zipped) else ""


def _refuse(error: UsageError) -> NoReturn:
    raise error


def _in_its_encoding(
    file: NamedFile, asked: SourceOptions, resource: Resource, given: Given, name: str, *, telling: bool
) -> Adapted | None:  # fmt: skip
    """The table, where it is of a program that does not write Unicode."""
    for encoding in dict.fromkeys(preset.encoding for preset in PRESETS if preset.encoding):
        source = open_source(file, replace(asked, encoding=encoding), resource.columns)
        how = adaptation_of(source.header, _inner_name(source) or name, resource, given, telling=telling)
        if how.preset is not None and how.preset.encoding == encoding:
            return Adapted(source, how, _all_rows(file, replace(asked, encoding=encoding), resource))
    return None


def _is_unicode(file: NamedFile) -> bool:
    """Whether all of a file is UTF-8, or it says by its first bytes that it is another Unicode encoding."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_binary(file) as opened:
        piece = opened.read(_PIECE) or b""
        if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return True
        try:
            while piece:
                decoder.decode(piece)
                piece = opened.read(_PIECE) or b""
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
