"""campaigns: mailings, each with an endpoint of its own for what is done to it. §7.5. Nothing is ever mailed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bulk.sandbox.calls import Answer, Call, Refusal, Selection, existing, integer, page, text
from bulk.sandbox.shapes.campaigns import CAMPAIGN, campaign_shape

_NEEDED: Final = ("name", "type")
# what a body calls it -> column
_SENT: Final[Mapping[str, str]] = {"segmentId": "segmentid", "addressId": "addressid"}


def list_campaigns(call: Call) -> Answer:
    """GET /campaigns."""
    wanted = call.param("filters[seriesid]")
    where, values = (["seriesid = ?"], [integer(wanted) or 0]) if wanted else ([], [])
    asked = {"orders[sdate]": "sdate", "orders[ldate]": "ldate"}
    orders = [
        f"{asked[key]} {'DESC' if value.upper() == 'DESC' else 'ASC'}" for key, value in call.query if key in asked
    ]
    order = ", ".join(dict.fromkeys([*orders, "id"]))
    rows, total = page(call, Selection("campaigns", CAMPAIGN, where, values, order))
    campaigns = [campaign_shape(call.shapes, row, listed=True) for row in rows]
    return 200, {"campaigns": campaigns, "meta": {"total": str(total)}}


def _campaign(call: Call) -> dict[str, Any]:
    """The record in the path, or a 404."""
    return campaign_shape(call.shapes, existing(call, "campaigns", CAMPAIGN, "Campaign", call.ids[0]))


def one_campaign(call: Call) -> Answer:
    """GET /campaigns/{id}."""
    return 200, {"campaign": _campaign(call)}


def patch_campaign(call: Call) -> Answer:
    """PATCH /campaigns/{id}: answers as if it had, and changes nothing."""
    record = _campaign(call)
    del record["isDoubleOptInCampaign"]
    return 200, {"campaign": record}


def _body(call: Call, needed: tuple[str, ...]) -> dict[str, Any]:
    """The body, which has no wrapper; all that is wrong with it is said at once."""
    sent = call.body if isinstance(call.body, dict) else {}
    wrong = [f"Field {name} is required" for name in needed if sent.get(name) in (None, "")]
    wrong += [
        f"Field {name} must be of type string"
        for name in _NEEDED
        if sent.get(name) is not None and not isinstance(sent[name], str)
    ]
    if wrong:
        raise Refusal(400, {"errors": wrong})
    return sent


def _brief(call: Call, identity: int, sent: dict[str, Any]) -> dict[str, Any]:
    """What the answer to a write says of a campaign."""
    name, kind = existing(call, "campaigns", "name, type", "Campaign", identity)
    return {"id": identity, "name": name, "type": kind, "canSplitContent": bool(sent.get("canSplitContent"))}


def create_campaign(call: Call) -> Answer:
    """POST /campaign: 200, and the id is a number."""
    sent = _body(call, _NEEDED)
    now = call.store.now()
    values = {name: sent[name] for name in _NEEDED} | {"cdate": now, "mdate": now}
    return 200, _brief(call, call.store.insert("campaigns", values), sent)


def edit_campaign(call: Call) -> Answer:
    """PUT /campaigns/{id}/edit."""
    identity = int(_campaign(call)["id"])
    sent = _body(call, ())
    values = {name: sent[name] for name in _NEEDED if sent.get(name)}
    values |= {column: text(sent[name]) or "0" for name, column in _SENT.items() if name in sent}
    if "publicCampaignArchive" in sent:
        values["public"] = "1" if sent["publicCampaignArchive"] else "0"
    call.store.update("campaigns", identity, values | {"mdate": call.store.now()})
    return 200, _brief(call, identity, sent)


def copy_campaign(call: Call) -> Answer:
    """POST /campaigns/{id}/copy: a draft that was never sent."""
    source = _campaign(call)
    now = call.store.now()
    same = {name: source[name] for name in ("type", "name", "segmentid", "addressid", "public")}
    identity = call.store.insert("campaigns", {**same, "cdate": now, "mdate": now})
    return 200, {"succeeded": 1, "message": "Campaign draft copied.", "newCampaignId": identity}


def delete_campaign(call: Call) -> Answer:
    """DELETE /campaigns/{id}/delete: 200 also if there is none."""
    if call.store.row("SELECT 1 FROM campaigns WHERE id = ?", call.ids) is None:
        return 200, {"succeeded": 0, "message": "Campaign could not be deleted."}
    call.store.delete("campaigns", call.ids[0])
    return 200, {"succeeded": 1, "message": "Campaign deleted."}
