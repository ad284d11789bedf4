"""What a person sees of a plan: how much of what, the first changes, what it will take, and the line that goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bulk.cli import display, terminal
from bulk.cli.options import command_line
from bulk.errors import UsageError
from bulk.wording import agreeing, counted, duration

if TYPE_CHECKING:
    from bulk.jobs.summary import JobResult

PLAN: Final = "plan.json"
FEW: Final = 5  # names and automations that are listed
_ROWS: Final = ("create", "update", "delete", "unchanged", "reject")


def newest_plan(jobs: Path) -> str:
    """The name of the newest plan that waits. Raises `UsageError` if there is none."""
    from bulk.storage.job_folder import JobFolder  # noqa: PLC0415 - not for --help

    waiting = [job.name for job in JobFolder.all(jobs) if job.state == "planned"]
    if not waiting:
        raise UsageError("no_plan_here", jobs=jobs)
    return waiting[-1]


def show(job_result: JobResult, *, as_json: bool = False, quiet: bool = False) -> int:
    """Print a plan; where it was cut off, nothing is to be shown yet. Gives how many changes it has."""
    file = job_result.folder.file(PLAN)
    if job_result.summary.state != "planned":
        display.show_quietly(job_result)
        return 0
    plan = json.loads(file.read_text("utf-8"))
    if as_json:
        display.show_json(plan)
    elif not quiet:
        _show(plan, job_result)
    return sum(plan["changes"].values())


def _show(plan: dict[str, Any], job_result: JobResult) -> None:
    folder = job_result.folder
    terminal.echo(f"Plan {folder.name}: nothing was sent.")
    rows = [f"{plan['rows'][name]:,} {name}" for name in _ROWS if plan["rows"].get(name)]
    terminal.echo(f"  {counted(sum(plan['rows'].values()), 'row')}: {', '.join(rows) or 'none'}")
    changes = sum(plan["changes"].values())
    if changes:
        each = ", ".join(f"{count:,} {action}" for action, count in sorted(plan["changes"].items()))
        terminal.echo(f"  {counted(changes, 'change')}: {each}")
    from bulk.resources.kinds import join_values  # noqa: PLC0415 - not for --help

    for family, names in plan["new_names"].items():
        few = join_values(names[:FEW], ", ") + (", …" if len(names) > FEW else "")
        terminal.echo(terminal.one_line(f"  Would be created first: {counted(len(names), family[:-1])}: {few}"))
    for row, key, _id, action, column, before, after in plan["first"]:
        terminal.echo(terminal.one_line(f"    row {row}  {key}  {_told(action, column, before, after)}"))
    if changes > len(plan["first"]):
        terminal.echo(f"    … all of them: {folder.file('plan.csv')}")
    if plan["rows"].get("reject") or plan["reasons"]:
        terminal.echo(f"  What is refused, and why: {folder.file('failed.csv')}")
    _show_automations(plan["automations"])
    if not changes:
        terminal.echo("Nothing to do: the account has all of it.")
        return
    requests, seconds = plan["requests"]["single"], plan["seconds"]["single"]
    takes = f", ≈ {duration(seconds)}" if seconds else ""
    terminal.echo(f"It takes {counted(requests, 'request')}{takes}, and what is read back. To do exactly this:")
    terminal.echo(f"  {command_line('apply', folder.name, folder.path.parent)}")


def _told(action: str, column: str, before: str, after: str) -> str:
    if not column:
        return action
    return f"{action} {column}: {after}" if not before else f"{action} {column}: {before} → {after}"


def _show_automations(names: list[str]) -> None:
    if not names:
        return
    few = ", ".join(names[:FEW]) + (", …" if len(names) > FEW else "")
    are = agreeing(len(names), "is", "are")
    terminal.echo(terminal.one_line(f"  {counted(len(names), 'automation')} {are} active: {few}"))
    terminal.echo("    Which of them a change sets off, ActiveCampaign does not tell.")
