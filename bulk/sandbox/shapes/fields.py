"""How custom fields of contacts, their options and relations look on the wire. §4.1, §4.2."""

from __future__ import annotations

from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes, times

FIELD: Final = (
    "id, title, type, perstag, descript, isrequired, visible, defval, show_in_list, rows, cols, service, ordernum,"
    " cdate, udate"
)
OPTION: Final = "id, field, value, label, orderid, isdefault, cdate"
RELATION: Final = "id, field, relid, cdate"


def field_shape(shapes: Shapes, row: Row, options: list[str], relations: list[str]) -> Json:
    """A row of `FIELD`, with the ids of its options and relations."""
    identity, title, kind, perstag, descript, required, visible, defval, shown, rows, cols, service, *more = row
    order, cdate, udate = more
    return {
        "title": title, "descript": descript, "type": kind, "isrequired": required, "perstag": perstag,
        "defval": defval, "show_in_list": shown, "rows": rows, "cols": cols, "visible": visible, "service": service,
        "ordernum": str(order), "cdate": cdate, "udate": udate, **times(cdate, udate), "options": options,
        "relations": relations, "links": shapes.links(f"fields/{identity}", "options", "relations"),
        "id": str(identity),
    }  # fmt: skip


def option_shape(shapes: Shapes, row: Row) -> Json:
    """A row of `OPTION`."""
    identity, field, value, label, order, default, cdate = row
    return {
        "field": str(field), "orderid": str(order), "value": value, "label": label, "isdefault": str(default),
        "cdate": cdate, "udate": cdate, "links": shapes.links(f"fieldOptions/{identity}", "field"),
        "id": str(identity),
    }  # fmt: skip


def relation_shape(_shapes: Shapes, row: Row) -> Json:
    """A row of `RELATION`."""
    identity, field, relid, cdate = row
    return {
        "field": str(field), "relid": str(relid), "dorder": "0", "cdate": cdate, "links": [], "id": str(identity)
    }  # fmt: skip
