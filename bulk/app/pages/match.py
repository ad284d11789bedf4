"""What each column of a file becomes: what is recognised is filled in, what is needed is marked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bulk.app.drafts import Draft
from bulk.app.pages.start import draft_of, importable
from bulk.app.rendering import desk_of, page
from bulk.app.words import PAGE
from bulk.errors import BulkError, UsageError
from bulk.library.choices import ON_DUPLICATE
from bulk.library.options import ImportOptions
from bulk.library.previews import LEFT_OUT, NEW_FIELD, UNDECIDED, Edits, Preview, lists_in
from bulk.library.reference import PRESETS, known
from bulk.resources.kinds import join_values, split_values

_TEXTS: Final = (
    "preset", "sheet", "encoding", "delimiter", "separator", "mode", "on_duplicate", "baseline", "on_conflict",
)  # fmt: skip
_NAMES: Final = ("tags", "lists")  # columns that can be set for all rows here


async def show(request: Request) -> Response:
    """The columns as they are matched now."""
    return await _shown(request, await draft_of(request))


async def _shown(request: Request, draft: Draft, error: str = "", status: int = 200) -> Response:
    desk = desk_of(request)
    preview: Preview | None = None
    lists: tuple[str, ...] = ()
    todo = ""
    try:
        preview = await desk.files.preview(draft)
        lists = lists_in(await desk.files.names(draft.resource))
    except BulkError as why:
        error, status = error or why.words(PAGE), 422
    if not error and preview is not None and preview.refusal is not None:
        undecided = _undecided(preview, {})
        todo = "" if undecided is None else undecided.words(PAGE)
        error = "" if todo else preview.refusal.words(PAGE)
    return page(
        request, "match.html", status=status, step="Columns", draft=draft, preview=preview, error=error, todo=todo,
        lists=lists,
        resources=importable(), presets=[each.name for each in PRESETS], modes=known(draft.resource).modes,
        on_duplicate=ON_DUPLICATE, is_about_people=known(draft.resource).name == "contacts",
    )  # fmt: skip


async def choose(request: Request) -> Response:
    """Keep what was chosen, and go on to the check if it can be read so."""
    desk, draft = desk_of(request), await draft_of(request)
    form = await request.form()
    before = draft.options, draft.resource
    try:
        draft.resource = known(str(form.get("resource", draft.resource))).name
        if draft.resource != before[1]:
            draft.options = ImportOptions(undoable=True)
        else:
            draft.options = _options(draft, form)
            preview = await desk.files.preview(draft)
            chosen = {
                column.title: str(form.get(f"column-{at}", column.becomes)) for at, column in enumerate(preview.columns)
            }
            if form.get("fields"):
                chosen |= {
                    column.title: NEW_FIELD
                    for column in preview.columns
                    if column.new_type and not column.known and chosen[column.title] == LEFT_OUT
                }
            makes = NEW_FIELD in chosen.values()
            draft.options = replace(
                draft.options, maps=preview.maps(chosen), create_fields=makes,
                ignore_unknown=draft.options.ignore_unknown and not makes,
            )  # fmt: skip
            _check_decided(preview, chosen)
    except BulkError as error:
        return await _shown(request, draft, error.words(PAGE), 422)
    if (draft.options, draft.resource) != before:  # rows may stand elsewhere now
        draft.edits = Edits()
    desk.files.forget_check(draft)
    draft.matched = draft.resource == before[1]
    draft.save()
    if form.get("look") or form.get("fields") or draft.resource != before[1]:
        return RedirectResponse(f"/files/{draft.id}/match", 303)
    try:
        await desk.files.check(draft)
    except BulkError as error:
        return await _shown(request, draft, error.words(PAGE), 422)
    return RedirectResponse(f"/files/{draft.id}/check", 303)


def _options(draft: Draft, form: FormData) -> ImportOptions:
    """The options that the form says. Raises `UsageError` for what cannot be."""
    texts: dict[str, Any] = {name: str(form[name]).strip() for name in _TEXTS if name in form}
    skipped = str(form.get("skip_lines", "0")).strip() or "0"
    if not skipped.isascii() or not skipped.isdigit():
        raise UsageError("option_invalid", option="skip_lines", value=repr(skipped), expected="write a number, like 2")
    sets = {name: text for name in _NAMES if (text := _names(form.getlist(f"set-{name}")))}
    given = {
        "encoding": "auto",
        "delimiter": "auto",
        "preset": "auto",
        "separator": ",",
        "on_duplicate": "error",
        "baseline": "auto",
    }
    texts = {name: text or given.get(name, "") for name, text in texts.items()}
    return replace(draft.options, **texts, skip_lines=int(skipped), sets=sets)


def _names(given: list[Any]) -> str:
    """Names that are set for all rows, as a cell has them."""
    several = [name for text in given for name in split_values(str(text), ",") if str(text).strip()]
    return join_values(dict.fromkeys(name for name in several if name), ",")


def _check_decided(preview: Preview, chosen: dict[str, str]) -> None:
    if (error := _undecided(preview, chosen)) is not None:
        raise error


def _undecided(preview: Preview, chosen: dict[str, str]) -> UsageError | None:
    """What is said where a column has still to be decided."""
    still = [one.title for one in preview.columns if chosen.get(one.title, one.becomes) == UNDECIDED]
    return UsageError("columns_undecided", columns=still) if still else None


ROUTES: Final = (
    Route("/files/{id}/match", show),
    Route("/files/{id}/match", choose, methods=["POST"]),
)
