"""Before an import of a file that was made of an export: which rows need nothing, and which it has no more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

import anyio.to_thread

from bulk.files.opening import open_sink
from bulk.files.source import Record
from bulk.jobs.baseline import Edits
from bulk.jobs.baseline_of_report import is_report
from bulk.jobs.import_job import Job
from bulk.jobs.own_ids import BATCH
from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Outcome, Row, RowStatus
from bulk.planning.changes import UNCHANGED
from bulk.planning.plan_lines import Line
from bulk.planning.three_ways import emptied
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.missing_report import MISSING
from bulk.wording import counted, in_words_of

_FEW: Final = 5  # of them that are shown


@dataclass(slots=True)
class _Sums:
    """What was edited; `refused` are rows with edits that the checks have rejected."""

    rows: int = 0
    cells: int = 0
    emptied: int = 0
    refused: int = 0

    def add(self, row: Row, edited: Row, cells: Mapping[str, str], *, keep_blank: bool) -> None:
        """Count the edits of a row, also of one that is not sent."""
        self.rows += 1
        self.cells += len(edited.values)
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
        missing = await anyio.to_thread.run_sync(_write_missing, job, edits)
        job.checkpoint.note(facts.MISSING, missing)


def _settle(job: Job, prepared: Prepared, edits: Edits) -> _Sums:
    sums = _Sums()
    if not job.options.delete_missing:  # else it was looked through before
        edits.baseline.see_none()
    twice, by_record = _twice(prepared, edits), prepared.by_record
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
                sums.add(row, edited, cells, keep_blank=edits.keep_blank)
            if record.number in settled:
                sums.refused += is_edited
            elif row.id in twice and before is not None and is_edited and (by_record or "email" in before.cells):
                what = "which of them it is" if by_record else "whose address this is"
                said = f"Another row has the id {row.id} too, so it is not clear {what}."
                failure = Failure("", "duplicate_key", f"{said} Empty the id of a row that is somebody new.")
                job.checkpoint.rows.settle(row.number, Outcome(RowStatus.REJECTED, failures=(failure,)))
                sums.refused += 1
            elif not is_edited:
                if job.only_plan:
                    job.checkpoint.planned.put((Line(row.number, row.key, row.id, UNCHANGED),), requests=0)
                job.checkpoint.rows.settle(row.number, Outcome(RowStatus.UNCHANGED, UNCHANGED, row.id))
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
        edits.baseline.see(ids)
    return twice


def _write_missing(job: Job, edits: Edits) -> int:
    """Write down which rows of the export the file has no more, and say it; how many."""
    count, few = 0, list[str]()
    file = job.folder.file(MISSING)
    at = edits.at.get("email", edits.at.get(job.resource.called))
    with open_sink(file, edits.baseline.header) as output:
        for row in edits.baseline.missing():
            output.write(row.cells)
            count += 1
            if len(few) < _FEW:
                few.append(f"row {row.number} ({row.cells[at]})" if at is not None else f"row {row.number}")
    if not count:
        file.unlink()
        return 0
    rows = f"{', '.join(few)}{', …' if count > len(few) else ''}"
    if job.options.delete_missing:
        share = f"{counted(count, 'row')} of the export ({count / edits.baseline.counts()[0]:.0%} of it)"
        job.setting.progress.say(f"Missing in the file: {share}: {rows}. All of them: {file}")
        return count
    said = f"Left alone, since the file has them no more: {counted(count, 'row')} of the export: {rows}."
    way = in_words_of(job.setting.front_end, "⟦delete_missing⟧ would delete them. They stand in")
    job.setting.progress.say(f"{said} {way} {file}")
    return count
