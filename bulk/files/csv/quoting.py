"""Quotes that stand where CSV has none: after blanks at the beginning of a cell, and around a whole line.

Both are common in files that people and scripts join by hand. Looks at text and records, opens nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from bulk.resources.spec import normalise

BLANK_AND_QUOTE: Final = re.compile(r'[ \t\xa0]+"')
_SPACES_AND_QUOTE: Final = re.compile(r' +"')
_OTHER_AND_QUOTE: Final = re.compile(r' *[\t\xa0][ \t\xa0]*"')


class BlankWatch:
    """Looks at the bytes of a file as they pass for a blank before a quote; says it rather too often than not."""

    def __init__(self, delimiter: str) -> None:
        self.seen = False
        self._last = b""
        self._blanks = b" \xa0" if delimiter == "\t" else b" \xa0\t"

    def look(self, chunk: bytes) -> None:
        """Look at the next bytes; those of the wider encodings are looked at without their zeros."""
        if self.seen:
            return
        text = chunk.replace(b"\0", b"") if b"\0" in chunk else chunk
        border = self._last + text[:1]
        for at in range(len(self._blanks)):
            blank = self._blanks[at : at + 1]
            piece = blank + b'"'
            if border == piece or (blank in text and piece in text):  # one byte is looked for much faster than two
                self.seen = True
        self._last = text[-1:] or self._last


def cells_as_written(text: str, delimiter: str, *, spaced: bool = False) -> Iterator[str]:
    """The cells of records as they stand in the file, with their quotes and the blanks before them."""
    bare = re.escape(delimiter)
    pattern = re.compile(rf'{" *" if spaced else ""}"(?:[^"]|"")*"|[^{bare}\r\n]+')
    return (result[0] for result in pattern.finditer(text))


def quotes_after_blanks(text: str, delimiter: str, *, spaced: bool = False) -> bool:
    """Whether a cell begins with blanks and then a quote, so that its quotes are text by the letter of CSV.

    `spaced`: spaces alone are passed over.
    """
    pattern = _OTHER_AND_QUOTE if spaced else BLANK_AND_QUOTE
    return any(pattern.match(cell) for cell in cells_as_written(text, delimiter, spaced=spaced))


def is_spaced(text: str, delimiter: str) -> bool:
    """Whether a file has spaces before its opening quotes, and reads well when they are passed over."""
    if not any(_SPACES_AND_QUOTE.match(cell) for cell in cells_as_written(text, delimiter)):
        return False
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        records = [record for record in reader if record]
    except csv.Error as error:
        return "end of data" in str(error)  # cut off where the sample ends, or told when the file is read
    return not any(BLANK_AND_QUOTE.match(cell) for record in records[:1] for cell in record)


def is_line_in_a_cell(cell: str, delimiters: Iterable[str], known: AbstractSet[str]) -> bool:
    """Whether the single cell of a header is a whole header itself, with columns that are known."""
    return any(len(names) > 1 and not known.isdisjoint(map(normalise, names)) for names in _split(cell, delimiters))


def are_lines_in_cells(records: Sequence[Sequence[str]], width: int, delimiters: Iterable[str]) -> bool:
    """Whether each record is one cell that holds as many cells as the header has."""
    options = tuple(delimiters)
    return bool(records) and all(
        len(record) == 1 and any(len(cells) == width and any(cells) for cells in _split(record[0], options))
        for record in records
    )


def _split(cell: str, delimiters: Iterable[str]) -> Iterator[list[str]]:
    for delimiter in delimiters:
        try:
            yield next(csv.reader([cell], delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
