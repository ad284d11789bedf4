"""`bulk template`."""

from __future__ import annotations

import sys

import click

from bulk.cli import options
from bulk.errors import UsageError


@click.command("template")
@click.argument("resource")
@click.argument("file", required=False, default="-")
def template_command(resource: str, file: str) -> int:
    """Write an empty CSV with the right header and one example row.

    To FILE, or to stdout.
    """
    from bulk.tables.template import template  # noqa: PLC0415 - not for --help

    text = template(options.resource_of(resource))
    path = options.input_path(file)
    if path is None:
        sys.stdout.buffer.write(text.encode("utf-8"))
        return 0
    try:
        with path.open("xb") as target:
            target.write(text.encode("utf-8"))
    except FileExistsError:
        raise UsageError(f"{path} is there already. Choose another name; nothing was written.") from None
    click.echo(f"Wrote {path}. Replace its example row, then: bulk validate {resource} {path}", err=True)
    return 0
