"""The doctor: looks at the way to an account step by step and tells what it finds. Asks little, changes nothing.

What an answer means is decided in `diagnosis`. It ends at the first problem behind which nothing can be seen.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import anyio

from bulk.access import diagnosis
from bulk.access.account import Account, client_to, sharing
from bulk.access.connections import connected, full_id
from bulk.access.finding import FRONT_END, Finding, State, ok, problem, refused
from bulk.access.shared_limit import SharedLimit
from bulk.api.client import Client
from bulk.api.connections import ACTIVE, LISTING, Connection, listed_in
from bulk.api.credentials import Credentials, from_environment
from bulk.api.probe import Seen, Unreached, look
from bulk.api.redaction import Redaction
from bulk.errors import BulkError, UnfinishedError, UsageError
from bulk.model import Reply, Request

PATIENCE: Final = 20.0  # seconds for an answer: who looks for what is wrong does not wait long
MOST: Final = 8  # connections of which is told whose account they open: a request each
SHORTEST: Final = 12  # letters of a key; what is shorter, like the sandbox's, may be a word of ours
RATE: Final = 5.0  # requests a second of an account, shared with the jobs at work on it
TIMES, PAUSE, LONGEST = 3, 1.0, 5.0  # how often to ask again where a limit is used up, and after how many seconds
ME: Final = Request("account", "GET", "users/me")
Tell = Callable[[Finding], None]


async def examine(
    variables: Mapping[str, str], tell: Tell, *, base_url: str = "", connection: str = "", patience: float = PATIENCE
) -> None:
    """Look at the way that options and environment name. `tell` is told each finding at once; no key is in it."""

    def tell_safely(finding: Finding) -> None:
        tell(_without_keys(finding, variables))

    result = diagnosis.environment(variables, connection)
    for finding in result:
        tell_safely(finding)
    if any(finding.blocks for finding in result):
        return
    try:
        credentials = from_environment(variables, base_url=base_url, connection=connection)
    except UsageError as error:
        tell_safely(refused("address", error))
        return
    if credentials is not None:
        look_at = _directly if credentials.direct else _through_gateway
        origin = diagnosis.origin(credentials, variables, base_url)
        await look_at(Account(credentials), origin, patience, tell_safely)


async def examine_sandbox(folder: Path, connection: str, tell: Tell) -> None:
    """Look at the embedded sandbox. Raises `UsageError` if its files cannot be used."""
    access = Account(sandbox_folder=folder, chosen=connection)
    tell(ok("environment", f"The embedded sandbox in {folder} needs no key."))
    try:
        access = await connected(access)
    except UsageError as error:
        said, *steps = error.words(FRONT_END).splitlines()
        tell(problem("connection", said, *steps))
        return
    if connection:
        tell(ok("connection", f"{access.chosen}, chosen."))
    _tell_account(await _me(access, PATIENCE), Account(sandbox_folder=folder), "http://sandbox", tell)


async def _through_gateway(access: Account, origin: tuple[str, str], patience: float, tell: Tell) -> None:
    office = await _asked(access, access.office, LISTING, patience)
    tell(diagnosis.address(*origin, office))
    if isinstance(office, Unreached):
        return
    me: Seen | Unreached | None = None
    key = diagnosis.key(office.reply)
    if key is None:  # an account's answer has to tell
        me = await _me(access, patience)
        key = diagnosis.key_by_account(me)
    tell(key)
    if key.state is State.PROBLEM:
        _tell_headers(office, tell)
        return
    listed = _listed(office.reply)
    if listed is None:
        tell(diagnosis.unlisted(office.reply))
    else:
        named = access.connection
        with contextlib.suppress(UsageError):  # several begin so: it is told as one that there is not
            named = full_id(named, listed) if named else ""
        chosen, finding = diagnosis.connection(named, listed)
        if not chosen:
            tell(await _with_accounts(finding, access, listed, patience))
            _tell_headers(office, tell)
            return
        tell(finding)
        access = _with(access, chosen)
    _tell_account(me or await _me(access, patience), access, origin[0], tell)


async def _directly(access: Account, origin: tuple[str, str], patience: float, tell: Tell) -> None:
    me = await _me(access, patience)
    tell(diagnosis.address(*origin, me))
    if isinstance(me, Seen):
        _tell_account(me, access, origin[0], tell)


def _tell_account(me: Seen | Unreached, access: Account, where: str, tell: Tell) -> None:
    """Tell who answers, or why nobody does."""
    if isinstance(me, Unreached):
        tell(diagnosis.lost(me))
        return
    direct = access.credentials is not None and access.credentials.direct
    user = diagnosis.user_in(me.reply)
    if user is None:
        tell(diagnosis.meaning(me.reply, direct=direct, connection=access.connection))
    else:
        if access.credentials is not None:
            tell(diagnosis.let_in(direct=direct))
        tell(diagnosis.account(user, where))
    if access.credentials is not None:
        _tell_headers(me, tell)


def _tell_headers(seen: Seen, tell: Tell) -> None:
    tell(diagnosis.clock(seen))
    for finding in diagnosis.limits(seen):
        tell(finding)


async def _with_accounts(finding: Finding, access: Account, listed: list[Connection], patience: float) -> Finding:
    """The finding, with whose account each of several active connections opens."""
    active = [one.id for one in listed if one.status == ACTIVE]
    if access.connection or len(active) < 2:
        return finding
    whose = {one: diagnosis.whose(await _me(_with(access, one), patience)) for one in active[:MOST]}
    return diagnosis.accounts(finding, whose)


async def _me(access: Account, patience: float) -> Seen | Unreached:
    async with _shared(access) as limit:
        return await _asked(access, access.way, ME, patience, limit)


async def _asked(
    access: Account, way: Credentials, request: Request, patience: float, limit: SharedLimit | None = None
) -> Seen | Unreached:
    """One look; again if it was one too many for this second, as it is beside a job that uses the limit up."""
    async with client_to(access, way, patience=patience) as client:
        result = await _counted_look(client, request, patience, limit)
        for _again in range(TIMES):
            if isinstance(result, Unreached) or result.reply.status != 429:
                break
            await anyio.sleep(min(result.reply.retry_after or PAUSE, LONGEST))
            result = await _counted_look(client, request, patience, limit)
        return result


# ---- among the jobs on the account


@asynccontextmanager
async def _shared(access: Account) -> AsyncIterator[SharedLimit | None]:
    """The limit that jobs share; None where it cannot be had, for what is wrong has to be found all the same."""
    async with AsyncExitStack() as stack:
        try:
            limit = await stack.enter_async_context(sharing(access, RATE, lambda _said: None))
        except UsageError:
            limit = None
        yield limit


async def _counted_look(
    client: Client, request: Request, patience: float, limit: SharedLimit | None
) -> Seen | Unreached:
    """One look, counted in the limit before it leaves; what it taught is told to the others."""
    if limit is None:
        return await look(client, request)
    await _turn(limit, patience)
    sent_at = anyio.current_time()
    result = await look(client, request)
    if isinstance(result, Seen):
        learn = limit.refused if result.reply.status == 429 else limit.accepted
        learn(sent_at, anyio.current_time())
        await limit.renew()
    return result


async def _turn(limit: SharedLimit, patience: float) -> None:
    """Wait until a request may start; no longer than for an answer, where nobody can say when that is."""
    with anyio.move_on_after(patience):
        with contextlib.suppress(UnfinishedError):
            await limit.turn()


def _with(access: Account, connection: str) -> Account:
    return replace(access, credentials=access.credentials and replace(access.credentials, connection=connection))


def _listed(reply: Reply) -> list[Connection] | None:
    try:
        return listed_in(reply)
    except BulkError:
        return None


def _without_keys(finding: Finding, variables: Mapping[str, str]) -> Finding:
    """The finding without a key, should a server have put one there, however it is written in the environment."""
    written = [variables.get(name, "").strip() for name in ("MATON_API_KEY", "AC_API_TOKEN")]
    keys = Redaction(*(key for one in written for key in (one, one.strip(f"{diagnosis.QUOTES} \t\r\n"))
                       if len(key) >= SHORTEST))  # fmt: skip
    return replace(finding, said=keys.text(finding.said), steps=tuple(map(keys.text, finding.steps)))
