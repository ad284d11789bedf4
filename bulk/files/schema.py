"""The schema of a file: a pandera schema derived from the declared columns, and what breaks it, row by row.

pandera finds the bad cells of a batch at once; the column's kind then says what is wrong with each, so a cell is judged
by the very function that reads it for sending. Batches are all-text frames: nothing is coerced, guessed or padded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors

from bulk.model import Issue
from bulk.resources.escapes import CLEAR
from bulk.resources.kinds import NAMES, OPTION, OPTIONS, TEXT, TEXTAREA, Problem
from bulk.resources.spec import Column, clears, is_blank

if TYPE_CHECKING:
    from pandera.api.polars.types import PolarsData

    from bulk.files.matching import Match
    from bulk.files.source import Record

ROW: Final = "row"  # the frame's own column of row numbers; pandera's index counts within the frame only
_SHOWN: Final = 60  # characters of a value that an issue repeats
_ANY_TEXT: Final = (TEXT, TEXTAREA)
_BY_OPTIONS: Final = (NAMES, OPTION, OPTIONS)
_MEMORY: Final = 65_536  # distinct cells a column remembers to be readable, a batch more or less,
_REMEMBERED: Final = 1024  # and of how many characters at most
_CANNOT_CLEAR: Final = Problem(
    "cannot_clear",
    "These names cannot be cleared as a whole.",
    "Name what is to go in remove_tags or unsubscribe_lists.",
)
_REQUIRED: Final = Problem("required", "This cell must not be empty.", "Fill it in, or take the row out.")


def build_schema(columns: Sequence[Column]) -> pa.DataFrameSchema:
    """The schema of frames that hold `ROW` and the `columns` that can be broken, named by position: "c0", "c1".

    An absent value is null. A column that takes any text is left out of the frames: there is nothing to check, and a
    frame of a million names costs as much as all checks. Only columns have checks: a check of whole rows would repeat
    a row's data in its failure.
    """
    shape = {f"c{at}": _column(column) for at, column in enumerate(columns) if _can_break(column)}
    return pa.DataFrameSchema({ROW: pa.Column(pl.Int64), **shape}, strict=True, ordered=True)


def _column(column: Column) -> pa.Column:
    return pa.Column(pl.String, checks=_checks(column), nullable=not column.required)


def _checks(column: Column) -> list[pa.Check]:
    if column.kind.pattern:
        # anchored as a whole: pandera only puts ^ in front, which an alternative inside would escape
        entire = pa.Check.str_matches(f"^(?:{column.kind.pattern})$", name=column.kind.name)
        # Rust counts more characters among the letters than Python does: what is not ASCII has to please both
        return [entire, pa.Check(_reads(column, odd=True), name=f"{column.kind.name} as read")]
    if _reads_anything(column):
        return []
    return [pa.Check(_reads(column), name=column.kind.name)]


def _can_break(column: Column) -> bool:
    return column.required or not _reads_anything(column)


def _reads_anything(column: Column) -> bool:
    if column.kind is NAMES:
        return False  # but for #N/A, at least
    return column.kind in _ANY_TEXT or (column.kind in _BY_OPTIONS and column.options is None)


def _reads(column: Column, *, odd: bool = False) -> Callable[[PolarsData], pl.LazyFrame]:
    """A check that reads each distinct cell of a batch that earlier batches had not; `odd`: only those not in ASCII."""
    known: set[str] = set()

    def check(data: PolarsData) -> pl.LazyFrame:
        cells = pl.col(data.key)
        looked_at = cells.filter(cells.str.len_bytes() != cells.str.len_chars()) if odd else cells.drop_nulls()
        distinct = set(data.lazyframe.select(looked_at.unique()).collect().to_series().to_list())
        bad = [cell for cell in distinct - known if _cannot_be_read(column, cell)]
        if len(known) < _MEMORY:
            known.update(cell for cell in distinct.difference(bad) if len(cell) <= _REMEMBERED)
        return data.lazyframe.select(~cells.is_in(bad))

    return check


def _cannot_be_read(column: Column, cell: str) -> bool:
    return (column.kind is NAMES and clears(cell)) or isinstance(column.read(cell), Problem)


def check_batch(schema: pa.DataFrameSchema, records: Sequence[Record], match: Match) -> list[Issue]:
    """Every breach of every record, ordered by row and column. The records fit the header (no `problem`)."""
    failures = _failures(schema, _frame(records, match))
    issues: list[tuple[int, int, Issue]] = []
    for name, index in failures:
        at, column = match.columns[int(name[1:])]
        record = records[index]
        cell = record.cells[at]
        why = _problem(column, cell)
        issue = Issue(record.number, match.header[at], shorten(cell), why.code, why.message, why.hint)
        issues.append((index, at, issue))
    issues.sort(key=lambda result: result[:2])
    return [issue for _, _, issue in issues]


def _frame(records: Sequence[Record], match: Match) -> pl.DataFrame:
    checked = [(f"c{n}", at, column) for n, (at, column) in enumerate(match.columns) if _can_break(column)]
    series = [pl.Series(ROW, [record.number for record in records], pl.Int64)]
    series += [pl.Series(name, [record.cells[at] for record in records], pl.String) for name, at, _ in checked]
    values = [pl.when(~_absent(name, column)).then(pl.col(name)) for name, _, column in checked]
    return pl.DataFrame(series).with_columns(values)


def _absent(name: str, column: Column) -> pl.Expr:
    cell = pl.col(name)
    stripped = cell.str.strip_chars()
    if column.kind is NAMES:  # what is to be taken off is named in a column of its own
        return stripped == ""
    return (stripped == "") | (stripped == CLEAR)


def _failures(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> list[tuple[str, int]]:
    """Column name and index of each failing cell. The user's environment cannot switch the checks off."""
    try:
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        if cases["index"].null_count():
            raise  # about the frame or a check that broke, not about a cell: a defect of ours
        return list(dict.fromkeys(zip(cases["column"], cases["index"], strict=True)))  # a cell may break two checks
    return []


def _problem(column: Column, cell: str) -> Problem:
    """What is wrong with a cell that the schema refused."""
    if column.required and (is_blank(cell) or clears(cell)):
        return _REQUIRED
    if column.kind is NAMES and clears(cell):
        return _CANNOT_CLEAR
    value = column.read(cell)
    if isinstance(value, Problem):
        return value
    kind = column.kind  # Python and Rust may differ over a rare character; what one of them refuses is not sent
    return Problem(f"{kind.name}_invalid", f"This is not {kind.about}.", f"Write it like {kind.example}.")


def shorten(text: str) -> str:
    """At most 60 characters of a cell, for an issue."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
