"""Before an import of a file that was made of an export: which rows need nothing, and which it has no more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import anyio.to_thread

from bulk.files.source import Record
from bulk.jobs.baseline import Edits
from bulk.jobs.baseline_of_report import is_report
from bulk.jobs.import_job import Job
from bulk.jobs.missing_rules import see_links, see_replaced, write_missing_rows
from bulk.jobs.open_rows import BATCH
from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Outcome, Row, RowStatus
from bulk.planning.changes import UNCHANGED
from bulk.planning.plan_lines import Line
from bulk.planning.three_ways import edited_cells, emptied
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.wording import counted


@dataclass(slots=True)
class _Sums:
    """What was edited; `refused` are rows with edits that the checks have rejected, `unedited` those without any."""

    rows: int = 0
    cells: int = 0
    emptied: int = 0
    refused: int = 0
    unedited: int = 0

    def add(self, row: Row, cells: Mapping[str, str], edits: Edits, *, is_another: bool = False) -> bool:
        """Count the edits of a row, also of one that is not sent; whether it has any. `is_another`: a new link's."""
        columns = [column for _at, column in edits.prepared.match.columns if column.attribute != "id"]
        edited = edited_cells(row, cells, columns, keep_blank=edits.keep_blank)
        self.rows += edited > 0
        self.cells += edited
        self.emptied += 0 if edits.keep_blank or is_another else emptied(row, cells)
        return edited > 0


async def settle_unedited(job: Job, prepared: Prepared, edits: Edits) -> None:
    """Settle the rows without any edit, and those of one id that cannot both be meant; say what is left."""
    if job.checkpoint.fact(facts.UNEDITED_SETTLED):
        return
    sums = await anyio.to_thread.run_sync(_settle, job, prepared, edits)
    job.checkpoint.note(facts.EMPTIED, sums.emptied)
    more = f", {sums.emptied:,} of them emptied" if sums.emptied else ""
    refused = f" Refused: {counted(sums.refused, 'row')} of these." if sums.refused else ""
    job.setting.progress.say(f"Edited: {counted(sums.cells, 'cell')} in {counted(sums.rows, 'row')}{more}.{refused}")
    if sums.unedited:
        job.setting.progress.say(f"Without edits, not looked for in the account: {counted(sums.unedited, 'row')}.")
    if job.options.limit is None and not is_report(prepared.source):
        missing = await anyio.to_thread.run_sync(write_missing_rows, job, edits)
        job.checkpoint.note(facts.MISSING, missing)
    job.checkpoint.note(facts.UNEDITED_SETTLED, True)
    await job.checkpoint.durable()


def _settle(job: Job, prepared: Prepared, edits: Edits) -> _Sums:
    sums = _Sums()
    if not job.options.delete_missing:  # else it was looked through before
        edits.baseline.see_none()
    twice, by_record = _twice(prepared, edits), prepared.by_record
    if edits.is_of_links and not job.options.delete_missing:
        see_links(prepared, edits)
    see_replaced(job, prepared, edits)
    for records, settled in _with_settled(prepared, job.checkpoint):
        for record in records:
            row = _row(prepared, record)
            cells = edits.cells(row)
            if cells is None:
                continue
            if record.problem is not None:  # it is refused, and what it has may be an edit all the same
                sums.refused += sums.add(row, cells, edits)
                continue
            edited = edits.of(row)
            before = edited.before
            is_edited = bool(edited.values) or before is None or bool(before.refused)
            if is_edited:
                sums.add(row, cells, edits, is_another=before is None)
            if record.number in settled:
                sums.refused += is_edited
            elif row.id in twice and before is not None and is_edited and (by_record or "email" in before.cells):
                what = "which of them it is" if by_record else "whose address this is"
                said = f"Another row has the id {row.id} too, so it is not clear {what}."
                failure = Failure("", "duplicate_key", f"{said} Empty the id of a row that is somebody new.")
                job.checkpoint.rows.settle(row.number, Outcome(RowStatus.REJECTED, failures=(failure,)))
                sums.refused += 1
            elif not is_edited:
                sums.unedited += 1
                identity = row.values.get("contact", "") if edits.is_of_links else row.id
                if job.only_plan:
                    called = row.key if row.key != row.id else cells.get(job.resource.called) or row.key
                    job.checkpoint.planned.put((Line(row.number, called, identity, UNCHANGED),), requests=0)
                job.checkpoint.rows.settle(row.number, Outcome(RowStatus.UNCHANGED, UNCHANGED, identity))
    return sums


def _row(prepared: Prepared, record: Record) -> Row:
    """The row of a record; of one that does not fit the header, with the cells that it has."""
    if record.problem is None:
        return prepared.match.row(record)
    row, there = prepared.padded(record), len(record.cells)
    absent = {column.attribute for at, column in prepared.match.columns if at >= there}
    return replace(row, values={name: text for name, text in row.values.items() if name not in absent})


def _with_settled(prepared: Prepared, checkpoint: Checkpoint) -> Iterator[tuple[list[Record], Collection[int]]]:
    """The records, in batches, each with the numbers of those that are settled."""
    records = prepared.source.records()
    while batch := list(islice(records, BATCH)):
        yield batch, checkpoint.rows.settled_between(batch[0].number, batch[-1].number)


def _twice(prepared: Prepared, edits: Edits) -> set[str]:
    """The ids that several rows have; notes all that have one."""
    seen: set[int] = set()
    twice: set[str] = set()
    records = prepared.source.records()
    at = prepared.match.id_at
    while at is not None and (batch := list(islice(records, BATCH))):
        ids = [record.cells[at].strip() for record in batch if at < len(record.cells)]
        for identity in filter(str.isascii, filter(str.isdigit, ids)):
            (twice if int(identity) in seen else set()).add(identity)
            seen.add(int(identity))
        if not edits.is_of_links:
            edits.baseline.see(ids)
    return twice
