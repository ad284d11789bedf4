"""What a person sees of a plan: how much of what, the first changes, what it will take, and the line that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bulk.cli import display, terminal
from bulk.cli.options import command_line
from bulk.errors import UsageError
from bulk.wording import agreeing, change_told, counted, duration

if TYPE_CHECKING:
    from bulk.library import Result

FEW: Final = 5  # names and automations that are listed
_NAME, _FIGURE = 22, 11  # the widths of a name and of a figure in the table of parts
_ROWS: Final = ("create", "update", "delete", "unchanged", "reject")


def newest_plan(jobs: Path) -> str:
    """The name of the newest plan that waits. Raises `UsageError` if there is none."""
    from bulk.library import plans  # noqa: PLC0415 - not for --help

    name = plans.newest_plan(jobs)
    if name is None:
        raise UsageError("no_plan_here", jobs=jobs)
    return name


def show(job_result: Result, *, as_json: bool = False, quiet: bool = False) -> int:
    """Print a plan; where it was cut off, nothing is to be shown yet. Gives how many changes it has."""
    from bulk.library.plans import plan_data  # noqa: PLC0415 - not for --help

    if job_result.summary.state != "planned":
        display.show_quietly(job_result)
        return 0
    plan = plan_data(job_result.job)
    if as_json:
        display.show_json(plan)
    elif not quiet:
        _show(plan, job_result)
    return sum(plan["changes"].values())


def _show(plan: dict[str, Any], job_result: Result) -> None:
    folder = job_result.job
    terminal.echo(f"Plan {folder.name}: nothing was sent.")
    parts = plan.get("resources", {})
    if parts:
        _show_parts(plan["rows"], parts)
    rows = [f"{plan['rows'][name]:,} {name}" for name in _ROWS if plan["rows"].get(name)]
    terminal.echo(f"  {counted(sum(plan['rows'].values()), 'row')}: {', '.join(rows) or 'none'}")
    changes = sum(plan["changes"].values())
    if changes:
        each = ", ".join(f"{count:,} {action}" for action, count in sorted(plan["changes"].items()))
        terminal.echo(f"  {counted(changes, 'change')}: {each}")
    from bulk.resources.kinds import join_values  # noqa: PLC0415 - not for --help

    if plan.get("delete_missing"):
        each = ", ".join(f"{count:,} {action}" for action, count in sorted(plan["delete_missing"].items()))
        rows_told = counted(sum(plan["delete_missing"].values()), "row")
        terminal.echo(f"  {rows_told} of the export that the file lacks: {each}")
    if plan.get("emptied"):
        terminal.echo(f"  {counted(plan['emptied'], 'cell')} emptied since the export: cleared there too.")
    for family, names in plan["new_names"].items():
        few = join_values(names[:FEW], ", ") + (", …" if len(names) > FEW else "")
        terminal.echo(terminal.one_line(f"  Would be created first: {counted(len(names), family[:-1])}: {few}"))
    for line in plan["first"]:
        *file, row, key, _id, action, column, before, after = line
        where = " ".join([*file, "row", row]) if row else "missing"
        terminal.echo(terminal.one_line(f"    {where}  {key}  {change_told(action, column, before, after)}"))
    if changes > len(plan["first"]):
        terminal.echo(f"    … all of them: {folder / 'plan.csv'}")
    refused = [folder / name / "failed.csv" for name, part in parts.items() if part["reasons"]]
    if not parts and (plan["rows"].get("reject") or plan["reasons"]):
        refused = [folder / "failed.csv"]
    for at, file in enumerate(refused):
        terminal.echo(f"{' ' * 28}{file}" if at else f"  What is refused, and why: {file}")
    if stages := plan.get("unknown", {}).get("stage_values"):
        terminal.echo(f"  {counted(stages, 'cell')} of stages that come with new pipelines may be so by then.")
    _show_automations(plan["automations"])
    if not changes:
        terminal.echo(f"Nothing to do: {_nothing(plan['rows'])}.")
        return
    requests, seconds = plan["requests"]["single"], plan["seconds"]["single"]
    takes = f", ≈ {duration(seconds)}" if seconds else ""
    terminal.echo(f"It takes {counted(requests, 'request')}{takes}, and what is read back. To do exactly this:")
    terminal.echo(f"  {command_line('apply', folder.name, folder.parent)}")


def _show_parts(rows: dict[str, int], parts: dict[str, Any]) -> None:
    """Print a line a resource: how many rows end how, and how many cells and links change."""
    actions = [name for name in _ROWS if rows.get(name)]
    terminal.echo(f"  {'':{_NAME}}" + "".join(f"{name:>{_FIGURE}}" for name in (*actions, "changes")))
    for name, part in parts.items():
        counts = [*(part["rows"].get(action, 0) for action in actions), sum(part["changes"].values())]
        terminal.echo(f"  {name:{_NAME}}" + "".join(f"{f'{count:,}' if count else '-':>{_FIGURE}}" for count in counts))


def _nothing(rows: Mapping[str, int]) -> str:
    """Why a plan changes nothing."""
    if not sum(rows.values()):
        return "the file has no rows"
    if rows.get("reject"):
        return "the account has all that can be sent" if rows.get("unchanged") else "no row can be sent"
    return "the account has all of it"


def _show_automations(names: list[str]) -> None:
    if not names:
        return
    few = ", ".join(names[:FEW]) + (", …" if len(names) > FEW else "")
    are = agreeing(len(names), "is", "are")
    terminal.echo(terminal.one_line(f"  {counted(len(names), 'automation')} {are} active: {few}"))
    terminal.echo("    Which of them a change sets off, ActiveCampaign does not tell.")
