"""The schema of a file: a pandera schema derived from the declared columns, and what breaks it, row by row.

One query says of a batch whether any of its cells may break it, as hardly any does; if so, pandera finds the bad cells,
and the column's kind then says what is wrong with each, so a cell is judged by the very function that reads it for
sending. Batches are all-text frames: nothing is coerced, guessed or padded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from bulk.model import Issue
from bulk.resources.escapes import CLEAR
from bulk.resources.kinds import NAMES, OPTION, OPTIONS, TEXT, TEXTAREA, Problem
from bulk.resources.spec import Column, clears, is_blank

if TYPE_CHECKING:
    import pandera.polars as pa
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


class Schema:
    """What the cells of a file may be.

    Frames hold `ROW` and the columns that can be broken, named by position: "c0", "c1". An absent value is null. A
    column that takes any text is left out: there is nothing to check, and a frame of a million names costs as much as
    all checks.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = {f"c{at}": _Cells(column) for at, column in enumerate(columns) if _can_break(column)}
        looks = [expression for name, cells in self._columns.items() for expression in cells.looks(name)]
        self._look = [expression.alias(str(at)) for at, expression in enumerate(looks)]
        self._broken = False

    def failures(self, frame: pl.DataFrame) -> list[tuple[str, int]]:
        """Column name and index of each failing cell. After a batch that has some, no other is looked at first."""
        if not self._broken:
            self._broken = self._may_break(frame)
        return _failures(self.strict, frame) if self._broken else []

    def _may_break(self, frame: pl.DataFrame) -> bool:
        if not self._look:
            return False
        (said,) = frame.select(self._look).rows()
        answers = iter(said)
        return any(cells.may_break(answers) for cells in self._columns.values())

    @cached_property
    def strict(self) -> pa.DataFrameSchema:
        """The same as pandera has it. Only columns have checks: of whole rows, a failure would repeat a row's data."""
        import pandera.polars as pa  # noqa: PLC0415 - 15 MiB and a quarter of a second, for files with bad cells

        shape = {name: cells.strict() for name, cells in self._columns.items()}
        return pa.DataFrameSchema({ROW: pa.Column(pl.Int64), **shape}, strict=True, ordered=True)


class _Cells:
    """What the cells of a column may be: matched by a pattern, read, or both."""

    def __init__(self, column: Column) -> None:
        self._column = column
        # anchored as a whole: pandera only puts ^ in front, which an alternative inside would escape
        self._pattern = f"^(?:{column.kind.pattern})$" if column.kind.pattern else ""
        self._reads = bool(self._pattern) or not _reads_anything(column)
        self._known: set[str] = set()  # cells of earlier batches that can be read

    def looks(self, name: str) -> list[pl.Expr]:
        """What to ask of a batch, for `may_break`."""
        cells = pl.col(name)
        result = [cells.has_nulls()] if self._column.required else []
        if self._pattern:
            result.append(cells.str.contains(self._pattern).all())
        if self._reads:
            result.append(self._distinct(cells).implode())
        return result

    def may_break(self, answers: Iterator[Any]) -> bool:
        """Whether a batch that says so of itself may have cells that fail."""
        lacking = self._column.required and next(answers)
        unlike = bool(self._pattern) and not next(answers)
        return bool(lacking or unlike or (self._reads and self._bad(next(answers))))

    def strict(self) -> pa.Column:
        """The column of a pandera schema."""
        import pandera.polars as pa  # noqa: PLC0415

        kind = self._column.kind
        checks = [pa.Check.str_matches(self._pattern, name=kind.name)] if self._pattern else []
        if self._reads:

            def check(data: PolarsData) -> pl.LazyFrame:  # no method: pandera copies that with all that it remembers
                return self._check(data)

            checks.append(pa.Check(check, name=f"{kind.name} as read"))
        return pa.Column(pl.String, checks=checks, nullable=not self._column.required)

    def _check(self, data: PolarsData) -> pl.LazyFrame:
        cells = pl.col(data.key)
        bad = self._bad(data.lazyframe.select(self._distinct(cells)).collect().to_series().to_list())
        return data.lazyframe.select(~cells.is_in(bad))

    def _distinct(self, cells: pl.Expr) -> pl.Expr:
        """The cells to read: where a pattern matches, those not in ASCII.

        Rust counts more characters among the letters than Python does: what is not ASCII has to please both.
        """
        odd = cells.str.len_bytes() != cells.str.len_chars()
        return (cells.filter(odd) if self._pattern else cells.drop_nulls()).unique()

    def _bad(self, cells: Iterable[str]) -> list[str]:
        """Those of distinct cells that cannot be read; each is read once, however many batches have it."""
        distinct = set(cells)
        bad = [cell for cell in distinct - self._known if self._cannot_be_read(cell)]
        if len(self._known) < _MEMORY:
            self._known.update(cell for cell in distinct.difference(bad) if len(cell) <= _REMEMBERED)
        return bad

    def _cannot_be_read(self, cell: str) -> bool:
        column = self._column
        if column.kind is NAMES and clears(cell):
            return not column.exact
        return isinstance(column.read(cell), Problem)


def build_schema(columns: Sequence[Column]) -> Schema:
    """The schema of files with these columns."""
    return Schema(columns)


def _can_break(column: Column) -> bool:
    return column.required or not _reads_anything(column)


def _reads_anything(column: Column) -> bool:
    if column.kind is NAMES:
        return False  # but for #N/A, at least
    return column.kind in _ANY_TEXT or (column.kind in _BY_OPTIONS and column.options is None)


def check_batch(schema: Schema, records: Sequence[Record], match: Match) -> list[Issue]:
    """Every breach of every record, ordered by row and column. The records fit the header (no `problem`)."""
    failures = schema.failures(_frame(records, match))
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
    """What pandera finds. The user's environment cannot switch the checks off."""
    from pandera.config import ValidationDepth, config_context  # noqa: PLC0415
    from pandera.errors import SchemaErrors  # noqa: PLC0415

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
