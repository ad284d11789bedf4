"""What the shell offers while a command is written: resources, jobs, presets, accounts of bulk.toml, files.

Nothing here may fail or be slow: where something cannot be told, nothing is offered.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem

from bulk.cli.configured import config, jobs_dir_said
from bulk.errors import BulkError
from bulk.library.choices import JOBS_DIR

if TYPE_CHECKING:
    from bulk.library.jobs import Job

# the commands that are about some jobs only
_WAITING: Final[Mapping[str, Callable[[Job], bool]]] = {
    "resume": lambda job: job.resumable,
    "apply": lambda job: job.planned,
}


def files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files, as the shell itself offers them."""
    return [CompletionItem(incomplete, type="file")]


def folders(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders, likewise."""
    return [CompletionItem(incomplete, type="dir")]


def resources(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The resources that this command takes."""
    from bulk.resources import RESOURCES  # noqa: PLC0415 - not for --help

    command = context.command.name
    writes = command in ("import", "plan", "validate", "template")
    names = [one.name for one in RESOURCES if one.modes or not writes]
    more = ["all"] if command in ("import", "export", "plan") else []
    return [CompletionItem(name) for name in (*names, *more) if name.casefold().startswith(incomplete.casefold())]


def jobs(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The jobs here, the newest first; of some commands only those that wait for it."""
    from bulk.library.jobs import jobs_in  # noqa: PLC0415 - not for --help

    try:
        said = context.params.get("jobs_dir") or os.environ.get("BULK_JOBS_DIR")
        place = said or jobs_dir_said(context) or JOBS_DIR
        result = list(reversed(jobs_in(place)))
    except BulkError:
        return []
    waits = _WAITING.get(str(context.command.name))
    return [
        CompletionItem(job.name, help=f"{job.record.kind} {job.record.resource}, {job.state}")
        for job in result
        if job.name.startswith(incomplete) and (waits is None or waits(job))
    ]


def presets(_context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The presets; of an option also what is no preset."""
    from bulk.resources.presets import AUTO, NONE, PRESETS  # noqa: PLC0415 - not for --help

    names = [CompletionItem(one.name, help=one.title) for one in PRESETS]
    if isinstance(parameter, click.Option):
        names = [CompletionItem(AUTO), CompletionItem(NONE), *names]
    return [offered for offered in names if str(offered.value).startswith(incomplete)]


def accounts(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The accounts that bulk.toml names."""
    return [CompletionItem(name) for name in _named(context) if name.startswith(incomplete)]


def _named(context: click.Context) -> Iterator[str]:
    try:
        yield from config(context).accounts
    except BulkError:
        return


def commands(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The commands."""
    root = context.find_root().command
    known = root.commands if isinstance(root, click.Group) else {}
    return [CompletionItem(name) for name in known if name.startswith(incomplete)]
