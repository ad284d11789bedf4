"""Asking an account without a job: at the pace of all who are at work on it, and nothing is written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bulk.access.account import Account, Setting, sharing, telling
from bulk.access.shared_limit import SharedLimit
from bulk.planning.names import Names, columns_of
from bulk.planning.naming import families_of, read_names
from bulk.resources.spec import Column, Resource
from bulk.runtime.progress import Silent
from bulk.runtime.runner import Runner, new_dispatch
from bulk.runtime.stop import Stopping
from bulk.storage.checkpoint import Checkpoint


async def account_columns(resource: Resource, access: Account) -> tuple[Column, ...]:
    """The columns that a resource has in this account, its custom fields with their options among them."""
    return columns_of(resource, await names_of(resource, Setting(access, Path(), Silent()), 5.0))


async def names_of(resource: Resource, setting: Setting, rate: float) -> Names:
    """What an account calls what rows of a resource may name."""
    async with asking(setting, rate) as (runner, limit):
        names = await runner.ask(read_names(families_of(resource, ()), resource.custom))
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
