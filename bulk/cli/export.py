"""`bulk export`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from bulk.cli import display, options, terminal
from bulk.cli.running import run_job
from bulk.errors import UsageError
from bulk.wording import FrontEnd


@click.command("export")
@click.argument("resource")
@click.argument("file")
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
@options.telling
def export_command(resource: str, file: str, **chosen: Any) -> int:
    """Write a resource of the account to FILE; - is stdout.

    With `all` for RESOURCE, FILE is a folder: a file for every resource.

    The file opens undamaged in a spreadsheet and can be imported as it is. It
    is written whole or not at all.
    """
    from bulk.access.account import Setting  # noqa: PLC0415
    from bulk.jobs import export  # noqa: PLC0415 - heavy, not for --help
    from bulk.jobs.option_rules import check_export  # noqa: PLC0415
    from bulk.jobs.options import ExportOptions  # noqa: PLC0415

    result = None if options.is_all(resource) else options.resource_of(resource)
    if file == "-" and terminal.is_closed():
        raise UsageError("stdout_closed")
    given = ExportOptions(
        filters=filters_of(chosen["filters"]),
        search=chosen["search"],
        columns=columns_of(chosen["columns"]),
        plain=chosen["plain"], guard_formulas=chosen["guard_formulas"], separator=chosen["separator"],
        max_duration=chosen["max_duration"], rate=5.0 if chosen["rate"] is None else chosen["rate"],
        concurrency=chosen["concurrency"] or 0,
    )  # fmt: skip
    access = options.needed_account(
        sandbox=chosen["sandbox"], base_url=chosen["base_url"], connection=chosen["connection"]
    )
    check_export(result, given, access)
    progress = display.progress_for(quiet=chosen["quiet"])
    setting = Setting(
        options.connected(access),
        options.jobs_folder(chosen["jobs_dir"]),
        progress,
        chosen["job"],
        signals=True,
        front_end=FrontEnd.COMMAND_LINE,
    )

    def show(job_result: Any) -> None:
        if chosen["as_json"] and file != "-":
            display.show_json(job_result.summary.to_json())
        elif chosen["quiet"]:
            display.show_quietly(job_result)
        else:
            display.show_export(job_result)

    if result is None:
        from bulk.jobs import all_resources  # noqa: PLC0415 - heavier: it reads CSV files too

        return run_job(lambda: all_resources.export_all(Path(file), given, setting), setting, show)
    return run_job(lambda: export.start(result, options.file_of(file), given, setting), setting, show)


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
