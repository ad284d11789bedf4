"""Which kind of file a named file is: the one place that knows all members of `Source` and `Sink`.

A source is told by its first bytes, never by its name. Further kinds are added here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.csv.reader import open_csv
from bulk.files.csv.writer import CsvFile
from bulk.files.named_file import NamedFile, open_binary
from bulk.files.sink import Sink
from bulk.files.sniffing import recognise
from bulk.files.source import Source
from bulk.resources.spec import Column

_HEAD: Final = 4096  # bytes that a file is recognised by


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a user says of a file: of texts their `encoding` and `delimiter`, "auto" where the file itself shows it.

    `limit` is how many rows count, None: all. `clearing`: an empty cell clears what it is about.
    """

    encoding: str = "auto"
    delimiter: str = "auto"
    skip_lines: int = 0
    limit: int | None = None
    clearing: bool = False


OURS: Final = SourceOptions("utf-8", ",")  # how the reports and exports are written that people open in spreadsheets


def open_source(
    file: NamedFile | Path, options: SourceOptions = SourceOptions(), columns: Sequence[Column] = ()
) -> Source:
    """The table in a file; `columns` are those that its header may hold.

    Reads no more than the beginning as a rule. Raises `UsageError` with the remedy if there is no readable table with
    an understandable header.
    """
    named = file if isinstance(file, NamedFile) else NamedFile(file)
    with open_binary(named) as opened:
        head = opened.read(_HEAD) or b""
    if other := recognise(named, head, encoded=options.encoding != "auto"):
        raise UsageError("not_csv", file=named, what=other.name, way_on=other.way_on)
    source = open_csv(
        named, encoding=options.encoding, delimiter=options.delimiter, skip_lines=options.skip_lines,
        limit=options.limit, columns=columns,
    )  # fmt: skip
    source.clearing = options.clearing
    return source


def open_sink(path: Path | None, header: Sequence[str], *, plain: bool = False, guard: bool = False) -> Sink:
    """The file of that name, to be written below a header; `path` None is standard output.

    `plain`: for programs rather than for spreadsheets. `guard`: no spreadsheet will run a cell as a formula; what was
    guarded is told in a column of its own, and taken back when the file is read.
    """
    return CsvFile(path, header, plain=plain, guard=guard)
