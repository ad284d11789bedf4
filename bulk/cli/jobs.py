"""`bulk jobs` and `bulk jobs prune`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bulk.cli import complete, display, options, questions, terminal
from bulk.cli.command import Command
from bulk.errors import UsageError
from bulk.library.choices import command_line
from bulk.wording import agreeing, counted, sized

if TYPE_CHECKING:
    from bulk.library.jobs import Job, Pruning

PRUNE: Final = "prune"
_HEADS: Final = ("JOB", "COMMAND", "RESOURCE", "DATE", "STATE", "ROWS", "FILE", "ACCOUNT")
_NARROW: Final = 5  # columns of the first line where the terminal is too narrow for all
_FILE: Final = 40  # letters of a file's name that are shown


@click.command("jobs", cls=Command)
@click.argument("job", metavar="[JOB|prune]", required=False, shell_complete=complete.jobs)
@click.option("--older-than", callback=options.duration, metavar="TIME", help="prune: what was begun before, say, 30d.")
@click.option("--yes", is_flag=True, help="prune: do not ask.")
@options.jobs_dir
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
def jobs_command(job: str | None, older_than: float | None, yes: bool, jobs_dir: str, as_json: bool) -> int:
    """List the jobs here, show one JOB, or prune old ones.

    `bulk jobs prune --older-than 30d` deletes the folders of finished jobs and of plans, with their reports and the
    way to undo them. Its list is shown first, and asked about. What can go on stays, and so does what a job that stays
    goes by.
    """
    from bulk.library.jobs import job_in, jobs_in, unreadable_in  # noqa: PLC0415 - not for --help

    place = options.jobs_folder(jobs_dir)
    if job == PRUNE:
        return _prune(place, older_than, yes=yes, as_json=as_json)
    if older_than is not None or yes:
        raise UsageError("prune_options_alone")
    result = [job_in(place, job)] if job else jobs_in(place)
    if as_json:
        display.show_json([_describe(one) for one in result])
        return 0
    if job:
        _show_one(result[0])
        return 0
    unreadable = unreadable_in(place)
    if not result and not unreadable:
        terminal.tell(f"No jobs in {place}." if place.exists() else f"No jobs: there is no folder {place}.")
    for name, why in unreadable:
        terminal.tell(f"{name}  {why}", err=True)
    if result:
        _show_table([_describe(one) for one in result])
    return 0


def _show_table(jobs: Sequence[Mapping[str, Any]]) -> None:
    """Print a line for each job; two where a terminal is too narrow, with the file and the account on the second."""
    rows = [_HEADS, *(_cells(facts) for facts in jobs)]
    widths = [max(terminal.columns(row[at]) for row in rows) for at in range(len(_HEADS))]
    width = terminal.width_of(sys.stdout)
    narrow = bool(width) and sum(widths) + 2 * (len(widths) - 1) > width
    for row in rows:
        padded = [cell + " " * (widths[at] - terminal.columns(cell)) for at, cell in enumerate(row)]
        if narrow:
            terminal.tell("  ".join(padded[:_NARROW]).rstrip())
            terminal.tell(f"  {'  '.join(padded[_NARROW:]).rstrip()}")
        else:
            terminal.echo("  ".join(padded).rstrip())


def _cells(facts: Mapping[str, Any]) -> tuple[str, ...]:
    named = facts["named"] or facts["account"] or "-"
    file = Path(facts["file"]).name or facts["file"] or "-"
    cells = (
        facts["job"], facts["kind"], facts["resource"], _when(facts["created"]), _state(facts),
        _counts(facts["rows"]) or "-", file if len(file) <= _FILE else f"{file[: _FILE - 1]}…", named,
    )  # fmt: skip
    return tuple(terminal.one_line(terminal.visible(cell)) for cell in cells)


def _show_one(one: Job) -> None:
    facts = _describe(one)
    rows = f"  {told}" if (told := _counts(facts["rows"])) else ""
    terminal.tell(f"{facts['job']}  {facts['kind']} {facts['resource']}  {_state(facts)}{rows}")
    named = f"{facts['named']} of bulk.toml: " if facts["named"] else ""
    terminal.tell(f"  begun    {facts['created']}\n  account  {named}{facts['account'] or 'not known yet'}")
    terminal.tell(f"  file     {facts['file']}\n  reports  {one.path}")
    if facts["missing"]:
        terminal.tell(f"  missing   {_counts(facts['missing'])}")
    if facts["reason"]:
        terminal.tell(f"  why      {facts['reason']}")
    if one.planned and facts["state"] == one.state:
        terminal.echo(f"  do it    {command_line('apply', one.name, one.path.parent)}")
    if one.resumable and facts["state"] == one.state:
        terminal.echo(f"  go on    {command_line('resume', one.name, one.path.parent)}")


def _describe(job: Job) -> dict[str, Any]:
    record = job.record
    return {
        "job": job.name, "kind": record.kind, "resource": record.resource,
        "state": "running" if job.running else job.state, "rows": job.rows, "missing": job.missing,
        "created": record.created, "named": record.named,
        "account": record.account, "file": job.file, "reason": job.reason,
    }  # fmt: skip


def _state(facts: Mapping[str, Any]) -> str:
    return "carried out" if facts["kind"] == "plan" and facts["state"] == "finished" else str(facts["state"])


def _when(created: str) -> str:
    """When a job was begun, here."""
    from bulk.library.jobs import moment_of  # noqa: PLC0415 - not for --help

    return f"{moment_of(created).astimezone():%Y-%m-%d %H:%M}"


def _counts(rows: Mapping[str, int]) -> str:
    parts = [f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items() if count and name != "read"]
    return f"{counted(rows.get('read', 0), 'row')}: {', '.join(parts)}" if parts else ""


# ---- what is old goes


def _prune(place: Path, age: float | None, *, yes: bool, as_json: bool) -> int:
    from bulk.library.jobs import Job, prunable, prune  # noqa: PLC0415 - not for --help

    if age is None:
        raise UsageError("prune_without_age")
    pruning = prunable(place, age)
    goes = [_describe(Job.of(folder)) for folder in pruning.goes]
    if not as_json:
        _show_staying(pruning)
        if goes:
            _show_going(goes, pruning.size)
        if pruning.comparisons:
            terminal.tell(f"{counted(len(pruning.comparisons), 'file')} of the page's comparisons as well.")
    if not goes and not pruning.comparisons:
        if as_json:
            _show_pruned_json([], [(folder.name, why) for folder, why in pruning.stays])
        else:
            terminal.tell(f"Nothing to delete in {place}: no finished job is that old.")
        return 0
    if not yes and not _agreed(len(goes), len(pruning.comparisons)):
        raise UsageError("jobs_kept")
    gone, left = prune(pruning, place)
    if as_json:
        _show_pruned_json([job.name for job in gone], [(job.name, why) for job, why in (*pruning.stays, *left)])
        return 1 if left else 0
    for job, why in left:
        terminal.tell(f"bulk: {job.name} {why}", err=True)
    terminal.tell(f"Deleted {counted(len(gone), 'job')} with all that they kept.")
    return 1 if left else 0


def _agreed(count: int, comparisons: int) -> bool:
    jobs = [agreeing(count, "this job", f"these {count:,} jobs")] if count else []
    files = [agreeing(comparisons, "this comparison", f"these {comparisons:,} comparisons")] if comparisons else []
    question = f"Delete {' and '.join(jobs + files)}?"
    return questions.answered(question, lambda: UsageError("prune_unanswered"))


def _show_staying(pruning: Pruning) -> None:
    for job, why in pruning.stays:
        terminal.tell(f"{job.name} stays: it {why}.")


def _show_going(goes: Sequence[Mapping[str, Any]], size: int) -> None:
    _show_table(goes)
    what = "reports, copies of what was read, and what was there before"
    terminal.tell(f"{counted(len(goes), 'folder')} in all, {sized(size)}: {what}.")
    terminal.tell("Afterwards these jobs cannot be undone or retried any more.")
    bad = ("failed", "in_doubt", "rejected")
    if failed := sum(any(facts["rows"].get(name) for name in bad) for facts in goes):
        terminal.tell(f"{failed:,} of them {agreeing(failed, 'has', 'have')} rows that are not done.")
    if any(facts["kind"] == "export" for facts in goes):
        terminal.tell("A sheet that was made of such an export is no edit of it any more: every cell of it counts.")


def _show_pruned_json(gone: Sequence[str], stays: Sequence[tuple[str, str]]) -> None:
    display.show_json({"deleted": list(gone), "kept": [{"job": name, "why": why} for name, why in stays]})
