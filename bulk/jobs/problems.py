"""A file that is checked for a person who repairs it: the problems by row as they are found, and the rows themselves.

The account is asked for what cells may name, not for its records: a cell that says what a record holds already is shown
as a problem here, and is none to a plan. Nothing is kept of a row without problems.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import IO, Final

from bulk.files.adapted import Adapted
from bulk.files.check import FileCheck, Tally
from bulk.files.edited import Edits, for_another_reader, with_edits, write_corrected
from bulk.files.matching import Match
from bulk.files.row_issues import unfit
from bulk.files.source import Source
from bulk.jobs.check import Counting, damaged_cells
from bulk.jobs.input_options import matched, on_duplicate_of
from bulk.jobs.options import ImportOptions
from bulk.jobs.preview import Table
from bulk.model import Issue
from bulk.planning.names import Names
from bulk.runtime.progress import Progress

MOST: Final = 50_000  # rows with problems that are kept; beyond that they are counted


@dataclass(slots=True)
class Problems:
    """What a check has found so far. `rows` are the numbers of rows with problems, `more` how many are not kept."""

    rows: list[int] = field(default_factory=list)
    issues: dict[int, list[Issue]] = field(default_factory=dict)
    codes: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    more: int = 0
    ended: bool = False
    most: int = MOST

    def rejected(self, issues: Sequence[Issue]) -> None:
        """Take issues in."""
        self.codes.update(issue.code for issue in issues)
        for issue in issues:
            known = self.issues.get(issue.row)
            if known is not None:
                known.append(issue)
            elif len(self.rows) == self.most:
                self.more += 1
            else:
                self.issues[issue.row] = [issue]
                self.rows.append(issue.row)

    def add_corrected(self, edits: Edits) -> None:
        """Count rows in that were corrected or left out: they stay in sight. All are in the order of the file then."""
        self.rows = sorted({*self.rows, *edits.cells, *edits.left_out})

    def skipped(self, rows: Sequence[tuple[int, str]]) -> None:
        """Rows that the user sets aside are no problems."""


class OpenFile:
    """A file, as its options read it, with the corrections that are made to it. Blocks; one thread at a time reads."""

    def __init__(self, table: Table, options: ImportOptions, names: Names | None) -> None:
        """Match its columns. Raises `UsageError` where an import would refuse its header."""
        self._options = options
        self._resource = resource = table.resource
        self._source: Source = table.adapted(options)
        self._match: Match = matched(resource, self._source, options, names, seeking=options.create_fields)
        self._view = for_another_reader(self._source)
        self._lock, self._viewing = Lock(), Lock()
        self.edits = Edits()

    @property
    def header(self) -> tuple[str, ...]:
        """The titles of the file, without what is added to it."""
        return tuple(self._view.header)

    def check(self, problems: Problems, progress: Progress) -> None:
        """Look at every row, from a thread of anyio. Raises `UsageError` as reading does."""
        with self._lock, self._file_check(problems) as file_check:
            file_check.look_through(Counting(progress).more)
            problems.tally = file_check.settle(None)
        problems.add_corrected(self.edits)
        problems.ended = True

    def cells(self, numbers: Collection[int]) -> Mapping[int, Sequence[str]]:
        """The cells of rows as they stand in the file, corrected; a row that is left out as it is without that."""
        wanted, result = set(numbers), {}
        with self._viewing:  # by itself: rows are shown while others are checked
            for record in self._view.records(wanted):
                corrected = self.edits.cells.get(record.number, {})
                cells = dict(enumerate(record.cells)) | corrected
                result[record.number] = [cells.get(at, "") for at in range(max(cells, default=-1) + 1)]
                if len(result) == len(wanted):
                    break
        return result

    def judge(self, number: int) -> list[Issue]:
        """What is wrong with a row by itself, corrected as it is."""
        with self._lock, self._file_check(Problems()) as file_check:
            for record in file_check.source.records({number}):
                if record.problem is not None:
                    return [unfit(record)]
                return file_check.issues_of([record])
        return []

    def still_wrong(self, numbers: Collection[int]) -> set[int]:
        """Which of these rows are wrong by themselves, corrected as they are; in one pass over the file."""
        if not numbers:
            return set()
        with self._lock, self._file_check(Problems()) as file_check:
            return {
                record.number
                for record in file_check.source.records(set(numbers))
                if record.problem is not None or file_check.issues_of([record])
            }

    def write_corrected(self, output: IO[bytes]) -> None:
        """Write the corrected table as UTF-8 with commas. Raises `OSError`."""
        with self._lock:
            write_corrected(self._source, self.edits, output)

    def _file_check(self, problems: Problems) -> FileCheck:
        source = with_edits(self._source, self.edits)
        look = None if self._options.allow_damaged else damaged_cells
        match = source.used_as(self._match) if isinstance(source, Adapted) else self._match
        return FileCheck(source, match, on_duplicate_of(self._resource, self._options), problems, look)
