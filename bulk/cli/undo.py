"""`bulk undo`."""

# hub: it finds the job, its account and its pace, asks, and shows how it ended
from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from bulk.cli import complete, display, options, questions, terminal
from bulk.cli.account import account_of_job
from bulk.cli.command import Command
from bulk.cli.configured import rate_of
from bulk.cli.progress import asking, progress_for
from bulk.cli.running import run_job
from bulk.errors import NothingToUndoError
from bulk.library.choices import command_line
from bulk.wording import FrontEnd

if TYPE_CHECKING:
    from bulk.library import Result


@click.command("undo", cls=Command)
@click.argument("job", shell_complete=complete.jobs)
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be put back.")
@options.of_job
@options.pace
@options.max_errors
@options.undo_yes
@click.option("--job", "job_name", metavar="NAME", help="A name for the undo.")
@options.jobs_dir
@options.telling_of_job
def undo_command(job: str, **chosen: Any) -> int:
    """Put back what JOB has changed, an import or an applied plan.

    What will be done is shown first, and asked about. What somebody changed
    since is left alone: it stands in failed.csv with both values. An undo is
    a job itself: bulk resume goes on with it, and bulk undo takes it back.
    """
    from bulk.library.jobs import job_in  # noqa: PLC0415 - heavy, not for --help
    from bulk.library.options import ImportOptions  # noqa: PLC0415
    from bulk.library.running import Setting, run_undo  # noqa: PLC0415

    undone = job_in(options.jobs_folder(chosen["jobs_dir"]), job)
    access = account_of_job(undone, sandbox=chosen["sandbox"])
    names = ("rate", "concurrency", "max_duration", "max_errors", "notify", "metrics")
    if (rate := rate_of(undone.record.named)) is not None:
        chosen["rate"] = rate
    given = ImportOptions(**{name: chosen[name] for name in names if chosen[name] is not None}, yes=chosen["yes"])
    progress = progress_for(access, quiet=chosen["quiet"], way=chosen["progress"])
    setting = Setting(
        access, undone.path.parent, progress, chosen["job_name"], signals=True,
        confirm=None if chosen["yes"] else asking(progress, questions.TO_UNDO), front_end=FrontEnd.COMMAND_LINE,
    )  # fmt: skip

    def show(job_result: Result) -> None:
        if chosen["as_json"] and job_result.undo is not None:
            _show_plan_json(job_result)
        elif chosen["as_json"]:
            display.show_result_json(job_result)
        elif chosen["quiet"]:
            display.show_quietly(job_result)
        elif not chosen["dry_run"]:
            display.show_import(job_result, verbose=chosen["verbose"])
        elif job_result.planned:
            terminal.tell("Nothing was put back. To do it:")
            terminal.tell(f"  {command_line('undo', undone.name, undone.path.parent)}")

    try:
        run = partial(run_undo, undone.path, given, dry_run=chosen["dry_run"])
        code = run_job(run, setting, show, verbose=chosen["verbose"])
    except NothingToUndoError as nothing:
        if chosen["as_json"]:
            _show_nothing_json(undone.name, nothing, dry_run=chosen["dry_run"])
        raise
    return 0 if chosen["dry_run"] and code == 1 else code


def _show_plan_json(job_result: Result) -> None:
    """Print for programs what would be put back, and the command that does it."""
    job, plan = job_result.job, job_result.undo
    told = {"undoes": job.name, "state": job_result.summary.state, "rows": job_result.counts}
    command = command_line("undo", job.name, job.parent)
    display.show_json({**told, **({} if plan is None else plan.to_json()), "undo": command})


def _show_nothing_json(job: str, nothing: NothingToUndoError, *, dry_run: bool) -> None:
    """Print for programs that there is nothing to put back: no job was made."""
    from bulk.library.results import NOTHING_DONE, NOTHING_TO_UNDO, PLANNED  # noqa: PLC0415 - heavy, not for --help

    reason = nothing.words(FrontEnd.COMMAND_LINE)
    if dry_run:
        told = {"state": PLANNED, "reason": reason, "rows": NOTHING_DONE.rows, **NOTHING_TO_UNDO.to_json()}
    else:
        told = NOTHING_DONE.to_json() | {"reason": reason}
    display.show_json({"undoes": job} | told)
