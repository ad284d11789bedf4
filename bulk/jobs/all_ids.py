"""What the ids in the files of a whole account mean in the account imported to: learned part by part."""

from __future__ import annotations

from bulk.files.opening import OURS, open_source
from bulk.jobs.all_parts import Shared
from bulk.resources import RESOURCES
from bulk.resources.spec import Resource
from bulk.storage.job_folder import SUCCEEDED, JobFolder


def know_ids(shared: Shared, account: str) -> None:
    """Note whose the files are. Another account's ids of what is not imported, of users too, mean nothing here."""
    record = shared.folder.record()
    shared.translations.own = account == record.account != ""
    if account not in ("", record.account):
        for resource in RESOURCES:
            if resource.name not in record.parts:
                shared.translations.of(resource.name)


def learn_ids(shared: Shared, resource: Resource, part: JobFolder) -> None:
    """Note what became of each id, for the parts that come after."""
    if not part.file(SUCCEEDED).exists():
        shared.translations.of(resource.name)
        return
    report = open_source(part.file(SUCCEEDED), OURS)
    if "id" not in report.header:
        return  # nothing says what its ids were, so they are not taken for any
    was, became = report.header.index("id"), report.header.index("_id")
    pairs = ((record.cells[was], record.cells[became]) for record in report.records())
    own = shared.translations.own  # then most stay what they are
    shared.translations.of(resource.name).update(
        (old, new) for old, new in pairs if old and new and (not own or old != new)
    )
