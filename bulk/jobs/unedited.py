"""Before an import of a file that was made of an export: which rows need nothing, and which it has no more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import anyio.to_thread

from bulk.files.source import Record
from bulk.jobs.baseline import Edits
from bulk.jobs.baseline_of_report import is_report
from bulk.jobs.import_job import Job
from bulk.jobs.missing_rules import see_links, write_missing_rows
from bulk.jobs.own_ids import BATCH
from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Outcome, Row, RowStatus
from bulk.planning.changes import UNCHANGED
from bulk.planning.plan_lines import Line
from bulk.planning.three_ways import emptied
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.wording import counted


@dataclass(slots=True)
class _Sums:
    """What was edited; `refused` are rows with edits that the checks have rejected."""

    rows: int = 0
    cells: int = 0
    emptied: int = 0
    refused: int = 0

    def add(self, row: Row, edited: Mapping[str, str], cells: Mapping[str, str], *, keep_blank: bool) -> None:
        """Count the cells of a row that were edited, also of one that is not sent."""
        self.rows += 1
        self.cells += len(edited)
        self.emptied += 0 if keep_blank else emptied(row, cells)


async def settle_unedited(job: Job, prepared: Prepared, edits: Edits) -> None:
    """Settle the rows without any edit, and those of one id that cannot both be meant; say what is left."""
    if job.checkpoint.fact(facts.UNEDITED_SETTLED):
        return
    sums = await anyio.to_thread.run_sync(_settle, job, prepared, edits)
    job.checkpoint.note(facts.EMPTIED, sums.emptied)
    job.checkpoint.note(facts.UNEDITED_SETTLED, True)
    await job.checkpoint.durable()
    more = f", {sums.emptied:,} of them emptied" if sums.emptied else ""
    refused = f" Refused: {counted(sums.refused, 'row')} of these." if sums.refused else ""
    job.setting.progress.say(f"Edited: {counted(sums.cells, 'cell')} in {counted(sums.rows, 'row')}{more}.{refused}")
    if job.options.limit is None and not is_report(prepared.source):
        missing = await anyio.to_thread.run_sync(write_missing_rows, job, edits)
        job.checkpoint.note(facts.MISSING, missing)


def _settle(job: Job, prepared: Prepared, edits: Edits) -> _Sums:
    sums = _Sums()
    if not job.options.delete_missing:  # else it was looked through before
        edits.baseline.see_none()
    twice, by_record = _twice(prepared, edits), prepared.by_record
    if edits.is_of_links and not job.options.delete_missing:
        see_links(prepared, edits)
    for records, settled in _with_settled(prepared, job.checkpoint):
        for record in records:
            row = prepared.match.row(record)
            cells = edits.cells(row)
            if cells is None:
                continue
            edited = edits.of(row)
            before = edited.before
            is_edited = bool(edited.values) or before is None or bool(before.refused)
            if is_edited:
                own = before.cells if edits.is_of_links and before is not None else edited.values
                sums.add(row, own, cells, keep_blank=edits.keep_blank)
            if record.number in settled:
                sums.refused += is_edited
            elif row.id in twice and before is not None and is_edited and (by_record or "email" in before.cells):
                what = "which of them it is" if by_record else "whose address this is"
                said = f"Another row has the id {row.id} too, so it is not clear {what}."
                failure = Failure("", "duplicate_key", f"{said} Empty the id of a row that is somebody new.")
                job.checkpoint.rows.settle(row.number, Outcome(RowStatus.REJECTED, failures=(failure,)))
                sums.refused += 1
            elif not is_edited:
                identity = row.values.get("contact", "") if edits.is_of_links else row.id
                if job.only_plan:
                    job.checkpoint.planned.put((Line(row.number, row.key, identity, UNCHANGED),), requests=0)
                job.checkpoint.rows.settle(row.number, Outcome(RowStatus.UNCHANGED, UNCHANGED, identity))
    return sums


def _with_settled(prepared: Prepared, checkpoint: Checkpoint) -> Iterator[tuple[list[Record], Collection[int]]]:
    """The records that fit the header, in batches, each with the numbers of those that are settled."""
    records = (record for record in prepared.source.records() if record.problem is None)
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
