"""`bulk resources`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bulk.cli import options

if TYPE_CHECKING:
    from bulk.resources.spec import Resource


@click.command("resources")
@click.argument("resource", required=False)
def resources_command(resource: str | None) -> int:
    """Say what can be moved, by which key, with which columns."""
    from bulk.resources import RESOURCES  # noqa: PLC0415 - not for --help

    if resource is None:
        for found in RESOURCES:
            click.echo(f"{found.name:16} {found.about}")
        click.echo("\nThe columns of one: bulk resources contacts")
        return 0
    _show(options.resource_of(resource))
    return 0


def _show(resource: Resource) -> None:
    click.echo(f"{resource.name}: {resource.about}")
    click.echo(f"A row means: {', '.join(resource.modes)} (the first is usual). Key: {', '.join(resource.keys)}.\n")
    for column in resource.columns:
        marks = [word for word, on in (("required", column.required), ("read only", not column.writable)) if on]
        about = column.about + (f" ({', '.join(marks)})" if marks else "")
        click.echo(f"  {column.header:18} {column.kind.about:38} {about}".rstrip())
    if resource.custom:
        click.echo("\nAnd every custom field of the account, by its title or its %PERSTAG%.")
