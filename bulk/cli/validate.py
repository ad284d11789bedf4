"""`bulk validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bulk.cli import display, options
from bulk.cli.import_ import import_options
from bulk.cli.progress import close, progress_for
from bulk.cli.running import again_later
from bulk.errors import UnfinishedError
from bulk.wording import FrontEnd

if TYPE_CHECKING:
    from bulk.library import Findings

SHOWN = 20  # issues shown without -v


@click.command("validate")
@click.argument("resource")
@click.argument("file")
@options.where
@options.reading
@options.meaning
@options.telling
def validate_command(resource: str, file: str, **chosen: Any) -> int:
    """Check FILE as an import would; nothing is written.

    If what becomes of some row hangs on what the account holds, that is read,
    a hundred records a request: what a cell has in common with it is never
    refused. Without a key and without --sandbox, what needs the account is not checked:
    its custom fields, lists and options.
    """
    import anyio  # noqa: PLC0415 - heavy, not for --help

    from bulk.library import Account  # noqa: PLC0415
    from bulk.library.options import check_import  # noqa: PLC0415
    from bulk.library.reference import known  # noqa: PLC0415
    from bulk.library.running import Setting, run_validation  # noqa: PLC0415

    result = known(resource)
    given = import_options(chosen)
    check_import(result, given, None)
    access = options.account(sandbox=chosen["sandbox"], base_url=chosen["base_url"], connection=chosen["connection"])
    progress = progress_for(quiet=chosen["quiet"])
    setting = Setting(access or Account(), options.jobs_folder(""), progress, front_end=FrontEnd.COMMAND_LINE)

    async def run() -> Findings:
        return await run_validation(result, options.file_of(file), given, setting, offline=access is None)

    try:
        findings = anyio.run(run)
    except UnfinishedError as stopped:
        raise again_later(stopped) from stopped
    finally:
        close(progress)
    if chosen["as_json"]:
        display.show_json(display.findings_json(findings))
    else:
        display.show_findings(findings, most=None if chosen["verbose"] else SHOWN)
    if not findings.tally.rejected:
        return 0
    return 3 if given.on_invalid == "stop" else 1
