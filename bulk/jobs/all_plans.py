"""One part of a plan of a whole account: the plan of one resource, over what the parts before it come to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import anyio
import anyio.to_thread

from bulk.errors import AbortedError, UnfinishedError, UsageError
from bulk.files.named_file import NamedFile
from bulk.jobs.all_files import taken_up
from bulk.jobs.all_ids import learn_planned_ids
from bulk.jobs.all_imports import enter
from bulk.jobs.all_parts import Shared, opened, part_of, runner_of
from bulk.jobs.end_plan import end_plan
from bulk.jobs.folder_files import file_name_of
from bulk.jobs.import_job import Job
from bulk.jobs.import_stages import import_rows
from bulk.jobs.options import ImportOptions
from bulk.jobs.projection import Projection
from bulk.jobs.summary import JobResult, told
from bulk.resources.spec import Resource
from bulk.storage.job_folder import CHECKPOINT, PLANNED, JobFolder


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans the parts of an import, each of the file that it is called with. Nothing is sent but questions."""

    options: ImportOptions
    account: str  # whose files they are, as the manifest says; "" if it does not
    projection: Projection

    async def __call__(self, shared: Shared, resource: Resource, file: NamedFile) -> JobResult:
        """Plan one resource, or give the plan of it that an earlier run has made to its end."""
        part = part_of(shared, resource)
        if not shared.account_lock.entered:
            await enter(shared, self.account)
        job_result = told(part, PLANNED) or await self._planned(shared, resource, part, file)
        if job_result.summary.state == PLANNED:
            ids = self.projection.ids
            await anyio.to_thread.run_sync(learn_planned_ids, shared, resource, part, ids)
        return job_result

    async def _planned(self, shared: Shared, resource: Resource, part: JobFolder, file: NamedFile) -> JobResult:
        options, source, record = await taken_up(shared, resource, part, file, self.options)
        for path in part.path.glob(f"{CHECKPOINT}*"):
            path.unlink()  # nothing was sent, and it is planned anew over what the parts before it come to
        with opened(part, math.inf, shared.setting.clock) as checkpoint:
            part.write(record)
            job = Job(
                part, resource, options, source, checkpoint, shared.setting, translations=shared.translations,
                only_plan=True, projection=self.projection,
            )  # fmt: skip
            runner, meter = runner_of(shared, checkpoint)
            try:
                await import_rows(job, runner, shared.account_lock, shared.stopping)
            except UsageError as refusal:  # what only the account could tell
                raise UsageError("part_refused_unsent", file=file_name_of(part), refusal=refusal) from refusal
            except (AbortedError, UnfinishedError) as raised:
                shared.stopping.stop(raised, leave=False)
            return await end_plan(job, meter.note(anyio.current_time()), shared.stopping)
