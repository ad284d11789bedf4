"""What a person sees of a plan: how much of what, the first changes, what it will take, and the line that goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bulk.cli import display, terminal
from bulk.cli.advice import GONE_ALREADY, reasons_told
from bulk.errors import UsageError
from bulk.library.choices import command_line
from bulk.wording import FrontEnd, agreeing, change_told, counted, duration, lacking_told

if TYPE_CHECKING:
    from bulk.library import Result
    from bulk.library.jobs import Job

FEW: Final = 5  # names and automations that are listed
_NAME, _FIGURE = 22, 11  # the widths of a name and of a figure in the table of parts
_ROWS: Final = ("create", "update", "delete", "unchanged", "conflict", "reject")


def newest_plan(jobs: Path) -> str:
    """The name of the newest plan that waits. Raises `UsageError` if there is none."""
    from bulk.library import plans  # noqa: PLC0415 - not for --help

    name = plans.newest_plan(jobs)
    if name is None:
        raise UsageError("no_plan_here", jobs=jobs)
    return name


def show(job_result: Result, *, as_json: bool = False, quiet: bool = False) -> int:
    """Print a plan; where it was cut off, nothing is to be shown yet. Gives how many writes it takes."""
    from bulk.library.plans import plan_data  # noqa: PLC0415 - not for --help

    if not job_result.planned:
        if as_json:
            display.show_result_json(job_result)
        else:
            display.show_quietly(job_result)
        return 0
    plan = plan_data(job_result.job)
    if as_json:
        display.show_json(plan)
    elif not quiet:
        _show(plan, job_result)
    return _writes(plan)


def _writes(plan: Mapping[str, Any]) -> int:
    """How many requests change something; an earlier version told of no others."""
    writes: int = plan.get("writes", plan["requests"])["single"]
    return writes


def _show(plan: dict[str, Any], job_result: Result) -> None:
    from bulk.library.plans import REFUSED  # noqa: PLC0415 - not for --help

    folder = job_result.job
    terminal.tell(f"Plan {folder.name}: nothing was sent.")
    parts = plan.get("resources", {})
    if parts:
        _show_parts(plan["rows"], parts)
    for line in _sums(plan):
        terminal.tell(f"  {line}")
    changes = sum(plan["changes"].values())
    from bulk.resources.kinds import join_values  # noqa: PLC0415 - not for --help

    _show_what_goes(plan)
    if plan.get("emptied"):
        terminal.tell(f"  {counted(plan['emptied'], 'cell')} emptied since the export: cleared there too.")
    for column, count in plan.get("lacking", {}).items():
        terminal.tell(f"  {lacking_told(column, count, FrontEnd.COMMAND_LINE)}")
    for family, names in plan["new_names"].items():
        few = join_values(names[:FEW], ", ") + (", …" if len(names) > FEW else "")
        terminal.tell(terminal.one_line(f"  Would be created first: {counted(len(names), family[:-1])}: {few}"))
    for line in plan["first"]:
        *file, row, key, _id, action, column, before, after = line
        where = " ".join([*file, "row", row]) if row else "missing"
        told = change_told(action, column, "" if action in REFUSED else before, after)
        told += f" ({before.partition(':')[0]})" if action in REFUSED else ""
        terminal.tell(terminal.one_line(f"    {where}  {key}  {told}"))
    if changes > len(plan["first"]):
        terminal.tell(f"    … all of them: {folder / 'plan.csv'}")
    _show_refused(job_result, {name: part["file"] for name, part in parts.items() if "file" in part})
    if stages := plan.get("unknown", {}).get("stage_values"):
        terminal.tell(f"  {counted(stages, 'cell')} of stages that come with new pipelines may be so by then.")
    _show_automations(plan["automations"])
    if not changes:
        terminal.tell(f"Nothing to do: {_nothing(plan['rows'])}.")
        return
    if not _writes(plan):
        terminal.tell(f"Nothing to send: what would change is refused. Why stands in {folder / 'plan.csv'}")
        return
    requests, seconds = plan["requests"]["single"], plan["seconds"]["single"]
    takes = f", ≈ {duration(seconds)}" if seconds else ""
    told = f"It takes ≈ {counted(requests, 'request')}, {_writes(plan):,} of them to write{takes}."
    terminal.tell(f"{told} To do exactly this:")
    terminal.tell(f"  {command_line('apply', folder.name, folder.parent)}")
    if at_once := _at_once(plan, requests):
        terminal.tell("bulk import plans and sends in one, and so without a second look at each record:")
        terminal.tell(f"  {at_once}")


def _at_once(plan: dict[str, Any], applying: int) -> str:
    """What an import at once takes, by each way that it can go; "" where that is what carrying the plan out takes."""
    words = {"import": "", "batch": "many contacts a request "}
    told = [
        f"{said}≈ {counted(plan['requests'][way], 'request')}, ≈ {duration(plan['seconds'][way])}"
        for way, said in words.items()
        if way in plan["requests"] and (way == "batch" or abs(plan["requests"][way] - applying) > applying / 10)
    ]
    return "; ".join(told)


def _show_what_goes(plan: dict[str, Any]) -> None:
    """Print what becomes of rows that the file lacks, and how much is deleted in all."""
    from bulk.library.plans import said_of_plan  # noqa: PLC0415 - not for --help

    if plan.get("delete_missing"):
        each = ", ".join(f"{count:,} {action}" for action, count in sorted(plan["delete_missing"].items()))
        rows_told = counted(sum(plan["delete_missing"].values()), "row")
        terminal.tell(f"  {rows_told} of the export that the file lacks: {each}")
        if plan["delete_missing"].get("unchanged") and plan["resource"] != "contactLists":
            terminal.tell(f"    {GONE_ALREADY}")
    if takes_away := said_of_plan(plan):
        terminal.tell(f"  It {takes_away}: bulk apply asks before it does.")


def _show_refused(job_result: Result, files: dict[str, str]) -> None:
    """Print the first of the rows that are refused, with why, and where all of them stand."""
    counts = job_result.summary.parts or {"": job_result.summary.rows}  # a part has its own reports
    for name, rows in counts.items():
        file = job_result.job / name / display.FAILED
        if refused := rows["rejected"] + rows["failed"]:
            terminal.tell(f"  Refused: {counted(refused, 'row')}. All of them, and why: {file}")
            display.show_failed(file, FEW, f"{files.get(name, f'{name}.csv')} " if name else "")


def _sums(plan: dict[str, Any]) -> Iterator[str]:
    """What becomes of the rows, and how many changes there are of each kind."""
    rows = [f"{plan['rows'][name]:,} {name}" for name in _ROWS if plan["rows"].get(name)]
    yield f"{counted(sum(plan['rows'].values()), 'row')}: {', '.join(rows) or 'none'}"
    from bulk.library.plans import NOT_DONE  # noqa: PLC0415 - not for --help

    for what, actions in (
        ("change", plan["changes"].keys() - NOT_DONE), ("refused change", plan["changes"].keys() & {*NOT_DONE})
    ):  # fmt: skip
        if total := sum(plan["changes"][action] for action in actions):
            each = ", ".join(f"{plan['changes'][action]:,} {action.replace('_', ' ')}" for action in sorted(actions))
            why = reasons_told(plan.get("reasons", {})) if "opted_out" in actions else ""
            yield f"{counted(total, what)}: {each}" + (f" (rows by reason: {why})" if why else "")


def say_what_it_is(job: Job, say: Callable[[str], None], *, asked: bool) -> None:
    """Say of a plan that is to be carried out whose account it is of, when it was made, and what it does.

    What it takes away is left to the question, where that is `asked`.
    """
    from bulk.library.plans import plan_data, said_of_plan  # noqa: PLC0415 - not for --help

    plan = plan_data(job.path)
    at = datetime.fromisoformat(plan["made_at"]).astimezone()
    say(f"  Made {at:%Y-%m-%d %H:%M}, of the account {job.record.account or job.record.place}.")
    for line in _sums(plan):
        say(f"  {line}")
    takes_away = "" if asked else said_of_plan(plan)
    if takes_away:
        say(f"  It {takes_away}.")


def _show_parts(rows: dict[str, int], parts: dict[str, Any]) -> None:
    """Print a line a resource: how many rows end how, and how many cells and links change."""
    actions = [name for name in _ROWS if rows.get(name)]
    terminal.tell(f"  {'':{_NAME}}" + "".join(f"{name:>{_FIGURE}}" for name in (*actions, "changes")))
    for name, part in parts.items():
        counts = [*(part["rows"].get(action, 0) for action in actions), sum(part["changes"].values())]
        terminal.tell(f"  {name:{_NAME}}" + "".join(f"{f'{count:,}' if count else '-':>{_FIGURE}}" for count in counts))


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
    terminal.tell(terminal.one_line(f"  {counted(len(names), 'automation')} {are} active: {few}"))
    terminal.tell("    Which of them a change sets off, ActiveCampaign does not tell.")
