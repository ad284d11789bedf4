"""tags and lists: what contacts are joined to, each known by a name. §3.2, §3.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bulk.sandbox.additions import add_list
from bulk.sandbox.calls import Answer, Call, Refusal, Selection, echoed, existing, invalid, kept, known, page, text
from bulk.sandbox.shapes.names import LIST, TAG, list_shape, tag_shape

_OPERATORS: Final[Mapping[str, str]] = {
    "eq": "= ?", "neq": "<> ?", "lt": "< ?", "lte": "<= ?", "gt": "> ?", "gte": ">= ?",
}  # fmt: skip
_LIST_SENT: Final = ("name", "stringid", "sender_url", "sender_reminder")
_LIST_TEXTS: Final = (
    *_LIST_SENT, "channel", "description", "carboncopy", "subscription_notify", "unsubscription_notify"
)  # fmt: skip


def by_name(call: Call, column: str, parameters: Sequence[str]) -> tuple[list[str], list[str]]:
    """The conditions of `search=x`, `filters[name]=x` and `filters[name][op]=x` on a folded column."""
    where: list[str] = []
    values: list[str] = []
    for key, value in call.query:
        plain, _, operator = key.removesuffix("]").partition("][")
        if value and plain in parameters:
            position = {"": "> 0", "contains": "> 0", "starts_with": "= 1"}.get(operator)
            if position is None and operator not in _OPERATORS:
                continue
            where.append(f"instr({column}, ?) {position}" if position else f"{column} {_OPERATORS[operator]}")
            values.append(call.store.fold(value))
    return where, values


def changed(answer: Answer, singular: str, sent: dict[str, Any], *names: str) -> Answer:
    """The answer to a change: the whole record, with what was sent in its own type."""
    status, body = answer
    return status, {singular: echoed(body[singular], sent, *names)}


# ---- tags


def list_tags(call: Call) -> Answer:
    """GET /tags; one without a type is not shown."""
    where, values = by_name(call, "tag_key", ("search", "filters[search"))
    order = {"ASC": "tag_key, id", "DESC": "tag_key DESC, id"}.get(call.param("orders[search]").upper(), "id")
    rows, total = page(call, Selection("tags", TAG, [*where, "tagType <> ''"], values, order))
    counts = counted(call, "SELECT tag, count(*) FROM contactTags WHERE tag IN ({}) GROUP BY tag", rows)
    tags = [tag_shape(call.shapes, row, subscribers=counts.get(row[0], (0,))[0]) for row in rows]
    return 200, {"tags": tags, "meta": {"total": str(total)}}


def counted(call: Call, sql: str, rows: Sequence[tuple[Any, ...]]) -> dict[int, tuple[Any, ...]]:
    """For each row's id, what a grouped query counts."""
    ids = [row[0] for row in rows]
    return {row[0]: row[1:] for row in call.store.rows(sql.format(",".join("?" * len(ids))), ids)}


def one_tag(call: Call) -> Answer:
    """GET /tags/{id}."""
    row = existing(call, "tags", TAG, "Tag", call.ids[0])
    count = call.store.count("SELECT count(*) FROM contactTags WHERE tag = ?", call.ids)
    return 200, {"tag": tag_shape(call.shapes, row, subscribers=count)}


def create_tag(call: Call) -> Answer:
    """POST /tags: a second tag of one type and name is refused, or the first is given (a switch: sources differ)."""
    sent = call.sent("tag")
    name, kind = text(sent.get("tag")), text(sent.get("tagType"))
    if not name:
        raise invalid("The tag name was not provided.", "field_missing", "tag")
    if call.switches.duplicate_tag == "existing":
        row = call.store.row(f"SELECT {TAG} FROM tags WHERE tagType = ? AND tag_key = ?", (kind, call.store.fold(name)))
        if row is not None:
            return 200, {"tag": tag_shape(call.shapes, row)}
    _refuse_tag(call, kind, name, 0)
    now = call.store.now()
    values = {
        "tagType": kind,
        "tag": name,
        "tag_key": call.store.fold(name),
        "description": text(sent.get("description")),
    }
    identity = call.store.insert("tags", values | {"cdate": now, "udate": now})
    links = call.shapes.links(f"tags/{identity}", "contactGoalTags", "templateTags")
    echo = {name: sent[name] for name in ("tag", "description", "tagType") if name in sent}
    return 201, {"tag": {**echo, "cdate": now, "links": links, "id": str(identity)}}


def _refuse_tag(call: Call, kind: str, name: str, by: int) -> None:
    """Refuse a name that a tag other than `by` has, as the database under ActiveCampaign does."""
    if call.store.row(
        "SELECT 1 FROM tags WHERE tagType = ? AND tag_key = ? AND id <> ?", (kind, call.store.fold(name), by)
    ):
        error = f"Duplicate entry '{kind}-{name}' for key 'typetag'"
        raise Refusal(422, {"message": "Could not process request", "error": error})


def update_tag(call: Call) -> Answer:
    """PUT or PATCH /tags/{id}: its memberships stay."""
    _identity, kind, name, *_ = existing(call, "tags", TAG, "Tag", call.ids[0])
    sent = call.sent("tag")
    values = {key: text(sent[key]) for key in ("tag", "description", "tagType") if sent.get(key) not in (None, "")}
    if "description" in sent:
        values["description"] = text(sent["description"])
    _refuse_tag(call, values.get("tagType", kind), values.get("tag", name), call.ids[0])
    if "tag" in values:
        values["tag_key"] = call.store.fold(values["tag"])
    call.store.update("tags", call.ids[0], values | {"udate": call.store.now()})
    return changed(one_tag(call), "tag", sent, "tag", "description", "tagType")


def delete_tag(call: Call) -> Answer:
    """DELETE /tags/{id}: its memberships go too."""
    call.store.delete("tags", existing(call, "tags", "id", "Tag", call.ids[0])[0])
    return 200, {}


# ---- lists


def list_lists(call: Call) -> Answer:
    """GET /lists."""
    where, values = by_name(call, "fold(name)", ("filters[name",))
    order = {"ASC": "fold(name), id", "DESC": "fold(name) DESC, id"}.get(call.param("orders[name]").upper(), "id")
    rows, total = page(call, Selection("lists", LIST, where, values, order))
    sql = "SELECT list, count(*), sum(status = 1) FROM contactLists WHERE list IN ({}) GROUP BY list"
    counts = counted(call, sql, rows)
    lists = [list_shape(call.shapes, row, counts=counts.get(row[0], (0, 0))) for row in rows]
    return 200, {"lists": lists, "meta": {"total": str(total)}}


def one_list(call: Call) -> Answer:
    """GET /lists/{id}."""
    return 200, {"list": list_shape(call.shapes, existing(call, "lists", LIST, "_List", call.ids[0]))}


def create_list(call: Call) -> Answer:
    """POST /lists."""
    sent = call.sent("list")
    for name in _LIST_SENT:
        if not sent.get(name):
            raise invalid(f"The list {name} was not provided.", "field_missing", name)
    values = kept(sent, _LIST_TEXTS, ["send_last_broadcast"])
    if call.switches.duplicate_list == "refused" and call.store.row(
        "SELECT 1 FROM lists WHERE fold(stringid) = ?", (call.store.fold(values["stringid"]),)
    ):
        raise invalid("There is already a list with this stringid.", "duplicate", "stringid")
    identity = add_list(call.store, values["name"], values["stringid"], values)
    full = list_shape(call.shapes, existing(call, "lists", LIST, "_List", identity))
    made = {name: full[name] for name in ("channel", "description", "userid", "cdate", "udate", "links", "id", "user")}
    return call.switches.new_record, {"list": known(sent, full) | echoed(made, sent, "channel", "description")}


def update_list(call: Call) -> Answer:
    """PUT or PATCH /lists/{id}."""
    existing(call, "lists", "id", "_List", call.ids[0])
    sent = call.sent("list")
    values = kept(sent, _LIST_TEXTS, ["send_last_broadcast"])
    call.store.update("lists", call.ids[0], values | {"udate": call.store.now()})
    return changed(one_list(call), "list", sent, *values)


def delete_list(call: Call) -> Answer:
    """DELETE /lists/{id}: its memberships go too."""
    call.store.delete("lists", existing(call, "lists", "id", "_List", call.ids[0])[0])
    return 200, {}
