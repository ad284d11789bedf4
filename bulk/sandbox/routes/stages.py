"""dealStages: the stages of pipelines, each with its place. §7.2."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from bulk.resources.deal_stages import DEAL_STAGES as DECLARED
from bulk.sandbox.calls import Answer, Call, Refusal, crm_total, integer, invalid, kept, known, text
from bulk.sandbox.collection import Asked, Collection
from bulk.sandbox.routes.names import by_name
from bulk.sandbox.routes.pipelines import beside, ordered
from bulk.sandbox.shapes.deals import DEAL, DEAL_STAGE, deal_shape, deal_stage_shape

_MOST: Final = 10**9  # what a place and a width may be
_TEXTS: Final = ("title", "color", "dealOrder", *(f"cardRegion{at}" for at in range(1, 6)))


def _asked(call: Call) -> Asked:
    """Those of hidden pipelines too."""
    where, values = by_name(call, "fold(title)", ("filters[title",))
    wanted: list[Any] = [*values]
    if group := call.param("filters[d_groupid]"):
        where.append("dealGroup = ?")
        wanted.append(integer(group) or 0)
    return Asked(where, wanted, ordered(call, title="fold(title)"))


STAGES: Final = Collection(DECLARED, DEAL_STAGE, deal_stage_shape, asked=_asked, total=crm_total)


def stage_beside(call: Call, stage: str) -> list[dict[str, Any]]:
    """A stage as it stands beside its deals."""
    return [STAGES.record(call, int(stage))]


def _values(call: Call, sent: dict[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """What of a body is stored."""
    for name in ("title", "group"):
        if name in (*required, *sent) and not text(sent.get(name)):
            raise invalid(f"The dealStage {name} was not provided.", "field_missing", name)
    values: dict[str, Any] = kept(sent, _TEXTS)
    for name, column in (("order", "ordernum"), ("width", "width")):
        number = integer(text(sent.get(name)))
        if number is not None:
            values[column] = min(number, _MOST)
    if "group" in sent:
        group = integer(sent["group"])
        if call.store.row("SELECT 1 FROM dealGroups WHERE id = ? AND NOT hidden", (group,)) is None:
            raise invalid("The related group does not exist.", "related_missing", "group")
        values["dealGroup"] = group
    return values


def create_stage(call: Call) -> Answer:
    """POST /dealStages: the last of its pipeline unless its order is said."""
    sent = call.sent("dealStage")
    values = _values(call, sent, ("title", "group"))
    last = call.store.count(
        "SELECT coalesce(max(ordernum), 0) FROM dealStages WHERE dealGroup = ?", (values["dealGroup"],)
    )
    now = call.store.now()
    identity = call.store.insert("dealStages", {"ordernum": last + 1, "cdate": now, "udate": now, **values})
    _make_room(call, identity)
    full = STAGES.record(call, identity)
    numbers = {name: int(full[name]) for name in ("width", "order")}
    made = {name: value for name, value in (full | numbers).items() if name not in sent or name in ("links", "id")}
    groups = beside(call, values["dealGroup"])
    return call.switches.new_record, {"dealGroups": groups, "dealStage": known(sent, full) | made}


def _make_room(call: Call, stage: int) -> None:
    """With `?reorder=1`, move the stages that stand where this one was put."""
    if call.param("reorder") != "1":
        return
    group, order = call.store.row("SELECT dealGroup, ordernum FROM dealStages WHERE id = ?", (stage,)) or (0, 0)
    call.store.rows(
        "UPDATE dealStages SET ordernum = ordernum + 1 WHERE dealGroup = ? AND ordernum >= ? AND id <> ?",
        (group, order, stage),
    )


def update_stage(call: Call) -> Answer:
    """PUT or PATCH /dealStages/{id}."""
    before = STAGES.record(call, call.ids[0])
    sent = call.sent("dealStage")
    values = _values(call, sent, ())
    if values.get("dealGroup", int(before["group"])) != int(before["group"]):
        call.store.db.execute("UPDATE deals SET dealGroup = ? WHERE stage = ?", (values["dealGroup"], call.ids[0]))
    call.store.update("dealStages", call.ids[0], values | {"udate": call.store.now()})
    _make_room(call, call.ids[0])
    full = STAGES.record(call, call.ids[0])
    stage = STAGES.echo(full, sent)
    return 200, {"dealGroups": beside(call, int(full["group"])), "dealStage": stage}


def delete_stage(call: Call) -> Answer:
    """DELETE /dealStages/{id}: its deals go with it, or stand in its way (a switch)."""
    refused = call.switches.deleted_stage == "refused"
    if refused and call.store.row("SELECT 1 FROM deals WHERE stage = ?", (call.ids[0],)):
        raise invalid("The stage still has deals.", "field_invalid")
    return STAGES.delete(call)


def other_pipeline() -> Refusal:
    """The refusal of a stage that is in another pipeline."""
    detail = "Target stage does not belong to same pipeline"
    error = {"detail": detail, "source": {"pointer": "/data/attributes/stage"}, "status": 422}
    return Refusal(422, {"errors": [error | {"title": "Invalid attribute"}]})


def move_deals(call: Call) -> Answer:
    """PUT /dealStages/{id}/deals: all of its deals into another stage of its pipeline."""
    stage, target = STAGES.record(call, call.ids[0]), call.sent("deal").get("stage")
    other = call.store.row("SELECT id, dealGroup FROM dealStages WHERE id = ?", (integer(target),))
    if other is None or str(other[1]) != stage["group"]:
        raise other_pipeline()
    moved = [row[0] for row in call.store.rows("SELECT id FROM deals WHERE stage = ? ORDER BY id", (call.ids[0],))]
    call.store.rows("UPDATE deals SET stage = ?, mdate = ? WHERE stage = ?", (other[0], call.store.now(), call.ids[0]))
    sql = f"SELECT {DEAL} FROM deals WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    rows = call.store.rows(sql, (json.dumps(moved),))
    return 200, {"deals": [deal_shape(call.shapes, row) for row in rows]}
