"""`bulk presets`."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from bulk.cli import complete, terminal
from bulk.cli.command import Command

if TYPE_CHECKING:
    from bulk.library.reference import Preset

_HEADS = 30  # how wide the first of two columns is


@click.command("presets", cls=Command)
@click.argument("name", required=False, shell_complete=complete.presets)
@click.option("--markdown", "as_markdown", is_flag=True, help="All of them, as docs/presets.md.")
def presets_command(name: str | None, *, as_markdown: bool) -> int:
    """List the programs whose files are read without --map.

    With NAME, say what becomes of each column of its files.
    """
    from bulk.library.reference import PRESETS, known_preset, presets_page  # noqa: PLC0415 - not for --help

    if as_markdown:
        terminal.echo(presets_page(), nl=False)
    elif name is None:
        for preset in PRESETS:
            terminal.echo(terminal.two_columns(preset.name, preset.title, _HEADS))
        terminal.echo("\nWhat becomes of each column of one: bulk presets mailchimp")
    else:
        _show(known_preset(name))
    return 0


def _show(preset: Preset) -> None:
    from bulk.library.reference import columns_of_preset, notes_of  # noqa: PLC0415 - not for --help

    terminal.echo(preset.title + "\n")
    for title, becomes in columns_of_preset(preset):
        terminal.echo(terminal.two_columns(f"  {title}", becomes, _HEADS))
    for note in notes_of(preset):
        terminal.echo("\n" + textwrap.fill(note, terminal.FILLED))
