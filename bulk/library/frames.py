"""Rows that a program holds, as the input of a job; and exported rows as frames of texts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final

import polars as pl

from bulk.errors import UsageError
from bulk.files.opening import OURS, open_sink, open_source
from bulk.jobs.options import ImportOptions
from bulk.resources.kinds import join_values
from bulk.storage.input_copy import GivenRows

Rows = pl.DataFrame | Iterable[Mapping[str, Any]]
NAME: Final = "the rows given"


def given_rows(rows: Rows, separator: str) -> GivenRows:
    """Rows as an input: a frame, or mappings whose keys are titles (those of the first are the columns).

    None is an empty cell, a list the values of one. Raises `UsageError` where it is written, for other values.
    """
    return GivenRows(NAME, lambda path: _write(rows, separator, path))


def of_rows(options: ImportOptions | None) -> ImportOptions:
    """The options of rows that are no file: how they are written down is not the caller's."""
    return replace(options or ImportOptions(), encoding="utf-8", delimiter=",", skip_lines=0, sheet="")


def frames(path: Path, size: int) -> Iterator[pl.DataFrame]:
    """The rows of an export, `size` in each frame, every column of type String. An empty one has its columns too."""
    source = open_source(path, OURS)
    schema = dict.fromkeys(source.header, pl.String)
    records = source.records()
    batch = [record.cells for record in islice(records, size)]
    yield pl.DataFrame(batch, schema=schema, orient="row")
    while batch := [record.cells for record in islice(records, size)]:
        yield pl.DataFrame(batch, schema=schema, orient="row")


def _write(rows: Rows, separator: str, path: Path) -> None:
    if isinstance(rows, pl.DataFrame):
        header: Sequence[str] = rows.columns
        lines: Iterable[Sequence[Any]] = rows.iter_rows()
    else:
        mappings = iter(rows)
        first = next(mappings, {})
        header = list(first)
        lines = _lines(first, mappings, header)
    if not header:
        raise UsageError("rows_without_columns")
    with open_sink(path, header) as file:
        for number, line in enumerate(lines, 2):
            file.write([_text(value, separator, number, title) for value, title in zip(line, header, strict=True)])


def _lines(
    first: Mapping[str, Any], rest: Iterable[Mapping[str, Any]], header: Sequence[str]
) -> Iterator[Sequence[Any]]:
    if first:
        yield list(first.values())
    for number, mapping in enumerate(rest, 3):
        unknown = [title for title in mapping if title not in header]
        if unknown:
            raise UsageError("rows_differ", row=number, title=unknown[0])
        yield [mapping.get(title) for title in header]


def _text(value: Any, separator: str, number: int, title: str) -> str:
    """A value as the cell that means it."""
    text: str | None = None
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case str() | int() | Decimal():
            text = str(value)
        case float() if math.isfinite(value):
            text = repr(int(value) if value.is_integer() and abs(value) < 2**53 else value)
        case date() | time():
            text = value.isoformat()
        case list() | tuple() | pl.Series():
            text = join_values([_text(one, separator, number, title) for one in value], separator)
    if text is not None:
        return text
    raise UsageError("cell_not_writable", row=number, title=title, value=value)
