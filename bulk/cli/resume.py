"""`bulk resume` and `bulk retry`."""

# hub: it finds the job and its account, checks that it can go on, asks, and shows how it ended
from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from bulk.cli import complete, display, display_plan, options, questions
from bulk.cli.account import account_of_job
from bulk.cli.command import Command
from bulk.cli.progress import asking, progress_for
from bulk.cli.running import run_job
from bulk.errors import UsageError
from bulk.library.choices import command_line
from bulk.messages import Part
from bulk.wording import FrontEnd

if TYPE_CHECKING:
    from bulk.library import Result
    from bulk.library.jobs import Job, JobRecord


@click.command("resume", cls=Command, short_help="Go on with an unfinished JOB (default: the newest).")
@click.argument("job", required=False, shell_complete=complete.jobs)
@options.going_on
def resume_command(job: str | None, **chosen: Any) -> int:
    """Go on with an unfinished JOB (default: the newest), import or export.

    It keeps its options; what is done is not done again.
    """
    return gone_on(job, chosen)


@click.command("retry", cls=Command, short_help="Send again the rows of JOB that failed or are in doubt.")
@click.argument("job", required=False, shell_complete=complete.jobs)
@options.going_on
def retry_command(job: str | None, **chosen: Any) -> int:
    """Send again the rows of JOB (default: the newest) that failed or are in doubt.

    Of these rows only the missing steps. Rows that the checks rejected stay as
    they are: fix them in failed.csv and import that file.
    """
    return gone_on(job, chosen, retry=True)


def gone_on(name: str | None, chosen: dict[str, Any], *, retry: bool = False, applies: bool = False) -> int:
    """Go on with a job, retry it, or carry out a plan; the exit code."""
    from bulk.library.jobs import job_done, job_to_correct, job_to_go_on  # noqa: PLC0415 - heavy, not for --help
    from bulk.library.options import check_changes  # noqa: PLC0415
    from bulk.library.running import Setting, run_resume  # noqa: PLC0415

    jobs = options.jobs_folder(chosen["jobs_dir"])
    if not applies and (done := job_done(jobs, name, retry=retry)):
        if chosen["as_json"] or not chosen["quiet"]:
            display.show_done(done, as_json=chosen["as_json"])
        return 0
    if not applies and (rejected := job_to_correct(jobs, name, retry=retry)):
        display.show_rejected(rejected)
        return 1
    job = job_to_go_on(jobs, name, retry=retry)
    record = job.record
    if applies and record.kind != "plan":
        raise UsageError("no_plan", job=job.name)
    if applies and job.state == "finished":
        display.show_applied(job, as_json=chosen["as_json"])
        return 0 if job.complete else 1
    if not applies:
        _check_state(job, retry=retry)
    access = account_of_job(job, sandbox=chosen["sandbox"])
    names = ("rate", "concurrency", "max_duration") + (("max_errors",) if job.imports else ())
    changes = {key: chosen[key] for key in names if chosen[key] is not None}
    if chosen.get("allow_joined") and record.kind == "import":
        changes["allow_joined"] = True
    changes |= options.hooks_given(chosen)
    check_changes(changes, access)
    progress = progress_for(access, quiet=chosen["quiet"], way=chosen["progress"])
    what = "Carrying out" if job.planned else "Going on with"
    progress.say(f"{what} {job.name}: {record.kind} {record.resource}, {job.file}")
    agreed = bool(chosen["yes"] or record.options.get("yes"))
    if applies and job.planned:
        display_plan.say_what_it_is(job, progress.say, asked=not agreed)
    carry_out = command_line("apply", job.name, jobs)
    ask = questions.to_apply(carry_out) if applies else questions.TO_DELETE
    confirm = None if agreed else asking(progress, ask)  # if it was not agreed to before
    setting = Setting(access, job.path.parent, progress, signals=True, confirm=confirm, front_end=FrontEnd.COMMAND_LINE)

    age = chosen["max_age"] if applies else None
    show = partial(_show, chosen=chosen, record=record)
    run = partial(run_resume, job.path, changes=changes, retry=retry, max_age=age)
    return run_job(run, setting, show, verbose=chosen["verbose"])


def _show(job_result: Result, *, chosen: dict[str, Any], record: JobRecord) -> None:
    """Print how a job ended that went on."""
    if job_result.planned:
        display_plan.show(job_result, as_json=chosen["as_json"], quiet=chosen["quiet"])
    elif chosen["as_json"] and record.output != "-":
        display.show_kept(job_result)
        display.show_result_json(job_result)
    elif chosen["quiet"]:
        display.show_quietly(job_result)
    elif record.kind == "export":
        display.show_export(job_result)
    else:
        display.show_import(job_result, verbose=chosen["verbose"])


def _check_state(job: Job, *, retry: bool) -> None:
    """Raise `UsageError` where there is nothing to go on with, naming what there is to do instead."""
    name, jobs = job.name, job.path.parent
    go_on = command_line("resume", name, jobs)
    if retry and not job.imports:
        hint = Part.of("go_on_by", command=go_on) if job.resumable else ""
        raise UsageError("retry_of_export", job=name, hint=hint)
    if job.state == "stopped":
        raise UsageError("job_stopped", job=name)
    if retry and job.resumable and not job.running:
        raise UsageError("job_not_finished", job=name, go_on=go_on)
    if job.state == "finished" and not retry:
        again = command_line("retry", name, jobs)
        if not job.worth_retrying:
            raise UsageError("job_finished_as_it_is", job=name, file=job.path / display.FAILED)
        raise UsageError("job_finished", job=name, again=again)
