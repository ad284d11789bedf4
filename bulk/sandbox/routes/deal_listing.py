"""GET /deals: filters, sorting, and the meta that adds the deals up. §1.4, §7.2."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from bulk.sandbox.calls import Answer, Call, Selection, integer, page
from bulk.sandbox.shapes.deals import DEAL, deal_shape

_CONTACT: Final = "SELECT fold(c.firstName || ' ' || c.lastName) FROM contacts c WHERE c.id = deals.contact"
_ACCOUNT_NAME: Final = (
    "SELECT fold(a.name) FROM accounts a WHERE a.id = coalesce(deals.account,"
    " (SELECT account FROM accountContacts c WHERE c.contact = deals.contact))"
)
# there is no next action here, so nothing comes before anything by it
_ORDERS: Final[Mapping[str, str]] = {
    "title": "fold(title)", "value": "value", "cdate": "cdate", "contact_name": f"({_CONTACT})",
    "contact_orgname": f"({_ACCOUNT_NAME})",
}  # fmt: skip
# what a search looks through, by search_field
_SEARCHED: Final[Mapping[str, str]] = {
    "title": "instr(fold(title), ?) > 0",
    "contact": f"instr(coalesce(({_CONTACT}), ''), ?) > 0",
    "org": f"instr(coalesce(({_ACCOUNT_NAME}), ''), ?) > 0",
}
_BY_NUMBER: Final[Mapping[str, str]] = {
    "stage": "stage = ?", "group": "dealGroup = ?", "status": "status = ?", "owner": "owner = ?",
    "organization": "coalesce(account, (SELECT account FROM accountContacts c WHERE c.contact = deals.contact)) = ?",
}  # fmt: skip
_BY_TIME: Final[Mapping[str, str]] = {
    "created_after": "cdate >= ?", "created_before": "cdate < ?",
    "updated_after": "mdate >= ?", "updated_before": "mdate < ?",
}  # fmt: skip
_BY_MONEY: Final[Mapping[str, str]] = {"minimum_value": "value >= ?", "maximum_value": "value <= ?"}  # in dollars
_BY_TEXT: Final[Mapping[str, str]] = {
    "tag": "contact IN (SELECT ct.contact FROM contactTags ct JOIN tags t ON t.id = ct.tag WHERE t.tag_key = ?)",
    "tasktype": "? = ''",  # there are no tasks here, and no scores
    "score": "? = ''",
    "score_greater_than": "? = ''",
    "score_less_than": "? = ''",
}


def list_deals(call: Call) -> Answer:
    """GET /deals: those of hidden pipelines are stubs, and count."""
    selection = _selection(call)
    where = f" WHERE {' AND '.join(selection.where)}" if selection.where else ""
    sums = call.store.rows(
        f"SELECT upper(currency), count(*), sum(value) FROM deals{where} GROUP BY 1 ORDER BY 1"
        if where
        else "SELECT currency, deals, value FROM dealSums WHERE deals > 0 ORDER BY 1",
        selection.values,
    )
    currencies = {
        currency: {"total": str(count), "value": str(value), "currency": currency, "isDisabled": False}
        for currency, count, value in sums
    }
    rows, total = page(call, selection)
    deals = [deal_shape(call.shapes, row) for row in rows]
    return 200, {"deals": deals, "meta": {"currencies": currencies or [], "total": total}}


def _selection(call: Call) -> Selection:
    where: list[str] = []
    values: list[Any] = []
    orders: list[str] = []
    for key, value in call.query:
        kind, _, name = key.removesuffix("]").partition("[")
        if kind == "orders" and name in _ORDERS:
            orders.append(f"{_ORDERS[name]} {'DESC' if value.upper() == 'DESC' else 'ASC'}")
        elif kind == "filters" and value and (result := _condition(call, name, value)) is not None:
            where.append(result[0])
            values.extend(result[1])
    return Selection("deals", DEAL, where, values, ", ".join([*orders, "id"]))


def _condition(call: Call, name: str, value: str) -> tuple[str, list[Any]] | None:
    """A filter's condition and its values; None for what is no filter."""
    if name == "title":
        condition = "fold(title) = ?" if call.switches.deal_title == "equals" else _SEARCHED["title"]
        return condition, [call.store.fold(value)]
    if name == "search":
        field = call.param("filters[search_field]")
        fields = [_SEARCHED[field]] if field in _SEARCHED else list(_SEARCHED.values())
        return f"({' OR '.join(fields)})", [call.store.fold(value)] * len(fields)
    if name in _BY_NUMBER:
        number = integer(value)
        return _BY_NUMBER[name], [-1 if number is None else number]
    if name in _BY_TIME:
        return _BY_TIME[name], [call.store.in_zone(value)]
    if name in _BY_MONEY:
        return _BY_MONEY[name], [_cents(value)]
    return (_BY_TEXT[name], [call.store.fold(value)]) if name in _BY_TEXT else None


def _cents(dollars: str) -> float:
    """Dollars in cents; what is no number is as much as nothing."""
    try:
        cents = Decimal(dollars) * 100
    except ArithmeticError:
        return 0
    return float(cents) if cents.is_finite() else 0
