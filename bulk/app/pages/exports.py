"""Getting data out: a resource of the account, or all of them, becomes files that are downloaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bulk.app.desk import Work
from bulk.app.rendering import desk_of, page, refusal
from bulk.app.words import FILTERS, PAGE
from bulk.errors import BulkError
from bulk.library import ExportOptions
from bulk.library.jobs import jobs_in, new_name
from bulk.library.options import check_export
from bulk.library.previews import list_ids_in
from bulk.library.reference import RESOURCES, columns_in, known
from bulk.library.running import is_all, run_export, run_export_all
from bulk.library.uploads import exports_folder
from bulk.resources.kinds import split_values

FORMS: Final = {"csv": "CSV, opens in any spreadsheet", "xlsx": "Excel workbook"}
PATIENCE: Final = 5.0  # seconds for what of the choices only the account knows
STATUSES: Final = {"1": "Subscribed", "0": "Unconfirmed", "2": "Unsubscribed", "3": "Bounced"}  # of contacts


async def show(request: Request) -> Response:
    """What can be exported, and what was."""
    return await _shown(request)


async def _shown(request: Request, error: str = "", status: int = 200) -> Response:
    jobs = await anyio.to_thread.run_sync(jobs_in, desk_of(request).jobs)
    done = [job for job in reversed(jobs) if job.record.kind == "export"][:20]
    names = [each.name for each in RESOURCES]
    return page(request, "exports.html", status=status, resources=names, forms=FORMS, jobs=done, error=error)


async def choices(request: Request) -> Response:
    """What of a resource is exported: its filters, a search, its columns; all of a whole account."""
    asked = request.query_params
    if is_all(asked.get("resource", "")):
        return RedirectResponse("/exports", 303)
    try:
        return await _choices_shown(request, asked)
    except BulkError as error:
        return refusal(request, error, back="/exports")


async def _choices_shown(request: Request, asked: Mapping[str, Any], error: str = "", status: int = 200) -> Response:
    desk, what = desk_of(request), known(str(asked.get("resource", "")))
    columns: Sequence[Any] = what.columns
    lists: dict[str, str] = {}
    with anyio.move_on_after(PATIENCE):  # without it there are those that every account has
        try:
            columns = await columns_in(what.name, desk.account)
            if "listid" in what.filters:
                lists = list_ids_in(await desk.files.names("contacts"))
        except BulkError:
            pass
    by_id = [name for name in what.filters if FILTERS.get(name, "").endswith("id)")]
    titles = dict.fromkeys(column.header for column in columns if column.exported)
    return page(
        request, "export.html", status=status, what=what, form=str(asked.get("form", "csv")), forms=FORMS, error=error,
        columns=list(titles), lists=lists, statuses=STATUSES, by_id=by_id,
    )  # fmt: skip


async def begin(request: Request) -> Response:
    """Begin to export."""
    desk, form = desk_of(request), await request.form()
    resource = str(form.get("resource", ""))
    try:
        options = _options(form, desk.rate)
        what = None if is_all(resource) else known(resource)
        check_export(what, options, desk.account)
        folder = await anyio.to_thread.run_sync(exports_folder, desk.jobs)
    except BulkError as error:
        if "choices" in form and not is_all(resource):
            return await _choices_shown(request, {name: form[name] for name in form}, error.words(PAGE), 422)
        return await _shown(request, error.words(PAGE), 422)
    kind, name = str(form.get("form", "csv")), new_name("export")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    if what is None:
        path = folder / f"account-{stamp}"
        desk.begin(Work(name, "export"), lambda setting: run_export_all(path, options, setting))
    else:
        path = folder / f"{what.name}-{stamp}.{kind if kind in FORMS else 'csv'}"
        desk.begin(Work(name, "export"), lambda setting: run_export(what, Path(path), options, setting))
    return RedirectResponse(f"/jobs/{name}", 303)


def _options(form: Any, rate: float) -> ExportOptions:
    """The options that the form says. Raises `UsageError` for what cannot be."""
    filters = {name[7:]: str(form[name]).strip() for name in form if name.startswith("filter-")}
    typed = [name for name in split_values(str(form.get("more-columns", "")), ",") if name]
    return ExportOptions(
        plain="plain" in form, guard_formulas="guard_formulas" in form, search=str(form.get("search", "")).strip(),
        filters={name: text for name, text in filters.items() if text},
        columns=tuple(dict.fromkeys([*map(str, form.getlist("column")), *typed])), rate=rate,
    )  # fmt: skip


ROUTES: Final = (
    Route("/exports", show),
    Route("/exports", begin, methods=["POST"]),
    Route("/exports/choices", choices),
)
