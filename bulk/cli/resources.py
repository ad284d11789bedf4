"""`bulk resources`."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from bulk.cli import complete, terminal
from bulk.cli.command import Command
from bulk.wording import FrontEnd, in_words_of

if TYPE_CHECKING:
    from bulk.library.reference import Resource

_HEADS = 23  # how wide the first of two columns is


@click.command("resources", cls=Command)
@click.argument("resource", required=False, shell_complete=complete.resources)
@click.option("--markdown", "as_markdown", is_flag=True, help="All of them, as docs/resources.md.")
def resources_command(resource: str | None, as_markdown: bool) -> int:
    """Say what can be moved, by which key, with which columns."""
    from bulk.library.reference import RESOURCES, known, markdown  # noqa: PLC0415 - not for --help

    if as_markdown:
        terminal.echo(markdown(RESOURCES), nl=False)
    elif resource is None:
        for result in RESOURCES:
            about = in_words_of(FrontEnd.COMMAND_LINE, result.about)
            terminal.echo(terminal.two_columns(result.name, about + ("" if result.modes else " (export only)"), _HEADS))
        terminal.echo("\nThe columns of one: bulk resources deals")
    else:
        _show(known(resource))
    return 0


def _show(resource: Resource) -> None:
    from bulk.library.reference import about_column, facts  # noqa: PLC0415 - not for --help

    about = in_words_of(FrontEnd.COMMAND_LINE, resource.about)
    terminal.echo(textwrap.fill(f"{resource.name}: {about}", terminal.FILLED) + "\n")
    for word, answer in facts(resource):
        terminal.echo(terminal.two_columns(word, answer, _HEADS))
    terminal.echo()
    for column in resource.columns:
        terminal.echo(terminal.two_columns(f"  {column.header}", about_column(column), _HEADS))
    for note in resource.notes:
        terminal.echo("\n" + textwrap.fill(in_words_of(FrontEnd.COMMAND_LINE, note), terminal.FILLED))
