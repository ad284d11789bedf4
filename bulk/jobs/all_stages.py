"""The stages of a job on a whole account: its parts, one after the other, and the end of them all."""

# hub: each kind of job on a whole account is named here once, with its end
from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio.to_thread

from bulk.access.account import Setting
from bulk.access.account_lock import AccountLock
from bulk.jobs.all_exports import Exports
from bulk.jobs.all_imports import Imports
from bulk.jobs.all_parts import Shared
from bulk.jobs.all_plans import Plans
from bulk.jobs.end_all import end_all
from bulk.jobs.end_all_plans import end_all_plans
from bulk.jobs.manifest import MANIFEST, account_of_manifest, write_manifest
from bulk.jobs.options import ExportOptions, ImportOptions, options_read
from bulk.jobs.projection import Projection
from bulk.jobs.run import worked
from bulk.jobs.summary import JobResult
from bulk.planning.projected import ImaginedIds
from bulk.resources.spec import Resource
from bulk.runtime.progress import OfParts
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage.job_folder import PLANNED, JobFolder
from bulk.storage.job_record import JobRecord

Parts = Sequence[tuple[Resource, Any]]  # each with the path that it is written to, or the file that it is read from
DoPart = Callable[[Shared, Resource, Any], Awaitable[JobResult]]


async def run_all(
    folder: JobFolder, record: JobRecord, parts: Parts, setting: Setting, *, retry: bool = False, applies: bool = False
) -> JobResult:
    """Do the parts one after the other; what came of them all. Raises the reason if not one was begun.

    A plan is made, or with `applies` carried out.
    """
    directory = Path(record.output)
    job_results: list[JobResult] = []
    ended = PLANNED if record.kind == "plan" and not applies else "finished"
    options: ExportOptions | ImportOptions
    if record.kind == "export":
        options = options_read(ExportOptions, record.options, record.version)
    else:
        options = options_read(ImportOptions, record.options, record.version)

    async def work(runner: Runner, account_lock: AccountLock, stopping: Stopping) -> None:
        progress = OfParts(setting.progress, len(parts))
        shared = Shared(folder, replace(setting, progress=progress), runner, stopping, account_lock)
        with ExitStack() as stack:
            do_part = _doing(folder, record, options, stack, retry=retry, applies=applies)
            for resource, file in parts:
                progress.begin(resource.name)
                job_results.append(await do_part(shared, resource, file))
                if stopping.error is not None:
                    break
            else:
                progress.end()

    stopping, spent = await worked(folder, record, options, setting, None, work)
    if stopping.error is not None and not job_results:
        raise stopping.error
    unfinished = len(job_results) < len(parts) or any(job_result.summary.state != ended for job_result in job_results)
    if record.kind == "export" and not unfinished:
        await anyio.to_thread.run_sync(write_manifest, directory, folder.record().account, job_results)
    if ended == PLANNED and not unfinished:
        await anyio.to_thread.run_sync(end_all_plans, folder, job_results)
    stopped = stopping if unfinished else None
    return end_all(folder, record, job_results, spent, stopped, setting.front_end)


def _doing(
    folder: JobFolder, record: JobRecord, options: ExportOptions | ImportOptions, stack: ExitStack, *, retry: bool,
    applies: bool,
) -> DoPart:  # fmt: skip
    """What does one part."""
    if isinstance(options, ExportOptions):
        return Exports(options)
    account = account_of_manifest(folder.file(MANIFEST))
    if record.kind == "import":
        return Imports(options, account, retry)
    projection = Projection(folder, ImaginedIds(record.parts), stack)
    return Imports(options, account, retry, projection) if applies else Plans(options, account, projection)
