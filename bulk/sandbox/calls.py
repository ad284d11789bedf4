"""One call as the routes see it, and what they answer with: a body, or a refusal with the API's own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bulk.sandbox.shapes import Shapes
from bulk.sandbox.store import Store

DEFAULT_LIMIT: Final = 20
MOST: Final = 100
Answer = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Switches:
    """Behaviours for which there is no sure source, each with the default that is most likely.

    `duplicate_tag`: "refused" or "existing" (§11). `most_per_page`: what a larger `limit` is cut to (§1.4).
    """

    duplicate_tag: str = "refused"
    most_per_page: int = MOST


@dataclass(frozen=True, slots=True)
class Call:
    """A request after the front door: the ids of its path, its query and its body."""

    store: Store
    shapes: Shapes
    switches: Switches
    ids: tuple[int, ...]
    query: tuple[tuple[str, str], ...]
    body: Any

    def param(self, name: str) -> str:
        """A query parameter, "" if it is not given."""
        return next((value for key, value in self.query if key == name), "")

    def sent(self, wrapper: str) -> dict[str, Any]:
        """The record in the body; a body without its wrapper is refused."""
        record = self.body.get(wrapper) if isinstance(self.body, dict) else None
        if not isinstance(record, dict):
            raise Refusal(403, {"message": "Forbidden"})
        return record


class Refusal(Exception):  # noqa: N818 - an answer, not a defect
    """Answer with this status and body; what was written in this call is undone."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def missing(model: str, identity: int | str) -> Refusal:
    """404 as ActiveCampaign says it."""
    return Refusal(404, {"message": f"No Result found for {model} with id {identity}"})


def invalid(title: str, code: str, attribute: str = "", **more: Any) -> Refusal:
    """422 as ActiveCampaign says it."""
    error: dict[str, Any] = {"title": title, "detail": "", "code": code, **more}
    if attribute:
        error["source"] = {"pointer": f"/data/attributes/{attribute}"}
    return Refusal(422, {"errors": [error]})


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list shows: SQL of its table, conditions and order, all with bound values."""

    table: str
    columns: str
    where: Sequence[str] = ()
    values: Sequence[Any] = ()
    order: str = "id"


def page(call: Call, selection: Selection, shape: Callable[[tuple[Any, ...]], Any]) -> tuple[list[Any], int]:
    """One page of a list by `limit` and `offset`, and how many there are in all."""
    where = f" WHERE {' AND '.join(selection.where)}" if selection.where else ""
    total = call.store.count(f"SELECT count(*) FROM {selection.table}{where}", selection.values)
    limit = _number(call.param("limit"), DEFAULT_LIMIT)
    limit = min(limit, call.switches.most_per_page) if limit > 0 else DEFAULT_LIMIT
    rows = call.store.rows(
        f"SELECT {selection.columns} FROM {selection.table}{where} ORDER BY {selection.order} LIMIT ? OFFSET ?",
        (*selection.values, limit, _number(call.param("offset"), 0)),
    )
    return [shape(row) for row in rows], total


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() else default


def whole(value: Any) -> int | None:
    """An id as sent, a number or digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
