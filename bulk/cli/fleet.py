"""`bulk fleet`."""

# hub: what a fleet's file says meets the commands that its steps are
from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk.cli import complete, options, terminal
from bulk.cli.account import sandbox_folder
from bulk.cli.command import Group
from bulk.cli.configured import config
from bulk.cli.export import export_command, export_options
from bulk.cli.fleet_shown import account_line, show_fleet
from bulk.cli.import_ import import_command, import_options
from bulk.cli.progress import progress_for
from bulk.errors import BulkError, UsageError
from bulk.library.choices import command_line
from bulk.wording import as_typed, counted

if TYPE_CHECKING:
    from bulk.fleet.dask_place import DaskPlace
    from bulk.fleet.dask_run import DaskRun
    from bulk.fleet.fleet_folder import AccountState, FleetFolder, FleetRecord
    from bulk.fleet.steps import Step

_SAID = click.core.ParameterSource.COMMANDLINE
_only = click.option(
    "--only", metavar="NAME", multiple=True, help="Only these accounts of it; * and ? for several. Repeatable."
)
_max_failures = click.option(
    "--max-failures", metavar="N", type=click.IntRange(min=1), help="Begin no further account after so many failed."
)
_processes = click.option(
    "--processes", metavar="N", type=click.IntRange(min=1), help="Processes side by side.  [default: one a core]"
)
_on = click.option(
    "--on", metavar="PLACE", help="Run it on Dask: dask (workers on this machine) or dask://HOST:8786 (a scheduler)."
)
_workers = click.option(
    "--workers", metavar="N", type=click.IntRange(min=1),
    help="With --on: how many workers to wait for; on this machine, to begin.",
)  # fmt: skip
_quiet = click.option("-q", "--quiet", is_flag=True, help="No progress; errors only.")
_fleet = click.argument("fleet", metavar="[FILE]", required=False, shell_complete=complete.files)


@click.group("fleet", cls=Group)
def fleet_group() -> None:
    """One job on many accounts, side by side."""


@fleet_group.command("run")
@click.argument("file", type=click.Path(path_type=Path), shell_complete=complete.files)
@click.option("--plan", "only_plan", is_flag=True, help="Say what it would do on each account; nothing is sent.")
@click.option("--sandbox", is_flag=True, help="Rehearse it: each account is a local stand-in of its own.")
@_only
@_max_failures
@_processes
@_on
@_workers
@options.job_place
@options.as_json
@_quiet
@options.progress
@options.hooks
def run_command(file: Path, **chosen: Any) -> int:
    """Do what FILE says on each of its accounts.

    FILE names accounts of bulk.toml and steps, each a line of bulk with
    {account} in its path. An account that fails stops nobody else. What is not
    done goes on with: bulk fleet resume
    """
    from bulk.fleet.fleet_file import accounts_of, read_fleet  # noqa: PLC0415 - heavy, not for --help
    from bulk.fleet.fleet_folder import FleetFolder, FleetRecord  # noqa: PLC0415
    from bulk.library.hooks import kept  # noqa: PLC0415
    from bulk.library.metrics import check_folder  # noqa: PLC0415
    from bulk.library.watching import Hooks  # noqa: PLC0415

    names = config()
    plan = read_fleet(file, tuple(names.accounts), names.fleet, step_of)
    accounts = accounts_of(chosen["only"], plan.accounts, file) if chosen["only"] else plan.accounts
    sandbox = str(sandbox_folder().resolve()) if chosen["sandbox"] else ""
    steps = tuple(step for step in plan.steps if step.is_import) if chosen["only_plan"] else plan.steps
    given = options.hooks_given(chosen)
    hooks = {name: given.get(name) or getattr(plan, name) or chosen[name] for name in ("notify", "metrics")}
    record = FleetRecord(
        str(plan.file), accounts, steps, str(names.path.resolve()) if names.path else "", sandbox, chosen["only_plan"],
        notify=kept(hooks["notify"], partial(terminal.tell, err=True)), metrics=hooks["metrics"],
        processes=chosen["processes"] or plan.processes, at_once=plan.at_once,
        max_failures=chosen["max_failures"] or plan.max_failures,
    )  # fmt: skip
    chosen |= {"hooks": Hooks.of(hooks)}
    check_folder(chosen["hooks"].metrics)
    jobs = options.jobs_folder(chosen["jobs_dir"])
    if place := _place(chosen, record):
        import anyio  # noqa: PLC0415

        from bulk.fleet.dask_run import check_place  # noqa: PLC0415

        anyio.run(check_place, place, jobs, record)
    folder = FleetFolder.create(jobs, chosen["job"], record)
    return _run(folder, accounts, record, chosen)


@fleet_group.command("resume")
@_fleet
@_only
@_max_failures
@_processes
@_on
@_workers
@options.jobs_dir
@options.as_json
@_quiet
@options.progress
@options.hooks
def resume_command(fleet: str | None, **chosen: Any) -> int:
    """Go on with a fleet (default: the newest).

    FILE is the fleet's file, or its job's name. Only accounts that are not done
    are taken up, each where it stopped.
    """
    from bulk.fleet.fleet_file import accounts_of  # noqa: PLC0415 - heavy, not for --help
    from bulk.fleet.fleet_folder import ENDED, fleet_meant  # noqa: PLC0415
    from bulk.library.watching import Hooks  # noqa: PLC0415

    folder = fleet_meant(options.jobs_folder(chosen["jobs_dir"]), fleet)
    record = folder.record()
    again = {name: chosen[name] for name in ("processes", "max_failures") if chosen[name] is not None}
    meant = accounts_of(chosen["only"], record.accounts, Path(record.file)) if chosen["only"] else record.accounts
    own = {"notify": record.notify, "metrics": record.metrics}
    left = [name for name in meant if folder.state_of(name).state not in ENDED]
    hooks = Hooks(**own | options.hooks_given(chosen)) if left else Hooks()  # else there is nothing to tell
    chosen |= {"hooks": hooks}
    return _run(folder, left, replace(record, **again), chosen)


@fleet_group.command("status")
@_fleet
@options.jobs_dir
@options.as_json
@_quiet
def status_command(fleet: str | None, **chosen: Any) -> int:
    """Say how the accounts of a fleet stand (default: the newest).

    FILE is the fleet's file, or its job's name.
    """
    from bulk.fleet.fleet_folder import fleet_meant  # noqa: PLC0415 - heavy, not for --help
    from bulk.fleet.table import result_of  # noqa: PLC0415

    folder = fleet_meant(options.jobs_folder(chosen["jobs_dir"]), fleet)
    result = result_of(folder, partial(_resumed_by, folder), running=folder.running)
    show_fleet(result, as_json=chosen["as_json"], quiet=chosen["quiet"], running=folder.running)
    return result.exit_code


def step_of(line: str) -> Step:
    """A step as it is written: a line of bulk, without the word itself if one likes.

    Raises `UsageError` for what is no import or export.
    """
    from bulk.fleet.steps import EXPORT, IMPORT, Step  # noqa: PLC0415 - heavy, not for --help

    words = shlex.split(line)
    words = words[1:] if words[:1] == ["bulk"] else words
    kind = words[0] if words else ""
    if kind not in (IMPORT, EXPORT):
        raise UsageError("fleet_step_kind", given=kind)
    command = import_command if kind == IMPORT else export_command
    try:
        with command.make_context(kind, words[1:], parent=click.get_current_context()) as context:
            chosen = dict(context.params) | {"notify": (), "metrics": ""}  # what bulk.toml says is the fleet's
            said = [name for name in (*chosen, "progress") if context.get_parameter_source(name) is _SAID]
            given = import_options(chosen) if kind == IMPORT else export_options(chosen)
    except click.ClickException as error:
        raise UsageError("fleet_step_words", reason=error.format_message()) from error
    if of_fleet := {"notify", "metrics", "progress"}.intersection(said):
        raise UsageError("fleet_step_hooks", option=min(of_fleet))
    return Step(kind, chosen["resource"], chosen["file"], _said(given), " ".join(words))


def _said(given: Any) -> dict[str, Any]:
    """The options that are given otherwise than usual."""
    from dataclasses import asdict  # noqa: PLC0415

    usual = asdict(type(given)())
    return {name: value for name, value in asdict(given).items() if value != usual[name]}


def _place(chosen: dict[str, Any], record: FleetRecord) -> DaskPlace | None:
    """Where the fleet is to run; None: in processes of this machine."""
    if chosen["on"] is None:
        if chosen["workers"] is not None:
            raise UsageError("fleet_workers_alone")
        return None
    from bulk.fleet.dask_place import dask_place  # noqa: PLC0415 - heavy, not for --help

    return dask_place(chosen["on"], chosen["workers"], *_side_by_side(record))


def _side_by_side(record: FleetRecord) -> tuple[int, int]:
    """Accounts that a process has in hand, and processes."""
    from bulk.fleet.fleet_file import AT_ONCE, PROCESSES  # noqa: PLC0415 - heavy, not for --help

    return record.at_once or AT_ONCE, record.processes or PROCESSES


def _run(folder: FleetFolder, accounts: Sequence[str], record: FleetRecord, chosen: dict[str, Any]) -> int:
    """Do it on these accounts, as `record` says."""
    import anyio  # noqa: PLC0415 - heavy, not for --help

    from bulk.fleet.fleet_folder import RUNNING  # noqa: PLC0415
    from bulk.fleet.running import FleetRun  # noqa: PLC0415
    from bulk.fleet.table import result_of, write_summary  # noqa: PLC0415
    from bulk.fleet.telling import FleetWatch  # noqa: PLC0415
    from bulk.library.watching import Hooks  # noqa: PLC0415

    quiet = chosen["quiet"]
    if accounts and not quiet:
        terminal.tell(
            f"{folder.name}: {counted(len(accounts), 'account')}, a folder for each in {folder.path}", err=True
        )

    hooks = Hooks() if folder.running else chosen["hooks"]  # they are those of the run that has it in hand
    watch = FleetWatch(folder, hooks, progress_for(quiet=True))

    def told(state: AccountState) -> None:
        watch.told(state)
        if not quiet and state.state != RUNNING:
            terminal.tell(account_line(state, width), err=True)

    def said(text: str) -> None:
        if not quiet:
            terminal.tell(text, err=True)

    width = max(map(len, accounts), default=0)
    run: FleetRun | DaskRun
    if place := _place(chosen, record):
        from bulk.fleet.dask_run import DaskRun  # noqa: PLC0415 - not always installed

        run = DaskRun(folder, accounts, place, record.max_failures, told, said)
    else:
        at_once, processes = _side_by_side(record)
        run = FleetRun(folder, accounts, processes, at_once, record.max_failures, told)
    try:
        anyio.run(lambda: run.run(signals=True))
    except BulkError as error:
        anyio.run(watch.refused, error)
        raise
    result = replace(result_of(folder, partial(_resumed_by, folder, on=chosen["on"])), stopped_by=run.stopped_by)
    write_summary(folder, result)
    anyio.run(watch.end, result)
    show_fleet(result, as_json=chosen["as_json"], quiet=quiet)
    return result.exit_code


def _resumed_by(folder: FleetFolder, account: str, on: str | None = None) -> str:
    line = command_line("fleet resume", folder.name, folder.path.parent)
    line = f"{line} --on {as_typed(on)}" if on else line
    return f"{line} --only {account}" if account else line
