"""News of what is at work, as it comes: server-sent events, which a page shows without being loaded anew."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bulk.app.desk import Work
from bulk.app.open_files import Check
from bulk.app.pages.start import draft_of
from bulk.app.rendering import desk_of
from bulk.app.words import PHASES, said
from bulk.errors import BulkError
from bulk.library.jobs import job_in, latest_failures

FAILED: Final = 5  # of the rows that failed, the last
PAUSE: Final = 0.3  # seconds between two looks
_SAID: Final = 8  # of the lines that a job said, the last


async def of_job(request: Request) -> Response:
    """How far a job is, until it has ended."""
    return _answer(_job_news(request))


async def of_undo(request: Request) -> Response:
    """How far the look at an undo is."""
    return _answer(_work_news(request, f"undo of {request.path_params['name']}"))


async def of_comparison(request: Request) -> Response:
    """How far a comparison is."""
    return _answer(_work_news(request, request.path_params["name"]))


async def of_check(request: Request) -> Response:
    """How far the check of a file is."""
    check = await desk_of(request).files.check(await draft_of(request))
    return _answer(_check_news(request, check))


def _answer(news: AsyncIterator[dict[str, Any]]) -> Response:
    async def events() -> AsyncIterator[str]:
        async for one in news:
            yield f"data: {json.dumps(one)}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def _job_news(request: Request) -> AsyncIterator[dict[str, Any]]:
    desk, name = desk_of(request), request.path_params["name"]
    if desk.at_work(name) is not None:
        async for one in _work_news(request, name):
            yield one
        return
    while await anyio.to_thread.run_sync(_runs_elsewhere, desk.jobs, name):
        if await request.is_disconnected():
            return
        yield {"ended": False}
        await anyio.sleep(2)
    yield {"ended": True}


def _runs_elsewhere(jobs: Path, name: str) -> bool:
    try:
        return job_in(jobs, name).running
    except BulkError:
        return False


async def _work_news(request: Request, name: str) -> AsyncIterator[dict[str, Any]]:
    work = desk_of(request).works.get(name)
    while work is not None and not work.ended:
        if await request.is_disconnected():
            return
        yield _told(work) | await _failures(desk_of(request).jobs, work)
        await anyio.sleep(PAUSE)
    yield {"ended": True}


async def _failures(jobs: Path, work: Work) -> dict[str, Any]:
    """The rows that failed last, where some have."""
    snapshot = work.snapshot
    if snapshot is None or not (snapshot.failed or snapshot.in_doubt):
        return {}
    rows = await anyio.to_thread.run_sync(latest_failures, jobs / work.name, FAILED)
    return {"problems": [f"Row {row}: {said(why)}" for row, why in rows]}


def _told(work: Work) -> dict[str, Any]:
    snapshot = work.snapshot
    news: dict[str, Any] = {
        "ended": False,
        "said": [said(line) for line in list(work.said)[-_SAID:]],
        "stopping": work.stopping,
    }
    if snapshot is None:
        return news
    total = "" if snapshot.total is None else f" of {snapshot.total:,}"
    return news | {
        "phase": PHASES.get(snapshot.phase, snapshot.phase), "done": snapshot.done, "total": snapshot.total,
        "progress": f"{snapshot.done:,}{total} {snapshot.what}", "failed": f"{snapshot.failed:,}",
        "in_doubt": f"{snapshot.in_doubt:,}", "requests": f"{snapshot.requests:,}",
        "rate": f"{work.rate:.1f}" if work.rate else "…",
        "paused": f"{snapshot.paused_for:.0f}" if snapshot.paused_for else "",
    }  # fmt: skip


async def _check_news(request: Request, check: Check) -> AsyncIterator[dict[str, Any]]:
    while not check.problems.ended and check.error is None:
        if await request.is_disconnected():
            return
        rows = len(check.problems.rows)
        yield {"ended": False, "progress": f"{check.rows:,} rows looked at", "found": rows}
        await anyio.sleep(PAUSE)
    yield {"ended": True, "found": len(check.problems.rows)}


ROUTES: Final = (
    Route("/jobs/{name}/events", of_job),
    Route("/jobs/{name}/undo/events", of_undo),
    Route("/compare/{name}/events", of_comparison),
    Route("/files/{id}/events", of_check),
)
