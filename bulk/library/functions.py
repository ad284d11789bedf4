"""The jobs as async functions: nothing is printed, signals are left alone, deletions are not asked about.

What keeps a job from beginning is raised (`BulkError`, see `bulk.errors`); why one stopped later its result says.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import anyio.to_thread
import polars as pl

from bulk.access.account import Account
from bulk.jobs.findings import Findings
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.library.frames import Rows, frames, given_rows, of_rows
from bulk.library.jobs import job_at
from bulk.library.options import check_option
from bulk.library.results import Result
from bulk.library.running import (
    JOBS,
    run_export,
    run_export_all,
    run_import,
    run_import_all,
    run_resume,
    run_validation,
    setting_of,
)
from bulk.resources import known
from bulk.runtime.progress import Progress, Silent
from bulk.storage.input_copy import Input

BATCH: Final = 10_000  # rows in each frame of an export by batches
_QUIET: Final = Silent()


async def validate_file(
    resource: str,
    path: str | Path,
    account: Account | None = None,
    options: ImportOptions | None = None,
    *,
    progress: Progress = _QUIET,
) -> Findings:
    """Check a file as an import would; nothing is sent but questions. Without `account` it is not asked.

    Raises `UsageError` for a file, header or option that an import would refuse.
    """
    return await _checked(resource, Path(path), account, options or ImportOptions(), progress)


async def validate_rows(
    resource: str,
    rows: Rows,
    account: Account | None = None,
    options: ImportOptions | None = None,
    *,
    progress: Progress = _QUIET,
) -> Findings:
    """Check rows as `import_rows` would."""
    chosen = of_rows(options)
    return await _checked(resource, given_rows(rows, chosen.separator), account, chosen, progress)


async def import_file(
    resource: str,
    path: str | Path,
    account: Account,
    options: ImportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Result:
    """Check a file, then send its rows.

    Raises `UsageError` (nothing was sent), `AbortedError` (key refused), `UnfinishedError` (try again later).
    """
    setting = setting_of(account, jobs, progress)
    return await run_import(known(resource), Path(path), options or ImportOptions(), setting)


async def import_rows(
    resource: str,
    rows: Rows,
    account: Account,
    options: ImportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Result:
    """Check rows that the program holds, then send them: a polars frame, or mappings from title to value.

    None is an empty cell, a list several values of one. The job keeps a copy of them, so that it can be resumed.
    """
    chosen = of_rows(options)
    source = given_rows(rows, chosen.separator)
    return await run_import(known(resource), source, chosen, setting_of(account, jobs, progress))


async def import_folder(
    folder: str | Path,
    account: Account,
    options: ImportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Result:
    """Import all files of a folder, as `export_folder` writes it: `<resource>.csv`, in the order that they need."""
    return await run_import_all(Path(folder), options or ImportOptions(), setting_of(account, jobs, progress))


async def export_file(
    resource: str,
    path: str | Path,
    account: Account,
    options: ExportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Result:
    """Write a resource of the account to a file, whole or not at all."""
    setting = setting_of(account, jobs, progress)
    return await run_export(known(resource), Path(path), options or ExportOptions(), setting)


async def export_frame(
    resource: str, account: Account, options: ExportOptions | None = None, *, progress: Progress = _QUIET
) -> pl.DataFrame:
    """A resource of the account as one frame; every column is of type String, as a file would have it.

    Raises why the export stopped, if it did: no part of a frame is given.
    """
    return pl.concat([batch async for batch in export_batches(resource, account, options, progress=progress)])


async def export_batches(
    resource: str,
    account: Account,
    options: ExportOptions | None = None,
    *,
    size: int = BATCH,
    progress: Progress = _QUIET,
) -> AsyncIterator[pl.DataFrame]:
    """A resource of the account, `size` rows in each frame, once all of it was read: no frame comes before that."""
    check_option("size", size)
    chosen = replace(options or ExportOptions(), plain=False, guard_formulas=False)
    with tempfile.TemporaryDirectory(prefix="bulk-") as place:
        path = Path(place) / "rows.csv"
        result = await export_file(resource, path, account, chosen, jobs=Path(place) / "jobs", progress=progress)
        result.raise_for_failures()
        batches = frames(path, size)
        while (batch := await anyio.to_thread.run_sync(next, batches, None)) is not None:
            yield batch


async def export_folder(
    folder: str | Path,
    account: Account,
    options: ExportOptions | None = None,
    *,
    jobs: str | Path = JOBS,
    progress: Progress = _QUIET,
) -> Result:
    """Export every resource of the account into a folder."""
    return await run_export_all(Path(folder), options or ExportOptions(), setting_of(account, jobs, progress))


async def resume(
    job: str | Path,
    account: Account,
    *,
    retry: bool = False,
    progress: Progress = _QUIET,
) -> Result:
    """Go on with an unfinished job, import or export, from its folder; `retry`: send again what failed in an import.

    Raises `UsageError` for another account than the job's. An import goes on with the file as it was checked.
    """
    path = job_at(job).path
    return await run_resume(path, setting_of(account, path.parent, progress), {}, retry=retry)


async def _checked(
    resource: str, source: Input, account: Account | None, options: ImportOptions, progress: Progress
) -> Findings:
    setting = setting_of(account or Account(), JOBS, progress)
    return await run_validation(known(resource), source, options, setting, offline=account is None)
