"""The gateway's connections to ActiveCampaign accounts: which there are, a new one, and which the page works on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from bulk.app.rendering import desk_of, page, refusal
from bulk.errors import BulkError, UnfinishedError, UsageError
from bulk.library.connections import ACTIVE, Connection, Gateway, check_gateway, gateway, with_connection

Asked = TypeVar("Asked")
PATIENCE: Final = 15.0  # seconds for which somebody waits for a page
HERE: Final = ("127.0.0.1", "localhost")  # where a link may lead to without TLS


async def _asked(request: Request, ask: Callable[[Gateway], Awaitable[Asked]]) -> Asked:
    """What the gateway says. Raises as the library does, and `UnfinishedError` where it does not answer."""
    with anyio.move_on_after(PATIENCE):
        async with gateway(desk_of(request).account) as opened:
            return await ask(opened)
    raise UnfinishedError("account_silent", seconds=PATIENCE)


async def show(request: Request) -> Response:
    """Which there are; of an account that needs none, that it needs none."""
    account = desk_of(request).account
    try:
        check_gateway(account)
    except UsageError:
        return page(request, "connections.html", direct=True, connections=[], used="", chosen="")
    try:
        connections = await _asked(request, lambda opened: opened.connections())
    except BulkError as error:
        return refusal(request, error, back="/")
    return page(
        request, "connections.html", direct=False, connections=connections, used=_used(request, connections),
        chosen=account.connection,
    )  # fmt: skip


def _used(request: Request, connections: list[Connection]) -> str:
    """The connection that the page works on: the one that was chosen, or the only active one; "" for none."""
    chosen = desk_of(request).account.connection
    if chosen:
        return next((one.id for one in connections if one.id.startswith(chosen)), chosen)
    if desk_of(request).account.sandbox_folder is not None:
        return ""  # without a word it is the sandbox's own account
    active = [one.id for one in connections if one.status == ACTIVE]
    return active[0] if len(active) == 1 else ""


async def create(request: Request) -> Response:
    """Make one, and go on to where it is waited for."""
    try:
        made = await _asked(request, lambda opened: opened.create())
    except BulkError as error:
        return refusal(request, error, back="/connections")
    return RedirectResponse(f"/connections/{made.id}", 303)


async def show_one(request: Request) -> Response:
    """One of them: the link to sign in as long as it waits for that, then what it is good for."""
    identity = request.path_params["id"]
    try:
        connections = await _asked(request, lambda opened: opened.connections())
        connection = await _asked(request, lambda opened: opened.show(identity))
    except BulkError as error:
        return refusal(request, error, back="/connections")
    asks = request.query_params.get("delete") == "1"
    return page(
        request, "connection.html", connection=connection, used=_used(request, connections) == connection.id, asks=asks,
        link=safe_link(connection.url),
    )  # fmt: skip


def safe_link(url: str) -> str:
    """A link of the gateway's as far as it leads to a page; "" where it would do something else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_page = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    return url if is_page else ""


async def news(request: Request) -> Response:
    """Whether it still waits; it ends once it does not."""
    identity = request.path_params["id"]

    async def events() -> AsyncIterator[str]:
        begun = ""
        while not await request.is_disconnected():
            try:
                now = (await _asked(request, lambda opened: opened.show(identity))).status
            except BulkError:
                now = begun
            begun = begun or now
            ended = now == ACTIVE or now != begun
            yield f"data: {json.dumps({'ended': ended})}\n\n"
            if ended:
                return
            await anyio.sleep(desk_of(request).pause)

    return StreamingResponse(events(), media_type="text/event-stream")


async def use(request: Request) -> Response:
    """Let the page work on the account that it opens, from now on."""
    desk, identity = desk_of(request), request.path_params["id"]
    try:
        connection = await _asked(request, lambda opened: opened.show(identity))
        desk.use(with_connection(desk.account, connection.id))
    except BulkError as error:
        return refusal(request, error, back="/connections")
    return RedirectResponse("/", 303)


async def use_own(request: Request) -> Response:
    """Let the page work on the sandbox's own account again."""
    desk = desk_of(request)
    desk.use(with_connection(desk.account, ""))
    return RedirectResponse("/", 303)


async def delete(request: Request) -> Response:
    """Delete one, after it was asked about."""
    identity = request.path_params["id"]
    try:
        await _asked(request, lambda opened: opened.delete(identity))
    except BulkError as error:
        return refusal(request, error, back="/connections")
    return RedirectResponse("/connections", 303)


ROUTES: Final = (
    Route("/connections", show),
    Route("/connections", create, methods=["POST"]),
    Route("/connections/own/use", use_own, methods=["POST"]),
    Route("/connections/{id}", show_one),
    Route("/connections/{id}/events", news),
    Route("/connections/{id}/use", use, methods=["POST"]),
    Route("/connections/{id}/delete", delete, methods=["POST"]),
)
