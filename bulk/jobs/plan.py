"""What the rows of a job share once it begins to send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bulk.files.matching import Match
from bulk.files.source import Record, Source
from bulk.model import Row
from bulk.planning.writers import Writer
from bulk.resources.spec import Resource, Writing


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the rows of a job share once it begins to send."""

    resource: Resource
    source: Source
    match: Match
    writer: Writer
    contacts_since: float | None = None  # when the account's contacts were read; None: they were not
    read_since: float | None = None  # when the records by themselves were
    ids: str = ""  # whose stand beside the addresses: OURS, OTHERS, or "" where that is not looked at
    change: Callable[[Row], Row] | None = None  # puts a row right before anything else looks at it
    prefetched: bool = False  # what the account holds was read in this run, as far as it was worth it

    @property
    def by_record(self) -> bool:
        """Whether the rows are of records by themselves, each known by its id."""
        return self.resource.writing is Writing.RECORD

    def row(self, record: Record) -> Row:
        """The row of a record."""
        row = self.match.row(record)
        return row if self.change is None else self.change(row)
