"""A job: at work, or how it ended, with what leads on from there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bulk.app.desk import Work
from bulk.app.drafts import Draft, draft_of_job, new_draft
from bulk.app.pages import plan
from bulk.app.rendering import Banner, desk_of, environment, page, refusal
from bulk.app.words import CONSENT
from bulk.errors import BulkError, UnfinishedError, UsageError
from bulk.library import ImportOptions
from bulk.library.accounts import account_at
from bulk.library.jobs import Job, job_in
from bulk.library.plans import PLAN_CSV
from bulk.library.previews import DELIMITER, ENCODING
from bulk.library.results import PLANNED, FailedRow, failed_rows, has_lines
from bulk.library.running import run_resume
from bulk.library.uploads import zipped

SOME: Final = 50  # failed rows that are fetched at a time
FAILED: Final = "failed.csv"
_REPORTS: Final = {  # what can be downloaded, and what it is
    "failed.csv": "Rows that are not done, with the reason",
    "succeeded.csv": "Rows that are done",
    "skipped.csv": "Rows that were left aside",
    "unprocessed.csv": "Rows that are not finished",
    "plan.csv": "The plan, change by change",
    "undo.csv": "What was put back",
    "missing.csv": "What the file had no more",
}


@dataclass(frozen=True, slots=True)
class Failed:
    """A row that is not done, as it is shown."""

    row: str
    key: str
    status: str
    error: str


async def job_of(request: Request) -> Job:
    """The job that an address names. Raises what becomes a page that says that there is none."""
    try:
        return await anyio.to_thread.run_sync(job_in, desk_of(request).jobs, request.path_params["name"])
    except UsageError:
        raise HTTPException(404) from None


async def show(request: Request) -> Response:
    """The job as it stands now."""
    desk, name = desk_of(request), request.path_params["name"]
    work = desk.works.get(name)
    if (begun := desk.instead_of(name)) is not None:
        return RedirectResponse(f"/jobs/{begun.name}", 303)
    if work is not None and not work.ended:
        return await _at_work(request, work)
    if work is not None and (work.error is not None or work.defect):
        kept = await _kept(request)
        if kept is None or kept.state in (PLANNED, "cut off"):
            return await _not_begun(request, work)
    return await _of_folder(request, await job_of(request), work)


async def _of_folder(request: Request, job: Job, work: Work | None) -> Response:
    """A job that is not at work here, as its folder has it."""
    if await anyio.to_thread.run_sync(lambda: job.running):
        return page(
            request, "elsewhere.html", banner=Banner.of_job(job.record), job=job, **_where(job.record.kind, "Run")
        )
    if job.planned:
        return await plan.shown(request, job)
    banner = Banner.of_job(job.record)
    if work is not None and work.pausing and job.resumable:
        return page(request, "paused.html", banner=banner, job=job, work=work, **_where(job.record.kind, _step(work)))
    return await _ended(request, job)


async def _kept(request: Request) -> Job | None:
    try:
        return await job_of(request)
    except HTTPException:
        return None


async def _at_work(request: Request, work: Work) -> Response:
    kept = await _kept(request)
    banner = None if kept is None else Banner.of_job(kept.record)
    desk_rate = desk_of(request).rate
    rate = desk_rate if kept is None else float(kept.record.options.get("rate", desk_rate))
    where = _where(work.kind if kept is None else kept.record.kind, _step(work))
    return page(request, "run.html", banner=banner, work=work, job=kept, limit=rate, **where)


def _where(kind: str, step: str) -> dict[str, Any]:
    """Where among all pages one of a job stands: an import's on the way of its file, others in their rooms."""
    if kind in ("export", "undo"):
        return {"step": "", "room": "exports" if kind == "export" else "jobs"}
    return {"step": step}


def _step(work: Work) -> str:
    return "Plan" if work.kind == "plan" else "Run"


async def _not_begun(request: Request, work: Work) -> Response:
    """What kept a job from beginning, and the way back to where that is mended."""
    desk = desk_of(request)
    draft = await anyio.to_thread.run_sync(draft_of_job, desk.jobs, work.name)
    if work.error is None:
        return page(request, "defect.html", status=500, defect=work.defect)
    return refusal(request, work.error, step="Plan", draft=draft)


async def _ended(request: Request, job: Job) -> Response:
    def look() -> tuple[list[Failed], dict[str, str], Draft | None]:
        reports = {name: about for name, about in _REPORTS.items() if _has_rows(job.path / name)}
        return _failed(job, 0), reports, draft_of_job(desk_of(request).jobs, job.name)

    failed, reports, draft = await anyio.to_thread.run_sync(look)
    summary: dict[str, Any] = dict(job.summary or {})
    output = Path(job.record.output) if job.record.kind == "export" and job.record.output != "-" else None
    is_there = output is not None and await anyio.to_thread.run_sync(output.exists)
    return page(
        request, "done.html", banner=Banner.of_job(job.record), job=job, summary=summary, failed=failed,
        reports=reports, draft=draft, following=_following(job.name, failed, 0),
        output=output.name if output is not None and is_there else None, parts=summary.get("resources", {}),
        outcomes=_outcomes(job, summary), not_subscribed=_not_subscribed(job, summary),
        stopped_by_hand=job.reason == str(UnfinishedError("stop_requested")),
        can_undo=bool(summary.get("undoable")) and not job.resumable, **_where(job.record.kind, "Done"),
    )  # fmt: skip


def _outcomes(job: Job, summary: dict[str, Any]) -> dict[str, int]:
    """How many rows ended how: what was done by what it was, the others by their status."""
    rows = job.rows
    done = {name: count for name, count in summary.get("actions", {}).items() if count and name != "unchanged"}
    others = ("unchanged", "rejected", "failed", "in_doubt", "skipped", "unprocessed")
    told = {name: rows[name] for name in others if rows.get(name)}
    if people := _not_subscribed(job, summary):
        told |= {"failed": told["failed"] - people, "not_subscribed": people}
    return done | {name: count for name, count in told.items() if count}


def _not_subscribed(job: Job, summary: dict[str, Any]) -> int:
    """How many of the rows that failed did so in one thing only: nobody is subscribed who must not be mailed."""
    codes: dict[str, int] = summary.get("codes", {})
    return min(sum(codes.get(code, 0) for code in CONSENT), job.rows.get("failed", 0))


def _has_rows(path: Path) -> bool:
    """Whether a report has a line below its header."""
    if not path.is_file():
        return False
    return has_lines(path)


def _failed(job: Job, begin: int) -> list[Failed]:
    parts = (job.summary or {}).get("resources", {})
    return [_shown(row) for row in islice(failed_rows(job.path, parts), begin, begin + SOME)]


def _shown(row: FailedRow) -> Failed:
    own = filter(None, row.cells.values())
    key = next((text for title, text in row.cells.items() if "mail" in title.casefold() and text), "")
    where = f"{row.file or row.resource} {row.row}".strip()
    return Failed(where, key or next(own, ""), row.status, row.error)


def _following(name: str, rows: list[Failed], begin: int) -> str:
    return f"/jobs/{name}/failed?from={begin + SOME}" if len(rows) == SOME else ""


async def more(request: Request) -> Response:
    """The next failed rows, as they come into view."""
    job = await job_of(request)
    given = request.query_params.get("from", "0")
    begin = int(given) if given.isdigit() and len(given) < 9 else 0
    rows = await anyio.to_thread.run_sync(_failed, job, begin)
    following = _following(job.name, rows, begin)
    return HTMLResponse(environment().get_template("failed_rows.html").render(failed=rows, following=following))


# ---- acts


async def stop(request: Request) -> Response:
    """Stop a job cleanly, for a while or for good; it can go on either way."""
    desk, name = desk_of(request), request.path_params["name"]
    work = desk.works.get(name)
    if work is not None:
        desk.stop(work, pause=request.url.path.endswith("/pause"))
    return RedirectResponse(f"/jobs/{name}", 303)


async def go_on(request: Request) -> Response:
    """Go on with a job that has stopped, or send again what failed of it."""
    desk, job = desk_of(request), await job_of(request)
    retry = request.url.path.endswith("/retry")
    if desk.at_work(job.name) is None:
        account = account_at(job.record)
        kind = "plan" if job.record.kind == "plan" and not (job.path / PLAN_CSV).exists() else "import"
        of = await anyio.to_thread.run_sync(draft_of_job, desk.jobs, job.name)
        work = Work(job.name, kind, "" if of is None or kind == "plan" else of.id)
        desk.begin(work, lambda setting: run_resume(job.path, setting, {}, retry=retry), account)
    return RedirectResponse(f"/jobs/{job.name}", 303)


async def repair(request: Request) -> Response:
    """Make a draft of the rows that are not done, to correct them and import them again."""
    desk, job = desk_of(request), await job_of(request)
    try:
        draft = await anyio.to_thread.run_sync(_repaired, desk.jobs, job)
    except BulkError as error:
        return refusal(request, error, step="Check")
    return RedirectResponse(f"/files/{draft.id}/check", 303)


def _repaired(jobs: Path, job: Job) -> Draft:
    name = Path(job.file).name or FAILED
    draft = new_draft(jobs, f"{Path(name).stem}.csv", job.record.resource)
    draft.options = ImportOptions(
        **{
            **job.record.options, "encoding": ENCODING, "delimiter": DELIMITER, "skip_lines": 0, "sheet": "",
            "limit": None,
        }
    )  # fmt: skip
    draft.matched, draft.of = True, job.name
    with draft.upload.open() as copy, (job.path / FAILED).open("rb") as failed:
        shutil.copyfileobj(failed, copy)
    draft.save()
    return draft


async def download(request: Request) -> Response:
    """One of the reports of a job."""
    job, name = await job_of(request), request.path_params["file"]
    if name not in _REPORTS or not (job.path / name).is_file():
        raise HTTPException(404)
    return FileResponse(job.path / name, media_type="text/csv", filename=f"{job.name}-{name}")


async def download_part(request: Request) -> Response:
    """The rows of one kind that are not done, of a job on a whole account."""
    job, part = await job_of(request), request.path_params["part"]
    path = job.path / part / FAILED
    if part not in (job.summary or {}).get("resources", {}) or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type="text/csv", filename=f"{job.name}-{part}-{FAILED}")


async def download_output(request: Request) -> Response:
    """The file that an export has written; of a whole account all of them in one."""
    job = await job_of(request)
    path = Path(job.record.output)
    if job.record.kind == "export" and job.state == "finished" and await anyio.to_thread.run_sync(path.is_dir):
        path = await anyio.to_thread.run_sync(zipped, path)
    if job.record.kind != "export" or not await anyio.to_thread.run_sync(path.is_file):
        raise HTTPException(404)
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


ROUTES: Final = (
    Route("/jobs/{name}", show),
    Route("/jobs/{name}/failed", more),
    Route("/jobs/{name}/stop", stop, methods=["POST"]),
    Route("/jobs/{name}/pause", stop, methods=["POST"]),
    Route("/jobs/{name}/resume", go_on, methods=["POST"]),
    Route("/jobs/{name}/retry", go_on, methods=["POST"]),
    Route("/jobs/{name}/repair", repair, methods=["POST"]),
    Route("/jobs/{name}/files/{file}", download),
    Route("/jobs/{name}/parts/{part}", download_part),
    Route("/jobs/{name}/output", download_output),
)
