"""Getting to an account: over the network with a key, or to the embedded sandbox. One way in for every job."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import anyio
import anyio.to_thread

from bulk.access.shared_limit import SharedLimit, store_of
from bulk.access.shared_limit_file import FileStore, UnusableError
from bulk.access.shared_limit_rows import BudgetStore
from bulk.api.client import ANSWER, Client
from bulk.api.credentials import (
    BASE_URL,
    GATEWAY,
    GATEWAY_PATH,
    SANDBOX,
    Credentials,
    direct,
    from_environment,
    through_gateway,
)
from bulk.errors import UsageError
from bulk.model import Lost, Reply, Request
from bulk.runtime.progress import Progress
from bulk.runtime.runner import Send
from bulk.sandbox.app import Sandbox
from bulk.sandbox.options import SandboxOptions
from bulk.storage.places import state_folder
from bulk.storage.private import check_no_links, make_private
from bulk.wording import FrontEnd

SANDBOX_FILE = "sandbox.sqlite"
SHARED = "Another job is at work on this account. They share its requests a second, so each takes longer."
ECHOED = (
    "An answer held the key. It stands as *** wherever that answer is written: do not import such a cell.\n"
    "Make a new key, and tell whoever runs what answers there."
)
ALONE = "Until then this job keeps its own limit, and sees no other job on this account: run one at a time."
BUDGETS = "budgets.sqlite"
SANDBOX_PLACE = "sandbox "  # begins the place of a job in the sandbox; the rest is its folder
SANDBOX_GATEWAY = Credentials(f"http://127.0.0.1{GATEWAY_PATH}", SANDBOX.key)


@dataclass(frozen=True, slots=True)
class Account:
    """Where a job works: with `credentials`, or in the sandbox whose state lies in `sandbox_folder`.

    Of the sandbox's accounts the first is meant, or the one whose connection is `chosen`. `named` is what bulk.toml
    calls it, and `key_from` the variable of the environment that has its key, where that is another than the usual.
    """

    credentials: Credentials | None = None
    sandbox_folder: Path | None = None
    chosen: str = ""
    named: str = ""
    key_from: str = ""

    @classmethod
    def direct(cls, url: str, token: str) -> Self:
        """ActiveCampaign itself, by the account's own address and key. Raises `UsageError` for what is none."""
        return cls(direct(url, token))

    @classmethod
    def gateway(cls, key: str, *, connection: str = "", base_url: str = "") -> Self:
        """An account behind Maton's gateway: by the connection, or the only active one of this key."""
        return cls(through_gateway(key, base_url=base_url or GATEWAY, connection=connection, named=BASE_URL))

    @classmethod
    def sandbox(cls, folder: str | Path = "bulk-sandbox", *, connection: str = "") -> Self:
        """The embedded stand-in, which needs no key; its state lies in this folder."""
        return cls(sandbox_folder=Path(folder), chosen=connection)

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, base_url: str = "", connection: str = ""
    ) -> Self:
        """The account of the environment's key: `MATON_API_KEY`, or `AC_API_URL` and `AC_API_TOKEN`.

        Raises `UsageError` without a key.
        """
        variables = os.environ if environment is None else environment
        credentials = from_environment(variables, base_url=base_url, connection=connection)
        if credentials is None:
            raise UsageError("key_missing")
        return cls(credentials)

    @property
    def place(self) -> str:
        """The place as `job.json` holds it; no secret."""
        if self.sandbox_folder is not None:
            return f"{SANDBOX_PLACE}{self.sandbox_folder.resolve()}"
        return self.credentials.root if self.credentials else ""

    @property
    def connection(self) -> str:
        """The gateway connection that was chosen, "" for none."""
        return self.credentials.connection if self.credentials else self.chosen

    @property
    def way(self) -> Credentials:
        """The address and the headers of calls, over the network or to the embedded sandbox."""
        if self.sandbox_folder is not None:
            return replace(SANDBOX_GATEWAY, connection=self.chosen) if self.chosen else SANDBOX
        if self.credentials is None:
            raise ValueError("an access has credentials or a sandbox")
        return self.credentials

    @property
    def office(self) -> Credentials:
        """The way to the gateway itself; of an access through it, or of the embedded sandbox."""
        return (SANDBOX_GATEWAY if self.sandbox_folder is not None else self.way).office

    def check_same(self, place: str, connection: str) -> None:
        """Raise `UsageError` if a job that began at `place` would now go on elsewhere.

        Where the gateway chose the connection when it began, the account itself is compared once it answers.
        """
        left_open = not connection and self.credentials is not None
        if place != self.place or (connection != self.connection and not left_open):
            was, now = (f"{p}{f' (connection {c})' if c else ''}"
                        for p, c in ((place, connection), (self.place, self.connection)))  # fmt: skip
            raise UsageError("account_differs", was=was, now=now)

    def lock(self, account: str, resource: str) -> Path:
        """The file that is held while a job makes records of a resource in this account."""
        return self._kept / f"{hashlib.sha256(f'{account} {resource}'.encode()).hexdigest()[:32]}.lock"

    @property
    def _kept(self) -> Path:
        """Where all who work at this place find each other."""
        if self.sandbox_folder is not None:
            return self.sandbox_folder
        return state_folder(os.environ)

    async def limit(self, rate: float, on_others: Callable[[], None]) -> SharedLimit:
        """The pace that all who work on the account keep together, known by a digest of the way there.

        Raises `UsageError` if what they share it by cannot be used.
        """
        now, machine, path = anyio.current_time(), time.monotonic(), self._kept / BUDGETS

        def store() -> BudgetStore:  # takes a while, so the clocks are compared before
            if self.sandbox_folder is not None:
                return FileStore(path, now, lambda: machine)
            return store_of(path, os.environ, now, lambda: machine)

        here = self.sandbox_folder is not None
        name = self.chosen if here else f"{self.way.root}\n{self.way.connection}\n{self.way.key}"
        with anyio.CancelScope(shield=True):  # what was opened is closed, whoever leaves
            opened_store = await anyio.to_thread.run_sync(store)
        return SharedLimit(opened_store, rate, name, on_others)


@asynccontextmanager
async def opened(access: Account, rate: float) -> AsyncIterator[Send]:
    """Open the way in; gives what sends a request. The embedded sandbox allows what the job's own rate asks for."""
    async with client_to(access, access.way, rate) as client:
        yield client.send


Opening = Callable[[Account, float], AbstractAsyncContextManager[Send]]


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a job runs: its access, the folder of jobs, its name if one was given, who is told.

    `signals`: take Ctrl-C and SIGTERM into account; a command does, a library call does not.
    """

    access: Account
    jobs: Path
    progress: Progress
    name: str | None = None
    signals: bool = False
    opened: Opening = opened  # what sends requests to an account at a rate
    stop: anyio.Event | None = None  # once it is set, the job stops as by Ctrl-C
    clock: Callable[[], float] = time.time  # the time of day, in seconds
    confirm: Callable[[str], bool] | None = None  # asked before anything is deleted; None: nobody needs to be
    front_end: FrontEnd = FrontEnd.LIBRARY  # in whose words reports and summaries are written


def telling(send: Send, say: Callable[[str], None]) -> Send:
    """The same way in, which says it once if an answer that means success held the key."""
    told = False

    async def send_and_tell(request: Request) -> Reply | Lost:
        nonlocal told
        reply = await send(request)
        if isinstance(reply, Reply) and reply.redacted and reply.status < 300 and not told:
            told = True
            say(ECHOED)
        return reply

    return send_and_tell


@asynccontextmanager
async def sharing(access: Account, rate: float, say: Callable[[str], None]) -> AsyncIterator[SharedLimit | None]:
    """The pace that all who work on the account keep together, left at the end; None where each keeps its own.

    That is where there is no limit, and where nothing can be written that all could read: this is said.
    """
    if rate == 0:
        yield None
        return
    try:
        limit = await access.limit(rate, lambda: say(SHARED))
    except UnusableError as error:
        say(f"{error}\n{ALONE}")
        yield None
        return
    try:
        yield limit
    finally:
        await limit.close()


@asynccontextmanager
async def gateway_opened(access: Account) -> AsyncIterator[Send]:
    """Open the way to the gateway itself, where the connections are; with a key for it, or to the sandbox's."""
    async with client_to(access, access.office) as client:
        yield client.send


@asynccontextmanager
async def client_to(
    access: Account, way: Credentials, rate: float = 5.0, patience: float = ANSWER
) -> AsyncIterator[Client]:
    """A client for an access and one of its ways, `access.way` or `access.office`."""
    if access.sandbox_folder is None:
        async with Client(way, patience=patience) as client:
            yield client
        return
    make_private(access.sandbox_folder)
    check_no_links(access.sandbox_folder)
    options = SandboxOptions(rate=0 if rate == 0 else max(5.0, rate), key=SANDBOX.key, browser=False)
    sandbox = Sandbox(access.sandbox_folder / SANDBOX_FILE, options)
    try:
        async with Client(way, sandbox.app, patience=patience) as client:
            yield client
    finally:
        sandbox.close()
