"""`bulk export`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk.cli import complete, display, options, terminal
from bulk.cli.account import needed_account
from bulk.cli.command import Command
from bulk.cli.progress import progress_for
from bulk.cli.running import run_job
from bulk.errors import UsageError
from bulk.wording import FrontEnd

if TYPE_CHECKING:
    from bulk.library import ExportOptions, Result


@click.command("export", cls=Command)
@click.argument("resource", shell_complete=complete.resources)
@click.argument("file", shell_complete=complete.files)
@options.where
@click.option("--plain", is_flag=True, help="Minimal quotes, no byte order mark: for programs.")
@click.option("--guard-formulas", is_flag=True, help="Disarm cells that a spreadsheet would run; import undoes it.")
@click.option("--separator", metavar="C", default=",", show_default=True, help="Between values inside a cell.")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only what fits, by the API's own filters. Repeatable.",
)
@click.option("--search", metavar="TEXT", default="", help="Only what ActiveCampaign finds for this.")
@click.option("--columns", metavar="A,B,…", default="", help="Only these columns, in this order.")
@options.pace
@options.job_place
@options.telling_of_job
def export_command(resource: str, file: str, **chosen: Any) -> int:
    """Write a resource of the account to FILE; - is stdout.

    With `all` for RESOURCE, FILE is a folder: a file for every resource.

    The file opens undamaged in a spreadsheet and can be imported as it is. It
    is written whole or not at all.
    """
    from bulk.library.options import check_export  # noqa: PLC0415 - heavy, not for --help
    from bulk.library.running import Setting, meant, run_export, run_export_all  # noqa: PLC0415

    result = meant(resource)
    if file == "-" and terminal.is_closed():
        raise UsageError("stdout_closed")
    given = export_options(chosen)
    access = needed_account(chosen)
    check_export(result, given, access)
    progress = progress_for(access, quiet=chosen["quiet"], way=chosen["progress"])
    setting = Setting(
        access,
        options.jobs_folder(chosen["jobs_dir"]),
        progress,
        chosen["job"],
        signals=True,
        front_end=FrontEnd.COMMAND_LINE,
    )

    def show(job_result: Result) -> None:
        if chosen["as_json"] and file != "-":
            display.show_result_json(job_result)
        elif chosen["quiet"]:
            display.show_quietly(job_result)
        else:
            display.show_export(job_result)

    if result is None:
        return run_job(partial(run_export_all, Path(file), given), setting, show, verbose=chosen["verbose"])
    return run_job(partial(run_export, result, options.file_of(file), given), setting, show, verbose=chosen["verbose"])


def export_options(chosen: Mapping[str, Any]) -> ExportOptions:
    """The job's options out of the command's; what was not given is as usual."""
    from bulk.library.options import ExportOptions  # noqa: PLC0415 - heavy, not for --help

    names = (
        "search", "plain", "guard_formulas", "separator", "max_duration", "rate", "concurrency", "notify", "metrics"
    )  # fmt: skip
    return ExportOptions(
        filters=filters_of(chosen["filters"]), columns=columns_of(chosen["columns"]),
        **{name: chosen[name] for name in names if chosen[name] is not None},
    )  # fmt: skip


def filters_of(texts: Iterable[str]) -> dict[str, str]:
    """What `--filter` says, by name."""
    result: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise UsageError("filter_invalid", text=text)
        result[name] = value
    return result


def columns_of(text: str) -> tuple[str, ...]:
    """The names in `--columns`: one CSV record, as in a cell."""
    from bulk.resources.kinds import split_values  # noqa: PLC0415 - not for --help

    return tuple(split_values(text, ","))
