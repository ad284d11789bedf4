"""Undo: what an import or an applied plan has changed is put back, as far as nobody changed it since.

It is a job itself. Its lines are found in what the undone job has kept, written to `undo.csv`, shown and agreed to;
then each is carried out by the steps of imports, so it is resumed, retried, reported and undone as any job.
"""

# hub: a job's way in, from its folder to its reports
from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread

from bulk.access.account import Setting
from bulk.errors import NothingToUndoError, UsageError
from bulk.files.opening import OURS, open_source
from bulk.jobs.end_import import end_import
from bulk.jobs.import_job import Job
from bulk.jobs.options import ImportOptions, options_read
from bulk.jobs.run import worked
from bulk.jobs.summary import JobResult, Summary, told
from bulk.jobs.undo_plan import UNDO_CSV, Reversible, reversible_in
from bulk.jobs.undo_work import Undoing, work
from bulk.jobs.undone_before import check_not_undone
from bulk.model import RowStatus
from bulk.resources import named
from bulk.storage import facts
from bulk.storage.checkpoint import new_checkpoint, opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JOB, PLANNED, SUMMARY, JobFolder
from bulk.storage.job_folders import create_job
from bulk.storage.job_record import UNDO, JobRecord


async def start(undone: JobFolder, options: ImportOptions, setting: Setting, *, only_plan: bool = False) -> JobResult:
    """Undo a job; with `only_plan` say what that would do, and keep nothing of it.

    Raises `NothingToUndoError` for a job that has changed nothing, or whose changes were put back already,
    `UsageError` for one of which another job is to be undone instead, `DeclinedError` if it is not agreed to.
    """
    reversible = await _reversible(undone, setting)
    before = undone.record()
    folder = create_job(setting.jobs, setting.name, UNDO)
    access = setting.access
    record = JobRecord(
        UNDO,
        before.resource,
        asdict(options),
        access.place,
        access.connection,
        reversible.host,
        output=str(undone.path),
        named=access.named,
        key_from=access.key_from,
    )
    return await _begin(folder, record, options, setting, reversible, only_plan=only_plan)


async def _reversible(undone: JobFolder, setting: Setting) -> Reversible:
    """What there is to put back of a job; raises what `start` does where there is nothing."""
    before = undone.record()
    if before.kind == "export":
        raise UsageError("undo_of_export", job=undone.name)
    if before.kind == "plan" and undone.state == PLANNED:
        raise NothingToUndoError("undo_of_plan", job=undone.name)
    setting.access.check_same(before.place, before.connection)
    with undone.locked():
        reversible = await anyio.to_thread.run_sync(reversible_in, undone)
    await anyio.to_thread.run_sync(check_not_undone, undone, reversible.latest)
    if reversible.is_nothing:
        raise NothingToUndoError("undo_of_nothing", job=undone.name)
    return reversible


async def _begin(
    folder: JobFolder,
    record: JobRecord,
    options: ImportOptions,
    setting: Setting,
    reversible: Reversible,
    *,
    only_plan: bool,
) -> JobResult:
    """Say what there is to put back, ask, and do it. Of what is not agreed to nothing is left."""
    with folder.locked():  # first: what another has in hand is not thrown away
        try:
            for file in folder.path.glob(f"{CHECKPOINT}*"):  # of one that was cut off before it was agreed to
                file.unlink()
            with new_checkpoint(folder.file(CHECKPOINT), clock=setting.clock) as checkpoint:
                folder.write(record)
                undoing = Undoing(folder, options, checkpoint, setting, reversible, only_plan=only_plan)
                return await _run(undoing, record)
        finally:
            if only_plan or not (folder.file(SUMMARY).exists() or _begun(folder)):
                folder.discard()


async def go_on(folder: JobFolder, changes: dict[str, Any], setting: Setting, *, retry: bool = False) -> JobResult:
    """Resume an undo, or with `retry` try again what failed or is in doubt. `changes` are options anew.

    One that was cut off before it was agreed to begins anew, and asks.
    """
    record = folder.record()
    options = replace(options_read(ImportOptions, record.options, record.version), **changes)
    if not (folder.running or _begun(folder)):
        reversible = await _reversible(JobFolder(Path(record.output)), setting)
        return await _begin(folder, record, options, setting, reversible, only_plan=False)
    with folder.locked():
        setting.access.check_same(record.place, record.connection)
        if folder.is_done and (before := told(folder)) is not None:
            return before
        with opened_checkpoint(folder.file(CHECKPOINT), clock=setting.clock) as checkpoint:
            if not checkpoint.fact(facts.CONFIRMED):
                raise UsageError("undo_not_begun", job=folder.name)
            undoing = Undoing(folder, options, checkpoint, setting, resumed=True, retry=retry)
            return await _run(undoing, record)


def _begun(folder: JobFolder) -> bool:
    """Whether it was agreed to: from then on the undo can be resumed."""
    if not folder.file(JOB).exists():
        return False
    with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
        return checkpoint.fact(facts.CONFIRMED)


async def _run(undoing: Undoing, record: JobRecord) -> JobResult:
    folder, checkpoint = undoing.folder, undoing.checkpoint
    stopping, spent = await worked(folder, record, undoing.options, undoing.setting, checkpoint, partial(work, undoing))
    if undoing.plan is not None and stopping.error is None:
        lines = len(undoing.plan.lines)
        rows = {"read": lines, **{status.value: 0 for status in RowStatus}, RowStatus.UNPROCESSED.value: lines}
        undone = JobFolder(Path(record.output))
        return JobResult(undone, Summary(undone.name, PLANNED, rows, totals=spent), undo=undoing.plan)
    if checkpoint.fact(facts.CHECKED) is None or not checkpoint.fact(facts.CONFIRMED):
        raise stopping.error or UsageError("undo_not_begun", job=folder.name)
    source = await anyio.to_thread.run_sync(open_source, folder.file(UNDO_CSV), OURS)
    job = Job(folder, named("contacts"), undoing.options, source, checkpoint, undoing.setting)
    return await end_import(job, spent, stopping)
