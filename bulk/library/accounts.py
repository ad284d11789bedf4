"""Ways to an account: from what a program has, from the environment, or back to where a job began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bulk.access.account import SANDBOX_PLACE, Account, Setting
from bulk.access.connections import connected
from bulk.api.credentials import GATEWAY, GATEWAY_PATH, from_environment
from bulk.jobs.asking import asking
from bulk.planning.naming import read_identity
from bulk.runtime.progress import Silent

__all__ = ["Account", "Place", "account_at", "account_in", "called"]


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


def account_at(place: str, connection: str, environment: Mapping[str, str] | None = None) -> Account:
    """The way to the account of a job that goes on: the sandbox it used, or its address with the key of now.

    Raises `UsageError` where the environment has no key for it.
    """
    there = Place.of(place)
    if there.sandbox is not None:
        return Account.sandbox(there.sandbox, connection=connection)
    root = place.removesuffix(GATEWAY_PATH) if place.endswith(GATEWAY_PATH) else ""
    return Account.from_environment(environment, base_url=root, connection=connection)


async def called(account: Account, *, rate: float = 5.0) -> str:
    """What an account is called: the host that ActiveCampaign knows it by. Asks once, and changes nothing.

    Raises `AbortedError` if the key is refused, `UnfinishedError` if nobody answers, `UsageError` if it is open which
    of several connections is meant.
    """
    setting = Setting(await connected(account), Path(), Silent())
    async with asking(setting, rate) as (runner, _limit):
        return await runner.ask(read_identity())
