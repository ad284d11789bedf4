"""Export of one resource, and resume of one: all pages into the checkpoint, then one file, whole or not at all.

The file is written at the end, each record once, and its records are counted against what the account said it holds.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from bulk.access.account import Setting
from bulk.errors import ReaderGoneError, UsageError
from bulk.jobs.export_job import Job
from bulk.jobs.export_stages import run_export
from bulk.jobs.options import ExportOptions, options_read
from bulk.jobs.summary import JobResult
from bulk.resources import find
from bulk.resources.spec import Resource
from bulk.storage.checkpoint import new_checkpoint, opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JOB, SUMMARY, JobFolder
from bulk.storage.job_folders import create_job
from bulk.storage.job_record import JobRecord


async def start(resource: Resource, output: Path | None, options: ExportOptions, setting: Setting) -> JobResult:
    """Export into a file; `output` None writes to standard output."""
    access = setting.access
    target = await anyio.to_thread.run_sync(_target, output)
    folder = create_job(setting.jobs, setting.name, "export")
    record = JobRecord(
        "export",
        resource.name,
        asdict(options),
        access.place,
        access.connection,
        output=target,
        named=access.named,
        key_from=access.key_from,
    )
    hopeless = False
    try:
        with folder.locked(), new_checkpoint(folder.file(CHECKPOINT), clock=setting.clock) as checkpoint:
            folder.write(record)
            job = Job(folder, resource, options, output, checkpoint, setting)
            return await run_export(job, record)
    except (ReaderGoneError, UsageError):
        hopeless = True  # who read has all that was wanted, or what was chosen is not there: no resume goes on with it
        raise
    finally:
        if not folder.file(SUMMARY).exists() and (hopeless or not _has_pages(folder)):
            folder.discard()


async def go_on(folder: JobFolder, changes: dict[str, Any], setting: Setting) -> JobResult:
    """Resume an export; `changes` are options given anew."""
    record = folder.record()
    resource = find(record.resource)
    if resource is None:
        raise UsageError("export_unknown_here", resource=record.resource)
    output = None if record.output == "-" else Path(record.output)
    options = replace(options_read(ExportOptions, record.options, record.version), **changes)
    with folder.locked():
        setting.access.check_same(record.place, record.connection)
        with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
            job = Job(folder, resource, options, output, checkpoint, setting, resumed=True)
            return await run_export(job, record)


def _target(output: Path | None) -> str:
    if output is None:
        return "-"
    if output.is_dir():
        raise UsageError("output_is_folder", folder=output, example=output / "contacts.csv")
    if not output.parent.is_dir():
        raise UsageError("output_folder_missing", folder=output.parent)
    return str(output.absolute())


def _has_pages(folder: JobFolder) -> bool:
    if not folder.file(JOB).exists():
        return False
    with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
        return bool(checkpoint.pages.ranges())
