"""What dialect a file is written in: what the user said, and where that is "auto", what the file itself shows.

Looks at its beginning only, and knows of what is in it no more than the names that its header may hold.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection
from itertools import islice
from typing import Final

from bulk.errors import UsageError
from bulk.files.csv.dialect import DELIMITERS, Dialect
from bulk.files.csv.encoding import encoding_of
from bulk.files.csv.frames import LineTooLongError, Watched, line_too_long, text_of, undecodable
from bulk.files.csv.quoting import is_spaced
from bulk.files.named_file import NamedFile, open_binary
from bulk.resources.spec import normalise

PREAMBLE: Final = 20  # records among which the header is looked for
_HEAD: Final = 4096  # bytes that the encoding is judged by
_SAMPLE: Final = 65_536  # characters that the delimiter is judged by
_SAMPLE_RECORDS: Final = 200
_NO_DELIMITERS: Final = '"\r\n\0 '


def detect(
    source: NamedFile, encoding: str, delimiter: str, skip_lines: int, known: Collection[str]
) -> tuple[Dialect, str]:
    """The dialect of a file, and the text of the beginning that it was judged by, from the first line not skipped.

    `known` are normalised names of columns that the header may hold.
    """
    with open_binary(source) as file:
        head = file.read(_HEAD) or b""
    codec, bom = encoding_of(source, head, encoding)
    plain = Dialect(codec, ",", bom, 0, sep_line=False)
    with text_of(Watched(open_binary(source)), plain) as text:
        try:
            first = text.readline()
            sep_line = (
                first[:4].casefold() == "sep=" and len(first.rstrip("\r\n")) == 5 and first[4] not in _NO_DELIMITERS
            )
            for _ in range(skip_lines if sep_line else skip_lines - 1):
                text.readline()
            begun = text.readline() if sep_line or skip_lines else first
            sample = begun + text.read(_SAMPLE)  # a header may be longer than a sample
        except UnicodeError:
            raise undecodable(source, plain) from None
        except LineTooLongError:
            raise line_too_long(source, 1) from None
    if delimiter != "auto":
        chosen = _named_delimiter(delimiter)
    elif sep_line:
        chosen = first[4]
    else:
        chosen = _delimiter(sample, known)
    return Dialect(codec, chosen, bom, skip_lines, sep_line, is_spaced(sample, chosen)), sample


def _named_delimiter(asked: str) -> str:
    names = {name: char for char, name in DELIMITERS.items()} | {"\\t": "\t"}
    char = names.get(asked.casefold(), asked)
    if len(char) != 1 or char in _NO_DELIMITERS:
        raise UsageError("delimiter_invalid", delimiter=asked)
    return char


def _delimiter(sample: str, known: Collection[str]) -> str:
    """The candidate whose header holds most known names, else the one with the most even rows, else most columns."""

    def score(candidate: str) -> tuple[int, float, bool, int]:
        rows, sound = sample_records(sample, candidate)
        filled = [cells for _, cells in rows if any(cells)]
        if not filled:
            return 0, 0.0, sound, 1
        widths = Counter(len(cells) for cells in filled)
        width, count = max(widths.items(), key=lambda each: (each[1], each[0]))
        names, parts = max((known_names(cells, known), -len(cells)) for cells in filled[:PREAMBLE])
        if width == 1 or (names and parts == -1):  # a header that it does not part is of a table of one column
            return names, 0.0, sound, 1
        return names, count / len(filled), sound, width

    return max(DELIMITERS, key=score)  # the first of equals: a file of one column is comma-separated


def known_names(cells: list[str], known: Collection[str]) -> int:
    """How many of the cells are names of known columns."""
    return sum(normalise(cell) in known for cell in cells)


def sample_records(sample: str, delimiter: str, *, spaced: bool = False) -> tuple[list[tuple[int, list[str]]], bool]:
    """The first records of a sample as `(lines before it, cells)`, and whether they are sound CSV.

    The record at the end of a full sample may be cut, so it is left out if it is not the only one.
    """
    lines = io.StringIO(sample, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=spaced)
    rows: list[tuple[int, list[str]]] = []
    sound = True
    before = 0
    try:
        for cells in islice(reader, _SAMPLE_RECORDS):
            rows.append((before, cells))
            before = reader.line_num
    except csv.Error as error:
        sound = len(sample) >= _SAMPLE and "end of data" in str(error)
    else:
        if len(sample) >= _SAMPLE and len(rows) < _SAMPLE_RECORDS:
            rows = rows[:-1] or rows
    return rows, sound
