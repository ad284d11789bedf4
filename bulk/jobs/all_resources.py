"""A whole account as a folder of CSVs: `export all` and `import all`, one job of many parts.

Each part is an import or export of one resource, with its own checkpoint and reports in a folder of the job's folder.
They run one after the other, since the later name what the earlier made, over one connection and one pace. What ids
meant where the files come from is told by what became of the rows that had them, so that no name has to be looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from bulk.access.account import Setting
from bulk.access.account_lock import AccountLock
from bulk.errors import UsageError
from bulk.jobs.all_files import exported, file_of, parts_again, parts_in, take_parts
from bulk.jobs.all_parts import Exports, Imports, Shared
from bulk.jobs.manifest import MANIFEST, account_of_manifest, write_manifest
from bulk.jobs.options import ExportOptions, ImportOptions, options_read
from bulk.jobs.run import worked
from bulk.jobs.summary import JobResult, Summary, told, told_of
from bulk.resources import named
from bulk.resources.spec import Resource
from bulk.runtime.meter import Totals
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage.job_folder import CHECKPOINT, SUMMARY, JobFolder
from bulk.storage.job_record import JobRecord
from bulk.wording import FrontEnd

ALL: Final = "all"
Parts = Sequence[tuple[Resource, Any]]  # each with the path that it is written to, or the file that it is read from
DoPart = Callable[[Shared, Resource, Any], Awaitable[JobResult]]


# ---- the ways in


async def export_all(directory: Path, options: ExportOptions, setting: Setting) -> JobResult:
    """Export every resource into a folder, which is made if it is not there."""
    await anyio.to_thread.run_sync(_make, directory)
    return await _begin("export", directory, options, setting)


async def import_all(directory: Path, options: ImportOptions, setting: Setting) -> JobResult:
    """Import every file of a folder that can be imported. Raises `UsageError` if there is none."""
    if not parts_in(directory):
        raise UsageError("folder_without_files", folder=directory)
    return await _begin("import", directory, options, setting)


def _make(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("folder_not_made", folder=directory, reason=error.strerror) from error


async def go_on(folder: JobFolder, changes: dict[str, Any], setting: Setting, *, retry: bool = False) -> JobResult:
    """Resume a job of many parts, or with `retry` send again what failed in each.

    An import that has nothing left to send ends as it did before.
    """
    record = folder.record()
    setting.access.check_same(record.place, record.connection)
    if record.kind == "import" and folder.is_done and (before := told(folder)) is not None:
        return before
    record = replace(record, options=record.options | changes)
    with folder.locked():
        parts: Parts
        if record.kind == "export":
            parts = [(named(name), file_of(Path(record.output), named(name))) for name in record.parts]
        else:
            parts = await parts_again(folder, record, setting, retry=retry)
        return await _run(folder, record, parts, setting, retry=retry)


async def _begin(kind: str, directory: Path, options: ExportOptions | ImportOptions, setting: Setting) -> JobResult:
    access = setting.access
    folder = JobFolder.create(setting.jobs, setting.name, f"{kind}-{ALL}")
    place = str(await anyio.Path(directory).absolute())
    try:
        with folder.locked():
            parts: Parts
            if isinstance(options, ExportOptions):
                parts = [(resource, file_of(directory, resource)) for resource in exported()]
            else:
                parts = await take_parts(folder, directory, options, setting)
            record = JobRecord(
                kind, ALL, asdict(options), access.place, access.connection, output=place,
                parts=tuple(resource.name for resource, _file in parts),
            )  # fmt: skip
            folder.write(record)
            return await _run(folder, record, parts, setting)
    finally:
        if not folder.file(SUMMARY).exists() and not any(folder.path.glob(f"*/{CHECKPOINT}")):
            folder.discard()


# ---- the one way through


async def _run(
    folder: JobFolder, record: JobRecord, parts: Parts, setting: Setting, *, retry: bool = False
) -> JobResult:
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
    return _end(folder, record, job_results, spent, stopped, setting.front_end)


def _end(
    folder: JobFolder, record: JobRecord, job_results: list[JobResult], spent: Totals, stopped: Stopping | None,
    front_end: FrontEnd,
) -> JobResult:  # fmt: skip
    rows: Counter[str] = Counter()
    actions: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for job_result in job_results:
        rows.update(job_result.summary.rows)
        actions.update(job_result.summary.actions)
        codes.update(job_result.summary.codes)
    before = folder.summary() or {}
    parts = [job_result.summary.totals for job_result in job_results]
    totals = Totals(  # a run that was killed has left no sums of the whole, but its parts' checkpoints have theirs
        max(before.get("requests", 0) + spent.requests, sum(part.requests for part in parts)),
        max(before.get("retries", 0) + spent.retries, sum(part.retries for part in parts)),
        max(before.get("seconds", 0.0) + spent.seconds, sum(part.seconds for part in parts)),
    )
    error = stopped.error if stopped else None
    state = "unfinished" if stopped else "finished"
    if any(job_result.summary.state == "stopped" for job_result in job_results):
        state = "stopped"
    reasons = [e.summary.reason for e in job_results if e.summary.reason]
    summary = Summary(
        folder.name, state, dict(rows), dict(actions), dict(codes), totals,
        told_of(error, front_end) or " ".join(reasons),
        record.output if record.kind == "export" else "",
        parts={e.folder.name: e.summary.rows for e in job_results},
        left_out={name: why for e in job_results for name, why in e.summary.left_out.items()},
    )  # fmt: skip
    folder.write_json(SUMMARY, summary.to_json())
    return JobResult(folder, summary, error, tuple(path for job_result in job_results for path in job_result.kept))
