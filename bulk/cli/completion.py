"""`bulk completion`."""

from __future__ import annotations

from typing import Final

import click

from bulk.cli import terminal
from bulk.cli.command import Command

SWITCH: Final = {  # what switches it on, and where that line is kept
    "bash": ('eval "$(bulk completion bash)"', "~/.bashrc"),
    "zsh": ('eval "$(bulk completion zsh)"', "~/.zshrc"),
    "fish": ("bulk completion fish | source", "~/.config/fish/config.fish"),
}
_VARIABLE: Final = "_BULK_COMPLETE"  # by which the shell asks, as click has it


@click.command("completion", cls=Command, short_help="Complete commands, resources and jobs by the Tab key.")
@click.argument("shell", type=click.Choice(list(SWITCH)))
def completion_command(shell: str) -> int:
    """Print what lets the Tab key complete bulk's commands in a SHELL.

    To switch it on in bash: eval "$(bulk completion bash)", also in ~/.bashrc. In zsh the same with zsh and ~/.zshrc;
    in fish: bulk completion fish | source
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - not for --help

    line, file = SWITCH[shell]
    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(f"click does not know {shell}")
    root = click.get_current_context().find_root().command
    of_shell = kind(root, {}, "bulk", _VARIABLE)
    terminal.echo(f"# To have it always, put this line into {file}: {line}")
    terminal.echo(of_shell.source_template % of_shell.source_vars())
    return 0
