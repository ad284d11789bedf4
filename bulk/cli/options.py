"""Options that several commands share, and what they mean together: the account, the jobs, how much is said."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bulk.cli import terminal
from bulk.errors import UsageError
from bulk.library.choices import BLANK, ENGINES, EXACT, ON_CONFLICT, ON_DUPLICATE, ON_INVALID

if TYPE_CHECKING:  # heavy, and only needed once a command runs
    from bulk.library import Account
    from bulk.library.jobs import Job

Command = TypeVar("Command", bound=Callable[..., Any])
JOBS_DIR = "bulk-jobs"
SANDBOX_DIR = "bulk-sandbox"


def _stack(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def duration(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    """The seconds of a duration as people write it, for an option's `callback`."""
    if value is None:
        return None
    result = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", value)
    if not result or not value:
        raise click.BadParameter("write a duration like 2h, 90m or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in result.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


gateway = _stack(
    click.option("--sandbox", is_flag=True, help="Talk to the embedded local stand-in; needs no key."),
    click.option("--base-url", metavar="URL", default="", help="Root of the gateway.  [default: https://api.maton.ai]"),
)
where = _stack(
    gateway, click.option("--connection", metavar="ID", default="", help="Which connection of the key to use.")
)
of_job = click.option("--sandbox", is_flag=True, help="Refuse a job of a real account. A job goes where it was begun.")
as_json = click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
pace = _stack(
    click.option("--rate", type=float, metavar="N", help="Requests a second; 0: no limit (sandbox)."),
    click.option("--concurrency", type=int, metavar="N", help="Requests in flight at most."),
    click.option("--max-duration", callback=duration, metavar="TIME", help="Stop cleanly after, say, 2h."),
)
max_errors = click.option(
    "--max-errors", metavar="N|N%",
    help="Give up after so many rows of this run that failed or are in doubt; N%: of those to be sent."
    " Rejected rows do not count.",
)  # fmt: skip
detailed_exitcode = click.option(
    "--detailed-exitcode", is_flag=True, help="Of a plan: exit 0 if nothing is to be done, 2 if something is."
)
max_age = click.option(
    "--max-age", callback=duration, metavar="TIME", default="24h", show_default=True,
    help="Refuse a plan that is older.",
)  # fmt: skip
yes = click.option("--yes", is_flag=True, help="Do not ask before --mode delete or --delete-missing deletes.")
apply_yes = click.option("--yes", is_flag=True, help="Do not ask before a plan that deletes is carried out.")
undo_yes = click.option("--yes", is_flag=True, help="Do not ask before anything is put back.")
delete_missing = click.option(
    "--delete-missing", is_flag=True,
    help="Delete what the baseline had and FILE has no more, after the count was told and agreed to.",
)  # fmt: skip
jobs_dir = click.option("--jobs-dir", metavar="DIR", default="", help=f"Where jobs are kept.  [default: {JOBS_DIR}]")
job_place = _stack(click.option("--job", metavar="NAME", help="A name for the job."), jobs_dir)
telling = _stack(
    as_json,
    click.option("-q", "--quiet", is_flag=True, help="No progress; errors only."),
    click.option("-v", "--verbose", is_flag=True, help="Say more."),
)
reading = _stack(
    click.option(
        "--mapping", metavar="FILE", default="",
        help="What was saved of such a file: its columns, preset, separator and the like. What is given besides goes"
        " before it.",
    ),
    click.option(
        "--save-mapping", metavar="FILE", default="",
        help="Save what is said of this file for the next one: --mapping.",
    ),
    click.option(
        "--map", "maps", multiple=True, metavar="'HEADER=ATTRIBUTE'",
        help="What a column of the file is; nothing after the = drops it. Repeatable.",
    ),
    click.option(
        "--set", "sets", multiple=True, metavar="COLUMN=VALUE",
        help="A column that the file lacks, the same in every row; tags and lists are added to the row's own."
        " Repeatable.",
    ),
    click.option(
        "--preset", metavar="NAME", default="auto", show_default=True,
        help="Which program wrote the file: bulk presets. auto: told by its header; none: no program.",
    ),
    click.option(
        "--split-name", metavar="[COLUMN]", is_flag=False, flag_value="auto", default="",
        help="Take a column of full names apart into first and last name; shown before anything is sent. Without"
        " COLUMN: the one that is called so.",
    ),
    click.option("--ignore-unknown", is_flag=True, help="Drop columns that are not known."),
    click.option("--key", metavar="COLUMN", default="", help="The column that identifies a record: bulk resources."),
    click.option(
        "--on-duplicate", type=click.Choice(ON_DUPLICATE), default="error", show_default=True,
        help="Rows of one key: refuse the later ones, take the first or last, or send all in order.",
    ),
    click.option(
        "--on-invalid", type=click.Choice(ON_INVALID), default="skip", show_default=True,
        help="Report rows that break the schema and go on, or send nothing at all.",
    ),
    click.option("--allow-damaged", is_flag=True, help="Send cells too that look spoilt by a spreadsheet."),
    click.option("--separator", metavar="C", default=",", show_default=True, help="Between values inside a cell."),
    click.option("--encoding", metavar="NAME", default="auto", show_default=True, help="utf-8, utf-16, cp1252, …"),
    click.option("--delimiter", metavar="C", default="auto", show_default=True, help=", ; tab or |"),
    click.option("--skip-lines", type=int, default=0, metavar="N", help="Lines before the header."),
    click.option("--sheet", metavar="NAME", default="", help="Which sheet of a workbook.  [default: the first]"),
    click.option("--limit", type=int, metavar="N", help="The first N rows only."),
)  # fmt: skip

meaning = _stack(
    click.option("--mode", metavar="MODE", default="", help="What a row means: upsert, create, update or delete."),
    click.option(
        "--blank", type=click.Choice(BLANK),
        help="An empty cell leaves the value alone or clears it. #N/A always clears.  [default: keep; a cell that was"
        " emptied since an export clears]",
    ),
    click.option(
        "--exact", "exact_columns", type=click.Choice(EXACT), multiple=True,
        help="The cell is all there should be: what it does not name is removed (of lists: unsubscribed). An empty cell"
        " removes all with --blank clear only. Every cell counts then, not only what was edited since an export."
        " Repeatable.",
    ),
    click.option(
        "--baseline", metavar="EXPORT", default="auto", show_default=True,
        help="The export that FILE was made of, its file or job: only cells that differ from it are sent. auto: the"
        " one that FILE fits; none: every cell counts.",
    ),
    click.option(
        "--on-conflict", type=click.Choice(ON_CONFLICT),
        help="A cell that the account changed too since the export: send the file's, keep the account's, or send"
        " nothing at all.  [default: keep it, and the row fails]",
    ),
    click.option(
        "--engine", type=click.Choice(ENGINES), default="auto", show_default=True,
        help="One request a step, or ActiveCampaign's importer for 250 contacts a request; auto: what is faster.",
    ),
    click.option("--no-automations", is_flag=True, help="Nobody enters an automation by this import of contacts."),
    click.option("--undoable", is_flag=True, help="Read first all that is changed, so that bulk undo can put it back."),
    click.option("--resubscribe", is_flag=True, help="Subscribe people again who unsubscribed or bounced."),
)  # fmt: skip


def was_given(name: str) -> bool:
    """Whether an option of this command was given, and is not as usual."""
    source = click.get_current_context().get_parameter_source(name)
    return source in (click.core.ParameterSource.COMMANDLINE, click.core.ParameterSource.ENVIRONMENT)


def jobs_folder(given: str) -> Path:
    """The folder of jobs: as given, else by `BULK_JOBS_DIR`, else `bulk-jobs` here."""
    return Path(given or os.environ.get("BULK_JOBS_DIR") or JOBS_DIR)


def command_line(command: str, job: str, jobs: Path) -> str:
    """The command that does something with a job, as it can be pasted."""
    return f"bulk {command} {job}" + ("" if str(jobs) == JOBS_DIR else f" --jobs-dir {shlex.quote(str(jobs))}")


def sandbox_folder() -> Path:
    """Where the embedded sandbox keeps its state: by `BULK_SANDBOX_DIR`, else `bulk-sandbox` here."""
    return Path(os.environ.get("BULK_SANDBOX_DIR") or SANDBOX_DIR)


def account(*, sandbox: bool, base_url: str, connection: str) -> Account | None:
    """The way to the account that the options and the environment name; None if there is no key and no `--sandbox`."""
    from bulk.library.accounts import Account, account_in  # noqa: PLC0415 - heavy, see the module's head

    if sandbox:
        if base_url:
            raise UsageError("sandbox_with_base_url")
        return Account.sandbox(sandbox_folder(), connection=connection)
    return account_in(os.environ, base_url=base_url, connection=connection)


def needed_account(*, sandbox: bool, base_url: str, connection: str) -> Account:
    """Like `account`, and raises `UsageError` with both ways on if there is none."""
    access = account(sandbox=sandbox, base_url=base_url, connection=connection)
    if access is None:
        raise UsageError("key_missing")
    return access


def account_of(job: Job, *, sandbox: bool) -> Account:
    """The way to the account of a job, which the job itself knows. Raises `UsageError` where there is none.

    With `--sandbox` also where the job is of another account: it would be changed instead.
    """
    from bulk.library.accounts import Place, account_at  # noqa: PLC0415

    record = job.record
    if sandbox and Place.of(record.place).sandbox is None:
        raise UsageError("job_of_account", job=job.name, account=record.account or record.place)
    return account_at(record.place, record.connection)


def options_of_place(place: str, connection: str) -> Iterator[str]:
    """The options that lead to the place of a job again."""
    from bulk.library.accounts import Place  # noqa: PLC0415

    there = Place.of(place)
    if there.sandbox is not None:
        yield "--sandbox"
    elif there.base_url:
        yield f"--base-url {shlex.quote(there.base_url)}"
    if connection:
        yield f"--connection {shlex.quote(connection)}"


def confirmation(*, deletes: bool, yes: bool) -> Callable[[str], bool] | None:
    """What asks a person before anything is deleted; None if nobody needs to be. `UsageError` if nobody can be."""
    if not deletes or yes:
        return None
    _check_that_somebody_answers()
    return ask


def ask(question: str) -> bool:
    """What a person answers to a question before anything is deleted. Raises `UsageError` if nobody can."""
    _check_that_somebody_answers()
    return answered(question)


def answered(question: str) -> bool:
    """What is answered to a question. Raises `UsageError`, naming --yes, where standard input ends instead."""
    answer = _answer(question)
    if answer is None:
        raise UsageError("delete_unanswered")
    return answer


def ask_to_apply(question: str) -> bool:
    """What a person answers before a plan is carried out that deletes. Raises `UsageError` if nobody can."""
    if not sys.stdin.isatty():
        raise UsageError("apply_unanswerable")
    answer = _answer(question)
    if answer is None:
        raise UsageError("apply_unanswered")
    return answer


def ask_to_undo(question: str) -> bool:
    """What a person answers before anything is put back. Raises `UsageError` if nobody can."""
    if not sys.stdin.isatty():
        raise UsageError("undo_unanswerable")
    answer = _answer(question)
    if answer is None:
        raise UsageError("undo_unanswered")
    return answer


def _answer(question: str) -> bool | None:
    """What is answered to a question; None where standard input ends instead."""
    while True:
        shown = terminal.fitted(f"{question} [y/N]:", terminal.width_of(sys.stderr))
        terminal.echo(f"{shown} ", err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            terminal.echo(err=True)
            return None
        said = line.strip().lower()
        if said in ("y", "yes"):
            return True
        if said in ("", "n", "no"):
            return False


def _check_that_somebody_answers() -> None:
    if not sys.stdin.isatty():
        raise UsageError("delete_unanswerable")


def file_of(name: str) -> Path | None:
    """The file that a command reads or writes; None for `-`, standard input or output."""
    return None if name == "-" else Path(name)
