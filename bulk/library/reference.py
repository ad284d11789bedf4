"""What can be moved: templates of files, and the columns and keys of each resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bulk.access.account import Account
from bulk.access.connections import connected
from bulk.files.preset_reference import columns_of_preset, known_preset, notes_of, presets_page
from bulk.files.reference import about_column, facts, markdown
from bulk.files.template import template, template_book
from bulk.jobs.asking import account_choices, account_columns
from bulk.jobs.option_rules import check_importable
from bulk.resources import RESOURCES, known
from bulk.resources.presets import PRESETS
from bulk.resources.presets.preset import Preset
from bulk.resources.spec import Column, Resource

__all__ = [
    "PRESETS", "RESOURCES", "Column", "Preset", "Resource", "about_column", "choices_in", "columns_in",
    "columns_of_preset", "facts", "known", "known_preset", "markdown", "notes_of", "presets_page", "template_book_of",
    "template_of",
]  # fmt: skip


async def columns_in(resource: str, account: Account) -> Sequence[Column]:
    """The columns that a resource has in an account, its custom fields with their options among them.

    Raises `UsageError` for an unknown resource, `AbortedError` if the key is refused.
    """
    result = known(resource)
    return await account_columns(result, await connected(account)) if result.custom else result.columns


async def choices_in(resource: str, account: Account) -> tuple[Sequence[Column], Mapping[str, Sequence[str]]]:
    """The columns that a resource has in an account, and by attribute the names that their cells may hold.

    Raises `UsageError` for an unknown resource, `AbortedError` if the key is refused.
    """
    return await account_choices(known(resource), await connected(account))


def template_book_of(
    resource: str, columns: Sequence[Column] | None = None, names: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """A template as an Excel workbook, whose cells offer what `choices_in` gave. Raises as `template_of` does."""
    result = known(resource)
    check_importable(result)
    return template_book(result, columns, names)


def template_of(resource: str, columns: Sequence[Column] | None = None) -> str:
    """The text of a template, byte order mark included: a header, and one row that is valid.

    `columns` are those of `columns_in`; without them, those that every account has. Raises `UsageError` for a resource
    that is unknown or can only be exported.
    """
    result = known(resource)
    check_importable(result)
    return template(result, columns)
