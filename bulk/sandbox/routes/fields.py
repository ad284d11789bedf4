"""Custom fields of contacts, their options and relations. §4.1, §4.2."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from bulk.sandbox.additions import add_field, add_option, add_relation, perstag_of
from bulk.sandbox.calls import (
    Answer,
    Call,
    Refusal,
    Selection,
    echoed,
    existing,
    integer,
    invalid,
    kept,
    known,
    page,
    related,
    text,
)
from bulk.sandbox.shapes.fields import FIELD, OPTION, RELATION, field_shape, option_shape, relation_shape

Records = list[dict[str, Any]]
_TEXTS: Final = ("descript", "defval", "service")
_NUMBERS: Final = ("isrequired", "visible", "show_in_list", "rows", "cols")


def _shown(call: Call, rows: Sequence[tuple[Any, ...]]) -> tuple[Records, Records, Records]:
    """Fields, and the options and relations of them all."""
    ids = [row[0] for row in rows]
    marks = ",".join("?" * len(ids))
    options = [
        option_shape(call.shapes, row)
        for row in call.store.rows(
            f"SELECT {OPTION} FROM fieldOptions WHERE field IN ({marks}) ORDER BY field, orderid, id", ids
        )
    ]
    relations = [
        relation_shape(call.shapes, row)
        for row in call.store.rows(f"SELECT {RELATION} FROM fieldRels WHERE field IN ({marks}) ORDER BY id", ids)
    ]
    of: dict[tuple[str, str], list[str]] = defaultdict(list)
    for kind, records in (("option", options), ("relation", relations)):
        for record in records:
            of[kind, record["field"]].append(record["id"])
    fields = [field_shape(call.shapes, row, of["option", str(row[0])], of["relation", str(row[0])]) for row in rows]
    return fields, options, relations


def field_records(call: Call, where: str, values: Sequence[Any]) -> tuple[Records, Records, Records]:
    """The fields of a condition, and the options and relations of them all."""
    return _shown(call, call.store.rows(f"SELECT {FIELD} FROM fields WHERE {where} ORDER BY id", values))


def list_fields(call: Call) -> Answer:
    """GET /fields: options and relations of the listed fields come beside them."""
    where, values = (["perstag = ?"], [tag]) if (tag := call.param("filters[perstag]")) else ([], [])
    rows, total = page(call, Selection("fields", FIELD, where, values), call.switches.fields_per_page)
    fields, options, relations = _shown(call, rows)
    meta = {"total": str(total), "selected": None}
    return 200, {"fieldOptions": options, "fieldRels": relations, "fields": fields, "meta": meta}


def one_field(call: Call) -> Answer:
    """GET /fields/{id}."""
    (field,), options, relations = _shown(call, [_field_row(call)])
    return 200, {"fieldOptions": options, "fieldRels": relations, "field": field}


def _field_row(call: Call) -> tuple[Any, ...]:
    return existing(call, "fields", FIELD, "Field", call.ids[0])


def _refuse_title(call: Call, title: str, by: int) -> None:
    if call.store.row("SELECT 1 FROM fields WHERE title_key = ? AND id <> ?", (call.store.fold(title), by)):
        error = {
            "title": "There is already a field with this title",
            "detail": f"There is already a field with the title {title}.",
            "code": "duplicate",
        }
        raise Refusal(422, {"errors": [error]})


def _kept(sent: dict[str, Any]) -> dict[str, Any]:
    """What of a body is stored as it is; a perstag is upper-cased and loses its blanks."""
    values = kept(sent, _TEXTS, _NUMBERS)
    if sent.get("perstag"):
        values["perstag"] = "".join(text(sent["perstag"]).upper().split())
    return values


def _numbered(call: Call, title: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values with a perstag of their own, if the account gives every field one."""
    if call.switches.perstag_taken == "shared":
        return values
    wanted = perstag = values.get("perstag") or perstag_of(title)
    number = 1
    while call.store.row("SELECT 1 FROM fields WHERE perstag = ?", (perstag,)):
        number += 1
        perstag = f"{wanted}_{number}"
    return values | {"perstag": perstag}


def create_field(call: Call) -> Answer:
    """POST /fields."""
    sent = call.sent("field")
    for name in ("title", "type"):
        if not sent.get(name):
            raise invalid(f"The field {name} was not provided.", "field_missing", name)
    title = text(sent["title"])
    _refuse_title(call, title, 0)
    identity = add_field(call.store, title, text(sent["type"]), _numbered(call, title, _kept(sent)))
    (field,), _options, _relations = field_records(call, "id = ?", (identity,))
    made = {name: field[name] for name in ("created_by", "updated_by", "cdate", "udate", "perstag")}
    made |= {"ordernum": int(field["ordernum"]), "links": field["links"], "id": field["id"]}
    record = known(sent, field) | made
    return 201, {"fields": [record]} if call.switches.new_field == "list" else {"field": record}


def update_field(call: Call) -> Answer:
    """PUT /fields/{id}: everything but its type."""
    row = _field_row(call)
    sent = call.sent("field")
    values = _kept(sent)
    if sent.get("title"):
        title = text(sent["title"])
        _refuse_title(call, title, row[0])
        values |= {"title": title, "title_key": call.store.fold(title)}
    call.store.update("fields", row[0], values | {"udate": call.store.now()})
    _status, body = one_field(call)
    return 200, body | {"field": echoed(body["field"], sent, "title", *_TEXTS, *_NUMBERS)}


def delete_field(call: Call) -> Answer:
    """DELETE /fields/{id}: its values go too."""
    call.store.delete("fields", _field_row(call)[0])
    return 200, {}


# ---- options


def field_options(call: Call) -> Answer:
    """GET /fields/{id}/options."""
    return 200, {"fieldOptions": _shown(call, [_field_row(call)])[1]}


def create_options(call: Call) -> Answer:
    """POST /fieldOption/bulk."""
    sent = call.body.get("fieldOptions") if isinstance(call.body, dict) else None
    if not isinstance(sent, list) or not all(isinstance(option, dict) for option in sent):
        words = "Bulk operation failed. Request must contain an array of fieldOption objects."
        raise Refusal(422, {"errors": words})
    made = []
    for order, option in enumerate(sent, 1):
        field, value = related(call, "fields", "Field", option.get("field")), text(option.get("value"))
        identity = add_option(
            call.store, field, value, text(option.get("label")) or value, integer(option.get("orderid")) or order,
            default=option.get("isdefault") in (True, 1, "1", "true"),
        )  # fmt: skip
        record = option_shape(call.shapes, existing(call, "fieldOptions", OPTION, "FieldOption", identity))
        made.append(record | option)
    return 201, {"fieldOptions": made}


def one_option(call: Call) -> Answer:
    """GET /fieldOptions/{id}."""
    row = existing(call, "fieldOptions", OPTION, "FieldOption", call.ids[0])
    return 200, {"fieldOption": option_shape(call.shapes, row)}


def delete_option(call: Call) -> Answer:
    """DELETE /fieldOptions/{id}: 200 with no body."""
    call.store.delete("fieldOptions", existing(call, "fieldOptions", "id", "FieldOption", call.ids[0])[0])
    return 200, None


# ---- relations


def field_relations(call: Call) -> Answer:
    """GET /fields/{id}/relations."""
    return 200, {"fieldRels": _shown(call, [_field_row(call)])[2]}


def create_relation(call: Call) -> Answer:
    """POST /fieldRels."""
    sent = call.sent("fieldRel")
    field = related(call, "fields", "Field", sent.get("field"))
    identity = add_relation(call.store, field, integer(sent.get("relid")) or 0)
    record = relation_shape(call.shapes, existing(call, "fieldRels", RELATION, "FieldRel", identity))
    return 201, {"fieldRel": record | {name: sent[name] for name in ("field", "relid") if name in sent}}


def one_relation(call: Call) -> Answer:
    """GET /fieldRels/{id}."""
    row = existing(call, "fieldRels", RELATION, "FieldRel", call.ids[0])
    return 200, {"fieldRel": relation_shape(call.shapes, row)}


def delete_relation(call: Call) -> Answer:
    """DELETE /fieldRels/{id}."""
    call.store.delete("fieldRels", existing(call, "fieldRels", "id", "FieldRel", call.ids[0])[0])
    return 200, {}
