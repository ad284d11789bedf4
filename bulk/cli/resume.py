"""`bulk resume` and `bulk retry`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk.cli import display, display_plan, options
from bulk.cli.running import run_job
from bulk.errors import UsageError
from bulk.wording import FrontEnd

if TYPE_CHECKING:
    from bulk.jobs.summary import JobResult
    from bulk.storage.job_folder import JobFolder
    from bulk.storage.job_record import JobRecord


@click.command("resume")
@click.argument("job", required=False)
@options.pace
@options.max_errors
@options.yes
@options.jobs_dir
@options.telling
def resume_command(job: str | None, **chosen: Any) -> int:
    """Go on with an unfinished JOB (default: the newest), import or export.

    It keeps its options; what is done is not done again.
    """
    return gone_on(job, chosen)


@click.command("retry")
@click.argument("job", required=False)
@options.pace
@options.max_errors
@options.yes
@options.jobs_dir
@options.telling
def retry_command(job: str | None, **chosen: Any) -> int:
    """Send again the rows of JOB (default: the newest) that failed or are in doubt.

    Of these rows only the missing steps. Rows that the checks rejected stay as
    they are: fix them in failed.csv and import that file.
    """
    return gone_on(job, chosen, retry=True)


def gone_on(name: str | None, chosen: dict[str, Any], *, retry: bool = False, applies: bool = False) -> int:
    """Go on with a job, retry it, or carry out a plan; the exit code."""
    from bulk.access.account import Setting  # noqa: PLC0415
    from bulk.jobs import all_resources, export, import_  # noqa: PLC0415 - heavy, not for --help
    from bulk.jobs.option_rules import check_rate  # noqa: PLC0415
    from bulk.storage.job_folder import JobFolder  # noqa: PLC0415

    jobs = options.jobs_folder(chosen["jobs_dir"])
    if not applies and (done := _done(jobs, name, retry=retry)):
        display.show_done(done, as_json=chosen["as_json"])
        return 0
    if not applies and (rejected := _rejected(jobs, name, retry=retry)):
        display.show_rejected(rejected)
        return 1
    folder = JobFolder.find(jobs, name, retry=retry)
    record, place = folder.record(), folder.path.parent
    imports = record.kind in ("import", "plan")
    if applies and record.kind != "plan":
        raise UsageError("no_plan", job=folder.name)
    if not applies:
        _check_state(folder, record, retry=retry)
    access = options.account_of(record.place, record.connection)
    if chosen["rate"] is not None:
        check_rate(chosen["rate"], access)
    names = ("rate", "concurrency", "max_duration") + (("max_errors",) if imports else ())
    changes = {key: chosen[key] for key in names if chosen[key] is not None}
    # the time limit of the run before does not hold for this one
    changes.setdefault("max_duration", None)
    progress = display.progress_for(quiet=chosen["quiet"])
    file = record.input.path if record.input else record.output
    what = "Carrying out" if applies else "Going on with"
    progress.say(f"{what} {folder.name}: {record.kind} {record.resource}, {file}")
    agreed = applies or chosen["yes"] or record.options.get("yes")
    confirm = None if agreed else options.ask  # if it was not agreed to before
    setting = Setting(
        options.connected(access), place, progress, signals=True, confirm=confirm, front_end=FrontEnd.COMMAND_LINE
    )

    show = partial(_show, chosen=chosen, record=record)

    if record.resource == all_resources.ALL:
        return run_job(lambda: all_resources.go_on(folder, changes, setting, retry=retry), setting, show)
    if imports:
        age = chosen["max_age"] if applies else None
        return run_job(lambda: import_.go_on(folder, changes, setting, retry=retry, max_age=age), setting, show)
    return run_job(lambda: export.go_on(folder, changes, setting), setting, show)


def _show(job_result: JobResult, *, chosen: dict[str, Any], record: JobRecord) -> None:
    """Print how a job ended that went on."""
    if job_result.summary.state == "planned":
        display_plan.show(job_result, as_json=chosen["as_json"], quiet=chosen["quiet"])
    elif chosen["as_json"] and record.output != "-":
        display.show_kept(job_result)
        display.show_json(job_result.summary.to_json())
    elif chosen["quiet"]:
        display.show_quietly(job_result)
    elif record.kind == "export":
        display.show_export(job_result)
    else:
        display.show_import(job_result, verbose=chosen["verbose"])


def _done(jobs: Path, name: str | None, *, retry: bool) -> JobFolder | None:
    """The job that is meant, if it has nothing left to send; without a name the newest, if none here has."""
    from bulk.storage.job_folder import OPEN, JobFolder  # noqa: PLC0415

    every = [JobFolder.find(jobs, name)] if name is not None else JobFolder.all(jobs)
    if retry:
        every = [job for job in every if job.record().kind in ("import", "plan")]
    left = any(job.state in OPEN or (retry and job.has_failed) for job in every)
    return every[-1] if every and not left and every[-1].is_done else None


def _rejected(jobs: Path, name: str | None, *, retry: bool) -> JobFolder | None:
    """The job that is meant, if it has nothing to send again but rows that have to be corrected first."""
    from bulk.storage.job_folder import JobFolder  # noqa: PLC0415

    if name is not None:
        result = JobFolder.find(jobs, name)
        return result if result.has_only_rejected else None
    every = JobFolder.all(jobs)
    if not retry or any(job.has_failed for job in every):
        return None
    return next((job for job in reversed(every) if job.has_only_rejected), None)


def _check_state(folder: JobFolder, record: JobRecord, *, retry: bool) -> None:
    """Raise `UsageError` where there is nothing to go on with, naming what there is to do instead."""
    from bulk.messages import Part  # noqa: PLC0415
    from bulk.storage.job_folder import OPEN  # noqa: PLC0415

    name, jobs, state = folder.name, folder.path.parent, folder.state
    go_on = options.command_line("resume", name, jobs)
    if retry and record.kind == "export":
        hint = Part.of("go_on_by", command=go_on) if state in OPEN else ""
        raise UsageError("retry_of_export", job=name, hint=hint)
    if state == "stopped":
        raise UsageError("job_stopped", job=name)
    if retry and state in OPEN and not folder.running:
        raise UsageError("job_not_finished", job=name, go_on=go_on)
    if state == "finished" and not retry:
        again = options.command_line("retry", name, jobs)
        raise UsageError("job_finished", job=name, again=again)
