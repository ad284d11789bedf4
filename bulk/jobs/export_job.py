"""One run of one export, as every part of it is given it. A value: nothing is done here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bulk.access.account import Setting
from bulk.jobs.options import ExportOptions
from bulk.planning.narrowed import narrowed
from bulk.planning.page_source import Query
from bulk.resources.spec import Reading, Resource
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.job_folder import JobFolder


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one export: what every part of it needs."""

    folder: JobFolder
    resource: Resource
    options: ExportOptions
    output: Path | None  # None: standard output
    checkpoint: Checkpoint
    setting: Setting
    resumed: bool = False
    links: tuple[Resource, ...] = ()  # written beside contacts, each to a file of its own beside theirs

    @property
    def query(self) -> Query:
        """The query parameters that filters and search mean."""
        chosen = [(self.resource.filters[name], value) for name, value in self.options.filters.items()]
        return (*chosen, (self.resource.search, self.options.search)) if self.options.search else tuple(chosen)

    @property
    def needed(self) -> Resource:
        """The resource as it is read: with no more than the chosen columns need."""
        return narrowed(self.resource, self.options.columns)

    @property
    def by_id(self) -> bool:
        """Whether its pages are read by ids, so that no record comes twice, and not by offset."""
        return self.resource.reading is not Reading.PAGES

    @property
    def counted(self) -> str:
        """What is counted while it is read."""
        return "contacts" if self.by_id else self.resource.name
