"""`delete_missing`: the rows of the export that the file has no more become tasks of the job, after the file's rows.

Whether they may is for `missing_rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from bulk.files.source import Record, Seen, Source
from bulk.jobs.baseline import Edits
from bulk.jobs.import_job import Job
from bulk.jobs.open_rows import BATCH
from bulk.jobs.prepared import Prepared
from bulk.model import OUTSIDE
from bulk.prefetch.contacts import by_both, read_named
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import ADDRESSES


@dataclass(frozen=True, slots=True)
class WithMissing:
    """A `Source`: a file, and after its rows those of the export that it has no more, under numbers of their own."""

    file: Source
    edits: Edits

    @property
    def header(self) -> tuple[str, ...]:
        """The file's titles."""
        return self.file.header

    def describe(self) -> str:
        """What kind of file it is."""
        return self.file.describe()

    def records(self, only: Collection[int] | None = None) -> Iterator[Record]:
        """The file's rows, then the others."""
        yield from self.file.records(only)
        for row in self.edits.baseline.missing():
            number = OUTSIDE + row.number
            if only is None or number in only:
                yield Record(number, self.edits.as_in_file(row.cells, row.id), None)

    @property
    def seen(self) -> Seen:
        """What the latest pass has seen of the file."""
        return self.file.seen


async def with_missing(job: Job, runner: Runner, prepared: Prepared, edits: Edits | None) -> Prepared:
    """The rows of a job with those that are to be deleted since the file has them no more."""
    if not job.options.delete_missing or edits is None:
        return prepared
    prepared = replace(prepared, source=WithMissing(prepared.source, edits))
    if prepared.prefetched and not prepared.by_record and job.checkpoint.fact(facts.PARTLY):
        # what the checks had to know was read for the file's rows alone
        await read_named(runner, job.checkpoint, _unread(job.checkpoint, edits), by_both)
    return prepared


def _unread(checkpoint: Checkpoint, edits: Edits) -> Iterator[str]:
    """The ids of the contacts of missing rows that are not read yet."""
    at = edits.at.get("contact")
    rows = edits.baseline.missing()
    while batch := list(islice(rows, BATCH)):
        ids = [row.cells[at] for row in batch if at is not None] if edits.is_of_links else [row.id for row in batch]
        known = checkpoint.snapshot.known(ADDRESSES, ids)
        yield from (identity for identity in ids if identity.isdigit() and identity not in known)
