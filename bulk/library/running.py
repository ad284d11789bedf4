"""From what a caller gives to a job, with everything that can be set for it, to its result.

`Setting` is how a job runs: whose account, where it is kept, who is told, whether signals stop it, who is asked before
anything is deleted. Its account need not name a connection: the only active one is found here.
"""

# hub: how each job is begun for a program: the use cases, what they are given and what they give
from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio

from bulk.access.account import Account, Setting
from bulk.access.connections import connected
from bulk.jobs import all_resources, export, import_, undo, validate
from bulk.jobs.findings import Findings
from bulk.jobs.option_rules import check_export, check_import, check_rate
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.jobs.summary import JobResult
from bulk.library.choices import JOBS_DIR
from bulk.library.options import check_changes, check_option
from bulk.library.results import Result
from bulk.library.watching import Hooks, watched, without_keys
from bulk.resources import known
from bulk.resources.spec import Resource
from bulk.runtime.progress import Progress, Started
from bulk.storage.input_copy import Input
from bulk.storage.job_folder import JobFolder
from bulk.storage.job_record import UNDO

__all__ = [
    "ALL",
    "JOBS",
    "Setting",
    "is_all",
    "meant",
    "run_export",
    "run_export_all",
    "run_import",
    "run_import_all",
    "run_plan",
    "run_plan_all",
    "run_resume",
    "run_undo",
    "run_validation",
    "setting_of",
]  # fmt: skip
ALL: Final = all_resources.ALL
JOBS: Final = Path(JOBS_DIR)


def setting_of(account: Account, jobs: str | Path, progress: Progress, stop: anyio.Event | None = None) -> Setting:
    """How a job of a program runs that has nothing special in mind."""
    return Setting(account, Path(jobs), progress, stop=stop)


def is_all(resource: str) -> bool:
    """Whether a caller means every resource."""
    return resource.strip().lower() == ALL


def meant(resource: str) -> Resource | None:
    """The resource that a caller names; None for "all". Raises `UsageError` for an unknown one, with the nearest."""
    return None if is_all(resource) else known(resource)


async def run_validation(
    resource: Resource, source: Input, options: ImportOptions, setting: Setting, *, offline: bool
) -> Findings:
    """Check an input; `offline`: only what all accounts have in common."""
    check_import(resource, options, None if offline else setting.access)
    return await validate.validate(resource, source, options, await _connected(setting), offline=offline)


async def run_import(resource: Resource, source: Input, options: ImportOptions, setting: Setting) -> Result:
    """Import an input; None is standard input."""
    return await _begun("import", resource, options, setting, partial(import_.start, resource, source))


async def run_plan(resource: Resource, source: Input, options: ImportOptions, setting: Setting) -> Result:
    """Say what an import of an input would do. The result's job is a plan, if it was made to its end."""
    return await _begun("plan", resource, options, setting, partial(import_.start, resource, source, only_plan=True))


async def run_import_all(folder: Path, options: ImportOptions, setting: Setting) -> Result:
    """Import all files of a folder."""
    return await _begun("import", None, options, setting, partial(all_resources.import_all, folder))


async def run_plan_all(folder: Path, options: ImportOptions, setting: Setting) -> Result:
    """Say what an import of all files of a folder would do. The result's job is a plan, if it was made to its end."""
    return await _begun("plan", None, options, setting, partial(all_resources.import_all, folder, only_plan=True))


async def run_export(resource: Resource, path: Path | None, options: ExportOptions, setting: Setting) -> Result:
    """Export a resource to a file; None is standard output."""
    return await _begun("export", resource, options, setting, partial(export.start, resource, path))


async def run_export_all(folder: Path, options: ExportOptions, setting: Setting) -> Result:
    """Export every resource into a folder."""
    return await _begun("export", None, options, setting, partial(all_resources.export_all, folder))


Chosen = TypeVar("Chosen", ImportOptions, ExportOptions)


async def _begun(
    kind: str, resource: Resource | None, options: Chosen, setting: Setting,
    start: Callable[[Chosen, Setting], Awaitable[JobResult]],
) -> Result:  # fmt: skip
    """Begin a job once its options are checked, and tell whom they name how it ends."""
    if isinstance(options, ImportOptions):
        check_import(resource, options, setting.access)
    else:
        check_export(resource, options, setting.access)
    hooks = Hooks.of(asdict(options))
    stay = without_keys(options, setting.progress.say)

    async def work(setting: Setting) -> JobResult:
        return await start(stay, await _connected(setting))

    return await watched(Started("", kind, ALL if resource is None else resource.name), hooks, setting, work)


async def run_resume(
    job: Path, setting: Setting, changes: Mapping[str, Any], *, retry: bool = False, max_age: float | None = None
) -> Result:
    """Go on with a job of any kind, with the options that it had but for `changes`.

    The time limit of the run before does not hold for this one. With `max_age`, a plan is carried out that is at most
    so many seconds old; without, one is planned on.
    """
    check_changes(changes, setting.access)
    if max_age is not None:
        check_option("max_age", max_age)
    changed = {"max_duration": None, **changes}
    folder = JobFolder(job)
    record = folder.record()
    hooks = Hooks.of(changes) if "notify" in changes else Hooks(tuple(record.options.get("notify", ())))
    hooks = replace(hooks, metrics=changed.pop("metrics", record.options.get("metrics", "")))
    changed.pop("notify", None)

    async def work(setting: Setting) -> JobResult:
        ready = await _connected(setting)
        if record.kind == UNDO:
            return await undo.go_on(folder, changed, ready, retry=retry)
        if record.resource == ALL:
            return await all_resources.go_on(folder, changed, ready, retry=retry, max_age=max_age)
        if record.kind in ("import", "plan"):
            return await import_.go_on(folder, changed, ready, retry=retry, max_age=max_age)
        return await export.go_on(folder, changed, ready)

    about = Started(folder.name, record.kind, record.resource, resumed=True)
    return await watched(about, hooks, setting, work)


async def run_undo(job: Path, options: ImportOptions, setting: Setting, *, dry_run: bool = False) -> Result:
    """Put back what a job has changed, once whoever is asked agrees; `dry_run`: only say what that would be."""
    check_rate(options.rate, setting.access)
    undone, hooks = JobFolder(job), Hooks.of(asdict(options))
    stay = without_keys(options, setting.progress.say)

    async def work(setting: Setting) -> JobResult:
        return await undo.start(undone, stay, await _connected(setting), only_plan=dry_run)

    return await watched(Started("", UNDO, undone.record().resource), hooks, setting, work)


async def _connected(setting: Setting) -> Setting:
    """With the connection that its calls name. Raises `UsageError` if it is open which of several is meant."""
    return replace(setting, access=await connected(setting.access))
