"""The page's server: on this machine only, behind its guards, until a person ends it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bulk.app.desk import RATE, Desk
from bulk.app.guards import App, Guards
from bulk.app.pages import ROUTES
from bulk.app.rendering import environment, page, refusal
from bulk.errors import BulkError
from bulk.library import Account
from bulk.library.options import check_changes
from bulk.library.serving import heeding, listening

_HOST: Final = "127.0.0.1"  # never another: the page is for who sits at this machine
_GRACE: Final = 1  # seconds for answers that are on their way when the server ends


def serve(
    account: Account, jobs: Path, port: int, ready: Callable[[str], None], *, rate: float | None = None
) -> None:  # fmt: skip
    """Serve until Ctrl-C or SIGTERM; jobs at work stop cleanly then. `port` 0 takes a free one.

    Jobs are begun with `rate` requests a second, None for what is usual. `ready` is told the address that lets one
    browser in, once. Raises `UsageError` for a port that is not free, and a rate that cannot be.
    """
    if rate is not None:
        check_changes({"rate": rate}, account)
    with listening(_HOST, port) as (opened, address):
        guarded = guarded_app(account, jobs, address, RATE if rate is None else rate)
        server = uvicorn.Server(config_of(guarded))
        with heeding(server):
            ready(f"{address}{guarded.entrance}")
            server.run(sockets=[opened])


def config_of(app: App) -> uvicorn.Config:
    """How the server runs."""
    return uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", ws="none", server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )  # fmt: skip


def guarded_app(account: Account, jobs: Path, address: str, rate: float = RATE) -> Guards:
    """The page behind its guards, as it is served at an address."""
    return Guards(app_of(account, jobs, rate), address, _refused)


def app_of(account: Account, jobs: Path, rate: float) -> Starlette:
    """The page without its guards."""
    desk = Desk(account, jobs, rate)

    @asynccontextmanager
    async def at_work(_app: Starlette) -> AsyncIterator[None]:
        started, closing = anyio.Event(), anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(desk.run, started, closing)
            await started.wait()
            try:
                yield
            finally:
                closing.set()

    handlers: dict[Any, Any] = {BulkError: _told, HTTPException: _missing, Exception: _defect}
    app = Starlette(routes=list(ROUTES), exception_handlers=handlers, lifespan=at_work)
    app.state.desk = desk
    return app


async def _told(request: Request, error: BulkError) -> Response:
    """What keeps a person from going on, in words."""
    return refusal(request, error)


async def _missing(request: Request, error: HTTPException) -> Response:
    return page(request, "missing.html", status=error.status_code)


async def _defect(request: Request, error: Exception) -> Response:
    """A defect of ours. What was raised may quote anything, so only its kind is told."""
    return page(request, "defect.html", status=500, defect=type(error).__name__)


def _refused(why: str) -> bytes:
    """The page of a request that is not let in."""
    return environment().get_template("refused.html").render(why=why).encode()
