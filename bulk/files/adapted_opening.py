"""Opens a file as its program wrote it: recognised by the header, its rows put right, and in the program's encoding."""

from __future__ import annotations

import codecs
from dataclasses import replace
from typing import Final

from bulk.errors import UsageError
from bulk.files.adaptation import Adaptation, Given, adaptation_of
from bulk.files.adapted import Adapted
from bulk.files.csv.reader import CsvSource
from bulk.files.examples import without_examples
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
) -> Source:  # fmt: skip
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
    if how is None:
        return without_examples(source)
    encoding = how.preset.encoding if how.preset is not None and asked.encoding == _AUTO else ""
    if encoding and isinstance(source, CsvSource) and not _is_unicode(source.file):  # beyond what was looked at
        source = open_source(file, replace(asked, encoding=encoding), resource.columns)
    return _adapted(source, how, file, replace(asked, encoding=encoding or asked.encoding), resource)


def _adapted(source: Source, how: Adaptation, file: NamedFile, asked: SourceOptions, resource: Resource) -> Adapted:
    """The source as it is put right; where not all of its rows count, beside it all that the file says of people."""
    all_rows = None
    if asked.limit is not None and how.signals:
        all_rows = without_examples(open_source(file, replace(asked, limit=None), resource.columns))
    return Adapted(without_examples(source), how, all_rows)


def _inner_name(source: Source) -> str:
    """What the table in an archive is called, which may say who is in it; "" of a file by itself."""
    content = source.file.content if isinstance(source, CsvSource) else None
    return content.member if isinstance(content, Zipped) else ""


def _refuse(error: UsageError) -> Source:
    raise error


def _in_its_encoding(
    file: NamedFile, asked: SourceOptions, resource: Resource, given: Given, name: str, *, telling: bool
) -> Source | None:  # fmt: skip
    """The table, where it is of a program that does not write Unicode."""
    for encoding in dict.fromkeys(preset.encoding for preset in PRESETS if preset.encoding):
        source = open_source(file, replace(asked, encoding=encoding), resource.columns)
        how = adaptation_of(source.header, _inner_name(source) or name, resource, given, telling=telling)
        if how is not None and how.preset is not None and how.preset.encoding == encoding:
            return _adapted(source, how, file, replace(asked, encoding=encoding), resource)
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
