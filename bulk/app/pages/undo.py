"""Taking a job back: what that would do is found out and shown first, then asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bulk.app.desk import Work
from bulk.app.pages.job import job_of
from bulk.app.rendering import Banner, desk_of, page, refusal
from bulk.library import ImportOptions
from bulk.library.accounts import account_at
from bulk.library.jobs import new_name
from bulk.library.results import Result
from bulk.library.running import Setting, run_undo

LOOK: Final = "look"  # the kind of a look at an undo
SHOWN: Final = 100  # lines of an undo that are shown


def _look_name(job: str) -> str:
    """What the look at an undo is called here; no job has such a name."""
    return f"undo of {job}"


async def look(request: Request) -> Response:
    """Find out what an undo would do."""
    desk, job = desk_of(request), await job_of(request)
    name = _look_name(job.name)
    if desk.at_work(name) is None:
        account = account_at(job.record)
        options = ImportOptions(rate=desk.rate_at(account))

        async def told(setting: Setting) -> Result:  # nothing is kept of it, so it has no name of its own
            return await run_undo(job.path, options, replace(setting, name=None), dry_run=True)

        desk.begin(Work(name, LOOK), told, account)
    return RedirectResponse(f"/jobs/{job.name}/undo", 303)


async def show(request: Request) -> Response:
    """What an undo would do, once that is known."""
    desk, job = desk_of(request), await job_of(request)
    work = desk.works.get(_look_name(job.name))
    if work is None:
        return RedirectResponse(f"/jobs/{job.name}", 303)
    banner = Banner.of_job(job.record)
    if not work.ended:
        return page(request, "run.html", banner=banner, step="", work=work, job=job, limit=desk.rate)
    if work.error is not None:
        return refusal(request, work.error, banner=banner, back=f"/jobs/{job.name}")
    if work.result is None or work.result.undo is None:
        return page(request, "defect.html", status=500, banner=banner, defect=work.defect)
    undo = work.result.undo
    return page(
        request, "undo.html", banner=banner, job=job, undo=undo, lines=undo.lines[:SHOWN],
        total=len(undo.lines), said=list(_said(work.said)),
    )  # fmt: skip


def _said(lines: Iterable[str]) -> Iterator[str]:
    """What there is to know besides the things themselves, which stand below."""
    for line in lines:
        if not line.startswith(("    ", "To put back", "  Rows are those of")):
            yield line.strip()


async def carry_out(request: Request) -> Response:
    """Take the job back."""
    desk, job = desk_of(request), await job_of(request)
    name = new_name("undo")
    account = account_at(job.record)
    options = ImportOptions(rate=desk.rate_at(account))
    desk.works.pop(_look_name(job.name), None)
    desk.begin(Work(name, "undo"), lambda setting: run_undo(job.path, options, setting), account)
    return RedirectResponse(f"/jobs/{name}", 303)


ROUTES: Final = (
    Route("/jobs/{name}/undo/plan", look, methods=["POST"]),
    Route("/jobs/{name}/undo", show),
    Route("/jobs/{name}/undo", carry_out, methods=["POST"]),
)
