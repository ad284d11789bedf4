"""One part of an export of a whole account: the export of one resource, over what all parts share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import anyio

from bulk.errors import AbortedError, UnfinishedError
from bulk.jobs.all_parts import Shared, is_begun, opened, part_of, runner_of
from bulk.jobs.end_export import end_export
from bulk.jobs.export_job import Job
from bulk.jobs.export_stages import export_records
from bulk.jobs.manifest import LINKS
from bulk.jobs.options import ExportOptions
from bulk.jobs.summary import JobResult, told
from bulk.resources.spec import Reading, Resource
from bulk.storage import facts
from bulk.storage.job_record import JobRecord


@dataclass(frozen=True, slots=True)
class Exports:
    """Does the parts of an export, each into the file that it is called with."""

    options: ExportOptions

    async def __call__(self, shared: Shared, resource: Resource, path: Path) -> JobResult:
        """Export one resource, or give what came of it where that is done."""
        part = part_of(shared, resource)
        before = told(part)
        if before is not None and await anyio.Path(path).exists():
            return before
        setting = shared.setting
        setting.progress.say(f"{resource.name} → {path.name}")
        resumed = is_begun(part)
        with opened(part, float("inf"), setting.clock) as checkpoint:
            links = LINKS if resource.reading is Reading.KEYSET else ()
            job = Job(part, resource, self.options, path, checkpoint, setting, resumed, links)
            access = setting.access
            part.write(
                JobRecord(
                    "export",
                    resource.name,
                    asdict(self.options),
                    access.place,
                    access.connection,
                    output=str(path),
                    named=access.named,
                    key_from=access.key_from,
                )
            )
            runner, meter = runner_of(shared, checkpoint)
            try:
                await export_records(job, runner, shared.account_lock, shared.stopping)
            except (AbortedError, UnfinishedError) as raised:
                shared.stopping.stop(raised, leave=False)
            error = shared.stopping.error if checkpoint.fact(facts.WRITTEN) is None else None
            return await end_export(job, meter.note(anyio.current_time()), error)
