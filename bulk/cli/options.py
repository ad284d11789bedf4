"""Options that several commands share, and what they mean together: the account, the jobs, how much is said."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from bulk.cli import complete
from bulk.cli.progress import chosen_way
from bulk.library.choices import BLANK, ENGINES, EXACT, JOBS_DIR, ON_CONFLICT, ON_DUPLICATE, ON_INVALID

Command = TypeVar("Command", bound=Callable[..., Any])
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
    result = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", value)
    if not result or not value:
        raise click.BadParameter("write a duration like 2h, 90m, 1h30m or 30d")
    days, hours, minutes, seconds = (int(part or 0) for part in result.groups())
    return float(days * 86400 + hours * 3600 + minutes * 60 + seconds)


def _from_here(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """A place as it is meant from here, wherever the job is gone on with."""
    return str(Path(value).absolute()) if value else ""


gateway = _stack(
    click.option("--sandbox", is_flag=True, help="Talk to the embedded local stand-in; needs no key."),
    click.option("--base-url", metavar="URL", default="", help="Root of the gateway.  [default: https://api.maton.ai]"),
)
where = _stack(
    gateway,
    click.option(
        "--connection", metavar="ID", default="", shell_complete=complete.accounts,
        help="Which connection of the key to use: its id, or how that begins.",
    ),
    click.option(
        "--account", metavar="NAME", default="", shell_complete=complete.accounts,
        help="One of the accounts that bulk.toml names.",
    ),
)  # fmt: skip
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
yes = click.option(
    "--yes", is_flag=True, help="Do not ask before --mode delete or --delete-missing deletes, or fields are made."
)
apply_yes = click.option("--yes", is_flag=True, help="Do not ask before a plan that deletes is carried out.")
undo_yes = click.option("--yes", is_flag=True, help="Do not ask before anything is put back.")
delete_missing = click.option(
    "--delete-missing", is_flag=True,
    help="Delete what the baseline had and FILE has no more, after the count was told and agreed to.",
)  # fmt: skip
jobs_dir = click.option(
    "--jobs-dir",
    metavar="DIR",
    default="",
    shell_complete=complete.folders,
    help=f"Where jobs are kept.  [default: {JOBS_DIR}]",
)
job_place = _stack(click.option("--job", metavar="NAME", help="A name for the job."), jobs_dir)
telling = _stack(
    as_json,
    click.option("-q", "--quiet", is_flag=True, help="No progress; errors only."),
    click.option(
        "-v", "--verbose", is_flag=True, help="Say more: every failed row, and what time and requests went on."
    ),
)
allow_joined = click.option("--allow-joined", is_flag=True, help="Make new tags too whose names hold ; | or :::")
progress = click.option(
    "--progress", type=click.Choice(("auto", "bar", "plain", "json", "none")), default="auto", show_default=True,
    callback=chosen_way, metavar="HOW",
    help="How progress is told on stderr: auto, bar, plain, none, or json, an object a line for programs.",
)  # fmt: skip
hooks = _stack(
    click.option(
        "--notify", metavar="URL|COMMAND", multiple=True,
        help="Tell it how it ended: a POST of JSON, or a command that has it on stdin. Repeatable.",
    ),
    click.option(
        "--metrics", metavar="FILE", default="", callback=_from_here,
        help="Write its figures for Prometheus' node exporter: NAME.prom in its textfile folder.",
    ),
)  # fmt: skip
telling_of_job = _stack(telling, progress, hooks)
going_on = _stack(of_job, pace, max_errors, allow_joined, yes, jobs_dir, telling_of_job)
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
        "--preset", metavar="NAME", default="auto", show_default=True, shell_complete=complete.presets,
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
    click.option(
        "--map-user", multiple=True, metavar="OLD=NEW",
        help="Who owns what belonged to somebody who is not in this account, by their addresses. Repeatable.",
    ),
    click.option(
        "--owner-default", metavar="EMAIL", default="",
        help="Who owns what belonged to anybody else who is not in this account.",
    ),
    click.option(
        "--date-format", metavar="FORMAT", default="",
        help="How dates stand in the file: DMY, MDY, YMD, or codes like %d.%m.%y; ISO is always read.  [default: as far"
        " as a date can be read in one way only]",
    ),
    click.option(
        "--timezone", metavar="ZONE", default="",
        help="Where times are meant that do not say it, like Europe/Berlin; no date is moved by it.",
    ),
    click.option(
        "--separator", metavar="C", default=",", show_default=True,
        help="Between values inside a cell: one sign, or a few like :::",
    ),
    allow_joined,
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
        "--baseline", metavar="EXPORT", default="auto", show_default=True, shell_complete=complete.files,
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
    click.option(
        "--create-fields", is_flag=True,
        help="Make custom fields for columns that fit nothing, of types that fit their values; asks first.",
    ),
    click.option("--no-automations", is_flag=True, help="Nobody enters an automation by this import of contacts."),
    click.option("--undoable", is_flag=True, help="Read first all that is changed, so that bulk undo can put it back."),
    click.option("--resubscribe", is_flag=True, help="Subscribe people again who unsubscribed or bounced."),
)  # fmt: skip


def was_given(name: str) -> bool:
    """Whether an option of this command was given, and is not as usual."""
    source = click.get_current_context().get_parameter_source(name)
    return source in (click.core.ParameterSource.COMMANDLINE, click.core.ParameterSource.ENVIRONMENT)


def hooks_given(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Who is told, where the command line says it: a job that goes on has its own."""
    return {name: chosen[name] for name in ("notify", "metrics") if was_given(name)}


def jobs_folder(given: str) -> Path:
    """The folder of jobs: as given, else by `BULK_JOBS_DIR`, else `bulk-jobs` here."""
    return Path(given or os.environ.get("BULK_JOBS_DIR") or JOBS_DIR)


def file_of(name: str) -> Path | None:
    """The file that a command reads or writes; None for `-`, standard input or output."""
    return None if name == "-" else Path(name)
