"""What differs between two exports, or between a file and the account as it is now. Nothing is changed by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from bulk.app.desk import Work
from bulk.app.drafts import Draft
from bulk.app.rendering import desk_of, page, refusal
from bulk.app.uploads import MOST, take_form
from bulk.app.words import PAGE
from bulk.errors import BulkError, UsageError
from bulk.library import Account, CompareOptions, Comparison, compare
from bulk.library.jobs import Job, jobs_in, new_name
from bulk.library.reference import RESOURCES
from bulk.library.uploads import differences_file, exports_folder

LIVE: Final = "live"
FILE: Final = "file"
SHOWN: Final = 100  # differences that are shown
_CHOICES: Final = 50  # files of jobs to choose from, the newest


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: where it is, what it is called, and the file that was given for it."""

    place: Path | Account
    called: str
    draft: Draft | None = None
    resource: str = ""  # of the job that it is of; a folder has several


def _file_of(job: Job) -> Path | None:
    """What an export has written, or an import has read, if it is still there."""
    told = job.record.output if job.record.kind == "export" else job.record.input.path if job.record.input else ""
    path = Path(told)
    return path if told not in ("", "-") and job.record.kind in ("export", "import", "plan") and path.exists() else None


async def show(request: Request) -> Response:
    """What can be compared."""
    return await _shown(request)


async def _shown(request: Request, error: str = "", status: int = 200) -> Response:
    desk = desk_of(request)

    def look() -> list[tuple[Job, str]]:
        jobs = reversed(jobs_in(desk.jobs))
        return [(job, path.name) for job in jobs if (path := _file_of(job)) is not None][:_CHOICES]

    files = await anyio.to_thread.run_sync(look)
    return page(
        request, "compare.html", status=status, files=files, error=error, most=MOST,
        resources=[each.name for each in RESOURCES],
    )  # fmt: skip


async def begin(request: Request) -> Response:
    """Begin to compare."""
    desk = desk_of(request)
    draft: Draft | None = None
    try:
        draft, texts = await take_form(request.headers, request.stream(), desk.jobs)
        sides = [await anyio.to_thread.run_sync(_side, request, texts.get(name, ""), draft) for name in ("a", "b")]
        ignored = tuple(title.strip() for title in texts.get("ignore", "").split(",") if title.strip())
        of_jobs = {side.resource for side in sides} - {""}
        resource = of_jobs.pop() if len(of_jobs) == 1 else ""
        options = CompareOptions(
            resource=texts.get("resource", "") or resource, key=texts.get("key", "").strip(), exact="exact" in texts,
            ignore=ignored, rate=desk.rate,
        )  # fmt: skip
        folder = await anyio.to_thread.run_sync(exports_folder, desk.jobs)
    except BulkError as error:
        if draft is not None:
            await anyio.to_thread.run_sync(draft.upload.remove)
        return await _shown(request, error.words(PAGE), 422)
    name = new_name("compare")
    output = differences_file(folder, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name[-4:]}")

    async def run(work: Work) -> Comparison:
        return await compare(sides[0].place, sides[1].place, options, output=output, progress=work)

    desk.begin_comparison(Work(name, "compare", about=tuple(side.called for side in sides)), run, draft)
    return RedirectResponse(f"/compare/{name}", 303)


def _side(request: Request, chosen: str, draft: Draft | None) -> Side:
    """What a person has chosen for a side. Raises `UsageError` for what is not there (any more)."""
    desk = desk_of(request)
    if chosen == LIVE:
        return Side(desk.account, "the account")
    if chosen == FILE:
        if draft is None:
            raise UsageError("upload_missing")
        return Side(draft.upload.path, draft.upload.name, draft)
    job = next((job for job in jobs_in(desk.jobs) if job.name == chosen), None)
    path = None if job is None else _file_of(job)
    if path is None:
        raise UsageError("input_missing", file=chosen)
    return Side(path, path.name, resource="" if path.is_dir() or job is None else job.record.resource)


async def result(request: Request) -> Response:
    """What differs, once that is known."""
    work = _work_of(request)
    if work is None or (work.ended and work.stopping and work.comparison is None):
        return RedirectResponse("/compare", 303)
    if not work.ended:
        return page(request, "run.html", step="", work=work, job=None, limit=0)
    if work.error is not None:
        return refusal(request, work.error, back="/compare")
    if work.comparison is None:
        return page(request, "defect.html", status=500, defect=work.defect)
    comparison = work.comparison
    first = [one for one in comparison.first if one.row_a or one.row_b][:SHOWN]
    return page(request, "compared.html", work=work, comparison=comparison, first=first, names=work.about)


def _work_of(request: Request) -> Work | None:
    work = desk_of(request).works.get(request.path_params["name"])
    return work if work is not None and work.kind == "compare" else None


async def stop(request: Request) -> Response:
    """Leave it be."""
    desk, work = desk_of(request), _work_of(request)
    if work is not None:
        desk.stop(work)
    return RedirectResponse("/compare", 303)


async def download(request: Request) -> Response:
    """All differences, as CSV."""
    work = _work_of(request)
    path = None if work is None or work.comparison is None else work.comparison.output
    if path is None or not await anyio.to_thread.run_sync(path.is_file):
        return RedirectResponse("/compare", 303)
    return FileResponse(path, media_type="text/csv", filename=path.name)


ROUTES: Final = (
    Route("/compare", show),
    Route("/compare", begin, methods=["POST"]),
    Route("/compare/{name}", result),
    Route("/compare/{name}/stop", stop, methods=["POST"]),
    Route("/compare/{name}/differences", download),
)
