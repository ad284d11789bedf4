"""Undoing the jobs of a world, and what its account holds before and after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bulk.jobs import undo
from bulk.jobs.options import ImportOptions
from bulk.jobs.summary import JobResult
from bulk.storage.job_folder import JobFolder
from tests.virtual import run
from tests.world import World


def kept(world: World, name: str) -> JobFolder:
    """The job at hand under another name, so that the next can be made."""
    folder = world.folder / "jobs" / name
    world.job.path.rename(folder)
    return JobFolder(folder)


def undone(world: World, job: JobFolder, *, only_plan: bool = False) -> JobResult:
    """Undo a job."""

    async def start() -> JobResult:
        return await undo.start(job, ImportOptions(rate=0), world.setting, only_plan=only_plan)

    return run(start)


def gone_on(world: World, *, retry: bool = False) -> JobResult:
    """Go on with the undo at hand."""

    async def go_on() -> JobResult:
        return await undo.go_on(world.job, {}, replace(world.setting, confirm=None), retry=retry)

    return run(go_on)


def people(world: World) -> dict[str, Any]:
    """The account's contacts by address, with what they have; who is unsubscribed counts as on no list."""
    account = world.account()
    for person in account["contacts"].values():
        person["lists"] = {name: status for name, status in person["lists"].items() if status != "2"}
    return account
