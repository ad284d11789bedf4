"""Checks a whole file before anything is sent: every row against the schema, every key against all others.

One streaming pass, and a second one over the few rows whose key may be there twice. Memory does not grow with the file
beyond sixteen bytes a row, which go to disk. Says what is wrong with which row; what becomes of the rows is the job's.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter, ne
from typing import Final, Literal, Protocol, Self

from bulk.files.joined import row_told
from bulk.files.keys import Keys, RowSet
from bulk.files.matching import Match
from bulk.files.row_issues import contradictions, duplicate, nothing_of, unfit, unread_cells
from bulk.files.schema import build_schema, check_batch
from bulk.files.source import Record, Source
from bulk.model import Issue

OnDuplicate = Literal["error", "first", "last", "all"]

BATCH: Final = 20_000  # rows; at 5,000 a third slower, and a batch is 10 MiB
CELLS: Final = 1_000_000  # that a batch may have: a table may be 16,384 columns wide,
BYTES: Final = 16 * 1024**2  # and of the file: a cell may be as long as a book
_PIECE: Final = 20  # rows read between two looks at how much a batch holds
_NUMBER: Final = attrgetter("number")
_COMPARED: Final = 1_000  # rows compared with the account at a time


class Unsent(Protocol):
    """Where rows that will not be sent go, in batches. Within one call they are in file order."""

    def rejected(self, issues: Sequence[Issue]) -> None:
        """Breaches; several may be of one row, and a row's all come in one call."""

    def skipped(self, rows: Sequence[tuple[int, str]]) -> None:
        """Rows set aside by the user's own choice, each with the reason."""


@dataclass(slots=True)
class Tally:
    """How many distinct rows were read, of these rejected, skipped, with blanks around the key; and blank rows."""

    read: int = 0
    rejected: int = 0
    skipped: int = 0
    blank: int = 0
    trimmed: int = 0


Look = Callable[[Sequence[Record], Match], Iterator[Issue]]


@dataclass(frozen=True, slots=True)
class Compared:
    """A row beside what the account holds: the attributes of its cells that say something else.

    `record` is the id of the record that the row itself names, "" if it names none that is known.
    """

    changed: frozenset[str]
    record: str = ""


Compare = Callable[[Sequence[Record]], Sequence[Compared]]


def check(
    source: Source, match: Match, *, on_duplicate: OnDuplicate, unsent: Unsent, progress: Callable[[int], None],
    look: Look | None = None,
) -> Tally:  # fmt: skip
    """Check the whole file by itself. `progress` is told how many more rows were checked.

    A row is never rejected and skipped. `look` may have more against rows that fit the schema.
    """
    with FileCheck(source, match, on_duplicate, unsent, look) as file_check:
        file_check.look_through(progress)
        return file_check.settle(None)


class FileCheck:
    """One check of a file, in two steps, so that the account may be read between them.

    A problem of a cell that says what the account holds is none: with `comparing`, rows whose cells break the schema
    wait for `settle`, as rows of one key do.
    """

    def __init__(  # the command line's options and two ends
        self,
        source: Source,
        match: Match,
        on_duplicate: OnDuplicate,
        unsent: Unsent,
        look: Look | None = None,
        *,
        comparing: bool = False,
    ) -> None:
        self.source = source
        self._match = match
        self._on_duplicate = on_duplicate
        self._unsent = unsent
        self._look = look
        self._comparing = comparing
        self._schema = build_schema([column for _, column in match.columns])
        self._tally = Tally()
        self._doubtful = RowSet()
        self._refused = RowSet()  # of the doubtful rows

    def __enter__(self) -> Self:
        self._keys = Keys()
        self._keys.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._keys.__exit__()

    @property
    def rows(self) -> int:
        """How many rows may be sent."""
        return self._tally.read - self._tally.rejected

    @property
    def asks(self) -> bool:
        """Whether what becomes of some row hangs on what the account holds."""
        repeated = self._on_duplicate != "all" and self._match.id_at is not None
        return self._comparing and (
            bool(self._doubtful) or (repeated and next(self._keys.suspects(), None) is not None)
        )

    def look_through(self, progress: Callable[[int], None]) -> None:
        """Look at every row by itself."""
        with _no_cycle_search():
            for batch in _batches(self.source):
                self._take(batch)
                progress(len(batch))
        self._tally.blank = self.source.seen.blank_rows

    def settle(self, compare: Compare | None) -> Tally:
        """Decide about the rows that wait, and about those of one key; `compare` None: without the account."""
        with _no_cycle_search():
            for records in self._in_doubt():
                self._decide(records, compare)
            for suspects in self._keys.suspects():
                self._settle_repeated(suspects, compare)
        return self._tally

    # ---- rows by themselves

    def _take(self, batch: list[Record]) -> None:
        match, tally = self._match, self._tally
        issues = [unfit(record) for record in batch if record.problem is not None]
        fitting = [record for record in batch if record.problem is None] if issues else batch
        of_cells = self.issues_of(fitting) if fitting else []
        if self._comparing:
            for issue in of_cells:
                self._doubtful.add(issue.row)
        else:
            issues += of_cells
        if issues:
            issues.sort(key=lambda issue: issue.row)
            self._unsent.rejected(issues)
        rejected = {issue.row for issue in issues}
        if rejected and self._on_duplicate != "error":  # else who comes after such a row would be sent in its place
            fitting = [record for record in fitting if record.number not in rejected]
        cells = match.keys(fitting)
        trimmed = [cell.strip() for cell in cells]
        tally.trimmed += (
            sum(map(ne, cells, trimmed))
            if not rejected
            else sum(
                cell != bare and record.number not in rejected
                for cell, bare, record in zip(cells, trimmed, fitting, strict=True)
            )
        )
        if self._on_duplicate != "all":
            self._keys.add(map(match.key_of, trimmed), [-n if n in rejected else n for n in map(_NUMBER, fitting)])
        tally.read += len(batch)
        tally.rejected += len(rejected)

    def issues_of(self, records: Sequence[Record]) -> list[Issue]:
        """What is wrong with the cells of rows that fit the header."""
        issues = check_batch(self._schema, records, self._match)
        issues += contradictions(records, self._match)
        issues += nothing_of(records, self._match)
        issues += self._look(records, self._match) if self._look is not None else ()
        if unread := list(unread_cells(records, self._match)):
            spoken_of = {(issue.row, issue.column) for issue in unread}
            issues = unread + [issue for issue in issues if (issue.row, issue.column) not in spoken_of]
        return issues

    # ---- rows that wait

    def _in_doubt(self) -> Iterator[list[Record]]:
        records = self.source.records(only=self._doubtful) if self._doubtful else iter(())
        while batch := list(islice(records, _COMPARED)):
            yield batch

    def _decide(self, records: Sequence[Record], compare: Compare | None) -> None:
        """Reject those of the rows with a problem in a cell that says anything new."""
        compared = compare(records) if compare is not None else ()
        changed = {record.number: each.changed for record, each in zip(records, compared, strict=False)}
        titles = {self._match.header[at].strip(): column.attribute for at, column in self._match.columns}
        issues = [
            issue for issue in self.issues_of(records)
            if issue.row not in changed or titles[issue.column.strip()] in changed[issue.row]
        ]  # fmt: skip
        issues.sort(key=lambda issue: issue.row)
        if issues:
            self._unsent.rejected(issues)
        for number in {issue.row for issue in issues}:
            self._refused.add(number)
            self._tally.rejected += 1

    def _settle_repeated(self, suspects: set[int], compare: Compare | None) -> None:
        result = self._repeated(suspects, compare)
        while some := list(islice(result, BATCH)):
            if duplicates := [row for row in some if isinstance(row, Issue)]:
                self._unsent.rejected(duplicates)
            if set_aside := sorted(row for row in some if not isinstance(row, Issue)):
                self._unsent.skipped(set_aside)
            self._tally.rejected += len(duplicates)
            self._tally.skipped += len(set_aside)

    def _repeated(self, suspects: set[int], compare: Compare | None) -> Iterator[Issue | tuple[int, str]]:
        """What becomes of the suspected rows: their keys themselves are compared, so equal hashes alone reject no row.

        Rows that name two records by their ids are about two, whatever these are called. A number below zero is that
        of a row which is rejected already.
        """
        rows: dict[str, dict[str, int]] = {}  # by key, and by the id of the record that a row names
        title, on_duplicate = self._match.key_title, self._on_duplicate
        for record in self.source.records(only=set(map(abs, suspects))):
            number = record.number
            wrong = -number in suspects or number in self._refused
            if wrong and on_duplicate != "error":
                continue
            cell = self._match.key_cell(record.cells)
            own = compare((record,))[0].record if compare is not None and record.problem is None else ""
            others = rows.setdefault(self._match.key_of(self._match.keys((record,))[0]), {})
            first = others.get(own, others.get("")) if own else next(iter(others.values()), None)
            if first is None or wrong:
                others.setdefault(own, number)
            elif on_duplicate == "error":
                unsent = -first in suspects or first in self._refused
                yield duplicate(number, title, cell, row_told(self.source, first), wrong=unsent)
            elif on_duplicate == "first":
                yield number, f"{row_told(self.source, first)} has the same {title} and comes first"
            else:
                yield first, f"{row_told(self.source, number)} has the same {title} and comes later"
                others.clear() if not own else others.pop("", None)
                others[own] = number


def _batches(source: Source) -> Iterator[list[Record]]:
    """The records in batches that fit into memory, however wide the table is and however long its cells are."""
    records = source.records()
    most = max(1, min(BATCH, CELLS // len(source.header)))
    batch: list[Record] = []
    begun = 0
    while piece := list(islice(records, min(_PIECE, most - len(batch)))):
        batch += piece
        if len(batch) == most or source.seen.read_bytes - begun > BYTES:
            yield batch
            batch = []
            begun = source.seen.read_bytes
    if batch:
        yield batch


@contextlib.contextmanager
def _no_cycle_search() -> Iterator[None]:
    """Batches are lists of lists of text and hold no cycles; searching each for some costs a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
