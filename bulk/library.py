"""What other programs call: validate, import, export and resume as async functions with plain results.

The same jobs as the commands', without a terminal: nothing is printed, signals are left alone, deletions are not asked
about. `from bulk import ...` gives every name in `__all__`. Errors that stop a job before it has begun are raised
(`BulkError`, see `bulk.errors`); why one stopped later is its result's `error`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bulk.api.credentials import NO_KEY, from_environment
from bulk.errors import AbortedError, BulkError, UnfinishedError, UsageError
from bulk.jobs import everything, exporting, importing, validating
from bulk.jobs.access import Access, Setting
from bulk.jobs.choices import check_export, check_import
from bulk.jobs.connecting import connected
from bulk.jobs.ending import Ending, Summary
from bulk.jobs.folder import FAILED, JobFolder
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.jobs.progress import Progress, Silent, Snapshot
from bulk.jobs.validating import Findings
from bulk.model import Issue
from bulk.resources import find, nearest_names
from bulk.resources.spec import Resource

__all__ = [
    "AbortedError", "Access", "BulkError", "ExportOptions", "Findings", "ImportOptions", "Issue", "Progress", "Result",
    "Snapshot", "Summary", "UnfinishedError", "UsageError", "environment_access", "export_file", "export_folder",
    "import_file", "import_folder", "resume", "sandbox_access", "validate_file",
]  # fmt: skip

JOBS: Final = Path("bulk-jobs")
_QUIET: Final = Silent()
_ANEW: Final[dict[str, Any]] = {"max_duration": None}  # the time limit of the run before does not hold for the next


@dataclass(frozen=True, slots=True)
class Result:
    """How a job ended.

    `job` is its folder, with the reports; `summary` its counts ("read" and every status, which add up). `error` says
    why it stopped before its end, None if it ran to it: `resume(job)` goes on with it where `summary.state` is
    "unfinished".
    """

    job: Path
    summary: Summary
    error: BulkError | None = None

    @property
    def complete(self) -> bool:
        """Whether every row is done."""
        return self.summary.complete and self.error is None

    @property
    def failed(self) -> Path:
        """The rows that are not done, with the reason of each; of an import. Of a whole folder each part has its own.

        The parts' are `job / <resource> / "failed.csv"`.
        """
        return self.job / FAILED


def sandbox_access(folder: str | Path = "bulk-sandbox", *, connection: str = "") -> Access:
    """The way to the embedded sandbox, whose state lies in this folder."""
    return Access(sandbox=Path(folder), chosen=connection)


async def environment_access(
    environment: Mapping[str, str] | None = None, *, base_url: str = "", connection: str = ""
) -> Access:  # fmt: skip
    """The way to the account that the environment's key opens (`MATON_API_KEY`, or `AC_API_URL` and `AC_API_TOKEN`).

    Raises `UsageError` without a key, and where the gateway has several connections and none is chosen.
    """
    variables = os.environ if environment is None else environment
    credentials = from_environment(variables, base_url=base_url, connection=connection)
    if credentials is None:
        raise UsageError(NO_KEY)
    return await connected(Access(credentials=credentials))


async def validate_file(
    resource: str,
    path: str | Path,
    access: Access | None = None,
    options: ImportOptions | None = None,
    *,
    progress: Progress = _QUIET,
) -> Findings:
    """Check a file as an import would; nothing is sent but questions. Without `access` the account is not asked."""
    found, chosen = _resource(resource), options or ImportOptions()
    check_import(found, chosen, access)
    setting = Setting(access or Access(), JOBS, progress)
    return await validating.validate(found, Path(path), chosen, setting, offline=access is None)


async def import_file(
    resource: str,
    path: str | Path,
    access: Access,
    options: ImportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Result:
    """Check a file, then send its rows."""
    found, chosen = _resource(resource), options or ImportOptions()
    check_import(found, chosen, access)
    return _result(await importing.start(found, Path(path), chosen, Setting(access, Path(jobs), progress)))


async def export_file(
    resource: str,
    path: str | Path,
    access: Access,
    options: ExportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Result:
    """Write a resource of the account to a file, whole or not at all."""
    found, chosen = _resource(resource), options or ExportOptions()
    check_export(found, chosen, access)
    return _result(await exporting.start(found, Path(path), chosen, Setting(access, Path(jobs), progress)))


async def import_folder(
    folder: str | Path,
    access: Access,
    options: ImportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Result:
    """Import all files of a folder, as `export_folder` writes it: `<resource>.csv`, in the order that they need."""
    chosen = options or ImportOptions()
    check_import(None, chosen, access)
    return _result(await everything.import_all(Path(folder), chosen, Setting(access, Path(jobs), progress)))


async def export_folder(
    folder: str | Path,
    access: Access,
    options: ExportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Result:
    """Export every resource of the account into a folder."""
    chosen = options or ExportOptions()
    check_export(None, chosen, access)
    return _result(await everything.export_all(Path(folder), chosen, Setting(access, Path(jobs), progress)))


async def resume(job: str | Path, access: Access, *, retry: bool = False, progress: Progress = _QUIET) -> Result:
    """Go on with an unfinished job, import or export, from its folder; `retry`: send again what failed in an import.

    Raises `UsageError` for another account than the job's. An import goes on with the file as it was checked.
    """
    folder = JobFolder.find(Path(job).parent, Path(job).name)
    record = folder.record()
    setting = Setting(access, folder.path.parent, progress)
    if record.resource == everything.ALL:
        return _result(await everything.go_on(folder, _ANEW, setting, retry=retry))
    if record.kind == "import":
        return _result(await importing.go_on(folder, _ANEW, setting, retry=retry))
    return _result(await exporting.go_on(folder, _ANEW, setting))


def _resource(name: str) -> Resource:
    resource = find(name)
    if resource is None:
        raise UsageError(f"There is no resource {name!r}. Nearest: {', '.join(nearest_names(name))}.")
    return resource


def _result(ending: Ending) -> Result:
    return Result(ending.folder.path, ending.summary, ending.error)
