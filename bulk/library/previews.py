"""A look at a file for a person: what it is, what its columns become, which of its rows have problems.

`names_of` is asked once; with what it gives, `preview` and `open_file` ask the account nothing. These and `open_table`
block on the disk.
"""

from __future__ import annotations

from pathlib import Path

from bulk.access.account import Account, Setting
from bulk.access.connections import connected
from bulk.files.edited import DELIMITER, ENCODING, Edits
from bulk.files.named_file import NamedFile
from bulk.jobs import asking
from bulk.jobs.options import ImportOptions
from bulk.jobs.preview import (
    LEFT_OUT,
    NEW_FIELD,
    OPT_IN,
    OPT_OUT,
    READ,
    UNDECIDED,
    Choice,
    Preview,
    SeenColumn,
    Table,
)
from bulk.jobs.preview import preview as look
from bulk.jobs.problems import OpenFile, Problems
from bulk.model import Issue
from bulk.planning.names import Names
from bulk.resources import known
from bulk.runtime.progress import Silent

__all__ = [
    "DELIMITER", "ENCODING", "LEFT_OUT", "NEW_FIELD", "OPT_IN", "OPT_OUT", "READ", "UNDECIDED", "Choice", "Edits",
    "Issue", "Names", "OpenFile", "Preview", "Problems", "SeenColumn", "Table", "list_ids_in", "lists_in",
    "names_of", "open_file", "open_table", "preview",
]  # fmt: skip


async def names_of(resource: str, account: Account, *, rate: float = 5.0) -> Names:
    """What rows of a resource may name in an account: custom fields, lists, options. Asks, and changes nothing.

    Raises as `columns_in` does.
    """
    setting = Setting(await connected(account), Path(), Silent())
    return await asking.names_of(known(resource), setting, rate)


def open_table(resource: str, path: str | Path, options: ImportOptions, *, called: str = "") -> Table:
    """Open a file, `called` so in messages. Raises `UsageError` with the remedy if it cannot be read.

    What `options` say of its form (encoding, delimiter, lines before the header, sheet, preset) stays with it.
    """
    return Table.of(known(resource), NamedFile(Path(path), called), options)


def preview(table: Table, options: ImportOptions, names: Names | None) -> Preview:
    """What a file's columns become. Raises `UsageError` where its preset does not fit."""
    return look(table, options, names)


def lists_in(names: Names) -> tuple[str, ...]:
    """The lists of an account, by their names."""
    return tuple(sorted(record.value for record in names.book("lists").records.values()))


def list_ids_in(names: Names) -> dict[str, str]:
    """The ids of an account's lists, by their names."""
    book = names.book("lists")
    return {name: str(book.id_of(name)) for name in lists_in(names)}


def open_file(table: Table, options: ImportOptions, names: Names | None) -> OpenFile:
    """Look for problems in a file, to correct them. Raises `UsageError` for a header that an import would refuse."""
    return OpenFile(table, options, names)
