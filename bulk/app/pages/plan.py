"""What would happen: a plan is made of a file, shown, and carried out if a person says so."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bulk.app.desk import Work
from bulk.app.drafts import Draft, draft_of_job
from bulk.app.open_files import Check
from bulk.app.pages.start import draft_of
from bulk.app.rendering import Banner, desk_of, environment, page, refusal
from bulk.app.words import CONSENT
from bulk.errors import BulkError, UsageError
from bulk.library import ImportOptions
from bulk.library.accounts import account_at
from bulk.library.jobs import Job, job_in, new_name
from bulk.library.plans import DAY, NOT_DONE, PLAN_CSV, lines_of_plan, plan_data
from bulk.library.reference import known
from bulk.library.running import run_import, run_plan, run_resume

SOME: Final = 50  # lines of a plan that are fetched at a time
_KNOWN: Final = ("Account: ", "Passed over: ")  # lines of a job of which the page shows more
_LONG: Final = 120.0  # seconds from which another engine is worth the choice


async def make(request: Request) -> Response:
    """Make a plan of a draft's file."""
    desk, draft = desk_of(request), await draft_of(request)
    check = await desk.files.check(draft)
    try:
        if draft.edits:
            await anyio.to_thread.run_sync(_write_corrected, draft, check)
    except BulkError as error:
        return refusal(request, error, step="Plan", draft=draft)
    name = new_name("plan")
    resource, file = known(draft.resource), draft.file
    options = replace(draft.options_of_file, rate=desk.rate)
    desk.begin(Work(name, "plan", draft.id), lambda setting: run_plan(resource, file, options, setting))
    draft.job = name
    draft.save()
    return RedirectResponse(f"/jobs/{name}", 303)


def _write_corrected(draft: Draft, check: Check) -> None:
    """Write the corrected table down, to be imported instead of the file."""
    try:
        with draft.upload.open_corrected() as output:
            check.opened.write_corrected(output)
    except OSError as error:
        raise UsageError("upload_not_kept", reason=error.strerror) from error


async def shown(request: Request, job: Job) -> Response:
    """The page of a plan that waits."""
    desk = desk_of(request)

    def look() -> tuple[dict[str, Any], list[Any], Draft | None]:
        return plan_data(job.path), _lines(job.path, 0), draft_of_job(desk.jobs, job.name)

    data, lines, draft = await anyio.to_thread.run_sync(look)
    work = desk.works.get(job.name)
    said = [] if work is None else [line for line in work.said if not line.startswith(_KNOWN)][1:]
    writes = data.get("writes", data["requests"])["single"]
    return page(
        request, "plan.html", banner=Banner.of_job(job.record), step="Plan", job=job, plan=data, lines=lines,
        draft=draft, writes=writes, said=said, following=_following(job.name, lines, 0), engines=_engines(data, job),
        consent={code: count for code, count in data["reasons"].items() if code in CONSENT},
        refused={code: count for code, count in data["reasons"].items() if code not in CONSENT},
        changes={name: count for name, count in data["changes"].items() if name not in NOT_DONE},
    )  # fmt: skip


def _engines(data: dict[str, Any], job: Job) -> dict[str, Any]:
    """What each engine takes, and which is proposed; one alone is no choice."""
    single = data["seconds"]["single"]
    batch = data["seconds"].get("batch")
    if batch is None or job.record.input is None or not Path(job.record.input.path).exists():
        return {"single": single}
    return {"single": single, "batch": batch, "proposed": "batch" if single > max(_LONG, 2 * batch) else "single"}


async def more(request: Request) -> Response:
    """The next lines of a plan, as they come into view."""
    desk = desk_of(request)
    job = await anyio.to_thread.run_sync(job_in, desk.jobs, request.path_params["name"])
    given = request.query_params.get("from", "0")
    begin = int(given) if given.isdigit() and len(given) < 9 else 0
    lines = await anyio.to_thread.run_sync(_lines, job.path, begin)
    text = environment().get_template("plan_lines.html").render(
        lines=lines, following=_following(job.name, lines, begin)
    )  # fmt: skip
    return HTMLResponse(text)


def _lines(job: Path, begin: int) -> list[Any]:
    return list(islice(lines_of_plan(job), begin, begin + SOME)) if (job / PLAN_CSV).exists() else []


def _following(name: str, lines: list[Any], begin: int) -> str:
    return f"/jobs/{name}/lines?from={begin + SOME}" if len(lines) == SOME else ""


async def carry_out(request: Request) -> Response:
    """Carry a plan out: exactly, or as an import by the engine that sends many contacts a request."""
    desk, name = desk_of(request), request.path_params["name"]
    if (begun := desk.instead_of(name)) is not None:  # a second click, or the same page in another tab
        return RedirectResponse(f"/jobs/{begun.name}", 303)
    job = await anyio.to_thread.run_sync(job_in, desk.jobs, name)
    form = await request.form()
    account = account_at(job.record)
    of = await anyio.to_thread.run_sync(draft_of_job, desk.jobs, job.name)
    draft = "" if of is None else of.id
    if form.get("engine") == "batch" and job.record.input is not None:
        name = new_name("import")
        if of is not None:
            of.job = name
            of.save()
        options = replace(ImportOptions(**job.record.options), engine="batch")
        resource, file = known(job.record.resource), Path(job.record.input.path)
        desk.begin(
            Work(name, "import", draft, job.name), lambda setting: run_import(resource, file, options, setting), account
        )  # fmt: skip
        return RedirectResponse(f"/jobs/{name}", 303)
    if desk.at_work(job.name) is None:
        work = Work(job.name, "import", draft)
        desk.begin(work, lambda setting: run_resume(job.path, setting, {}, max_age=DAY), account)
    return RedirectResponse(f"/jobs/{job.name}", 303)


ROUTES: Final = (
    Route("/files/{id}/plan", make, methods=["POST"]),
    Route("/jobs/{name}/lines", more),
    Route("/jobs/{name}/apply", carry_out, methods=["POST"]),
)
