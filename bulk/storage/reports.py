"""The reports of an import: which row ended how, in CSVs that can be fed back, and the sums of them.

Built from the checkpoint and the input file, matched by row number and never by position. Every row stands in exactly
one file, and before a number is told to anyone the files are counted against the checkpoint.
"""

# hub: the file, what it says of people, the checkpoint and the four reports meet here
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

from bulk.errors import AccountingError
from bulk.files.adaptation import CONSENT
from bulk.files.consent_kept import KeptConsent
from bulk.files.joined import Joined, as_read
from bulk.files.noted import from_json
from bulk.files.opening import open_sink
from bulk.files.source import FILE, MISSING, TOO_FEW, Record, Source
from bulk.files.unread_cells import UNREAD
from bulk.model import Outcome, RowStatus, is_missing, number_told
from bulk.resources.kinds import join_values
from bulk.storage import facts
from bulk.storage.baseline import BASELINE_COLUMN
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.edited_reports import keep_edited, note_written
from bulk.storage.job_folder import FAILED, SKIPPED, SUCCEEDED, UNPROCESSED, JobFolder
from bulk.storage.row_states import OF_FILE, SettledRow
from bulk.wording import FrontEnd, in_words_of

ORDER: Final = (
    RowStatus.SUCCEEDED,
    RowStatus.UNCHANGED,
    RowStatus.REJECTED,
    RowStatus.FAILED,
    RowStatus.IN_DOUBT,
    RowStatus.SKIPPED,
    RowStatus.UNPROCESSED,
)
_FILES: Final = {
    RowStatus.SUCCEEDED: SUCCEEDED,
    RowStatus.UNCHANGED: SUCCEEDED,
    RowStatus.REJECTED: FAILED,
    RowStatus.FAILED: FAILED,
    RowStatus.IN_DOUBT: FAILED,
    RowStatus.SKIPPED: SKIPPED,
    RowStatus.UNPROCESSED: UNPROCESSED,
}
DELETED: Final = "deleted"  # the action of a row
_ADDED: Final = {
    SUCCEEDED: ("_row", "_action", "_id"),
    FAILED: ("_row", "_status", "_step", "_code", "_error", "_attempts"),
    SKIPPED: ("_row", "_reason"),
    UNPROCESSED: ("_row",),
}


_OURS: Final = frozenset(title for titles in _ADDED.values() for title in titles) | {MISSING, UNREAD, BASELINE_COLUMN}


class Counts(NamedTuple):
    """What the reports hold: rows by status ("read" included), done rows by action, bad rows by code of failure.

    `kept` are reports of an earlier run that somebody changed, under their new names. `begun` of the rows that are
    unprocessed have steps that are sent already. `still_on_list` are done rows whose people the file would not have
    subscribed to their lists: they were there before.
    """

    rows: dict[str, int]
    actions: dict[str, int]
    codes: dict[str, int]
    kept: tuple[Path, ...] = ()
    begun: int = 0
    still_on_list: int = 0


def write_reports(folder: JobFolder, source: Source, checkpoint: Checkpoint, front_end: FrontEnd) -> Counts:
    """Write the report files, with the columns that the file has, and count what they hold.

    Rows with a write in flight that was never answered stand in failed.csv as in doubt; the job can settle them.
    Raises `AccountingError` if the files and the checkpoint do not agree.
    """
    consent = KeptConsent.of(source)
    source = as_read(source, from_json(checkpoint.fact(facts.UNDERSTOOD)))
    in_doubt, begun = checkpoint.journal.cut_off_rows(), checkpoint.journal.begun_rows()
    counted: Counter[str] = Counter()
    actions: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    still = 0
    form = _Form.of(source, checkpoint, front_end, consent)
    files = {name: open_sink(folder.file(name), form.header(name)) for name in _ADDED}
    wanted: set[str] = set()
    settled = _Merge(checkpoint.rows.settled_rows(OF_FILE))
    with files[SUCCEEDED], files[FAILED], files[SKIPPED], files[UNPROCESSED]:
        for record in source.records():
            row = settled.at(record.number)
            if row is None:
                row = _open_row(record.number, in_doubt.get(record.number, 0))
            status = row.outcome.status
            counted["read"] += 1
            counted[status.value] += 1
            name = _FILES[status]
            if name == SUCCEEDED:
                actions[row.outcome.action] += 1
            elif name == FAILED:
                codes.update({failure.code for failure in row.outcome.failures})
            wanted.add(name)
            files[name].write(form.line(name, record, row))
            if consent is not None and name == SUCCEEDED and row.outcome.action != DELETED:
                still += consent.keeps_off_list(record)
        for file in files.values():  # all, before one appears: reports of two times side by side would lie
            file.settle()
        edited = keep_edited(folder, _ADDED, checkpoint)
    for name in (SKIPPED, UNPROCESSED):
        if name not in wanted:
            folder.file(name).unlink(missing_ok=True)
    note_written(folder, _ADDED, checkpoint)
    rows = {"read": counted["read"], **{status.value: counted[status.value] for status in ORDER}}
    _check(rows, {name: file.rows for name, file in files.items()}, checkpoint.rows.counts(), settled.left)
    return Counts(rows, dict(actions), dict(codes), edited, sum(map(_is_of_file, begun - in_doubt.keys())), still)


def _is_of_file(number: int) -> bool:
    return not is_missing(number)


@dataclass(frozen=True, slots=True)
class _Form:
    """How the lines of the reports of a table look. All lines of a report have as many cells as its header.

    `columns` are those of the file, without those of another report. Where a row is too `short`, failed.csv says which
    cells it had not, so that they are not taken for empty ones; `surplus` nameless columns hold what is too much.
    Reasons are told in the words of the `front_end`. `baseline` says by what the edits of the rows were told, so that
    a report that is imported goes by the same, wherever it lies by then and whatever was exported since. Of several
    `tables` each line says whose row it is; `consent` tells what the whole file says of its person.
    """

    titles: tuple[str, ...]
    columns: tuple[int, ...]
    missing: int | None
    short: bool
    surplus: int
    front_end: FrontEnd
    baseline: str
    tables: Joined | None
    consent: KeptConsent | None

    @classmethod
    def of(cls, source: Source, checkpoint: Checkpoint, front_end: FrontEnd, consent: KeptConsent | None) -> Self:
        titles = [title.strip() for title in source.header]
        noted = checkpoint.fact(facts.RAGGED)
        if noted is None:  # checked by a version that did not measure it
            for _record in source.records():
                pass
            noted = (source.seen.short, source.seen.surplus)
        mark = checkpoint.fact(facts.BASELINE_MARK)
        missing = titles.index(MISSING) if MISSING in titles else None
        tables = source if isinstance(source, Joined) else None
        ours = _OURS if tables is None else _OURS | {FILE}  # else it is what an earlier report says, and stays so
        ours |= {CONSENT} if consent is not None else frozenset()
        columns = tuple(at for at, title in enumerate(titles) if title not in ours)
        short = noted[0] or missing is not None
        return cls(source.header, columns, missing, short, noted[1], front_end, mark, tables, consent)

    def header(self, name: str) -> list[str]:
        """The titles of a report."""
        titles = [*(self.titles[at] for at in self.columns), *[FILE] * (self.tables is not None), *_ADDED[name]]
        titles += [BASELINE_COLUMN] * bool(self.baseline) + [CONSENT] * (self.consent is not None)
        if name == FAILED:
            titles += [MISSING] * self.short + [""] * self.surplus
        return titles

    def line(self, name: str, record: Record, row: SettledRow) -> list[str]:
        """The line of a row."""
        width = len(self.titles)
        cells = record.cells[:width] + [""] * (width - len(record.cells))
        file = [] if self.tables is None else [self.tables.file_of(record.number)]
        line = [*(cells[at] for at in self.columns), *file, *_added(name, row, self.front_end)]
        line += [self.baseline] * bool(self.baseline)
        line += [] if self.consent is None else [self.consent.told(record)]
        if name == FAILED:
            line += [self._missing(record)] * self.short
            line += [*record.cells[width:], *("" for _ in range(width + self.surplus - max(width, len(record.cells))))]
        return line

    def _missing(self, record: Record) -> str:
        """The names of the cells that a row had not."""
        if record.problem is None or record.problem.code != TOO_FEW:
            return ""
        if record.lacking is not None:
            return join_values((self.titles[at].strip() for at in self.columns if at in record.lacking), ",")
        if len(record.cells) == len(self.titles):  # an earlier report says it
            return record.cells[self.missing] if self.missing is not None else ""
        absent = (self.titles[at].strip() for at in self.columns if at >= len(record.cells))
        return join_values(filter(None, absent), ",")


class _Merge:
    """Settled rows in file order, beside records in file order."""

    def __init__(self, rows: Iterator[SettledRow]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def at(self, number: int) -> SettledRow | None:
        if self._next is None or self._next.number != number:
            return None
        result, self._next = self._next, next(self._rows, None)
        return result

    @property
    def left(self) -> SettledRow | None:
        """A settled row that no record of the file matched."""
        return self._next


def _open_row(number: int, attempts: int) -> SettledRow:
    """A row that has not ended; in doubt if a write of it was sent, so many times, and never answered."""
    return SettledRow(number, Outcome(RowStatus.IN_DOUBT if attempts else RowStatus.UNPROCESSED), attempts)


def _added(name: str, row: SettledRow, front_end: FrontEnd) -> tuple[str, ...]:
    outcome = row.outcome
    number = number_told(row.number)
    if name == SUCCEEDED:
        return number, outcome.action, outcome.id
    if name == SKIPPED:
        return number, in_words_of(front_end, outcome.failures[0].error) if outcome.failures else ""
    if name == UNPROCESSED:
        return (number,)
    if not outcome.failures:
        said = in_words_of(front_end, "The job stopped before the answer came. ⟦resume⟧ settles it.")
        return number, outcome.status.value, "", "no_answer", said, str(row.attempts)
    first = outcome.failures[0]
    errors = [failure.error for failure in outcome.failures]
    if len(errors) > 1 and any(failure.step for failure in outcome.failures):
        errors = [f"{failure.step}: {failure.error}" for failure in outcome.failures]
    return (
        number,
        outcome.status.value,
        first.step,
        first.code,
        in_words_of(front_end, " | ".join(errors)),
        str(row.attempts),
    )


def _check(rows: dict[str, int], files: dict[str, int], noted: dict[str, int], left: SettledRow | None) -> None:
    """Check that what we are about to say is so."""
    parts = sum(rows[status.value] for status in ORDER)
    written = sum(files.values())
    if left is not None:
        raise AccountingError("report_row_unknown", row=left.number)
    if not rows["read"] == parts == written:
        raise AccountingError("report_sums_differ", read=rows["read"], parts=parts, written=written)
    for status, count in noted.items():
        if status != "in_doubt" and rows[status] != count:
            raise AccountingError("report_status_differs", count=count, status=status, written=rows[status])
