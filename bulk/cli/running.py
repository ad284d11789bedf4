"""From a job function to an exit code: what import, export, resume and retry have in common."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bulk.cli import display
from bulk.cli.options import JOBS_DIR

if TYPE_CHECKING:
    from bulk.jobs.access import Setting
    from bulk.jobs.ending import Ending


def run_job(job: Callable[[], Awaitable[Ending]], setting: Setting, show: Callable[[Ending], None]) -> int:
    """Run a job to its ending, show it, and say the command that goes on if it is unfinished; the exit code."""
    import anyio  # noqa: PLC0415 - not for --help

    gc.freeze()  # what is loaded by now stays; to look through it again and again costs a sixth of a job's time
    try:
        ending = anyio.run(job)
    finally:
        display.close(setting.progress)
    show(ending)
    if ending.error is None:
        return 0 if ending.summary.complete else 1
    click.echo(f"bulk: {ending.error}. Go on with:\n  {resume_line(ending.folder.name, setting.jobs)}", err=True)
    return ending.error.exit_code


def resume_line(job: str, jobs: Path) -> str:
    """The command that goes on with a job."""
    return f"bulk resume {job}" + ("" if str(jobs) == JOBS_DIR else f" --jobs-dir {jobs}")
