"""Getting data out: a resource of the account becomes a file that is downloaded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bulk.app.desk import Work
from bulk.app.rendering import desk_of, page
from bulk.app.words import PAGE
from bulk.errors import BulkError
from bulk.library import ExportOptions
from bulk.library.jobs import jobs_in, new_name
from bulk.library.reference import RESOURCES, known
from bulk.library.running import run_export
from bulk.library.uploads import exports_folder

FORMS: Final = {"csv": "CSV, opens in any spreadsheet", "xlsx": "Excel workbook"}


async def show(request: Request) -> Response:
    """What can be exported, and what was."""
    return await _shown(request)


async def _shown(request: Request, error: str = "", status: int = 200) -> Response:
    jobs = await anyio.to_thread.run_sync(jobs_in, desk_of(request).jobs)
    done = [job for job in reversed(jobs) if job.record.kind == "export"][:20]
    names = [each.name for each in RESOURCES]
    return page(request, "exports.html", status=status, resources=names, forms=FORMS, jobs=done, error=error)


async def begin(request: Request) -> Response:
    """Begin to export."""
    desk, form = desk_of(request), await request.form()
    try:
        resource = known(str(form.get("resource", ""))).name
        kind = str(form.get("form", "csv"))
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        name = new_name("export")
        folder = await anyio.to_thread.run_sync(exports_folder, desk.jobs)
        path = folder / f"{resource}-{stamp}.{kind if kind in FORMS else 'csv'}"
    except BulkError as error:
        return await _shown(request, error.words(PAGE), 422)
    what, options = known(resource), ExportOptions(rate=desk.rate)
    desk.begin(Work(name, "export"), lambda setting: run_export(what, path, options, setting))
    return RedirectResponse(f"/jobs/{name}", 303)


ROUTES: Final = (
    Route("/exports", show),
    Route("/exports", begin, methods=["POST"]),
)
