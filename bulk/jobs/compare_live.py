"""The account as it is now, as files to be compared: exported by the use case that does it for everybody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import anyio.to_thread

from bulk.access.account import Setting
from bulk.errors import UnfinishedError
from bulk.files.named_file import NamedFile
from bulk.jobs import all_resources, export
from bulk.jobs.options import ExportOptions
from bulk.jobs.summary import JobResult
from bulk.planning.names import CustomField
from bulk.resources.spec import Resource
from bulk.storage import facts
from bulk.storage.checkpoint import opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JobFolder

NAME: Final = "live"


@dataclass(frozen=True, slots=True)
class Live:
    """An account, and how it is exported. Its files and the export's job are made in a private folder.

    Raises what keeps an export from its end: what was not read would seem to be deleted.
    """

    options: ExportOptions
    setting: Setting

    async def file(self, resource: Resource, place: Path) -> tuple[NamedFile, tuple[CustomField, ...]]:
        """The records of one resource, and its custom fields, which the export has read anyhow."""
        path = place / f"{NAME}.csv"
        result = await export.start(resource, path, self.options, self._setting(place))
        _check_complete(result)
        return NamedFile(path, NAME), await anyio.to_thread.run_sync(_fields, result.folder)

    async def folder(self, place: Path) -> Path:
        """All that the account holds."""
        path = place / NAME
        _check_complete(await all_resources.export_all(path, self.options, self._setting(place)))
        return path

    def _setting(self, place: Path) -> Setting:
        return replace(self.setting, jobs=place / "jobs", name=None)


def _fields(folder: JobFolder) -> tuple[CustomField, ...]:
    with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
        noted = checkpoint.fact(facts.CUSTOM_FIELDS)
    return tuple(CustomField(str(at), title, tag, kind) for at, (title, tag, kind) in enumerate(noted))


def _check_complete(result: JobResult) -> None:
    if result.error is not None:
        raise result.error
    if not result.summary.complete:
        raise UnfinishedError("compare_live_incomplete", reason=result.summary.reason)
