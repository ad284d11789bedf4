"""Which connection a job uses, and waiting for a new one. Of several accounts behind one key none is ever guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import anyio

from bulk.access.account import Account, gateway_opened
from bulk.api import connections
from bulk.api.connections import ACTIVE, FAILED, PENDING, Connection, Send
from bulk.errors import AbortedError, BulkError, UnfinishedError, UsageError

ID_LENGTH: Final = 36  # characters of an id; what is shorter may be the beginning of one
FIRST_PAUSE: Final = 1.0  # seconds between two looks at a connection that waits; each pause is half as long again
LONGEST_PAUSE: Final = 15.0


async def connected(access: Account) -> Account:
    """The access with the connection that its calls name: the one that was chosen, or the only active one.

    What was chosen may be the beginning of one id. Asks the gateway at most once; where it cannot say, the access is
    left as it is. Raises `UsageError`, with those there are, where none was chosen among several, none is active,
    several begin as the chosen one, or the sandbox does not have it.
    """
    if access.sandbox_folder is not None:
        if not access.chosen:
            return access
        async with gateway_opened(access) as send:
            there = await connections.list_all(send)
        chosen = full_id(access.chosen, there)
        _check_chosen(chosen, there)
        return replace(access, chosen=chosen)
    credentials = access.credentials
    if credentials is None or credentials.direct or len(credentials.connection) >= ID_LENGTH:
        return access
    try:
        async with gateway_opened(access) as send:
            there = await connections.list_all(send)
    except BulkError:  # what is wrong is said by what comes next
        return access
    chosen = full_id(credentials.connection, there) if credentials.connection else the_only(there).id
    return replace(access, credentials=replace(credentials, connection=chosen))


def full_id(chosen: str, there: Sequence[Connection]) -> str:
    """The id that begins as `chosen`, or `chosen` where none does. Raises `UsageError` where several do."""
    fitting = [one for one in there if one.id.startswith(chosen)]
    if len(fitting) > 1 and chosen not in [one.id for one in fitting]:
        raise UsageError("connection_prefix_ambiguous", connection=chosen, connections=listed(fitting))
    return fitting[0].id if len(fitting) == 1 else chosen


def the_only(there: Sequence[Connection]) -> Connection:
    """The only active connection; raises `UsageError` if there is none, or more than one."""
    active = [one for one in there if one.status == ACTIVE]
    if len(active) == 1:
        return active[0]
    if active:
        raise UsageError("connection_ambiguous", count=len(active), connections=listed(active))
    waiting = [one for one in there if one.status == PENDING and one.url]
    if waiting:
        raise UsageError("connection_waits", connection=waiting[-1].id, url=waiting[-1].url)
    raise UsageError("connection_none")


def _check_chosen(chosen: str, there: Sequence[Connection]) -> None:
    """Raise `UsageError` if the sandbox has no such connection, or it is not active."""
    if chosen not in [one.id for one in there if one.status == ACTIVE]:
        raise UsageError("connection_not_in_sandbox", connection=chosen, connections=listed(there))


def listed(there: Sequence[Connection]) -> str:
    """Connections as lines of a message."""
    return "\n".join(f"  {one.id}  {one.status:7}  {one.made}".rstrip() for one in there)


async def wait_until_active(
    send: Send, connection: Connection, seconds: float, tell: Callable[[str], None]
) -> Connection:
    """Look again and again until a person has opened the connection's link; the connection as it is then.

    What is temporary is passed over. Raises `AbortedError` if access was denied, `UnfinishedError` when time is up.
    """
    pause, until = FIRST_PAUSE, anyio.current_time() + seconds
    while connection.status != ACTIVE:
        if connection.status == FAILED:
            raise AbortedError("connection_failed", connection=connection.id)
        left = until - anyio.current_time()
        if left <= 0:
            raise UnfinishedError("connection_still_waits", connection=connection.id, seconds=seconds)
        await anyio.sleep(min(pause, left))
        pause = min(LONGEST_PAUSE, pause * 1.5)
        try:
            connection = await connections.show(send, connection.id)
        except UnfinishedError as error:  # it may be there again the next time
            tell(str(error).splitlines()[0])
    return connection
