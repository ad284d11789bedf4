"""The command `bulk` itself: its subcommands in the order in which a person needs them."""

# hub: every command is named here once
from __future__ import annotations

import click

from bulk import __version__
from bulk.cli.app import app_command
from bulk.cli.compare import compare_command
from bulk.cli.connections import connections_group
from bulk.cli.doctor import doctor_command
from bulk.cli.export import export_command
from bulk.cli.import_ import import_command
from bulk.cli.jobs import jobs_command
from bulk.cli.plan import apply_command, plan_command
from bulk.cli.presets import presets_command
from bulk.cli.resources import resources_command
from bulk.cli.resume import resume_command, retry_command
from bulk.cli.sandbox import sandbox_group
from bulk.cli.template import template_command
from bulk.cli.undo import undo_command
from bulk.cli.validate import validate_command


class _InOrder(click.Group):
    """Lists its commands as they were added, not by the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


@click.group(
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="A key: set MATON_API_KEY. Without one: add --sandbox to try things on a local stand-in.",
)
@click.version_option(__version__, prog_name="bulk")
def bulk() -> None:
    """Move contacts, deals and all else between CSV files and ActiveCampaign.

    Checked before anything is sent, paced, resumable, and accounted for to the last row.
    """


for command in (
    import_command,
    export_command,
    validate_command,
    plan_command,
    apply_command,
    undo_command,
    compare_command,
    template_command,
    resume_command,
    retry_command,
    jobs_command,
    resources_command,
    presets_command,
    connections_group,
    doctor_command,
    sandbox_group,
    app_command,
):
    bulk.add_command(command)
