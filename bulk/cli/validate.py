"""`bulk validate`."""

# hub: it runs without a job, so it is begun, told and shown in one place
from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from bulk.cli import complete, display, options, terminal
from bulk.cli.account import account_of
from bulk.cli.command import Command
from bulk.cli.import_ import import_options, mapping_kept
from bulk.cli.progress import close, progress_for
from bulk.cli.running import again_later
from bulk.errors import UnfinishedError
from bulk.wording import FrontEnd, counted

if TYPE_CHECKING:
    from bulk.library import Findings
    from bulk.model import Issue

SHOWN = 20  # issues shown without -v


@click.command("validate", cls=Command)
@click.argument("resource", shell_complete=complete.resources)
@click.argument("file", shell_complete=complete.files)
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
    access = account_of(chosen)
    progress = progress_for(access, quiet=chosen["quiet"])
    setting = Setting(access or Account(), options.jobs_folder(""), progress, front_end=FrontEnd.COMMAND_LINE)

    async def run() -> Findings:
        return await run_validation(result, options.file_of(file), given, setting, offline=access is None)

    try:
        with mapping_kept(chosen, given):
            findings = anyio.run(run)
    except UnfinishedError as stopped:
        raise again_later(stopped) from stopped
    finally:
        close(progress)
    if chosen["as_json"]:
        display.show_json(_as_json(findings))
    else:
        _show(findings, most=None if chosen["verbose"] else SHOWN)
    if not findings.tally.rejected:
        return 0
    return 3 if given.on_invalid == "stop" else 1


def _as_json(findings: Findings) -> dict[str, Any]:
    """What a validation found, for programs."""
    return {
        "rows": asdict(findings.tally),
        "codes": dict(findings.codes),
        "unchecked": list(findings.unchecked),
        "offline": findings.offline,
        "issues": [_issue(findings, issue) for issue in findings.issues],
    }


def _issue(findings: Findings, issue: Issue) -> dict[str, Any]:
    """An issue for programs; with its table where there are several."""
    file, row = findings.place(issue)
    return {**asdict(issue), "row": row, **({"file": file} if file else {})}


def _show(findings: Findings, *, most: int | None) -> None:
    """Print what a validation found."""
    from bulk.library.results import describe  # noqa: PLC0415 - not for --help

    tally = findings.tally
    for issue in findings.issues[:most]:
        file, row = findings.place(issue)
        terminal.tell(terminal.one_line(f"{f'{file} ' if file else ''}row {row}: {describe(issue)}"))
    left = findings.codes.total() - len(findings.issues[:most])
    if left > 0:
        terminal.tell(f"… and {left:,} more: " + ", ".join(f"{n:,} {code}" for code, n in findings.codes.most_common()))
    sums = [counted(tally.read, "row"), f"{tally.read - tally.rejected - tally.skipped:,} can be sent"]
    sums += [f"{tally.rejected:,} rejected"] if tally.rejected else []
    sums += [f"{tally.skipped:,} skipped as duplicates"] if tally.skipped else []
    terminal.tell(", ".join(sums) + ".")
    if findings.offline:
        more = f" (unknown here: {', '.join(findings.unchecked)})" if findings.unchecked else ""
        terminal.tell(f"Not checked, for want of a key or --sandbox: custom fields, lists and options{more}.")
