"""`bulk help`."""

from __future__ import annotations

import click

from bulk.cli import complete, terminal
from bulk.cli.command import Command
from bulk.errors import UsageError
from bulk.messages import Part


@click.command("help", cls=Command)
@click.argument("command", nargs=-1, shell_complete=complete.commands)
@click.pass_context
def help_command(ctx: click.Context, command: tuple[str, ...]) -> int:
    """Show what a COMMAND does and its options."""
    root = ctx.find_root()
    there: click.Context = root
    for name in command:
        known = there.command.commands if isinstance(there.command, click.Group) else {}
        if name not in known:
            from bulk.resources.likeness import nearest  # noqa: PLC0415 - for who has an error

            close = nearest(name, known)
            hint = Part.of("nearest", names=close) if close else Part.of("commands_listed")
            raise UsageError("command_unknown", name=" ".join(command), hint=hint)
        there = click.Context(known[name], info_name=name, parent=there)
    terminal.echo(there.command.get_help(there))
    return 0
