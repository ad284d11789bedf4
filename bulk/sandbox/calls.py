"""One call as the routes see it, and what they answer with: a body, or a refusal with the API's own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bulk.sandbox.shapes.wire import Shape, Shapes
from bulk.sandbox.store import Store
from bulk.sandbox.switches import Switches

DEFAULT_LIMIT: Final = 20
HIGHEST: Final = 2**63 - 1  # what an id and an offset may be at most
Answer = tuple[int, Any]  # status and JSON body; None: no body


@dataclass(frozen=True, slots=True)
class Call:
    """A request after the front door: the ids of its path, its query and its body.

    `last` is where its path ends, `size` how many bytes its body has.
    """

    store: Store
    shapes: Shapes
    switches: Switches
    ids: tuple[int, ...]
    query: tuple[tuple[str, str], ...]
    body: Any
    last: str = ""
    size: int = 0

    def param(self, name: str) -> str:
        """A query parameter, "" if it is not given."""
        return next((value for key, value in self.query if key == name), "")

    def number(self, name: str, default: int) -> int:
        """A query parameter as a number; the default if it is not given or is none."""
        text = self.param(name)
        result = integer(text.removeprefix("-"))
        if result is None:
            return default
        return -result if text.startswith("-") else result

    def sent(self, wrapper: str) -> dict[str, Any]:
        """The record in the body; a body without its wrapper is refused."""
        record = self.body.get(wrapper) if isinstance(self.body, dict) else None
        if not isinstance(record, dict):
            raise Refusal(403, {"message": "Forbidden"})
        return record


Route = Callable[[Call], Answer]


class Refusal(Exception):  # noqa: N818 - an answer, not a defect
    """Answer with this status and body; what was written in this call is undone."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


_LINKS: Final = ("FieldValue", "FieldRel", "_List")  # which documentation has as 403


def missing(model: str, identity: Any, status: int = 404) -> Refusal:
    """404 as ActiveCampaign says it."""
    return Refusal(status, {"message": f"No Result found for {model} with id {identity}"})


def invalid(title: str, code: str, attribute: str = "", **more: Any) -> Refusal:
    """422 as ActiveCampaign says it."""
    error: dict[str, Any] = {"title": title, "detail": "", "code": code, **more}
    if attribute:
        error["source"] = {"pointer": f"/data/attributes/{attribute}"}
    return Refusal(422, {"errors": [error]})


def existing(call: Call, table: str, columns: str, model: str, identity: int) -> tuple[Any, ...]:
    """The row with that id, or the 404 that names the model."""
    row = call.store.row(f"SELECT {columns} FROM {table} WHERE id = ?", (identity,))
    if row is None:
        raise missing(model, identity, call.switches.missing_link if model in _LINKS else 404)
    return row


def related(call: Call, table: str, model: str, value: Any) -> int:
    """The id of an existing record that a body names, or the 404 that names the model."""
    identity = integer(value)
    if identity is None or call.store.row(f"SELECT 1 FROM {table} WHERE id = ?", (identity,)) is None:
        raise missing(model, value or 0)
    return identity


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list shows: SQL of its table, conditions and order, all with bound values. `total`: if it is known."""

    table: str
    columns: str
    where: Sequence[str] = ()
    values: Sequence[Any] = ()
    order: str = "id"
    total: int | None = None


def page(call: Call, selection: Selection, per_page: int = DEFAULT_LIMIT) -> tuple[list[tuple[Any, ...]], int]:
    """One page of a list by `limit` and `offset`, and how many there are in all."""
    where = f" WHERE {' AND '.join(selection.where)}" if selection.where else ""
    total = selection.total
    if total is None:
        total = call.store.count(f"SELECT count(*) FROM {selection.table}{where}", selection.values)
    limit = call.number("limit", per_page)
    rows = call.store.rows(
        f"SELECT {selection.columns} FROM {selection.table}{where} ORDER BY {selection.order} LIMIT ? OFFSET ?",
        (*selection.values, min(limit, call.switches.most_per_page) if limit > 0 else per_page,
         max(0, call.number("offset", 0))),
    )  # fmt: skip
    return rows, total


def listed(call: Call, plural: str, selection: Selection, shape: Shape) -> Answer:
    """A list with its total, as most resources answer it."""
    rows, total = page(call, selection)
    return 200, {plural: [shape(call.shapes, row) for row in rows], "meta": {"total": str(total)}}


def crm_total(call: Call, total: int) -> int | str:
    """The total of a list of the CRM, which is a number, unlike all others. §1.4."""
    return total if call.switches.crm_totals == "number" else str(total)


def integer(value: Any) -> int | None:
    """An id as sent, a number or digits; None for anything else. What is too large for an id is the highest."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return max(-1, min(value, HIGHEST))
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
        return None
    return int(value) if len(value) < len(str(HIGHEST)) else HIGHEST


def known(sent: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """What of a body the record has; unknown attributes are passed over."""
    return {name: value for name, value in sent.items() if name in record}


def echoed(record: dict[str, Any], sent: dict[str, Any], *names: str) -> dict[str, Any]:
    """The record with these attributes in the type they were sent in. §1.2."""
    return record | {name: sent[name] for name in names if name in sent and not isinstance(sent[name], str)}


def kept(sent: dict[str, Any], texts: Sequence[str], numbers: Sequence[str] = ()) -> dict[str, str]:
    """What of a body is stored as it is; where a number belongs, null, false and "" are 0."""
    return {name: text(sent[name]) for name in texts if name in sent} | {
        name: text(sent[name]) or "0" for name in numbers if name in sent
    }


def text(value: Any) -> str:
    """A value as it is stored: null is empty, true is 1, false is empty, numbers are written out."""
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)
