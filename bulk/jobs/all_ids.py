"""What the ids in the files of a whole account mean in the account imported to: learned part by part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bulk.files.opening import OURS, open_source
from bulk.jobs.all_parts import Shared
from bulk.planning.plan_lines import NOT_DONE
from bulk.planning.projected import Coming, ImaginedIds
from bulk.resources import RESOURCES
from bulk.resources.spec import Resource
from bulk.storage.checkpoint import opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, SUCCEEDED, UNPROCESSED, JobFolder


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
    _learn(shared, resource, part.file(SUCCEEDED), "_id", lambda identity: identity)


def learn_planned_ids(shared: Shared, resource: Resource, part: JobFolder, ids: ImaginedIds) -> None:
    """Note what will become of each id once a part of a plan is carried out, for the parts that come after."""
    learn_ids(shared, resource, part)
    if not part.file(UNPROCESSED).exists():
        return
    with opened_checkpoint(part.file(CHECKPOINT)) as checkpoint:

        def planned(number: str) -> str:
            lines = checkpoint.planned.of(int(number))
            if any(line.action in NOT_DONE for line in lines):  # such a row fails, and nothing is learned of it
                return ""
            made = ids.of(Coming(resource.name, int(number)))
            return next((line.record or made for line in lines), "")

        _learn(shared, resource, part.file(UNPROCESSED), "_row", planned)


def _learn(shared: Shared, resource: Resource, file: Path, title: str, became: Callable[[str], str]) -> None:
    """Note what became of each id of a report, told by another cell of its line."""
    report = open_source(file, OURS)
    if "id" not in report.header:
        return  # nothing says what its ids were, so they are not taken for any
    was, at = report.header.index("id"), report.header.index(title)
    pairs = ((record.cells[was], became(record.cells[at])) for record in report.records())
    own = shared.translations.own  # then most stay what they are
    shared.translations.of(resource.name).update(
        (old, new) for old, new in pairs if old and new and (not own or old != new)
    )
