"""One part of an import of a whole account: the import of one resource, over what all parts share."""

# hub: a part's way in, from its file to its reports, as `import_` is of a job
from __future__ import annotations

from dataclasses import dataclass

import anyio
import anyio.to_thread

from bulk.errors import AbortedError, UnfinishedError, UsageError
from bulk.files.named_file import NamedFile
from bulk.jobs.all_files import taken_up
from bulk.jobs.all_ids import know_ids, learn_ids
from bulk.jobs.all_parts import Shared, is_begun, opened, part_of, runner_of
from bulk.jobs.apply import begin_part
from bulk.jobs.end_import import end_import
from bulk.jobs.folder_files import file_name_of
from bulk.jobs.import_job import Job
from bulk.jobs.import_stages import import_rows
from bulk.jobs.options import ImportOptions
from bulk.jobs.projection import Projection
from bulk.jobs.summary import JobResult, told
from bulk.planning.naming import read_identity
from bulk.prefetch.contacts import STALE
from bulk.resources.spec import Resource
from bulk.storage import facts
from bulk.storage.job_folder import PLANNED


@dataclass(frozen=True, slots=True)
class Imports:
    """Does the parts of an import, each from the file that it is called with; None: nothing is left to send."""

    options: ImportOptions
    account: str  # whose files they are, as the manifest says; "" if it does not
    retry: bool = False
    projection: Projection | None = None  # of the plan that is carried out, None if it is none

    async def __call__(self, shared: Shared, resource: Resource, file: NamedFile | None) -> JobResult:
        """Import one resource, or give what came of it where nothing is left to send."""
        part = part_of(shared, resource)
        if not shared.account_lock.entered:
            shared.account_lock.makes = True
            await enter(shared, self.account)
        before = told(part)
        if before is not None and file is None:
            await anyio.to_thread.run_sync(learn_ids, shared, resource, part)
            return before
        name = file_name_of(part)
        if part.state == "stopped" or file is None:
            raise AbortedError("part_rows_invalid", file=name)
        nothing_planned = part.state == PLANNED and not (part.summary() or {}).get("rows", {}).get("unprocessed")
        resumed = is_begun(part)
        with opened(part, STALE, shared.setting.clock) as checkpoint:
            noted = checkpoint.fact(facts.UNDERSTOOD)
            options, source, record = await taken_up(shared, resource, part, file, self.options, noted)
            part.write(record)
            if self.projection is not None:
                await begin_part(checkpoint)
            job = Job(
                part, resource, options, source, checkpoint, shared.setting, resumed, self.retry and resumed,
                shared.translations, applies=self.projection is not None, projection=self.projection,
            )  # fmt: skip
            runner, meter = runner_of(shared, checkpoint)
            shared.stopping.drained = False
            try:
                if not nothing_planned:
                    await import_rows(job, runner, shared.account_lock, shared.stopping)
            except UsageError as raised:  # what only the account could tell, when other parts were sent already
                shared.stopping.stop(AbortedError("part_refused", file=name, refusal=raised), leave=False)
            except (AbortedError, UnfinishedError) as raised:
                shared.stopping.stop(raised, leave=False)
            job_result = await end_import(job, meter.note(anyio.current_time()), shared.stopping)
        await anyio.to_thread.run_sync(learn_ids, shared, resource, part)
        return job_result


async def enter(shared: Shared, account: str) -> None:
    """Learn whose account it is. Another one's ids of what is not imported, of users too, mean nothing in it."""
    shared.stopping.follow(shared.runner)
    host = await shared.runner.ask(read_identity())
    if host:
        shared.setting.progress.say(f"Account: {host}")
    await shared.account_lock.enter_to_make(host, shared.setting.progress.say)
    know_ids(shared, account)
