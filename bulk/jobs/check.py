"""The checks before the rows, run once a job: what the schema and the duplicates refuse goes into the checkpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict

import anyio.from_thread
import anyio.to_thread

from bulk.files.check import Compare, FileCheck, Tally
from bulk.files.joined import Joined
from bulk.files.matching import Match
from bulk.files.schema import shorten
from bulk.files.source import Record
from bulk.files.understood import notes_on
from bulk.jobs.check_told import remarks_on_file
from bulk.model import Failure, Issue, Outcome, RowStatus
from bulk.planning.damage import ALLOW, CODE, TEXTS, looks_damaged
from bulk.resources.spec import clears
from bulk.runtime.progress import CHECKING, Progress, Snapshot
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint

Comparing = Callable[[int], Awaitable[Compare]]  # told how many rows may be sent; reads what the account holds


async def checked(
    file_check: FileCheck, match: Match, checkpoint: Checkpoint, progress: Progress, comparing: Comparing
) -> Tally:
    """Check the whole file, or give what an earlier run of the job found; say what was passed over.

    `comparing` is asked only if what becomes of some row hangs on what the account holds.
    """
    with file_check:
        await anyio.to_thread.run_sync(file_check.look_through, Counting(progress).more)
        compare = await comparing(file_check.rows) if file_check.asks else None
        tally = await anyio.to_thread.run_sync(file_check.settle, compare)
    for line in remarks_on_file(match, tally, file_check.source):
        progress.say(line)
    seen = file_check.source.seen
    checkpoint.note(facts.RAGGED, (seen.short, seen.surplus))
    if isinstance(file_check.source, Joined):
        checkpoint.note(facts.TABLES, file_check.source.names)
    checkpoint.note(facts.UNDERSTOOD, [noted.to_json() for noted in notes_on(file_check.source, match)])
    checkpoint.note(facts.CHECKED, asdict(tally))
    await checkpoint.durable()
    return tally


def damaged_cells(records: Sequence[Record], match: Match) -> Iterator[Issue]:
    """Cells that look spoilt by a spreadsheet, as far as that is told without what the account holds."""
    columns = [(at, column) for at, column in match.columns if column.kind.name in TEXTS]
    for record in records:
        for at, column in columns:
            text = record.cells[at].strip()
            said = looks_damaged(column, text) if text and not clears(text) else ""
            if said:
                yield Issue(record.number, match.header[at].strip(), shorten(text), CODE, said, ALLOW)


def describe(issue: Issue) -> str:
    """An issue as one line for a person: column, value, what is wrong, what to do."""
    where = f"{issue.column}: " if issue.column else ""
    value = f"{issue.value!r}: " if issue.value and repr(issue.value) not in issue.message else ""
    return f"{where}{value}{issue.message} {issue.hint}".strip()


class Counting:
    """Tells a progress how many rows are checked."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._rows = 0

    def more(self, rows: int) -> None:
        """So many more; where the job is being left, this ends its thread."""
        anyio.from_thread.check_cancelled()
        self._rows += rows
        self._progress.update(Snapshot(CHECKING, self._rows))


class Refusals:
    """Where the checks put rows that are not sent: straight into the checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.codes: Counter[str] = Counter()  # of why, each once a row
        self._checkpoint = checkpoint

    def rejected(self, issues: Sequence[Issue]) -> None:
        """Write rows down that break the schema."""
        failures: dict[int, list[Failure]] = {}
        for issue in issues:
            failures.setdefault(issue.row, []).append(Failure("", issue.code, describe(issue)))
        for why in failures.values():
            self.codes.update({failure.code for failure in why})
        self._checkpoint.rows.settle_now(
            (row, Outcome(RowStatus.REJECTED, failures=tuple(result))) for row, result in failures.items()
        )

    def skipped(self, rows: Sequence[tuple[int, str]]) -> None:
        """Write rows down that the user sets aside."""
        self._checkpoint.rows.settle_now(
            (row, Outcome(RowStatus.SKIPPED, failures=(Failure("", "duplicate_key", reason),))) for row, reason in rows
        )
