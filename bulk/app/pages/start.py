"""Where everything begins: a file to import, or what is not finished yet."""

from __future__ import annotations

from typing import Final

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bulk.app.desk import Work
from bulk.app.drafts import Draft, draft_in, drafts_in
from bulk.app.rendering import desk_of, page
from bulk.app.uploads import MOST, take
from bulk.app.words import PAGE
from bulk.errors import BulkError
from bulk.library import ImportOptions
from bulk.library.jobs import Job, jobs_in, new_name
from bulk.library.reference import RESOURCES
from bulk.library.running import is_all, run_plan_all
from bulk.library.uploads import unpacked

SHOWN: Final = 5  # of what is open, the newest


def importable() -> list[str]:
    """The resources that can be imported, contacts first."""
    return sorted((each.name for each in RESOURCES if each.modes), key=lambda name: name != "contacts")


async def show(request: Request) -> Response:
    """The first screen."""
    return await _shown(request)


async def _shown(request: Request, error: str = "", status: int = 200) -> Response:
    desk = desk_of(request)

    def look() -> tuple[list[Draft], list[Job]]:
        every = jobs_in(desk.jobs)
        names = {job.name for job in every} | desk.works.keys()
        drafts = [draft for draft in drafts_in(desk.jobs) if draft.job not in names]
        jobs = [job for job in reversed(every) if job.resumable or (job.planned and not _imported_since(job, every))]
        return drafts[:SHOWN], jobs[:SHOWN]

    drafts, jobs = await anyio.to_thread.run_sync(look)
    return page(
        request, "start.html", status=status, step="File", resources=importable(), drafts=drafts, jobs=jobs,
        works=desk.works, error=error, most=MOST,
    )  # fmt: skip


def _imported_since(plan: Job, every: list[Job]) -> bool:
    """Whether the file of a plan was imported after it, so that the plan waits for nothing any more."""
    given = plan.record.input
    later = (
        job.record for job in every[every.index(plan) + 1 :] if job.state == "finished" or job.record.kind == "import"
    )
    return any(given and record.input and record.input.sha256 == given.sha256 for record in later)


async def take_in(request: Request) -> Response:
    """Take a file in, and go on to its columns."""
    desk = desk_of(request)
    try:
        draft = await take(request, desk.jobs)
    except BulkError as error:
        return await _shown(request, error.words(PAGE), 422)
    if is_all(draft.resource):
        return await _plan_account(request, draft)
    if draft.resource not in importable():
        draft.resource = "contacts"
    try:
        await desk.files.table(draft)
    except BulkError as error:
        draft.upload.remove()
        return await _shown(request, error.words(PAGE), 422)
    return RedirectResponse(f"/files/{draft.id}/match", 303)


async def _plan_account(request: Request, draft: Draft) -> Response:
    """Make a plan of a whole account at once: its files have the columns that they were exported with."""
    desk = desk_of(request)
    try:
        folder = await anyio.to_thread.run_sync(unpacked, draft.upload)
    except BulkError as error:
        await anyio.to_thread.run_sync(draft.upload.remove)
        return await _shown(request, error.words(PAGE), 422)
    draft.job, options = new_name("plan"), ImportOptions(undoable=True, rate=desk.rate)
    draft.save()
    desk.begin(Work(draft.job, "plan", draft.id), lambda setting: run_plan_all(folder, options, setting))
    return RedirectResponse(f"/jobs/{draft.job}", 303)


async def remove(request: Request) -> Response:
    """Remove a file that was taken in."""
    desk = desk_of(request)
    draft = await draft_of(request)
    await anyio.to_thread.run_sync(desk.files.remove, draft)
    return RedirectResponse("/", 303)


async def draft_of(request: Request) -> Draft:
    """The draft that an address names. Raises what becomes a page that says that there is none."""
    draft = await anyio.to_thread.run_sync(draft_in, desk_of(request).jobs, request.path_params["id"])
    if draft is None:
        raise HTTPException(404)
    return draft


ROUTES: Final = (
    Route("/", show),
    Route("/files", take_in, methods=["POST"]),
    Route("/files/{id}/remove", remove, methods=["POST"]),
)
