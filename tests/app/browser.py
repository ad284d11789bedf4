"""The page as it is served, and a browser that opens it: what the tests of `bulk app` share."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from bulk.app.desk import RATE
from bulk.app.guards import Guards
from bulk.app.server import config_of, guarded_app
from bulk.library import Account
from bulk.library.serving import listening

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


@dataclass
class Served:
    """A page on a port: its address, the path that lets one browser in, its folder of jobs and its account."""

    address: str
    guards: Guards
    jobs: Path
    account: Account
    server: uvicorn.Server

    @property
    def entrance(self) -> str:
        return self.address + self.guards.entrance

    @contextmanager
    def client(self, *, known: bool = True) -> Iterator[httpx.Client]:
        """A client, `known` if it was let in."""
        with httpx.Client(base_url=self.address, timeout=60, trust_env=False) as result:
            if known:
                assert result.get(self.guards.entrance).status_code == 200
            yield result

    @property
    def sandbox(self) -> Path:
        assert self.account.sandbox_folder is not None
        return self.account.sandbox_folder


@contextmanager
def served(folder: Path, account: Account | None = None, rate: float = RATE) -> Iterator[Served]:
    """Serve the page, for a sandbox if no account is given, in a thread."""
    account, jobs = account or Account.sandbox(folder / "bulk-sandbox"), folder / "bulk-jobs"
    with ExitStack() as stack:
        opened, address = stack.enter_context(listening("127.0.0.1", 0))
        guards = guarded_app(account, jobs, address, rate)
        server = uvicorn.Server(config_of(guards))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join()

        stack.callback(end)
        yield Served(address, guards, jobs, account, server)


@contextmanager
def chromium() -> Iterator[Any]:
    """The system's Chromium, quiet; nothing is downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()
