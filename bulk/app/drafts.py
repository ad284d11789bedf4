"""What a person has put together for a file that is not imported yet: which resource, which columns, which corrections.

Kept beside the file, so that a reload, another tab or the next start finds it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from bulk.errors import UsageError
from bulk.library.options import ImportOptions
from bulk.library.previews import DELIMITER, ENCODING, Edits
from bulk.library.uploads import Upload, new_upload, upload_in, uploads_in


@dataclass(slots=True)
class Draft:
    """A file with what was chosen for it.

    `job` is the plan that was made of it last, or what was begun instead; `of` the job whose report it is.
    """

    upload: Upload
    resource: str
    options: ImportOptions = field(default_factory=ImportOptions)
    edits: Edits = field(default_factory=Edits)
    matched: bool = False
    job: str = ""
    of: str = ""

    @property
    def id(self) -> str:
        """What it is found by."""
        return self.upload.id

    @property
    def file(self) -> Path:
        """What is imported: the file, or its corrected table."""
        return self.upload.corrected if self.edits else self.upload.path

    @property
    def options_of_file(self) -> ImportOptions:
        """How `file` is read."""
        if not self.edits:
            return self.options
        return replace(self.options, encoding=ENCODING, delimiter=DELIMITER, skip_lines=0, sheet="")

    def save(self) -> None:
        """Keep it."""
        cells = {str(row): {str(at): text for at, text in of.items()} for row, of in self.edits.cells.items()}
        self.upload.note(
            {
                "resource": self.resource, "options": asdict(self.options), "cells": cells,
                "left_out": sorted(self.edits.left_out), "matched": self.matched, "job": self.job, "of": self.of,
            }
        )  # fmt: skip

    @classmethod
    def of_upload(cls, upload: Upload) -> Self:
        """The draft of a file, as it was kept. Raises `UsageError` for options that cannot be."""
        noted = upload.noted()
        cells = {int(row): {int(at): text for at, text in of.items()} for row, of in noted.get("cells", {}).items()}
        names = {one.name for one in fields(ImportOptions)}
        chosen: dict[str, Any] = {name: value for name, value in noted.get("options", {}).items() if name in names}
        return cls(
            upload, str(noted.get("resource", "contacts")), ImportOptions(**chosen),
            Edits(cells, set(noted.get("left_out", ()))), bool(noted.get("matched")), str(noted.get("job", "")),
            str(noted.get("of", "")),
        )  # fmt: skip


def new_draft(jobs: Path, name: str, resource: str) -> Draft:
    """A draft for a file that is to be written to its place; it is found once it is saved."""
    return Draft(new_upload(jobs, name), resource, ImportOptions(undoable=True))


def draft_in(jobs: Path, identity: str) -> Draft | None:
    """The draft of that id, None if there is none."""
    upload = upload_in(jobs, identity)
    return None if upload is None else _read(upload)


def drafts_in(jobs: Path) -> list[Draft]:
    """All drafts, the newest first."""
    return [draft for upload in uploads_in(jobs) if (draft := _read(upload)) is not None]


def _read(upload: Upload) -> Draft | None:
    """The draft of a file; None where what was noted of it is damaged, or a newer version's."""
    try:
        return Draft.of_upload(upload)
    except (UsageError, OSError, ValueError, TypeError, AttributeError):
        return None


def draft_of_job(jobs: Path, job: str) -> Draft | None:
    """The draft of which a job is the plan, None if it was made otherwise."""
    return next((draft for draft in drafts_in(jobs) if draft.job == job), None)
