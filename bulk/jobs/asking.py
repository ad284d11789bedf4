"""Asking an account without a job: at the pace of all who are at work on it, and nothing is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bulk.access.account import Account, Setting, sharing, telling
from bulk.access.shared_limit import SharedLimit
from bulk.planning.names import Names, columns_of
from bulk.planning.naming import families_of, read_names
from bulk.resources.spec import Column, Resource
from bulk.runtime.progress import Silent
from bulk.runtime.runner import Runner, new_dispatch
from bulk.runtime.stop import Stopping
from bulk.storage.checkpoint import Checkpoint

_NAMED: Final[Mapping[str, str]] = {"tags": "tags", "remove_tags": "tags", "account": "accounts"}


async def account_columns(resource: Resource, access: Account) -> tuple[Column, ...]:
    """The columns that a resource has in this account, its custom fields with their options among them."""
    return columns_of(resource, await names_of(resource, Setting(access, Path(), Silent()), 5.0))


async def account_choices(resource: Resource, access: Account) -> tuple[tuple[Column, ...], dict[str, tuple[str, ...]]]:
    """The columns that a resource has in this account, and by attribute the names of records that their cells hold."""
    attributes = [column.attribute for column in resource.columns if column.writable]
    names = await names_of(resource, Setting(access, Path(), Silent()), 5.0, attributes)
    choices: dict[str, tuple[str, ...]] = {}
    for column in resource.columns:
        family = _NAMED.get(column.attribute, column.of if column.names else "")
        if family in names.books:
            book = names.book(family)
            choices[column.attribute] = tuple(
                sorted({record.value for record in book.records.values() if book.id_of(record.value) is not None})
            )
    return columns_of(resource, names), choices


async def names_of(resource: Resource, setting: Setting, rate: float, attributes: Collection[str] = ()) -> Names:
    """What an account calls what rows of a resource may name in these columns, besides what they always may."""
    async with asking(setting, rate) as (runner, limit):
        names = await runner.ask(read_names(families_of(resource, attributes), resource.custom))
        if limit is not None and names.host:
            limit.settle(names.host)
        return names


@asynccontextmanager
async def asking(
    setting: Setting, rate: float, checkpoint: Checkpoint | None = None
) -> AsyncIterator[tuple[Runner, SharedLimit | None]]:
    """What asks the account, at the pace of all who are at work on it."""
    access, progress = setting.access, setting.progress
    async with setting.opened(access, rate) as send, sharing(access, rate, progress.say) as limit:
        runner = Runner(new_dispatch(rate, 0, limit), telling(send, progress.say), checkpoint)
        async with Stopping(runner, progress, seconds=None, signals=False).watching():
            yield runner, limit
