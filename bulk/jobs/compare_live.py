"""The account as it is now, as files to be compared: exported by the use case that does it for everybody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bulk.access.account import Setting
from bulk.errors import UnfinishedError
from bulk.files.named_file import NamedFile
from bulk.jobs import all_resources, export
from bulk.jobs.options import ExportOptions
from bulk.jobs.summary import JobResult
from bulk.resources.spec import Resource

NAME: Final = "live"


@dataclass(frozen=True, slots=True)
class Live:
    """An account, and how it is exported. Its files and the export's job are made in a private folder.

    Raises what keeps an export from its end: what was not read would seem to be deleted.
    """

    options: ExportOptions
    setting: Setting

    async def file(self, resource: Resource, place: Path) -> NamedFile:
        """The records of one resource."""
        path = place / f"{NAME}.csv"
        _check_complete(await export.start(resource, path, self.options, self._setting(place)))
        return NamedFile(path, NAME)

    async def folder(self, place: Path) -> Path:
        """All that the account holds."""
        path = place / NAME
        _check_complete(await all_resources.export_all(path, self.options, self._setting(place)))
        return path

    def _setting(self, place: Path) -> Setting:
        return replace(self.setting, jobs=place / "jobs", name=None)


def _check_complete(result: JobResult) -> None:
    if result.error is not None:
        raise result.error
    if not result.summary.complete:
        raise UnfinishedError("compare_live_incomplete", reason=result.summary.reason)
