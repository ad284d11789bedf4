"""What has to be so before the records of rows are deleted that a file has no more.

A row that is only misread must not cost anybody their contact, so a file in which one may be is refused here, before
anything is checked or sent. Deletes nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

import anyio.to_thread

from bulk.errors import UsageError
from bulk.files.matching import Match
from bulk.files.source import Record
from bulk.jobs.baseline import Edits
from bulk.jobs.baseline_of_report import is_report
from bulk.jobs.import_job import Job
from bulk.jobs.own_ids import BATCH
from bulk.jobs.prepared import Prepared
from bulk.storage import facts
from bulk.storage.baseline import Baseline

_MANY: Final = 10  # rows; fewer a person can read in the question
_FEW: Final = 5  # rows that are named


async def check_missing(job: Job, prepared: Prepared, edits: Edits | None) -> None:
    """Note which rows of the export the file has no more. Raises `UsageError` where they may be misread, or too many.

    Half of the export and more is not deleted by an import, whoever agrees: that is what a file looks like that was cut
    off or filtered. A plan shows such, and carries it out.
    """
    if not job.options.delete_missing or job.checkpoint.fact(facts.CHECKED) is not None:
        return
    if is_report(prepared.source):
        raise UsageError("missing_of_report")
    if edits is None:
        raise UsageError("missing_without_baseline")
    await anyio.to_thread.run_sync(_look_through, prepared, edits)
    rows, missing = edits.baseline.counts()
    if missing >= _MANY and missing * 2 >= rows and not job.only_plan:
        raise UsageError("missing_too_many", missing=missing, rows=rows, share=f"{missing / rows:.0%}")


def _look_through(prepared: Prepared, edits: Edits) -> None:
    """Note of every row of the file which of the export's it is, by its id or its key."""
    baseline, match = edits.baseline, prepared.match
    baseline.see_none()
    ragged: list[int] = []
    unreadable: list[int] = []
    read = 0
    keys = _KeysOfFile(baseline, match)
    records = prepared.source.records()
    while batch := list(islice(records, BATCH)):
        read += len(batch)
        ragged += [record.number for record in batch if record.problem is not None]
        sound = [record for record in batch if record.problem is None]
        ids = [] if match.id_at is None else [record.cells[match.id_at].strip() for record in sound]
        for record, identity in zip(sound, ids, strict=True):
            if identity and not (identity.isascii() and identity.isdigit()):
                unreadable.append(record.number)
        baseline.see(ids)
        keys.take(sound)
    if ragged or unreadable:
        raise UsageError("missing_misread", rows=(ragged or unreadable)[:_FEW])
    if not read:
        raise UsageError("missing_of_nothing")
    keys.keep(edits)


@dataclass(frozen=True, slots=True)
class _KeysOfFile:
    """The keys that rows of the file have: whoever stands in it under their address is not missing."""

    baseline: Baseline
    match: Match

    def take(self, records: list[Record]) -> None:
        if self.match.key_at and records:
            keys = self.match.keys(records)
            self.baseline.name(self.match.key_of(key) for key in keys if key.strip())

    def keep(self, edits: Edits) -> None:
        """See the rows of the export whose key stands in the file, be it without their id."""
        if not self.match.key_at:
            return
        rows = (Record(row.number, edits.as_in_file(row.cells, row.id), None) for row in self.baseline.missing())
        while batch := list(islice(rows, BATCH)):
            keys = [self.match.key_of(key) for key in self.match.keys(batch)]
            at = self.match.id_at or 0
            self.baseline.see(
                record.cells[at] for record, key in zip(batch, keys, strict=True) if self.baseline.is_named(key)
            )
