"""One page about a job, as `bulk report` writes it: to be read here, kept or handed on."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from bulk.app.guards import ALONE
from bulk.app.pages.job import job_of
from bulk.app.rendering import refusal
from bulk.errors import BulkError
from bulk.library.reporting import report, ways_on


async def show(request: Request) -> Response:
    """Write the report anew, and show it; `save` downloads it, `rows` has the rows that are not done in it."""
    job, asked = await job_of(request), request.query_params

    def write() -> Path:
        return report(job.path, with_rows=asked.get("rows") == "1", commands=ways_on(job))

    try:
        path = await anyio.to_thread.run_sync(write)
    except BulkError as error:
        return refusal(request, error, back=f"/jobs/{job.name}")
    name = f"{job.name}.html" if asked.get("save") == "1" else None
    return FileResponse(path, media_type="text/html", filename=name, headers={"content-security-policy": ALONE})


ROUTES: Final = (Route("/jobs/{name}/report", show),)
