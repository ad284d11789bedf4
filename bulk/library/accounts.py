"""Ways to an account: from what a program has, from the environment, or back to where a job began."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bulk.access.account import SANDBOX_PLACE, Account, Setting
from bulk.access.connections import connected
from bulk.api.credentials import GATEWAY, GATEWAY_PATH, direct, from_environment
from bulk.errors import UsageError
from bulk.jobs.asking import asking
from bulk.library.config import NamedAccount
from bulk.messages import Part
from bulk.planning.naming import read_identity
from bulk.runtime.progress import Silent
from bulk.storage.job_record import JobRecord

__all__ = ["Account", "Place", "account_at", "account_in", "account_named", "called", "check_connection"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job works, as `job.json` says it; no secret.

    `sandbox`: the folder of the embedded sandbox. `base_url`: the gateway's root, "" for Maton's own or none.
    """

    sandbox: Path | None = None
    base_url: str = ""

    @classmethod
    def of(cls, text: str) -> Place:
        """The place that a job's record names."""
        if text.startswith(SANDBOX_PLACE):
            return cls(Path(text.removeprefix(SANDBOX_PLACE)))
        root = text.removesuffix(GATEWAY_PATH) if text.endswith(GATEWAY_PATH) else ""
        return cls(base_url="" if root == GATEWAY else root)


def account_in(environment: Mapping[str, str], *, base_url: str = "", connection: str = "") -> Account | None:
    """The account of the environment's key; None where there is no key.

    Raises `UsageError` for a key or an address that cannot be one.
    """
    credentials = from_environment(environment, base_url=base_url, connection=connection)
    return Account(credentials) if credentials else None


def account_named(
    one: NamedAccount, environment: Mapping[str, str], *, base_url: str = "", sandbox: Path | None = None
) -> Account:
    """The account that bulk.toml names; with `sandbox`, the one of its connection in that embedded sandbox.

    Raises `UsageError` where the environment has no key for it, and where `base_url` or `sandbox` lead elsewhere.
    """
    if one.url:
        if sandbox is not None or base_url:
            raise _contradicts(one, Part.of("option_base_url") if sandbox is None else Part.of("option_sandbox"))
        return _by_variable(one.url, one.token_env, one.name, environment)
    if sandbox is not None:
        return Account(sandbox_folder=sandbox, chosen=one.connection, named=one.name)
    credentials = from_environment(environment, base_url=base_url, connection=one.connection)
    if credentials is None or credentials.direct:
        raise UsageError("account_key_missing", account=one.name)
    return Account(credentials, named=one.name)


def check_connection(one: NamedAccount, connection: str) -> None:
    """Raise `UsageError` where another connection is asked for than that of an account."""
    if connection and (one.url or connection != one.connection):
        raise _contradicts(one, Part.of("option_connection"))


def _contradicts(one: NamedAccount, option: Part) -> UsageError:
    connection = Part.of("account_is_connection", connection=one.connection)
    what = Part.of("account_is_address", url=one.url) if one.url else connection
    return UsageError("account_contradicts", account=one.name, what=what, option=option)


def _by_variable(url: str, variable: str, name: str, environment: Mapping[str, str]) -> Account:
    """ActiveCampaign itself, with the key that a variable of the environment has."""
    token = environment.get(variable, "").strip()
    if not token:
        raise UsageError("account_variable_missing", account=name or url, variable=variable)
    return Account(direct(url, token, named="url", key_named=variable), named=name, key_from=variable)


def account_at(record: JobRecord, environment: Mapping[str, str] | None = None) -> Account:
    """The way to the account of a job that goes on: the sandbox it used, or its address with the key of now.

    Raises `UsageError` where the environment has no key for it.
    """
    place, there = record.place, Place.of(record.place)
    if there.sandbox is not None:
        return Account(sandbox_folder=there.sandbox, chosen=record.connection, named=record.named)
    if record.key_from:
        return _by_variable(place, record.key_from, record.named, os.environ if environment is None else environment)
    root = place.removesuffix(GATEWAY_PATH) if place.endswith(GATEWAY_PATH) else ""
    account = Account.from_environment(environment, base_url=root, connection=record.connection)
    return replace(account, named=record.named)


async def called(account: Account, *, rate: float = 5.0) -> str:
    """What an account is called: the host that ActiveCampaign knows it by. Asks once, and changes nothing.

    Raises `AbortedError` if the key is refused, `UnfinishedError` if nobody answers, `UsageError` if it is open which
    of several connections is meant.
    """
    setting = Setting(await connected(account), Path(), Silent())
    async with asking(setting, rate) as (runner, _limit):
        return await runner.ask(read_identity())
