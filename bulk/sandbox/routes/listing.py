"""GET /contacts: filters, sorting, keyset and offset pages, and the meta that goes with them. §1.4, §2.1, §5."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from bulk.sandbox.calls import DEFAULT_LIMIT, Answer, Call, Selection, integer, page
from bulk.sandbox.routes import side
from bulk.sandbox.shapes.contacts import CONTACT, contact_shape

_ORDERS: Final[Mapping[str, str]] = {
    "id": "id", "cdate": "cdate", "email": "email_key", "first_name": "fold(firstName)",
    "last_name": "fold(lastName)", "name": "fold(firstName || ' ' || lastName)",
}  # fmt: skip
# parameter -> condition on its folded text
_BY_TEXT: Final[Mapping[str, str]] = {
    "email": "email_key = ?",
    "email_like": "instr(email_key, ?) > 0",
    "phone": "instr(phone, ?) = 1",
    "segmentid": "? = ''",  # there are no segments here
    "search": "instr(fold(email || ' ' || firstName || ' ' || lastName || ' ' || phone || ' ' || coalesce((SELECT"
    " a.name FROM accounts a JOIN accountContacts c ON c.account = a.id WHERE c.contact = contacts.id), '')), ?) > 0",
}
# parameter -> condition on its number, if it is not 0
_BY_NUMBER: Final[Mapping[str, str]] = {
    "formid": "? = 0",  # there are no forms here, and nobody waits
    "waitid": "? = 0",
    "seriesid": "id IN (SELECT contact FROM contactAutomations WHERE automation = ?)",
    "exclude": "id <> ?",
}
_BY_TIME: Final[Mapping[str, str]] = {
    "created_after": "cdate > ?", "created_before": "cdate < ?",
    "updated_after": "udate > ?", "updated_before": "udate < ?",
}  # fmt: skip
_KEYSET: Final[Mapping[str, str]] = {"id_greater": "id > ?", "id_less": "id < ?"}


class _Conditions:
    """Conditions with their values; those that only place the page are kept apart."""

    def __init__(self) -> None:
        self.where: list[str] = []
        self.values: list[Any] = []
        self.keyset: list[str] = []
        self.bounds: list[int] = []
        self.direct = ""

    def add(self, sql: str, *values: Any) -> None:
        self.where.append(sql)
        self.values.extend(values)

    def relate(self, table: str, sql: str, *values: Any) -> None:
        """Only contacts of these rows of a table, which has each contact once; they can be counted there."""
        self.add(f"id IN (SELECT contact FROM {table} WHERE {sql})", *values)
        self.direct = f"SELECT count(*) FROM {table} WHERE {sql}"


def list_contacts(call: Call) -> Answer:
    """GET /contacts."""
    rows, total = page(call, _selection(call))
    ids = [row[0] for row in rows]
    beside, related = side.loaded(call, ids, call.param("include") if call.switches.include else "")
    accounts = side.account_contact_ids(call, ids)
    contacts = [
        contact_shape(call.shapes, row, listed=True, related={"accountContacts": accounts[row[0]]} | related[row[0]])
        for row in rows
    ]
    meta = {"page_input": _page_input(call), "total": str(total), "sortable": True}
    return 200, {"scoreValues": [], **beside, "contacts": contacts, "meta": meta}


def _selection(call: Call) -> Selection:
    conditions = _Conditions()
    orders: list[str] = []
    ids: list[int] = []
    for key, value in call.query:
        name = key.removeprefix("filters[").removesuffix("]") if key.startswith("filters[") else key
        if key == "ids[]":
            ids.append(integer(value) or 0)
        elif key.startswith("orders["):
            column = _ORDERS.get(key[len("orders[") : -1])
            if column:
                orders.append(f"{column} {'DESC' if value.upper() == 'DESC' else 'ASC'}")
        elif key in _KEYSET:
            conditions.keyset.append(_KEYSET[key])
            conditions.bounds.append(integer(value) or 0)
        elif value:
            _filter(call, conditions, name, value)
    if ids:
        conditions.add("id IN (SELECT value FROM json_each(?))", json.dumps(ids))
    return Selection(
        "contacts", CONTACT, conditions.where + conditions.keyset, conditions.values + conditions.bounds,
        ", ".join(dict.fromkeys([*orders, "id"])), _total(call, conditions),
    )  # fmt: skip


def _filter(call: Call, conditions: _Conditions, name: str, value: str) -> None:
    if name in _BY_TEXT:
        conditions.add(_BY_TEXT[name], call.store.fold(value))
    elif name in _BY_NUMBER:
        if number := integer(value):
            conditions.add(_BY_NUMBER[name], number)
    elif name in _BY_TIME:
        conditions.add(_BY_TIME[name], call.store.in_zone(value))
    elif name == "tagid":
        conditions.relate("contactTags", "tag = ?", integer(value) or 0)
    elif name == "listid":
        status = call.number("status", -1)
        conditions.relate("contactLists", "list = ? AND (? < 0 OR status = ?)", integer(value) or 0, status, status)


def _total(call: Call, conditions: _Conditions) -> int | None:
    """How many contacts there are without regard to the page; None: to be counted with all conditions."""
    if conditions.keyset and call.switches.keyset_total == "rest":
        return None
    if not conditions.where:
        return call.store.count("SELECT contacts FROM totals")
    if conditions.direct and len(conditions.where) == 1:
        return call.store.count(conditions.direct, conditions.values)
    return call.store.count(f"SELECT count(*) FROM contacts WHERE {' AND '.join(conditions.where)}", conditions.values)


def _page_input(call: Call) -> dict[str, Any]:
    """The echo of the query, as it was recorded."""
    return {
        "segmentid": call.param("segmentid") or None, "formid": call.number("formid", 0),
        "listid": call.number("listid", 0), "tagid": call.number("tagid", 0),
        "limit": call.number("limit", DEFAULT_LIMIT),
        "offset": call.number("offset", 0), "search": call.param("search") or None, "sort": None,
        "seriesid": call.number("seriesid", 0), "waitid": call.number("waitid", 0),
        "status": call.number("status", -1), "forceQuery": 0,
        "cacheid": hashlib.md5(repr(call.query).encode(), usedforsecurity=False).hexdigest(),
    }  # fmt: skip
