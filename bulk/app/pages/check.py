"""The rows that have problems, and nothing else: corrected in place, or left out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bulk.app import words
from bulk.app.drafts import Draft
from bulk.app.open_files import Check
from bulk.app.pages.start import draft_of
from bulk.app.rendering import desk_of, environment, page, refusal
from bulk.errors import BulkError
from bulk.library.previews import Issue

SOME: Final = 25  # rows that are fetched at a time
_OTHERS: Final = 4  # cells by which its owner knows a row
_LETTERS: Final = 40  # of each of them
_FEW: Final = 12  # cells of a row that are shown where the row as a whole is meant


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that can be corrected: its column, as an index and by its title, its text, and what is wrong with it."""

    at: int
    title: str
    text: str
    problem: str = ""
    long: bool = False


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A row with what is wrong with it. `shown` is the number that its owner knows it by."""

    number: int
    shown: str
    cells: tuple[Cell, ...]
    problems: tuple[str, ...]
    left_out: bool
    corrected: bool
    before: str = ""
    whose: str = ""


async def show(request: Request) -> Response:
    """What was found, or how far the check is."""
    desk, draft = desk_of(request), await draft_of(request)
    if not draft.matched:
        return RedirectResponse(f"/files/{draft.id}/match", 303)
    try:
        check = await desk.files.check(draft)
        ended = check.problems.ended  # before the rows: else those that come meanwhile would be missing
        rows = await anyio.to_thread.run_sync(_rows, draft, check, 0) if ended else []
    except BulkError as error:
        return refusal(request, error, step="Check", draft=draft)
    if check.error is not None:
        desk.files.forget_check(draft)
        return refusal(request, check.error, step="Check", draft=draft)
    counts = await anyio.to_thread.run_sync(_counts, draft, check)
    return page(
        request, "check.html", step="Check", draft=draft, check=check, problems=check.problems, rows=rows, ended=ended,
        counts=counts, following=_following(draft, check, 0) if ended else "",
    )  # fmt: skip


async def more(request: Request) -> Response:
    """The next rows, as they come into view."""
    desk, draft = desk_of(request), await draft_of(request)
    begin = _begin(request)
    check = await desk.files.check(draft)
    rows = await anyio.to_thread.run_sync(_rows, draft, check, begin)
    text = environment().get_template("problem_rows.html").render(
        rows=rows, draft=draft, following=_following(draft, check, begin)
    )  # fmt: skip
    return HTMLResponse(text)


async def correct(request: Request) -> Response:
    """Keep what somebody has written into a row, or that it is left out."""
    desk, draft = desk_of(request), await draft_of(request)
    number = int(request.path_params["row"])
    check = await desk.files.check(draft)
    form = await request.form()
    edits = draft.edits
    if "out" in form:
        (edits.left_out.add if form["out"] == "1" else edits.left_out.discard)(number)
    else:
        given = {int(name[1:]): str(text) for name, text in form.items() if name[:1] == "c" and name[1:].isdigit()}
        stands = await anyio.to_thread.run_sync(lambda: check.opened.cells({number}).get(number))
        if stands is None:
            raise HTTPException(404)
        if any((stands[at] if at < len(stands) else "") != text for at, text in given.items()):
            edits.cells[number] = {**edits.cells.get(number, {}), **given}
    draft.save()
    if request.headers.get("x-in-place") != "1":
        return RedirectResponse(f"/files/{draft.id}/check#row-{number}", 303)
    row = (await anyio.to_thread.run_sync(_made, draft, check, [number]))[0]
    return JSONResponse(
        {
            "state": "out" if row.left_out else "open" if row.problems else "right",
            "problems": {str(cell.at): cell.problem for cell in row.cells},
            "said": _said_of(row),
            "counts": await anyio.to_thread.run_sync(_counts, draft, check),
        }
    )


def _said_of(row: ProblemRow) -> str:
    if row.left_out:
        return f"Row {row.shown} is left out."
    return f"Row {row.shown}: {row.problems[0]}" if row.problems else f"Row {row.shown} is right now."


async def replace_all(request: Request) -> Response:
    """Put another text into every problem row's cell of a column that holds a certain text."""
    desk, draft = desk_of(request), await draft_of(request)
    check, form = await desk.files.check(draft), await request.form()
    column, old, new = str(form.get("column", "")), str(form.get("old", "")), str(form.get("new", ""))
    if column.isdigit() and old:
        await anyio.to_thread.run_sync(_replace, draft, check, int(column), (old, new))
        draft.save()
    return RedirectResponse(f"/files/{draft.id}/check", 303)


def _replace(draft: Draft, check: Check, at: int, texts: tuple[str, str]) -> None:
    old, new = texts
    for number, cells in check.opened.cells(set(check.problems.rows)).items():
        if at < len(cells) and old in cells[at]:
            draft.edits.cells.setdefault(number, {})[at] = cells[at].replace(old, new)


# ---- what is shown


def _begin(request: Request) -> int:
    given = request.query_params.get("from", "0")
    return int(given) if given.isdigit() and len(given) < 9 else 0


def _following(draft: Draft, check: Check, begin: int) -> str:
    """Where the rows after these are; "" where there are none."""
    following = begin + SOME
    more = following < len(check.problems.rows)
    return f"/files/{draft.id}/problems?from={following}" if more else ""


def _counts(draft: Draft, check: Check) -> dict[str, int]:
    """How many rows have problems, how many of them were corrected, and how many are left out."""
    rows = check.problems.rows
    out = sum(row in draft.edits.left_out for row in rows)
    edited = [row for row in rows if row in draft.edits.cells and row not in draft.edits.left_out]
    corrected = len(edited) - len(check.opened.still_wrong(edited))
    return {"rows": len(rows) + check.problems.more, "corrected": corrected, "out": out}


def _rows(draft: Draft, check: Check, begin: int) -> list[ProblemRow]:
    return _made(draft, check, check.problems.rows[begin : begin + SOME])


def _made(draft: Draft, check: Check, numbers: list[int]) -> list[ProblemRow]:
    """Rows as they are shown: the cells that are wrong, or all where the row as a whole is."""
    stands = check.opened.cells(set(numbers))
    header = check.opened.header
    result = []
    for number in numbers:
        cells = stands.get(number, [])
        corrected = number in draft.edits.cells
        issues = check.opened.judge(number) if corrected else check.problems.issues.get(number, [])
        wanted = {issue.column for issue in (*issues, *check.problems.issues.get(number, ()))}
        by_title = {issue.column: _told(issue) for issue in reversed(issues)}
        chosen = [at for at, title in enumerate(header) if title.strip() in wanted and title.strip()]
        if "" in wanted or not chosen:
            chosen = [at for at, title in enumerate(header) if title.strip() and title.strip()[:1] != "_"][:_FEW]
        shown = tuple(
            Cell(at, header[at].strip(), text := cells[at] if at < len(cells) else "",
                 by_title.get(header[at].strip(), ""), "\n" in text or len(text) > 80)
            for at in chosen
        )  # fmt: skip
        result.append(
            ProblemRow(
                number, _number(header, cells, number), shown, tuple(_told(issue) for issue in issues),
                number in draft.edits.left_out, corrected, _report(header, cells, "_error"),
                _whose(header, cells, chosen),
            )
        )  # fmt: skip
    return result


def _whose(header: tuple[str, ...], cells: object, chosen: list[int]) -> str:
    """The first cells of a row that are not shown to be corrected, so that a person knows whose row it is."""
    if not isinstance(cells, list):
        return ""
    others = (
        text.strip()[:_LETTERS]
        for at, text in enumerate(cells[: len(header)])
        if at not in chosen and text.strip() and header[at].strip()[:1] not in ("", "_")
    )
    return " · ".join(islice(others, _OTHERS))


def _told(issue: Issue) -> str:
    return words.said(f"{issue.message} {issue.hint}".strip())


def _number(header: tuple[str, ...], cells: object, number: int) -> str:
    """The number of a row as its owner knows it: of a report that of the file which it is about."""
    return _report(header, cells, "_row") or str(number)


def _report(header: tuple[str, ...], cells: object, title: str) -> str:
    at = next((at for at, name in enumerate(header) if name.strip() == title), None)
    return str(cells[at]) if at is not None and isinstance(cells, list) and at < len(cells) else ""


ROUTES: Final = (
    Route("/files/{id}/check", show),
    Route("/files/{id}/problems", more),
    Route("/files/{id}/rows/{row:int}", correct, methods=["POST"]),
    Route("/files/{id}/replace", replace_all, methods=["POST"]),
)
