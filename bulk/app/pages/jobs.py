"""All jobs of the folder, the newest first, whoever began them: here or in a terminal."""

from __future__ import annotations

from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bulk.app.rendering import desk_of, page
from bulk.library.jobs import Job, jobs_in, unreadable_in

SHOWN: Final = 200


async def show(request: Request) -> Response:
    """The list."""
    desk = desk_of(request)

    def look() -> tuple[list[Job], list[tuple[str, str]]]:
        return jobs_in(desk.jobs), unreadable_in(desk.jobs)

    jobs, unreadable = await anyio.to_thread.run_sync(look)
    return page(
        request, "jobs.html", jobs=jobs[::-1][:SHOWN], total=len(jobs), unreadable=unreadable, works=desk.works
    )  # fmt: skip


ROUTES: Final = (Route("/jobs", show),)
