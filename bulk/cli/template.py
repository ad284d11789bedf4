"""`bulk template`."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bulk.cli import complete, options, terminal
from bulk.cli.account import account_of
from bulk.cli.command import Command
from bulk.errors import UsageError
from bulk.wording import as_typed

if TYPE_CHECKING:
    from bulk.library.reference import Column, Resource


@click.command("template", cls=Command)
@click.argument("resource", shell_complete=complete.resources)
@click.argument("file", required=False, default="-", shell_complete=complete.files)
@options.where
def template_command(resource: str, file: str, **chosen: Any) -> int:
    """Write an empty CSV with the right header and one example row.

    To FILE, or to stdout. With --sandbox or a key, the account's own custom
    fields are columns too, and their options are listed. A FILE that ends in
    .xlsx is a workbook, in which its lists, tags and options can be chosen.
    """
    from bulk.library.options import check_importable  # noqa: PLC0415 - not for --help
    from bulk.library.reference import known, template_book_of, template_of  # noqa: PLC0415

    result = known(resource)
    check_importable(result)
    path = options.file_of(file)
    is_workbook = path is not None and path.suffix.casefold() == ".xlsx"
    columns, names = _in_account(result, chosen, names=is_workbook)
    content = (
        template_book_of(result.name, columns, names) if is_workbook else template_of(result.name, columns).encode()
    )
    if path is None:
        terminal.write_file(content)
    else:
        try:
            with path.open("xb") as target:
                target.write(content)
        except FileExistsError:
            raise UsageError("template_exists", file=path) from None
        named = f" --account {as_typed(chosen['account'])}" if chosen["account"] else ""
        where = f"{' --sandbox' if chosen['sandbox'] else ''}{named}"
        terminal.tell(f"Wrote {path}. Put your rows below its example, which is not imported, then:", err=True)
        terminal.tell(f"  bulk validate {resource} {as_typed(str(path))}{where}", err=True)
    for line in _options(columns or ()):
        terminal.echo(line, err=True)
    return 0


def _in_account(
    resource: Resource, chosen: dict[str, Any], *, names: bool
) -> tuple[Sequence[Column] | None, Mapping[str, Sequence[str]]]:
    """The columns in the account, None if it is not asked; and the `names` to choose from."""
    if not resource.custom and not names:
        return None, {}
    access = account_of(chosen)
    if access is None:
        return None, {}
    import anyio  # noqa: PLC0415

    from bulk.library.reference import choices_in, columns_in  # noqa: PLC0415

    if names:
        return anyio.run(choices_in, resource.name, access)
    return anyio.run(columns_in, resource.name, access), {}


def _options(columns: Sequence[Column]) -> list[str]:
    """What the custom fields hold: a field of choices with its choices."""
    lines = []
    for column in columns:
        if column.field_id:
            choices = ", ".join(option.value for option in column.options or ())
            text = f"  {column.header}: {choices or column.kind.about}"
            lines.append(textwrap.fill(text, 79, subsequent_indent="    "))
    return ["Custom fields of this account:", *lines] if lines else []
