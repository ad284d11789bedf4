"""`bulk jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bulk.cli import display, options, terminal
from bulk.wording import counted

if TYPE_CHECKING:
    from bulk.storage.job_folder import JobFolder


@click.command("jobs")
@click.argument("job", required=False)
@options.jobs_dir
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
def jobs_command(job: str | None, jobs_dir: str, as_json: bool) -> int:
    """List the jobs here, or show one JOB."""
    from bulk.storage.job_folder import OPEN, JobFolder  # noqa: PLC0415 - not for --help

    place = options.jobs_folder(jobs_dir)
    result = [JobFolder.find(place, job)] if job else JobFolder.all(place)
    if as_json:
        display.show_json([_describe(folder) for folder in result])
        return 0
    unreadable = [] if job else JobFolder.unreadable(place)
    if not result and not unreadable:
        terminal.echo(f"No jobs in {place}." if place.exists() else f"No jobs: there is no folder {place}.")
    for folder, why in unreadable:
        terminal.echo(f"{folder.name}  {why}", err=True)
    for folder in result:
        facts = _describe(folder)
        terminal.echo(f"{facts['job']}  {facts['kind']} {facts['resource']}  {facts['state']}{_counts(facts['rows'])}")
        if job:
            terminal.echo(f"  begun    {facts['created']}\n  account  {facts['account'] or 'not known yet'}")
            terminal.echo(f"  file     {facts['file']}\n  reports  {folder.path}")
            if facts["reason"]:
                terminal.echo(f"  why      {facts['reason']}")
            if facts["state"] in OPEN:
                terminal.echo(f"  go on    {options.command_line('resume', folder.name, folder.path.parent)}")
    return 0


def _describe(folder: JobFolder) -> dict[str, Any]:
    record = folder.record()
    summary = folder.summary() or {}
    state = "running" if folder.running else folder.state
    return {
        "job": folder.name, "kind": record.kind, "resource": record.resource, "state": state,
        "rows": summary.get("rows", {}), "created": record.created, "account": record.account,
        "file": record.input.path if record.input else record.output, "reason": summary.get("reason", ""),
    }  # fmt: skip


def _counts(rows: dict[str, int]) -> str:
    parts = [f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items() if count and name != "read"]
    return f"  {counted(rows.get('read', 0), 'row')}: {', '.join(parts)}" if parts else ""
