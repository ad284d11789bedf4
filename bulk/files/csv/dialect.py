"""How a CSV is written: what takes its text apart into cells. A value; what it is of a file is told in `detect`."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from bulk.files.csv.encoding import shown

CELL_LIMIT: Final = 1_048_576  # characters; a spreadsheet's own limit is 32,767
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

# The limit is one per process in the csv module, and its default (131,072) is below what a long note can be. It also
# bounds what a quote that is never closed can swallow before it is noticed.
csv.field_size_limit(CELL_LIMIT)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written. `skip_lines` are lines before the header, a `sep=` line not among them.

    `spaced`: spaces may stand before an opening quote; they, and those before other cells, are passed over.
    """

    encoding: str
    delimiter: str
    bom: bool
    skip_lines: int
    sep_line: bool
    spaced: bool = False

    def describe(self) -> str:
        """For people: "UTF-8 with BOM, semicolon-separated"."""
        encoding = shown(self.encoding) + (" with BOM" if self.bom else "")
        spaced = ", blanks before quotes" if self.spaced else ""
        return f"{encoding}, {DELIMITERS.get(self.delimiter, repr(self.delimiter))}-separated{spaced}"

    def reader(self, lines: Iterable[str]) -> Any:
        """What takes the text apart; its `line_num` counts lines."""
        return csv.reader(lines, delimiter=self.delimiter, strict=True, skipinitialspace=self.spaced)
