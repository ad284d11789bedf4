"""Carrying a plan out: exactly what it says is sent, and what changed since is set aside."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import datetime
from typing import Final

import anyio.to_thread

from bulk.access.account import Setting
from bulk.errors import DeclinedError, UsageError
from bulk.jobs.end_plan import PLAN_JSON, made_at
from bulk.jobs.going import forgotten_by_plan, said_of_plan
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint, opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, PLANNED, SUMMARY, JobFolder
from bulk.wording import duration

DAY: Final = 24 * 3600.0  # seconds after which a plan is too old, if nothing else is said


async def applying(folder: JobFolder, checkpoint: Checkpoint, setting: Setting, max_age: float | None) -> bool:
    """Whether a plan is carried out from now on, or has been before; False if it is planned on.

    Raises `UsageError` for a plan that waits and is not to be carried out, that is not complete, or too old, and
    `DeclinedError` for one that deletes if that is not agreed to: it waits on.
    """
    if checkpoint.fact(facts.APPLYING):
        return True
    if not _may_begin(folder, setting, max_age, checkpoint.fact(facts.READ_AT)):
        return False
    await _agree(folder, setting)
    checkpoint.note(facts.APPLYING, True)
    await checkpoint.durable()
    folder.file(SUMMARY).unlink(missing_ok=True)  # it waits no more, even if we are cut off
    return True


async def applying_parts(folder: JobFolder, setting: Setting, max_age: float | None) -> bool:
    """The same of a plan of many parts, the first of which says whether it has begun."""
    first = next((folder.path / name / CHECKPOINT for name in folder.record().parts), None)
    with ExitStack() as stack:
        is_there = first is not None and first.is_file()
        checkpoint = stack.enter_context(opened_checkpoint(first, clock=setting.clock)) if first and is_there else None
        if checkpoint is not None and checkpoint.fact(facts.APPLYING):
            return True
        read_at = json.loads(folder.file(PLAN_JSON).read_text("utf-8"))["made_at"] if folder.state == PLANNED else ""
        if not _may_begin(folder, setting, max_age, read_at):
            return False
        await _agree(folder, setting)
        if checkpoint is not None:
            await begin_part(checkpoint)
    folder.file(SUMMARY).unlink(missing_ok=True)
    return True


async def begin_part(checkpoint: Checkpoint) -> None:
    """Begin to carry a part of a plan out; what it imagined of the account is forgotten, and read as it is by now."""
    if not checkpoint.fact(facts.APPLYING):
        checkpoint.forget_questions()
        checkpoint.note(facts.APPLYING, True)
        await checkpoint.durable()


async def _agree(folder: JobFolder, setting: Setting) -> None:
    """Ask, if a plan takes anything away, whether it is to be carried out."""
    plan = json.loads(folder.file(PLAN_JSON).read_text("utf-8"))
    takes_away, confirm = said_of_plan(plan), setting.confirm
    for line in forgotten_by_plan(plan):
        setting.progress.say(line)
    if not takes_away or confirm is None:
        return
    if not await anyio.to_thread.run_sync(confirm, f"This plan {takes_away}. Carry it out?"):
        raise DeclinedError("apply_declined", job=folder.name)


def _may_begin(folder: JobFolder, setting: Setting, max_age: float | None, read_at: str) -> bool:
    """Whether a plan may be carried out; it was made to its end if its folder says so, of what was `read_at` then."""
    complete = folder.state == PLANNED
    if max_age is None:
        if complete:
            raise UsageError("plan_waits", job=folder.name)
        return False
    if not complete:
        raise UsageError("plan_cut_off", job=folder.name)
    age = setting.clock() - datetime.fromisoformat(made_at(folder, read_at)).timestamp()
    if age > max_age:
        raise UsageError("plan_too_old", job=folder.name, age=duration(age))
    return True
