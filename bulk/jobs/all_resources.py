"""A whole account as a folder of CSVs: `export all` and `import all`, one job of many parts.

Each part is an import or export of one resource, with its own checkpoint and reports in a folder of the job's folder.
They run one after the other, since the later name what the earlier made, over one connection and one pace. What ids
meant where the files come from is told by what became of the rows that had them, so that no name has to be looked up.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from bulk.access.account import Setting
from bulk.errors import UsageError
from bulk.jobs.all_files import exported, file_of, parts_again, parts_in, take_parts
from bulk.jobs.all_stages import Parts, run_all
from bulk.jobs.apply import applying_parts
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.jobs.summary import JobResult, told
from bulk.resources import named
from bulk.storage.job_folder import CHECKPOINT, SUMMARY, JobFolder
from bulk.storage.job_folders import create_job
from bulk.storage.job_record import JobRecord

ALL: Final = "all"


async def export_all(directory: Path, options: ExportOptions, setting: Setting) -> JobResult:
    """Export every resource into a folder, which is made if it is not there."""
    await anyio.to_thread.run_sync(_make, directory)
    return await _begin("export", directory, options, setting)


async def import_all(
    directory: Path, options: ImportOptions, setting: Setting, *, only_plan: bool = False
) -> JobResult:
    """Import every file of a folder that can be imported, or with `only_plan` say what that would do.

    Raises `UsageError` if there is none.
    """
    if not parts_in(directory):
        raise UsageError("folder_without_files", folder=directory)
    return await _begin("plan" if only_plan else "import", directory, options, setting)


def _make(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("folder_not_made", folder=directory, reason=error.strerror) from error


async def go_on(
    folder: JobFolder, changes: dict[str, Any], setting: Setting, *, retry: bool = False, max_age: float | None = None
) -> JobResult:
    """Resume a job of many parts, or with `retry` send again what failed in each.

    An import that has nothing left to send ends as it did before. With `max_age`, a plan that is at most so many
    seconds old is carried out; without, one is planned on.
    """
    record = folder.record()
    setting.access.check_same(record.place, record.connection)
    if max_age is not None and record.kind != "plan":
        raise UsageError("no_plan", job=folder.name)
    if record.kind != "export" and folder.is_done and (before := told(folder)) is not None:
        return before
    record = replace(record, options=record.options | changes)
    with folder.locked():
        applies = record.kind == "plan" and await applying_parts(folder, setting, max_age)
        parts: Parts
        if record.kind == "export":
            parts = [(named(name), file_of(Path(record.output), named(name))) for name in record.parts]
        else:
            parts = await parts_again(folder, record, setting, retry=retry)
        return await run_all(folder, record, parts, setting, retry=retry, applies=applies)


async def _begin(kind: str, directory: Path, options: ExportOptions | ImportOptions, setting: Setting) -> JobResult:
    access = setting.access
    folder = create_job(setting.jobs, setting.name, f"{kind}-{ALL}")
    place = str(await anyio.Path(directory).absolute())
    with folder.locked():  # to its very end: what another has in hand is not thrown away
        try:
            parts: Parts
            if isinstance(options, ExportOptions):
                parts = [(resource, file_of(directory, resource)) for resource in exported()]
            else:
                parts = await take_parts(folder, directory, options, setting, kind)
            record = JobRecord(
                kind, ALL, asdict(options), access.place, access.connection, output=place,
                named=access.named, key_from=access.key_from,
                parts=tuple(resource.name for resource, _file in parts),
            )  # fmt: skip
            folder.write(record)
            return await run_all(folder, record, parts, setting)
        except UsageError:
            if kind == "plan":  # nothing was sent, and nothing of it can be gone on with
                folder.discard()
            raise
        finally:
            if not folder.file(SUMMARY).exists() and not any(folder.path.glob(f"*/{CHECKPOINT}")):
                folder.discard()
