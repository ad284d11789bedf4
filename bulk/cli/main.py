"""The command `bulk` itself: its subcommands by what a person wants, and in the order in which they are needed."""

# hub: every command is named here once
from __future__ import annotations

from typing import Final

import click

from bulk import __version__
from bulk.cli.app import app_command
from bulk.cli.command import Group
from bulk.cli.compare import compare_command
from bulk.cli.completion import completion_command
from bulk.cli.configured import config_option
from bulk.cli.connections import connections_group
from bulk.cli.doctor import doctor_command
from bulk.cli.export import export_command
from bulk.cli.fleet import fleet_group
from bulk.cli.help import help_command
from bulk.cli.import_ import import_command
from bulk.cli.jobs import jobs_command
from bulk.cli.plan import apply_command, plan_command
from bulk.cli.presets import presets_command
from bulk.cli.report import report_command
from bulk.cli.resources import resources_command
from bulk.cli.resume import resume_command, retry_command
from bulk.cli.sandbox import sandbox_group
from bulk.cli.template import template_command
from bulk.cli.undo import undo_command
from bulk.cli.validate import validate_command

SECTIONS: Final = {
    "Move data": (
        import_command,
        export_command,
        app_command,
        template_command,
        validate_command,
        resume_command,
        retry_command,
    ),
    "See and take back": (plan_command, apply_command, undo_command, compare_command, jobs_command, report_command),
    "Many accounts": (fleet_group,),
    "Look": (resources_command, presets_command, help_command),
    "Set up": (connections_group, doctor_command, sandbox_group, completion_command),
}
_WIDEST: Final = 120  # columns of help on a wide terminal


class _Root(Group):
    """The commands under their headings."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write a line for each command."""
        width = max(map(len, self.commands))
        for heading, commands in SECTIONS.items():
            rows = [(f"{each.name:{width}}", each.get_short_help_str(formatter.width - width - 4)) for each in commands]
            with formatter.section(heading):
                formatter.write_dl(rows)


@click.group(
    cls=_Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDEST},
    epilog="A key: set MATON_API_KEY. Without one: add --sandbox to try things on a local stand-in."
    " The Tab key completes commands, resources and jobs after: bulk help completion",
)
@click.version_option(__version__, prog_name="bulk")
def bulk() -> None:
    """Move contacts, deals and all else between CSV files and ActiveCampaign.

    Checked before anything is sent, paced, resumable, and accounted for to the last row.
    """


bulk.params.append(config_option())
for command in (command for commands in SECTIONS.values() for command in commands):
    bulk.add_command(command)
