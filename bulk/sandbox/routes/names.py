"""tags and lists: what contacts are joined to, each known by a name. §3.2, §3.4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bulk.resources.lists import LISTS as DECLARED_LISTS
from bulk.resources.tags import TAGS as DECLARED_TAGS
from bulk.sandbox.calls import Answer, Call, Refusal, Selection, existing, invalid, kept, page, text
from bulk.sandbox.collection import Asked, Collection
from bulk.sandbox.shapes.names import COUNTED_TAG, LIST, TAG, list_shape, tag_shape

_OPERATORS: Final[Mapping[str, str]] = {
    "eq": "= ?", "neq": "<> ?", "lt": "< ?", "lte": "<= ?", "gt": "> ?", "gte": ">= ?",
}  # fmt: skip
_LIST_NEEDS: Final = ("name", "stringid", "sender_url", "sender_reminder")
_LIST_TEXTS: Final = (
    *_LIST_NEEDS, "channel", "description", "carboncopy", "subscription_notify", "unsubscription_notify"
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


def counted(call: Call, sql: str, rows: Sequence[tuple[Any, ...]]) -> dict[int, tuple[Any, ...]]:
    """For each row's id, what a grouped query counts."""
    ids = [row[0] for row in rows]
    return {row[0]: row[1:] for row in call.store.rows(sql.format(",".join("?" * len(ids))), ids)}


# ---- tags


def _asked_tags(call: Call) -> Asked:
    """One without a type is not shown."""
    where, values = by_name(call, "tag_key", ("search", "filters[search"))
    order = {"ASC": "tag_key, id", "DESC": "tag_key DESC, id"}.get(call.param("orders[search]").upper(), "id")
    return Asked([*where, "tagType <> ''"], values, order)


def _tag_values(call: Call, sent: dict[str, Any], by: int) -> dict[str, Any]:
    """What of a body is stored; a name that another tag of its type has is refused."""
    values = {key: text(sent[key]) for key in ("tag", "tagType") if sent.get(key) not in (None, "")}
    if not by:
        if not values.get("tag"):
            raise invalid("The tag name was not provided.", "field_missing", "tag")
        values = {"tagType": "", "description": "", **values}
    if "description" in sent:
        values["description"] = text(sent["description"])
    kind, name = existing(call, "tags", "tagType, tag", "Tag", by) if by else ("", "")
    _refuse_tag(call, values.get("tagType", kind), values.get("tag", name), by)
    return values | ({"tag_key": call.store.fold(values["tag"])} if "tag" in values else {})


def _refuse_tag(call: Call, kind: str, name: str, by: int) -> None:
    """Refuse a name that a tag other than `by` has, as the database under ActiveCampaign does."""
    if call.store.row(
        "SELECT 1 FROM tags WHERE tagType = ? AND tag_key = ? AND id <> ?", (kind, call.store.fold(name), by)
    ):
        error = f"Duplicate entry '{kind}-{name}' for key 'typetag'"
        raise Refusal(422, {"message": "Could not process request", "error": error})


TAGS: Final = Collection(
    DECLARED_TAGS, COUNTED_TAG, tag_shape, asked=_asked_tags, values=_tag_values, made=("cdate", "links", "id")
)


def create_tag(call: Call) -> Answer:
    """POST /tags: a second tag of one type and name is refused, or the first is given (a switch: sources differ)."""
    sent = call.sent("tag")
    name, kind = text(sent.get("tag")), text(sent.get("tagType"))
    if name and call.switches.duplicate_tag == "existing":
        row = call.store.row(f"SELECT {TAG} FROM tags WHERE tagType = ? AND tag_key = ?", (kind, call.store.fold(name)))
        if row is not None:
            return 200, {"tag": tag_shape(call.shapes, row)}
    return TAGS.create(call)


# ---- lists


def list_lists(call: Call) -> Answer:
    """GET /lists: with how many are on them."""
    where, values = by_name(call, "fold(name)", ("filters[name",))
    order = {"ASC": "fold(name), id", "DESC": "fold(name) DESC, id"}.get(call.param("orders[name]").upper(), "id")
    rows, total = page(call, Selection("lists", LIST, where, values, order))
    sql = "SELECT list, count(*), sum(status = 1) FROM contactLists WHERE list IN ({}) GROUP BY list"
    counts = counted(call, sql, rows)
    lists = [list_shape(call.shapes, row, counts=counts.get(row[0], (0, 0))) for row in rows]
    return 200, {"lists": lists, "meta": {"total": str(total)}}


def _list_values(call: Call, sent: dict[str, Any], by: int) -> dict[str, Any]:
    """What of a body is stored; only a new list needs all that describes it."""
    values: dict[str, Any] = kept(sent, _LIST_TEXTS, ["send_last_broadcast"])
    if by:
        return values
    for name in _LIST_NEEDS:
        if not sent.get(name):
            raise invalid(f"The list {name} was not provided.", "field_missing", name)
    if call.switches.duplicate_list == "refused" and call.store.row(
        "SELECT 1 FROM lists WHERE fold(stringid) = ?", (call.store.fold(values["stringid"]),)
    ):
        raise invalid("There is already a list with this stringid.", "duplicate", "stringid")
    return {"channel": "email", "description": "", **values}


LISTS: Final = Collection(
    DECLARED_LISTS, LIST, list_shape, values=_list_values, created=lambda call: call.switches.new_record,
    made=("channel", "description", "userid", "cdate", "udate", "links", "id", "user"),
)  # fmt: skip
