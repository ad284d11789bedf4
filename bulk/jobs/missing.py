"""`delete_missing`: the rows of the export that the file has no more become tasks of the job, after the file's rows.

Whether they may is for `missing_rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from bulk.files.source import Record, Source
from bulk.jobs.baseline import Edits
from bulk.jobs.import_job import Job
from bulk.jobs.open_rows import open_rows
from bulk.jobs.prepared import Prepared
from bulk.model import OUTSIDE, Json, Row
from bulk.planning.changes import Decision, decided_at_once
from bulk.planning.rows.edited import EditedRows
from bulk.planning.rows.edited_links import EditedLinks
from bulk.planning.state import ContactState
from bulk.planning.writers import Known
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import PEOPLE


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
    def read_bytes(self) -> int:
        """How much of the file was read."""
        return self.file.read_bytes

    @property
    def width(self) -> int:
        """How many cells each row of the file has."""
        return self.file.width

    @property
    def blank_rows(self) -> int:
        """How many rows of the file hold nothing."""
        return self.file.blank_rows

    @property
    def surplus(self) -> int:
        """How many cells the longest row has too many."""
        return self.file.surplus

    @property
    def short(self) -> bool:
        """Whether a row of the file has too few cells."""
        return self.file.short


def with_missing(job: Job, prepared: Prepared, edits: Edits | None) -> Prepared:
    """The rows of a job with those that are to be deleted since the file has them no more."""
    if not job.options.delete_missing or edits is None:
        return prepared
    # who was read before knows nothing of these
    return replace(prepared, source=WithMissing(prepared.source, edits), prefetched=False)


def going_of(prepared: Prepared, checkpoint: Checkpoint) -> tuple[Prepared, Iterator[list[Row]]]:
    """The rows whose records go, in batches, as far as it is known before they are asked for; and what deletes them."""
    writer = prepared.writer
    assert isinstance(writer, EditedRows | EditedLinks)  # noqa: S101 - there is a baseline

    def going() -> Iterator[list[Row]]:
        for rows in open_rows(prepared, checkpoint):
            missing = [row for row in rows if row.is_missing]
            current = checkpoint.snapshot.known(PEOPLE, [row.key for row in missing])
            yield [row for row in missing if _goes(writer, row, current.get(row.key))]

    return replace(prepared, writer=writer.deletes), going()


def _goes(writer: EditedRows | EditedLinks, row: Row, state: Json) -> bool:
    decided = decided_at_once(writer.decide(row, Known(None if state is None else ContactState.from_json(state))))
    change = decided.change if isinstance(decided, Decision) else None
    return decided is None or (change is not None and not (change.is_nothing or change.failures))
