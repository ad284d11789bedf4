"""The stages of a job on a whole account: its parts, one after the other, and the end of them all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread

from bulk.access.account import Setting
from bulk.access.account_lock import AccountLock
from bulk.jobs.all_exports import Exports
from bulk.jobs.all_imports import Imports
from bulk.jobs.all_parts import Shared
from bulk.jobs.end_all import end_all
from bulk.jobs.manifest import MANIFEST, account_of_manifest, write_manifest
from bulk.jobs.options import ExportOptions, ImportOptions, options_read
from bulk.jobs.run import worked
from bulk.jobs.summary import JobResult
from bulk.resources.spec import Resource
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage.job_folder import JobFolder
from bulk.storage.job_record import JobRecord

Parts = Sequence[tuple[Resource, Any]]  # each with the path that it is written to, or the file that it is read from
DoPart = Callable[[Shared, Resource, Any], Awaitable[JobResult]]


async def run_all(
    folder: JobFolder, record: JobRecord, parts: Parts, setting: Setting, *, retry: bool = False
) -> JobResult:
    """Do the parts one after the other; what came of them all. Raises the reason if not one was begun."""
    directory = Path(record.output)
    job_results: list[JobResult] = []
    options: ExportOptions | ImportOptions
    if record.kind == "export":
        options = options_read(ExportOptions, record.options, record.version)
        do_part: DoPart = Exports(options)
    else:
        options = options_read(ImportOptions, record.options, record.version)
        do_part = Imports(options, account_of_manifest(folder.file(MANIFEST)), retry=retry)

    async def work(runner: Runner, account_lock: AccountLock, stopping: Stopping) -> None:
        shared = Shared(folder, setting, runner, stopping, account_lock)
        for resource, file in parts:
            job_results.append(await do_part(shared, resource, file))
            if stopping.error is not None:
                break

    stopping, spent = await worked(folder, record, options, setting, None, work)
    if stopping.error is not None and not job_results:
        raise stopping.error
    unfinished = len(job_results) < len(parts) or any(
        job_result.summary.state != "finished" for job_result in job_results
    )
    if record.kind == "export" and not unfinished:
        await anyio.to_thread.run_sync(write_manifest, directory, folder.record().account, job_results)
    stopped = stopping if unfinished else None
    return end_all(folder, record, job_results, spent, stopped, setting.front_end)
