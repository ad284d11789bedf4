"""The report of the rows of an export that the file had no more: `missing.csv`, and the sums of it.

They are no rows of the file, so they stand in none of its reports and are counted apart, by the same rule: what was
read is the sum of how they ended. Counted against the checkpoint before a number is told to anyone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bulk.errors import AccountingError
from bulk.files.opening import open_sink
from bulk.model import OUTSIDE, Outcome, RowStatus
from bulk.storage import facts
from bulk.storage.baseline import BASELINE, BASELINE_COLUMN, opened_baseline
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.job_folder import JobFolder
from bulk.storage.reports import ORDER
from bulk.storage.row_states import MISSING_ROWS, SettledRow
from bulk.wording import FrontEnd, in_words_of

MISSING: Final = "missing.csv"
_ADDED: Final = ("_status", "_action", "_id", "_code", "_error", BASELINE_COLUMN)


@dataclass(slots=True)
class MissingCounts:
    """What the report holds: rows by status ("read" included), and by the codes of what was not done of them."""

    rows: dict[str, int] = field(default_factory=dict)
    codes: Counter[str] = field(default_factory=Counter)


def write_missing(folder: JobFolder, checkpoint: Checkpoint, front_end: FrontEnd) -> MissingCounts:
    """Write what became of the rows that the file had no more. Raises `AccountingError` where that does not add up."""
    result = MissingCounts()
    counted: Counter[str] = Counter()
    in_doubt = checkpoint.journal.cut_off_rows()
    ended = _Ended(checkpoint.rows.settled_rows(MISSING_ROWS))
    mark = checkpoint.fact(facts.BASELINE_MARK)
    with opened_baseline(folder.file(BASELINE)) as baseline:
        titles = [title for title in baseline.header if title not in _ADDED]
        with open_sink(folder.file(MISSING), [*titles, *_ADDED]) as output:
            columns = [at for at, title in enumerate(baseline.header) if title not in _ADDED]
            for row in baseline.missing():
                number = OUTSIDE + row.number
                open_row = Outcome(RowStatus.IN_DOUBT if number in in_doubt else RowStatus.UNPROCESSED)
                outcome = ended.of(number) or open_row
                counted[outcome.status.value] += 1
                result.codes.update({failure.code for failure in outcome.failures})
                output.write([*(row.cells[at] for at in columns), *_added(outcome, row.id, front_end), mark])
    read = counted.total()
    result.rows = {"read": read, **{status.value: counted[status.value] for status in ORDER}}
    if not read:
        folder.file(MISSING).unlink()
    surplus = ended.of_others()
    if surplus or output.rows != read:
        raise AccountingError("report_sums_differ", read=read, parts=read + surplus, written=output.rows)
    return result


class _Ended:
    """How rows have ended, given in their order and asked for in it, so that none is kept."""

    def __init__(self, rows: Iterator[SettledRow]) -> None:
        self._rows = rows
        self._next = next(rows, None)
        self._others = 0

    def of(self, number: int) -> Outcome | None:
        """How that row ended, None if it has not."""
        while self._next is not None and self._next.number < number:
            self._others += 1
            self._next = next(self._rows, None)
        if self._next is None or self._next.number != number:
            return None
        outcome, self._next = self._next.outcome, next(self._rows, None)
        return outcome

    def of_others(self) -> int:
        """How many rows have ended that nobody asked for."""
        return self._others + (self._next is not None) + sum(1 for _row in self._rows)


def _added(outcome: Outcome, identity: str, front_end: FrontEnd) -> tuple[str, ...]:
    code = outcome.failures[0].code if outcome.failures else ""
    said = " | ".join(failure.error for failure in outcome.failures)
    return outcome.status.value, outcome.action, identity, code, in_words_of(front_end, said)
