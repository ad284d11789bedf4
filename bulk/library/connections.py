"""The gateway's connections to ActiveCampaign accounts: list, make, wait for, show and delete them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from bulk.access.account import Account, gateway_opened
from bulk.access.connections import ID_LENGTH, full_id, wait_until_active
from bulk.api import connections
from bulk.api.connections import ACTIVE, FAILED, Connection, Send
from bulk.errors import UsageError

__all__ = ["ACTIVE", "FAILED", "Connection", "Gateway", "check_gateway", "gateway", "with_connection"]
WAIT: Final = 600.0  # seconds until somebody has opened a link


def check_gateway(account: Account) -> None:
    """Raise `UsageError` for an account that is not behind a gateway: it has no connections."""
    if account.credentials is not None and account.credentials.direct:
        raise UsageError("connections_of_gateway")


def with_connection(account: Account, connection: str) -> Account:
    """The account that a connection of the same key opens. Raises as `check_gateway`."""
    check_gateway(account)
    if account.credentials is None:
        return replace(account, chosen=connection, named="")
    return replace(account, credentials=replace(account.credentials, connection=connection), named="")


@dataclass(frozen=True, slots=True)
class Gateway:
    """The connections of one key.

    Each call raises `AbortedError` where the key is refused, `UsageError` for an id that there is not, and
    `UnfinishedError` where the gateway cannot answer for now.
    """

    send: Send

    async def connections(self) -> list[Connection]:
        """All of them."""
        return await connections.list_all(self.send)

    async def create(self, method: str = "") -> Connection:
        """Make one. It is pending until a person has opened its `url`, unless the sandbox made it."""
        return await connections.create(self.send, method)

    async def show(self, connection: str) -> Connection:
        """One, by its id or the beginning of it."""
        return await connections.show(self.send, await self._full_id(connection))

    async def delete(self, connection: str) -> str:
        """Delete one, by its id or the beginning of it; its id. The account itself keeps all it has."""
        identity = await self._full_id(connection)
        await connections.delete(self.send, identity)
        return identity

    async def _full_id(self, connection: str) -> str:
        return connection if len(connection) >= ID_LENGTH else full_id(connection, await self.connections())

    async def wait(self, connection: Connection, tell: Callable[[str], None], *, seconds: float = WAIT) -> Connection:
        """Wait until a pending one is active; the connection as it is then. `tell` is told of what is passed over.

        Raises `AbortedError` if access was denied, `UnfinishedError` when the time is up.
        """
        return await wait_until_active(self.send, connection, seconds, tell)


@asynccontextmanager
async def gateway(account: Account) -> AsyncIterator[Gateway]:
    """Open the way to the gateway of an account. Raises `UsageError` for an account that is not behind one."""
    check_gateway(account)
    async with gateway_opened(account) as send:
        yield Gateway(send)
