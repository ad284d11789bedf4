"""Getting to an account: over the network with a key, or to the embedded sandbox. One way in for every job."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bulk.api.client import Client
from bulk.api.credentials import SANDBOX, Credentials
from bulk.errors import UsageError
from bulk.jobs.progress import Progress
from bulk.jobs.runner import Send
from bulk.sandbox.app import Sandbox, SandboxOptions

SANDBOX_FILE = "sandbox.sqlite"
SANDBOX_PLACE = "sandbox "  # begins the place of a job in the sandbox; the rest is its folder


@dataclass(frozen=True, slots=True)
class Access:
    """Where a job works: with `credentials`, or in the sandbox whose state lies in the folder `sandbox`."""

    credentials: Credentials | None = None
    sandbox: Path | None = None

    @property
    def place(self) -> str:
        """The place as `job.json` holds it; no secret."""
        if self.sandbox is not None:
            return f"{SANDBOX_PLACE}{self.sandbox.resolve()}"
        return self.credentials.root if self.credentials else ""

    @property
    def connection(self) -> str:
        """The gateway connection that was chosen, "" for none."""
        return self.credentials.connection if self.credentials else ""

    def check_same(self, place: str, connection: str) -> None:
        """Raise `UsageError` if a job that began at `place` would now go on elsewhere."""
        if (place, connection) != (self.place, self.connection):
            was, now = (f"{p}{f' (connection {c})' if c else ''}"
                        for p, c in ((place, connection), (self.place, self.connection)))  # fmt: skip
            raise UsageError(
                f"The job works on {was}, and this would go to {now}.\n"
                "Use the same key, --base-url, --connection or --sandbox as it began with."
            )

    def lock(self, account: str) -> Path:
        """The file that is held while a job works on this account."""
        if self.sandbox is not None:
            return self.sandbox / "account.lock"
        state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        return state / "activecampaign-bulk" / f"{hashlib.sha256(account.encode()).hexdigest()[:32]}.lock"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a job runs: its access, the folder of jobs, its name if one was given, who is told.

    `signals`: take Ctrl-C and SIGTERM into account; a command does, a library call does not.
    """

    access: Access
    jobs: Path
    progress: Progress
    name: str | None = None
    signals: bool = False


@asynccontextmanager
async def opened(access: Access, rate: float) -> AsyncIterator[Send]:
    """Open the way in; gives what sends a request. The embedded sandbox allows what the job's own rate asks for."""
    if access.sandbox is None:
        if access.credentials is None:
            raise ValueError("an access has credentials or a sandbox")
        async with Client(access.credentials) as client:
            yield client.send
        return
    access.sandbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = SandboxOptions(rate=0 if rate == 0 else max(5.0, rate), key=SANDBOX.key)
    sandbox = Sandbox(access.sandbox / SANDBOX_FILE, options)
    try:
        async with Client(SANDBOX, sandbox.app) as client:
            yield client.send
    finally:
        sandbox.close()
