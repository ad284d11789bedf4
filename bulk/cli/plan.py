"""`bulk plan` and `bulk apply`."""

from __future__ import annotations

from typing import Any

import click

from bulk.cli import complete, display_plan, options
from bulk.cli.command import Command
from bulk.cli.import_ import started
from bulk.cli.resume import gone_on


@click.command("plan", cls=Command, short_help="Say what an import of FILE would do; nothing is sent.")
@click.argument("resource", shell_complete=complete.resources)
@click.argument("file", shell_complete=complete.files)
@options.where
@options.reading
@options.meaning
@options.delete_missing
@options.pace
@options.job_place
@options.telling_of_job
@options.detailed_exitcode
def plan_command(resource: str, file: str, **chosen: Any) -> int:
    """Say what an import of FILE would do, row by row; nothing is sent.

    The account is read as it is now, a hundred records a request. Every change
    stands in the job's plan.csv, with what is there before and after. To do
    exactly that: bulk apply

    With `all` for RESOURCE, FILE is a folder of files, which are planned after
    one another: what the first would make is there for the others.
    """
    return started(resource, file, chosen, only_plan=True)


@click.command("apply", cls=Command)
@click.argument("job", metavar="[PLAN]", required=False, shell_complete=complete.jobs)
@options.of_job
@options.pace
@options.max_errors
@options.max_age
@options.apply_yes
@options.jobs_dir
@options.telling_of_job
def apply_command(job: str | None, **chosen: Any) -> int:
    """Do exactly what a PLAN says (default: the newest).

    A plan that deletes is asked about first. Each row is looked at again just before. What somebody changed since is
    set aside, never overwritten: it stands in failed.csv with both values.
    """
    name = display_plan.newest_plan(options.jobs_folder(chosen["jobs_dir"])) if job is None else job
    return gone_on(name, chosen, applies=True)
