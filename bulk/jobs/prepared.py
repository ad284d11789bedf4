"""What the rows of a job share: what they mean in this account, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from bulk.files.matching import Match
from bulk.files.source import Record, Source
from bulk.jobs.import_job import Job
from bulk.jobs.writing import writer_of
from bulk.model import Row
from bulk.planning.names import Names
from bulk.planning.rows.edited import EditedRows
from bulk.planning.translate import translated
from bulk.planning.writers import Meaning, Writer
from bulk.resources.spec import Resource, Writing


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that the rows of a job share, as far as it is known by now."""

    resource: Resource
    source: Source
    match: Match
    names: Names
    writer: Writer
    contacts_since: float | None = None  # when the account's contacts were read; None: they were not
    read_since: float | None = None  # when the records by themselves were
    ids: str = ""  # whose stand beside the addresses: OURS, OTHERS, or "" where that is not looked at
    change: Callable[[Row], Row] | None = None  # puts a row right before anything else looks at it
    prefetched: bool = False  # what the account holds was read in this run, as far as it was worth it

    @property
    def edits_by_id(self) -> bool:
        """Whether rows of the export that the file was made of are edits, and known by the ids of their records."""
        return isinstance(self.writer, EditedRows)

    @property
    def by_record(self) -> bool:
        """Whether the rows are of records by themselves, each known by its id."""
        return self.resource.writing is Writing.RECORD

    def padded(self, record: Record) -> Row:
        """The row of a record as it stands in the file, cells that it lacks being empty."""
        lacking = len(self.match.header) - len(record.cells)
        return self.match.row(replace(record, cells=[*record.cells, *[""] * lacking]))

    def row(self, record: Record) -> Row:
        """The row of a record."""
        row = self.match.row(record)
        return row if self.change is None else self.change(row)


def prepared_for(job: Job, match: Match, names: Names, created: datetime | None = None) -> Prepared:
    """What the rows of a job, made then, share from now on."""
    options = job.options
    created = created or job.folder.record().begun
    meaning = Meaning(
        tuple(column for _at, column in match.columns), options.mode, options.key, options.blank or "keep",
        options.resubscribe, options.allow_damaged, created.timestamp(), dates=options.dates,
        exact=frozenset(options.exact_columns),
    )  # fmt: skip
    known = job.translations.ids
    change = partial(translated, resource=job.resource, translations=job.translations) if known else None
    return Prepared(job.resource, job.source, match, names, writer_of(job, meaning, names), change=change)


def meant_so(job: Job, prepared: Prepared, meaning: Meaning) -> Prepared:
    """The same rows, now that they mean this; what wrote them before is forgotten, with what it has taken."""
    return replace(prepared, writer=writer_of(job, meaning, prepared.names))
