"""Which kind of file a named file is: the one place that knows all members of `Source` and `Sink`.

A source is told by its first bytes, never by its name. Further kinds are added here and nowhere else. What only some
files need is imported when such a file is met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.csv.reader import open_csv
from bulk.files.csv.writer import CsvFile
from bulk.files.named_file import NamedFile, open_binary
from bulk.files.packed import Gzipped, only_table
from bulk.files.sink import Sink
from bulk.files.sniffing import GZIP, XLSX, ZIP, Format, recognise
from bulk.files.source import Source
from bulk.resources.spec import Column

_HEAD: Final = 4096  # bytes that a file is recognised by


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a user says of a file: of texts their `encoding` and `delimiter`, "auto" where the file itself shows it.

    `limit` is how many rows count, None: all. `clearing`: an empty cell clears what it is about. `sheet` is the name
    of one in a workbook, "": the first.
    """

    encoding: str = "auto"
    delimiter: str = "auto"
    skip_lines: int = 0
    limit: int | None = None
    clearing: bool = False
    sheet: str = ""


OURS: Final = SourceOptions("utf-8", ",")  # how the reports and exports are written that people open in spreadsheets


def open_source(
    file: NamedFile | Path, options: SourceOptions = SourceOptions(), columns: Sequence[Column] = ()
) -> Source:
    """The table in a file; `columns` are those that its header may hold.

    Reads no more than the beginning as a rule, of a workbook all. Raises `UsageError` with the remedy if there is no
    readable table with an understandable header.
    """
    named = file if isinstance(file, NamedFile) else NamedFile(file)
    known = _known(named, options)
    if known is XLSX:
        from bulk.files.xlsx.source import open_xlsx  # noqa: PLC0415 - only where there is one

        return open_xlsx(
            named, options.sheet, skip_lines=options.skip_lines, limit=options.limit, columns=columns,
            clearing=options.clearing,
        )  # fmt: skip
    if known in (GZIP, ZIP) and named.content is None:
        named = replace(named, content=Gzipped() if known is GZIP else only_table(named))
        known = _known(named, options)
    if known is not None:
        within = f", {named.content.describe()}" if named.content is not None else ""
        raise UsageError("not_csv", file=named, what=known.name + within, way_on=known.way_on)
    if options.sheet:
        raise UsageError("sheet_of_no_workbook", file=named, sheet=options.sheet)
    source = open_csv(
        named, encoding=options.encoding, delimiter=options.delimiter, skip_lines=options.skip_lines,
        limit=options.limit, columns=columns,
    )  # fmt: skip
    source.clearing = options.clearing
    return source


def is_zip(named: NamedFile, options: SourceOptions) -> bool:
    """Whether a file is an archive of files, and no workbook."""
    return _known(named, options) is ZIP


def _known(named: NamedFile, options: SourceOptions) -> Format | None:
    """What a file is if it is no CSV as it lies there."""
    with open_binary(named) as opened:
        head = opened.read(_HEAD) or b""
    return recognise(named, head, encoded=options.encoding != "auto")


def open_sink(path: Path | None, header: Sequence[str], *, plain: bool = False, guard: bool = False) -> Sink:
    """The file of that name, to be written below a header; `path` None is standard output.

    `plain`: for programs rather than for spreadsheets. `guard`: no spreadsheet will run a cell as a formula; what was
    guarded is told in a column of its own, and taken back when the file is read. A name that ends in .xlsx is that of a
    workbook, whose cells are all texts: nothing in it has to be guarded, and programs read it as it is.
    """
    if path is not None and path.suffix.casefold() == ".xlsx":
        from bulk.files.xlsx.writer import XlsxFile  # noqa: PLC0415 - only where there is one

        return XlsxFile(path, header)
    return CsvFile(path, header, plain=plain, guard=guard)
