"""From a job function to an exit code: what import, export, resume and retry have in common."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bulk.cli import terminal
from bulk.cli.progress import close
from bulk.errors import BulkError, UnfinishedError
from bulk.library.choices import command_line
from bulk.wording import FrontEnd, line_of

if TYPE_CHECKING:
    from bulk.library import Result
    from bulk.library.measuring import Measures
    from bulk.library.running import Setting


def measured(setting: Setting, *, verbose: bool) -> tuple[Setting, Measures | None]:
    """The setting, with what measures the job if more is to be said."""
    if not verbose:
        return setting, None
    from bulk.library.measuring import Measures  # noqa: PLC0415 - not for --help

    measures = Measures()
    return replace(setting, opened=measures.opened), measures


def run_job(
    job: Callable[[Setting], Awaitable[Result]], setting: Setting, show: Callable[[Result], None], *,
    verbose: bool = False,
) -> int:  # fmt: skip
    """Run a job to its ending, show it, and say the command that goes on if it is unfinished; the exit code.

    `verbose`: what it spent its time and its requests on is said as well, on standard error.
    """
    import anyio  # noqa: PLC0415 - not for --help

    gc.freeze()  # what is loaded by now stays; to look through it again and again costs a sixth of a job's time
    try:
        setting, measures = measured(setting, verbose=verbose)
        job_result = anyio.run(job, setting)
    except UnfinishedError as stopped:
        raise _with_way_on(stopped, setting) from stopped
    finally:
        close(setting.progress)
    show(job_result)
    if measures is not None:
        stages = [f"{stage}: {seconds:.1f} s" for stage, seconds in job_result.summary.totals.stages.items()]
        for line in (*stages, *measures.lines()):
            terminal.tell(f"  {line}", err=True)
    error = job_result.error
    if error is None:  # the rows of a plan wait to be sent, which is no failure
        return job_result.exit_code
    told = f"bulk: {_words(error)}."
    if job_result.resumable:
        told += f" Go on with:\n  {command_line('resume', job_result.job.name, setting.jobs)}"
    terminal.tell(told, err=True)
    return error.exit_code


def _with_way_on(error: UnfinishedError, setting: Setting) -> UnfinishedError:
    """The error with the command that goes on: with the job, or if none was kept, the same as before."""
    from bulk.library.jobs import job_kept  # noqa: PLC0415 - not for --help

    kept = job_kept(error)
    if kept is None:
        return again_later(error)
    command = command_line("resume", kept.name, setting.jobs)
    return UnfinishedError("job_unfinished", reason=_words(error), command=command)


def again_later(error: UnfinishedError) -> UnfinishedError:
    """The error of a command that left nothing to go on with, and the command itself, to be given again."""
    given = click.get_current_context().find_root().obj or ()
    return UnfinishedError("job_not_begun", reason=_words(error), command=line_of(("bulk", *given)))


def _words(error: BulkError) -> str:
    """What an error says here, without the dot at its end."""
    return error.words(FrontEnd.COMMAND_LINE).rstrip(".")
