"""`bulk export`."""

from __future__ import annotations

from typing import Any

import click

from bulk.cli import display, options
from bulk.cli.running import run_job


@click.command("export")
@click.argument("resource")
@click.argument("file")
@options.where
@click.option("--plain", is_flag=True, help="Minimal quotes, no byte order mark: for programs.")
@click.option("--guard-formulas", is_flag=True, help="Disarm cells that a spreadsheet would run; import undoes it.")
@click.option("--separator", metavar="C", default=",", show_default=True, help="Between values inside a cell.")
@options.pace
@options.job_place
@options.telling
def export_command(resource: str, file: str, **chosen: Any) -> int:
    """Write a resource of the account to FILE; - is stdout.

    The file opens undamaged in a spreadsheet and can be imported as it is. It
    is written whole or not at all.
    """
    from bulk.jobs import exporting  # noqa: PLC0415 - heavy, not for --help
    from bulk.jobs.access import Setting  # noqa: PLC0415

    found = options.resource_of(resource)
    given = exporting.ExportOptions(
        plain=chosen["plain"], guard_formulas=chosen["guard_formulas"], separator=chosen["separator"],
        max_duration=chosen["max_duration"], rate=5.0 if chosen["rate"] is None else chosen["rate"],
        concurrency=chosen["concurrency"] or 0,
    )  # fmt: skip
    options.check_separator(given.separator)
    access = options.needed_account(
        sandbox=chosen["sandbox"], base_url=chosen["base_url"], connection=chosen["connection"]
    )
    options.check_rate(given.rate, access)
    progress = display.progress_for(quiet=chosen["quiet"])
    setting = Setting(access, options.jobs_folder(chosen["jobs_dir"]), progress, chosen["job"], signals=True)

    def show(ending: Any) -> None:
        if chosen["as_json"] and file != "-":
            display.show_json(ending.summary.to_json())
        elif not chosen["quiet"]:
            display.show_export(ending)

    return run_job(lambda: exporting.start(found, options.input_path(file), given, setting), setting, show)
