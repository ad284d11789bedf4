"""A whole account as a folder of CSVs: `export all` and `import all`, one job of many parts.

Each part is an import or export of one resource, with its own checkpoint and reports in a folder of the job's folder.
They run one after the other, since the later name what the earlier made, over one connection and one pace. What ids
meant where the files come from is told by what became of the rows that had them, so that no name has to be looked up.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from bulk import __version__
from bulk.access.account import Setting
from bulk.access.account_lock import AccountLock
from bulk.errors import AbortedError, UnfinishedError, UsageError
from bulk.files.named_file import NamedFile
from bulk.files.opening import OURS, open_source
from bulk.jobs import export, import_
from bulk.jobs.all_files import MANIFEST, exported, file_of, parts_again, parts_in, prepared, take_parts
from bulk.jobs.import_job import Job as ImportJob
from bulk.jobs.options import ExportOptions, ImportOptions, options_read
from bulk.jobs.run import worked
from bulk.jobs.summary import JobResult, Summary, told, told_of
from bulk.planning.naming import read_identity
from bulk.planning.translate import Translations
from bulk.prefetch.contacts import STALE
from bulk.resources import RESOURCES, named
from bulk.resources.spec import Reading, Resource
from bulk.runtime.meter import Meter, Totals
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint, new_checkpoint, opened_checkpoint
from bulk.storage.database import is_made
from bulk.storage.job_folder import (
    CHECKPOINT,
    SUCCEEDED,
    SUMMARY,
    JobFolder,
    JobRecord,
    account_of_manifest,
    sha256_of,
)  # fmt: skip
from bulk.wording import FrontEnd

ALL: Final = "all"
LINKS: Final = tuple(resource for resource in RESOURCES if resource.reading is Reading.CONTACTS)


@dataclass(frozen=True, slots=True)
class Shared:
    """What the parts of one run share."""

    folder: JobFolder
    setting: Setting
    runner: Runner
    stopping: Stopping
    account_lock: AccountLock
    translations: Translations = field(default_factory=Translations)


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
        do_part: DoPart = _Exports(options)
    else:
        options = options_read(ImportOptions, record.options, record.version)
        do_part = _Imports(options, account_of_manifest(folder.file(MANIFEST)), retry=retry)

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
        await anyio.to_thread.run_sync(_write_manifest, directory, folder.record().account, job_results)
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


# ---- one part


def _part(shared: Shared, resource: Resource) -> JobFolder:
    return JobFolder.within(shared.folder, resource.name)


def _opened(part: JobFolder, stale: float) -> Any:
    path = part.file(CHECKPOINT)
    if is_made(path):
        return opened_checkpoint(path, stale=stale)
    for file in part.path.glob(f"{CHECKPOINT}*"):
        file.unlink()  # nothing stands in it: nothing was sent
    return new_checkpoint(path)


@dataclass(frozen=True, slots=True)
class _Exports:
    options: ExportOptions

    async def __call__(self, shared: Shared, resource: Resource, path: Path) -> JobResult:
        part = _part(shared, resource)
        before = told(part)
        if before is not None and await anyio.Path(path).exists():
            return before
        setting = shared.setting
        setting.progress.say(f"{resource.name} → {path.name}")
        resumed = is_made(part.file(CHECKPOINT))
        with _opened(part, stale=float("inf")) as checkpoint:
            links = LINKS if resource.reading is Reading.KEYSET else ()
            job = export.Job(part, resource, self.options, path, checkpoint, setting, resumed, links)
            access = setting.access
            part.write(
                JobRecord(
                    "export", resource.name, asdict(self.options), access.place, access.connection, output=str(path)
                )
            )
            runner, meter = _runner(shared, checkpoint)
            try:
                await export.work(job, runner, shared.account_lock, shared.stopping)
            except (AbortedError, UnfinishedError) as raised:
                shared.stopping.stop(raised, leave=False)
            error = shared.stopping.error if checkpoint.fact(facts.WRITTEN) is None else None
            return await export.end(job, meter.note(anyio.current_time()), error)


@dataclass(frozen=True, slots=True)
class _Imports:
    options: ImportOptions
    account: str  # whose files they are, as the manifest says; "" if it does not
    retry: bool = False

    async def __call__(self, shared: Shared, resource: Resource, file: NamedFile | None) -> JobResult:
        part = _part(shared, resource)
        if not shared.account_lock.entered:
            await self._enter(shared)
        before = told(part)
        if before is not None and file is None:
            await anyio.to_thread.run_sync(self._learn, shared, resource, part)
            return before
        name = f"{resource.name}.csv"
        if part.state == "stopped" or file is None:
            raise AbortedError("part_rows_invalid", file=name)
        setting, access = shared.setting, shared.setting.access
        resumed = is_made(part.file(CHECKPOINT))
        options, source = await anyio.to_thread.run_sync(prepared, resource, file, self.options)
        record = JobRecord(
            "import", resource.name, asdict(options), access.place, access.connection, input=part.record().input,
            created=shared.folder.record().created,  # the moment of what was decided is that of the whole job
        )  # fmt: skip
        setting.progress.say(f"{name}: {source.describe()}")
        with _opened(part, stale=STALE) as checkpoint:
            part.write(record)
            job = ImportJob(
                part, resource, options, source, checkpoint, setting, resumed, self.retry and resumed,
                shared.translations,
            )  # fmt: skip
            runner, meter = _runner(shared, checkpoint)
            shared.stopping.drained = False
            try:
                await import_.work(job, runner, shared.account_lock, shared.stopping)
            except UsageError as raised:  # what only the account could tell, when other parts were sent already
                shared.stopping.stop(AbortedError("part_refused", file=name, refusal=raised), leave=False)
            except (AbortedError, UnfinishedError) as raised:
                shared.stopping.stop(raised, leave=False)
            job_result = await import_.end(job, meter.note(anyio.current_time()), shared.stopping)
        await anyio.to_thread.run_sync(self._learn, shared, resource, part)
        return job_result

    async def _enter(self, shared: Shared) -> None:
        """Learn whose account it is. Another one's ids of what is not imported, of users too, mean nothing in it."""
        shared.stopping.follow(shared.runner)
        host = await shared.runner.ask(read_identity())
        if host:
            shared.setting.progress.say(f"Account: {host}")
        shared.account_lock.enter(host)
        record = shared.folder.record()
        shared.translations.own = self.account == record.account != ""
        if self.account not in ("", record.account):
            for resource in RESOURCES:
                if resource.name not in record.parts:
                    shared.translations.of(resource.name)

    def _learn(self, shared: Shared, resource: Resource, part: JobFolder) -> None:
        """Note what became of each id, for the parts that come after."""
        if not part.file(SUCCEEDED).exists():
            shared.translations.of(resource.name)
            return
        report = open_source(part.file(SUCCEEDED), OURS)
        if "id" not in report.header:
            return  # nothing says what its ids were, so they are not taken for any
        was, became = report.header.index("id"), report.header.index("_id")
        pairs = ((record.cells[was], record.cells[became]) for record in report.records())
        own = shared.translations.own  # then most stay what they are
        shared.translations.of(resource.name).update(
            (old, new) for old, new in pairs if old and new and (not own or old != new)
        )


def _runner(shared: Shared, checkpoint: Checkpoint) -> tuple[Runner, Meter]:
    runner = shared.runner.writing_to(checkpoint)
    shared.stopping.follow(runner)
    runner.meter = Meter(runner.dispatch, anyio.current_time(), checkpoint)
    return runner, runner.meter


# ---- the manifest


def _write_manifest(directory: Path, account: str, job_results: list[JobResult]) -> None:
    """Say beside the files whose they are, and how many rows each has."""
    files: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for job_result in job_results:
        names: dict[str, int | None] = {job_result.folder.name: job_result.summary.rows["succeeded"]}
        if named(job_result.folder.name).reading is Reading.KEYSET:
            with opened_checkpoint(job_result.folder.file(CHECKPOINT)) as checkpoint:
                names |= {link.name: checkpoint.fact(facts.ROWS_OF_LINK.of(link.name)) for link in LINKS}
        left_out |= job_result.summary.left_out
        for name in job_result.summary.left_out:
            names.pop(name, None)
        for name, rows in names.items():
            path = directory / f"{name}.csv"
            files[name] = {"file": path.name, "rows": rows, "sha256": sha256_of(path)}
    data = {
        "account": account, "created": datetime.now(UTC).isoformat(timespec="seconds"), "version": __version__,
        "resources": files,
    }  # fmt: skip
    data |= {"left_out": left_out} if left_out else {}
    part = directory / f".{MANIFEST}.part"
    part.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    part.replace(directory / MANIFEST)
