"""`bulk jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bulk.cli import display, options, terminal
from bulk.cli.command import Command
from bulk.wording import counted

if TYPE_CHECKING:
    from bulk.library.jobs import Job


@click.command("jobs", cls=Command)
@click.argument("job", required=False)
@options.jobs_dir
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
def jobs_command(job: str | None, jobs_dir: str, as_json: bool) -> int:
    """List the jobs here, or show one JOB."""
    from bulk.library.jobs import job_in, jobs_in, unreadable_in  # noqa: PLC0415 - not for --help

    place = options.jobs_folder(jobs_dir)
    result = [job_in(place, job)] if job else jobs_in(place)
    if as_json:
        display.show_json([_describe(one) for one in result])
        return 0
    unreadable = [] if job else unreadable_in(place)
    if not result and not unreadable:
        terminal.tell(f"No jobs in {place}." if place.exists() else f"No jobs: there is no folder {place}.")
    for name, why in unreadable:
        terminal.tell(f"{name}  {why}", err=True)
    for one in result:
        facts = _describe(one)
        done = facts["kind"] == "plan" and facts["state"] == "finished"
        state = "carried out" if done else facts["state"]
        missing = f"; missing{_counts(facts['missing'])}" if facts["missing"] and not job else ""
        terminal.tell(f"{facts['job']}  {facts['kind']} {facts['resource']}  {state}{_counts(facts['rows'])}{missing}")
        if job:
            terminal.tell(f"  begun    {facts['created']}\n  account  {facts['account'] or 'not known yet'}")
            terminal.tell(f"  file     {facts['file']}\n  reports  {one.path}")
            if facts["missing"]:
                terminal.tell(f"  missing {_counts(facts['missing'])}")
            if facts["reason"]:
                terminal.tell(f"  why      {facts['reason']}")
            if one.planned and facts["state"] == one.state:
                terminal.echo(f"  do it    {options.command_line('apply', one.name, one.path.parent)}")
            if one.resumable and facts["state"] == one.state:
                terminal.echo(f"  go on    {options.command_line('resume', one.name, one.path.parent)}")
    return 0


def _describe(job: Job) -> dict[str, Any]:
    record = job.record
    return {
        "job": job.name, "kind": record.kind, "resource": record.resource,
        "state": "running" if job.running else job.state, "rows": job.rows, "missing": job.missing,
        "created": record.created,
        "account": record.account, "file": job.file, "reason": job.reason,
    }  # fmt: skip


def _counts(rows: dict[str, int]) -> str:
    parts = [f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items() if count and name != "read"]
    return f"  {counted(rows.get('read', 0), 'row')}: {', '.join(parts)}" if parts else ""
