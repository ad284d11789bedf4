"""`bulk report`."""

from __future__ import annotations

from pathlib import Path

import click

from bulk.cli import complete, options, terminal
from bulk.cli.command import Command
from bulk.errors import UsageError


@click.command("report", cls=Command)
@click.argument("job", required=False, shell_complete=complete.jobs)
@click.argument("output", metavar="[OUT.html]", required=False, type=click.Path(path_type=Path))
@click.option("--with-rows", is_flag=True, help="Also the rows that are not done, with their addresses.")
@options.jobs_dir
def report_command(job: str | None, output: Path | None, *, with_rows: bool, jobs_dir: str) -> int:
    """Write one page about JOB (default: the newest).

    HTML that needs nothing beside it: what was asked, what became of the rows,
    requests over time, failures with what to do. Addresses are hidden unless
    --with-rows.
    """
    from bulk.library.jobs import job_in, jobs_in  # noqa: PLC0415 - heavy, not for --help
    from bulk.library.reporting import report, ways_on  # noqa: PLC0415

    place = options.jobs_folder(jobs_dir)
    if job is not None and output is None and job.endswith(".html"):  # of the newest
        output, job = Path(job), None
    every = [job_in(place, job)] if job is not None else jobs_in(place) if place.exists() else []
    if not every:
        raise UsageError("no_jobs_here", jobs=place)
    meant = every[-1]
    path = report(meant.path, output, with_rows=with_rows, commands=ways_on(meant))
    terminal.tell(f"{meant.name} → {path}")
    return 0
