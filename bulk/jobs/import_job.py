"""One run of one import, as every part of it is given it. A value: nothing is done here."""

from __future__ import annotations

from dataclasses import dataclass, field

from bulk.access.account import Setting
from bulk.files.source import Source
from bulk.jobs.options import ImportOptions
from bulk.jobs.projection import Projection
from bulk.planning.translate import Translations
from bulk.resources.spec import Resource
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.input_copy import Taken
from bulk.storage.job_folder import JobFolder


# wide: what every stage of an import is given, so that none hands on a list of arguments
@dataclass(frozen=True, slots=True)
class Job:
    """One run of one import: what every part of it needs."""

    folder: JobFolder
    resource: Resource
    options: ImportOptions
    source: Source
    checkpoint: Checkpoint
    setting: Setting
    resumed: bool = False
    retry: bool = False  # first open the rows again that failed or are in doubt
    translations: Translations = field(default_factory=Translations)  # what ids of the files are in this account
    applies: bool = False  # carry out what a plan says, and nothing else
    only_plan: bool = False  # decide what each row changes, and send nothing
    taken: Taken | None = None  # the input, where it was copied for this run
    projection: Projection | None = None  # of the part of a plan of many: what those before it come to

    @property
    def outlook(self) -> Projection | None:
        """What the account will hold when it is this part's turn, where that is planned; None: it is as it is."""
        return self.projection if self.only_plan else None
