"""`bulk import`."""

# hub: what is asked, said and done of an import meets here
from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk.cli import complete, display, display_plan, options, questions, terminal
from bulk.cli.account import needed_account
from bulk.cli.column_dialogue import file_to_save, matched_by_hand, may_ask
from bulk.cli.command import Command
from bulk.cli.progress import asking, progress_for
from bulk.cli.running import run_job
from bulk.errors import UsageError
from bulk.wording import FrontEnd

if TYPE_CHECKING:
    from bulk.library import ImportOptions, Result


@click.command("import", cls=Command)
@click.argument("resource", shell_complete=complete.resources)
@click.argument("file", shell_complete=complete.files)
@options.where
@options.reading
@options.meaning
@options.delete_missing
@options.pace
@options.max_errors
@options.yes
@options.job_place
@options.telling_of_job
@click.option("-n", "--dry-run", is_flag=True, help="The same as bulk plan.")
@options.detailed_exitcode
def import_command(resource: str, file: str, *, dry_run: bool, **chosen: Any) -> int:  # fmt: skip
    """Check FILE, then send its rows. FILE may be - for stdin.

    Everything is checked before the first row is sent. Rows that cannot be
    sent or fail stand in the job's failed.csv with the reason; fix them there
    and import that file. A job that was stopped goes on with: bulk resume

    With `all` for RESOURCE, FILE is a folder of contacts.csv, deals.csv and so
    on, as bulk export writes it; .xlsx, .csv.gz and .zip are taken too.
    """
    return started(resource, file, chosen, only_plan=dry_run)


def started(resource: str, file: str, chosen: dict[str, Any], *, only_plan: bool) -> int:
    """Import a file, or say what that would do; the exit code."""
    from bulk.library.headers import first_values  # noqa: PLC0415 - heavy, not for --help
    from bulk.library.mappings import check_place  # noqa: PLC0415
    from bulk.library.options import check_import  # noqa: PLC0415
    from bulk.library.running import (  # noqa: PLC0415
        Setting,
        meant,
        run_import,
        run_import_all,
        run_plan,
        run_plan_all,
    )

    result = meant(resource)
    given = import_options(chosen)
    check_import(result, given, None)
    access = needed_account(chosen)
    check_import(result, given, access)
    progress = progress_for(access, quiet=chosen["quiet"], way=chosen["progress"])
    deletes = not only_plan and (given.mode == "delete" or given.delete_missing)
    creates = not only_plan and given.create_fields
    ask = questions.confirmation(deletes=deletes, creates=creates, yes=chosen.get("yes", False))
    setting = Setting(
        access, options.jobs_folder(chosen["jobs_dir"]), progress, chosen["job"], signals=True,
        confirm=None if ask is None else asking(progress, ask), front_end=FrontEnd.COMMAND_LINE,
    )  # fmt: skip

    changes = 0

    def show(job_result: Result) -> None:
        nonlocal changes
        if only_plan:
            changes = display_plan.show(job_result, as_json=chosen["as_json"], quiet=chosen["quiet"])
        elif chosen["as_json"]:
            display.show_result_json(job_result)
        elif chosen["quiet"]:
            display.show_quietly(job_result)
        else:
            display.show_import(job_result, verbose=chosen["verbose"])

    def run(setting: Setting) -> Awaitable[Result]:
        if result is None:
            return (run_plan_all if only_plan else run_import_all)(Path(file), given, setting)
        return (run_plan if only_plan else run_import)(result, options.file_of(file), given, setting)

    asks = result is not None and not only_plan and may_ask(chosen, file)
    while True:
        try:
            with mapping_kept(chosen, given):
                code = run_job(run, setting, show, verbose=chosen["verbose"])
            break
        except UsageError as error:
            completed = matched_by_hand(error, given, partial(first_values, resource, file)) if asks else None
            if completed is None or completed == given:
                raise
            given = completed
            chosen["save_mapping"] = chosen["save_mapping"] or file_to_save(check_place)
    if not only_plan or code > 1:
        return code
    return 2 if chosen["detailed_exitcode"] and changes else 0


def import_options(chosen: dict[str, Any]) -> ImportOptions:
    """The job's options out of the command's; what was not given is as a mapping says, else as usual."""
    from bulk.library.mappings import check_place, read_mapping, with_mapping  # noqa: PLC0415
    from bulk.library.options import ImportOptions, parse_maps, parse_sets, parse_users  # noqa: PLC0415

    if chosen["save_mapping"]:
        check_place(chosen["save_mapping"])
    mapped = read_mapping(chosen["mapping"]) if chosen["mapping"] else {}
    names = {one.name for one in fields(ImportOptions)} - {"maps", "sets", "map_user"}
    given = {name: value for name, value in chosen.items() if name in names and value is not None}
    given = {name: value for name, value in given.items() if name not in mapped or options.was_given(name)}
    separator = given.get("separator") or mapped.get("separator", ",")
    given |= {"maps": parse_maps(chosen["maps"]), "sets": parse_sets(chosen["sets"], separator)}
    given |= {"map_user": parse_users(chosen["map_user"])}
    return with_mapping(chosen["mapping"], given) if mapped else ImportOptions(**given)


@contextmanager
def mapping_kept(chosen: dict[str, Any], given: ImportOptions) -> Iterator[None]:
    """Save the mapping that was asked for once a file was understood; an error of one that does not fit names it."""
    from bulk.library.mappings import save_mapping  # noqa: PLC0415

    try:
        yield
    except UsageError as error:
        of_title = error.code in ("map_title_unknown", "map_titles_unknown", "split_name_unknown")
        if of_title and chosen["mapping"]:
            raise UsageError("mapping_does_not_fit", file=chosen["mapping"], refusal=error) from error
        raise
    if chosen["save_mapping"]:
        save_mapping(chosen["save_mapping"], given)
        if not chosen["quiet"]:
            terminal.tell(f"Mapping for the next such file: {chosen['save_mapping']}", err=True)
