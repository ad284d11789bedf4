"""From what a program gives to a job function, and from a job's ending to its result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import anyio

from bulk.access.account import Account, Setting
from bulk.access.connections import connected
from bulk.errors import UsageError
from bulk.jobs import all_resources, export, import_, validate
from bulk.jobs.option_rules import check_export, check_import
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.jobs.validate import Findings
from bulk.library.results import Result
from bulk.messages import Part
from bulk.resources import find, nearest_names
from bulk.resources.spec import Resource
from bulk.runtime.progress import Progress
from bulk.storage.input_copy import Input
from bulk.storage.job_folder import JobFolder

JOBS: Final = Path("bulk-jobs")
_AGAIN: Final[dict[str, Any]] = {"max_duration": None}  # the time limit of the run before does not hold for the next


async def setting_of(
    account: Account, jobs: str | Path, progress: Progress, stop: anyio.Event | None = None
) -> Setting:
    """How a job of a program runs. Raises `UsageError` if it is open which of several connections is meant."""
    return Setting(await connected(account), Path(jobs), progress, stop=stop)


async def run_validation(
    resource: str, source: Input, account: Account | None, options: ImportOptions, progress: Progress
) -> Findings:
    """Check an input; without an account only what all accounts have in common."""
    known = resource_named(resource)
    check_import(known, options, account)
    setting = await setting_of(account or Account(), JOBS, progress)
    return await validate.validate(known, source, options, setting, offline=account is None)


async def run_import(resource: str, source: Input, options: ImportOptions, setting: Setting) -> Result:
    """Import an input."""
    known = resource_named(resource)
    check_import(known, options, setting.access)
    return Result.of(await import_.start(known, source, options, setting))


async def run_export(resource: str, path: Path, options: ExportOptions, setting: Setting) -> Result:
    """Export a resource to a file."""
    known = resource_named(resource)
    check_export(known, options, setting.access)
    return Result.of(await export.start(known, path, options, setting))


async def run_resume(folder: JobFolder, setting: Setting, *, retry: bool) -> Result:
    """Go on with a job of any kind."""
    record = folder.record()
    if record.resource == all_resources.ALL:
        return Result.of(await all_resources.go_on(folder, _AGAIN, setting, retry=retry))
    if record.kind in ("import", "plan"):
        return Result.of(await import_.go_on(folder, _AGAIN, setting, retry=retry))
    return Result.of(await export.go_on(folder, _AGAIN, setting))


def of_rows(options: ImportOptions | None) -> ImportOptions:
    """The options of rows that are no file: how they are written down is not the caller's."""
    return replace(options or ImportOptions(), encoding="utf-8", delimiter=",", skip_lines=0)


def job_at(path: str | Path) -> JobFolder:
    """The job in a folder. Raises `UsageError` if there is none."""
    return JobFolder.find(Path(path).parent, Path(path).name)


def resource_named(name: str) -> Resource:
    """The resource of a name. Raises `UsageError` if there is none."""
    resource = find(name)
    if resource is None:
        raise UsageError("resource_unknown", name=name, hint=Part.of("nearest", names=nearest_names(name)))
    return resource
