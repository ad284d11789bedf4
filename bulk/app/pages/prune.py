"""Deleting old jobs: what would go, and what stays, is listed first and asked about."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bulk.app.rendering import desk_of, page, refusal
from bulk.errors import BulkError
from bulk.library.jobs import Job, Pruning, prunable, prune
from bulk.wording import sized

AGES: Final = {7: "a week", 30: "a month", 90: "three months", 365: "a year", 0: "now: all of them"}
_USUAL: Final = 30  # days
_DAY: Final = 24 * 3600.0


def _days(given: object) -> int:
    return next((days for days in AGES if str(days) == str(given)), _USUAL)


async def show(request: Request) -> Response:
    """What would go."""
    desk, days = desk_of(request), _days(request.query_params.get("days"))

    def look() -> tuple[Pruning, list[Job], str]:
        pruning = prunable(desk.jobs, days * _DAY)
        return pruning, [Job.of(folder) for folder in pruning.goes], sized(pruning.size)

    try:
        pruning, goes, size = await anyio.to_thread.run_sync(look)
    except BulkError as error:
        return refusal(request, error, back="/jobs")
    stays = [(folder.name, why) for folder, why in pruning.stays]
    bad = ("failed", "in_doubt", "rejected")
    return page(
        request, "prune.html", ages=AGES, days=days, goes=goes, stays=stays, size=size,
        not_done=sum(any(job.rows.get(name) for name in bad) for job in goes),
        comparisons=len(pruning.comparisons),
        exports=any(job.record.kind == "export" for job in goes),
    )  # fmt: skip


async def delete(request: Request) -> Response:
    """Delete those that were shown, as far as they may still go."""
    desk, form = desk_of(request), await request.form()
    agreed = {str(name) for name in form.getlist("job")}

    def act() -> tuple[int, list[tuple[str, str]]]:
        pruning = prunable(desk.jobs, _days(form.get("days")) * _DAY)
        goes = tuple(job for job in pruning.goes if job.name in agreed)
        files = pruning.comparisons if "comparisons" in form else ()
        gone, left = prune(replace(pruning, goes=goes, comparisons=files), desk.jobs)
        return len(gone), [(job.name, why) for job, why in left]

    try:
        gone, left = await anyio.to_thread.run_sync(act)
    except BulkError as error:
        return refusal(request, error, back="/jobs")
    for name in agreed & desk.works.keys():
        if desk.at_work(name) is None:
            del desk.works[name]
    return page(request, "pruned.html", gone=gone, left=left)


ROUTES: Final = (
    Route("/jobs/prune", show),
    Route("/jobs/prune", delete, methods=["POST"]),
)
