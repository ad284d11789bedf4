"""One part of a job on a whole account: the export or import of one resource, over what all parts share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from bulk.access.account import Setting
from bulk.access.account_lock import AccountLock
from bulk.errors import AbortedError, UnfinishedError, UsageError
from bulk.files.named_file import NamedFile
from bulk.files.opening import OURS, open_source
from bulk.jobs.all_files import prepared
from bulk.jobs.end_export import end_export
from bulk.jobs.end_import import end_import
from bulk.jobs.export_job import Job as ExportJob
from bulk.jobs.export_stages import export_records
from bulk.jobs.import_job import Job as ImportJob
from bulk.jobs.import_stages import import_rows
from bulk.jobs.manifest import LINKS
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.jobs.summary import JobResult, told
from bulk.planning.naming import read_identity
from bulk.planning.translate import Translations
from bulk.prefetch.contacts import STALE
from bulk.resources import RESOURCES
from bulk.resources.spec import Reading, Resource
from bulk.runtime.meter import Meter
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint, new_checkpoint, opened_checkpoint
from bulk.storage.database import is_made
from bulk.storage.job_folder import CHECKPOINT, SUCCEEDED, JobFolder
from bulk.storage.job_record import JobRecord


@dataclass(frozen=True, slots=True)
class Shared:
    """What the parts of one run share."""

    folder: JobFolder
    setting: Setting
    runner: Runner
    stopping: Stopping
    account_lock: AccountLock
    translations: Translations = field(default_factory=Translations)


@dataclass(frozen=True, slots=True)
class Exports:
    """Does the parts of an export, each into the file that it is called with."""

    options: ExportOptions

    async def __call__(self, shared: Shared, resource: Resource, path: Path) -> JobResult:
        """Export one resource, or give what came of it where that is done."""
        part = _part(shared, resource)
        before = told(part)
        if before is not None and await anyio.Path(path).exists():
            return before
        setting = shared.setting
        setting.progress.say(f"{resource.name} → {path.name}")
        resumed = is_made(part.file(CHECKPOINT))
        with _opened(part, float("inf"), setting.clock) as checkpoint:
            links = LINKS if resource.reading is Reading.KEYSET else ()
            job = ExportJob(part, resource, self.options, path, checkpoint, setting, resumed, links)
            access = setting.access
            part.write(
                JobRecord(
                    "export", resource.name, asdict(self.options), access.place, access.connection, output=str(path)
                )
            )
            runner, meter = _runner(shared, checkpoint)
            try:
                await export_records(job, runner, shared.account_lock, shared.stopping)
            except (AbortedError, UnfinishedError) as raised:
                shared.stopping.stop(raised, leave=False)
            error = shared.stopping.error if checkpoint.fact(facts.WRITTEN) is None else None
            return await end_export(job, meter.note(anyio.current_time()), error)


@dataclass(frozen=True, slots=True)
class Imports:
    """Does the parts of an import, each from the file that it is called with; None: nothing is left to send."""

    options: ImportOptions
    account: str  # whose files they are, as the manifest says; "" if it does not
    retry: bool = False

    async def __call__(self, shared: Shared, resource: Resource, file: NamedFile | None) -> JobResult:
        """Import one resource, or give what came of it where nothing is left to send."""
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
        with _opened(part, STALE, setting.clock) as checkpoint:
            part.write(record)
            job = ImportJob(
                part, resource, options, source, checkpoint, setting, resumed, self.retry and resumed,
                shared.translations,
            )  # fmt: skip
            runner, meter = _runner(shared, checkpoint)
            shared.stopping.drained = False
            try:
                await import_rows(job, runner, shared.account_lock, shared.stopping)
            except UsageError as raised:  # what only the account could tell, when other parts were sent already
                shared.stopping.stop(AbortedError("part_refused", file=name, refusal=raised), leave=False)
            except (AbortedError, UnfinishedError) as raised:
                shared.stopping.stop(raised, leave=False)
            job_result = await end_import(job, meter.note(anyio.current_time()), shared.stopping)
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


def _part(shared: Shared, resource: Resource) -> JobFolder:
    return JobFolder.within(shared.folder, resource.name)


def _opened(part: JobFolder, stale: float, clock: Callable[[], float]) -> Any:
    path = part.file(CHECKPOINT)
    if is_made(path):
        return opened_checkpoint(path, stale=stale, clock=clock)
    for file in part.path.glob(f"{CHECKPOINT}*"):
        file.unlink()  # nothing stands in it: nothing was sent
    return new_checkpoint(path, clock=clock)


def _runner(shared: Shared, checkpoint: Checkpoint) -> tuple[Runner, Meter]:
    runner = shared.runner.writing_to(checkpoint)
    shared.stopping.follow(runner)
    runner.meter = Meter(runner.dispatch, anyio.current_time(), checkpoint)
    return runner, runner.meter
