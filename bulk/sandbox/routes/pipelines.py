"""dealGroups, which are the pipelines. §7.2.

A pipeline that the key may not see is as good as gone: it is neither listed nor found, its stages are still listed,
and its deals are stubs. That is how the API answers for one that was deleted, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from bulk.sandbox.additions import add_pipeline
from bulk.sandbox.calls import (
    Answer,
    Call,
    Selection,
    crm_total,
    echoed,
    integer,
    invalid,
    kept,
    known,
    missing,
    page,
    text,
)
from bulk.sandbox.routes.names import by_name, counted
from bulk.sandbox.shapes.deals import (
    DEAL_GROUP,
    DEAL_STAGE,
    deal_group_group_shape,
    deal_group_shape,
    deal_group_user_shape,
    deal_stage_shape,
)

Row = tuple[Any, ...]
_GROUP_NUMBERS: Final = ("autoassign", "allusers", "allgroups")
_DIRECTIONS: Final = {"ASC": "ASC", "DESC": "DESC"}
# what a pipeline may be given beside its own attributes: attribute -> table, column, table that it points to
_ASSIGNED: Final = {
    "users": ("dealGroupUsers", "user", "users"), "groups": ("dealGroupGroups", "groupid", "groups"),
}  # fmt: skip


def ordered(call: Call, **columns: str) -> str:
    """The order that is asked for by one of these parameters, else by id."""
    for name, column in columns.items():
        if direction := _DIRECTIONS.get(call.param(f"orders[{name}]").upper()):
            return f"{column} {direction}, id"
    return "id"


def list_groups(call: Call) -> Answer:
    """GET /dealGroups: with the stages of those listed."""
    where, values = by_name(call, "fold(title)", ("filters[title",))
    where.append("NOT hidden")
    if call.param("filters[have_stages]") in ("true", "1"):
        where.append("EXISTS (SELECT 1 FROM dealStages s WHERE s.dealGroup = dealGroups.id)")
    elif call.param("filters[have_stages]") in ("false", "0"):
        where.append("NOT EXISTS (SELECT 1 FROM dealStages s WHERE s.dealGroup = dealGroups.id)")
    popular = "(SELECT count(*) FROM deals d WHERE d.dealGroup = dealGroups.id)"
    order = ordered(call, title="fold(title)", popular=popular)
    rows, total = page(call, Selection("dealGroups", DEAL_GROUP, where, values, order))
    stages, ids = _stages(call, rows)
    counts = counted(call, "SELECT dealGroup, count(*) FROM deals WHERE dealGroup IN ({}) GROUP BY dealGroup", rows)
    groups = [deal_group_shape(call.shapes, row, stages=ids[row[0]], deals=counts.get(row[0], (0,))[0]) for row in rows]
    return 200, {"dealStages": stages, "dealGroups": groups, "meta": {"total": crm_total(call, total)}}


def _stages(call: Call, groups: Sequence[Row]) -> tuple[list[dict[str, Any]], dict[int, list[str]]]:
    """The stages of these pipelines, and their ids for each."""
    ids = [row[0] for row in groups]
    marks = ",".join("?" * len(ids))
    sql = f"SELECT {DEAL_STAGE} FROM dealStages WHERE dealGroup IN ({marks}) ORDER BY dealGroup, ordernum, id"
    rows = call.store.rows(sql, ids)
    of: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        of[row[1]].append(str(row[0]))
    return [deal_stage_shape(call.shapes, row) for row in rows], of


def _group_row(call: Call, identity: int) -> Row:
    """The row of a pipeline that the key may see, or a 404."""
    row = call.store.row(f"SELECT {DEAL_GROUP} FROM dealGroups WHERE id = ? AND NOT hidden", (identity,))
    if row is None:
        raise missing("DealGroup", identity)
    return row


def one_group(call: Call) -> Answer:
    """GET /dealGroups/{id}: with its stages."""
    row = _group_row(call, call.ids[0])
    stages, ids = _stages(call, [row])
    return 200, {"dealStages": stages, "dealGroup": deal_group_shape(call.shapes, row, stages=ids[row[0]])}


def beside(call: Call, group: int) -> list[dict[str, Any]]:
    """A pipeline as it stands beside its stages and deals."""
    row = call.store.row(f"SELECT {DEAL_GROUP} FROM dealGroups WHERE id = ?", (group,))
    return [deal_group_shape(call.shapes, row or ())]


def _group_values(sent: dict[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """What of a body is stored; refused if what is required, or was there before, is empty."""
    for name in ("title", "currency"):
        if name in (*required, *sent) and not text(sent.get(name)):
            raise invalid(f"The dealGroup {name} was not provided.", "field_missing", name)
    values: dict[str, Any] = kept(sent, ("title", "currency"))
    if "currency" in values:
        values["currency"] = values["currency"].lower()
    for name in _GROUP_NUMBERS:
        if name in sent:
            values[name] = integer(text(sent[name])) or 0
    if values.get("autoassign", 0) not in (0, 1, 2):
        raise invalid("The value you selected is not a valid choice.", "field_invalid", "autoassign")
    return values


def _assign(call: Call, group: int, sent: dict[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Put the users and groups of a body in place of those before; the records beside, and their ids."""
    records: dict[str, Any] = {}
    for name, (table, column, pointed) in _ASSIGNED.items():
        if not isinstance(sent.get(name), list):
            continue
        call.store.db.execute(f"DELETE FROM {table} WHERE dealGroup = ?", (group,))
        for value in sent[name]:
            if call.store.row(f"SELECT 1 FROM {pointed} WHERE id = ?", (integer(value),)) is None:
                raise invalid(f"The related {column.removesuffix('id')} does not exist.", "related_missing", name)
            call.store.rows(
                f"INSERT OR IGNORE INTO {table} (dealGroup, {column}) VALUES (?, ?)", (group, integer(value))
            )
        rows = call.store.rows(f"SELECT id, dealGroup, {column} FROM {table} WHERE dealGroup = ? ORDER BY id", (group,))
        shape = deal_group_user_shape if name == "users" else deal_group_group_shape
        records[table] = [shape(call.shapes, row) for row in rows]
    return records, {table: [record["id"] for record in made] for table, made in records.items()}


def create_group(call: Call) -> Answer:
    """POST /dealGroups: three stages come with it."""
    sent = call.sent("dealGroup")
    values = _group_values(sent, ("title", "currency"))
    identity = add_pipeline(call.store, values.pop("title"), values.pop("currency"), values)
    records, assigned = _assign(call, identity, sent)
    row = _group_row(call, identity)
    stages, ids = _stages(call, [row])
    full = deal_group_shape(call.shapes, row, stages=ids[identity])
    made = {name: full[name] for name in ("source", "cdate", "udate", "autoassign", "links", "stages")}
    group = {**known(sent, full), **echoed(made, sent, "autoassign"), **assigned, "id": full["id"]}
    return call.switches.new_record, {"dealStages": stages, **records, "dealGroup": group}


def update_group(call: Call) -> Answer:
    """PUT or PATCH /dealGroups/{id}."""
    identity = _group_row(call, call.ids[0])[0]
    sent = call.sent("dealGroup")
    call.store.update("dealGroups", identity, _group_values(sent, ()) | {"udate": call.store.now()})
    records, assigned = _assign(call, identity, sent)
    full = deal_group_shape(call.shapes, _group_row(call, identity))
    del full["id"]
    full = echoed(full, sent, "title", "currency", *_GROUP_NUMBERS)
    return 200, {**records, "dealGroup": {**full, **assigned, "id": str(identity)}}


def delete_group(call: Call) -> Answer:
    """DELETE /dealGroups/{id}: its deals are stubs from then on, go with it, or stand in its way (a switch)."""
    identity = _group_row(call, call.ids[0])[0]
    how = call.switches.deleted_pipeline
    if how == "refused" and call.store.row("SELECT 1 FROM deals WHERE dealGroup = ?", (identity,)):
        raise invalid("The pipeline still has deals.", "field_invalid")
    if how == "hides":
        call.store.update("dealGroups", identity, {"hidden": 1})
    else:
        call.store.delete("dealGroups", identity)
    return 200, {}
