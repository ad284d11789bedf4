"""webhooks: addresses to be called. §7.4. They are written down here; nothing is ever sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from bulk.sandbox.calls import Answer, Call, Selection, echoed, existing, invalid, listed, related, text
from bulk.sandbox.shapes.automations import WEBHOOK, webhook_shape

EVENTS: Final = (
    "bounce", "click", "contact_tag_added", "contact_tag_removed", "deal_add", "deal_note_add", "deal_pipeline_add",
    "deal_stage_add", "deal_task_add", "deal_task_complete", "deal_tasktype_add", "deal_update", "forward", "list_add",
    "open", "reply", "sent", "share", "sms_reply", "sms_sent", "sms_unsub", "subscribe", "subscriber_note",
    "unsubscribe", "update",
)  # fmt: skip
_ALSO: Final = (
    "contact_task_add", "account_add", "account_update", "account_contact_add", "account_contact_update"
)  # fmt: skip
# what may be several -> which there are
_SEVERAL: Final[Mapping[str, frozenset[str]]] = {
    "events": frozenset((*EVENTS, *_ALSO)),
    "sources": frozenset(("public", "admin", "api", "system")),
}
_TEXTS: Final = ("name", "url")
_NEEDED: Final = (*_TEXTS, *_SEVERAL)


def list_webhooks(call: Call) -> Answer:
    """GET /webhooks."""
    condition = "instr(fold({}), fold(?)) > 0" if call.switches.webhook_filter == "contains" else "fold({}) = fold(?)"
    wanted = [(name, value) for name in (*_TEXTS, "listid") if (value := call.param(f"filters[{name}]"))]
    where = ["listid = CAST(? AS INTEGER)" if name == "listid" else condition.format(name) for name, _value in wanted]
    return listed(
        call, "webhooks", Selection("webhooks", WEBHOOK, where, [value for _name, value in wanted]), webhook_shape
    )


def _webhook(call: Call, identity: int) -> dict[str, Any]:
    """The record, or a 404."""
    return webhook_shape(call.shapes, existing(call, "webhooks", WEBHOOK, "Webhook", identity))


def one_webhook(call: Call) -> Answer:
    """GET /webhooks/{id}."""
    return 200, {"webhook": _webhook(call, call.ids[0])}


def _values(call: Call, sent: dict[str, Any]) -> dict[str, Any]:
    """What of a body is stored; what is sent has to be good."""
    values: dict[str, Any] = {}
    for name in _NEEDED:
        if name not in sent:
            continue
        if not sent[name]:
            raise invalid(f"The webhook {name} was not provided.", "field_missing", name)
        if name in _TEXTS:
            values[name] = text(sent[name])
            continue
        several = sent[name]
        if not isinstance(several, list) or not all(isinstance(one, str) and one in _SEVERAL[name] for one in several):
            raise invalid(f"The webhook {name} are not valid.", "field_invalid", name)
        values[name] = json.dumps(several)
    if "listid" in sent:
        chosen = sent["listid"] not in (None, "", 0, "0")
        values["listid"] = related(call, "lists", "_List", sent["listid"]) if chosen else 0
    return values


def create_webhook(call: Call) -> Answer:
    """POST /webhooks."""
    sent = call.sent("webhook")
    values = _values(call, dict.fromkeys(_NEEDED) | sent)
    identity = call.store.insert("webhooks", {"listid": 0, **values, "cdate": call.store.now()})
    return 201, {"webhook": echoed(_webhook(call, identity), sent, *_TEXTS, "listid")}


def update_webhook(call: Call) -> Answer:
    """PUT /webhooks/{id}."""
    _webhook(call, call.ids[0])
    sent = call.sent("webhook")
    call.store.update("webhooks", call.ids[0], _values(call, sent))
    return 200, {"webhook": echoed(_webhook(call, call.ids[0]), sent, *_TEXTS, "listid")}


def delete_webhook(call: Call) -> Answer:
    """DELETE /webhooks/{id}."""
    _webhook(call, call.ids[0])
    call.store.delete("webhooks", call.ids[0])
    return 200, {}


def list_events(_call: Call) -> Answer:
    """GET /webhook/events."""
    return 200, {"webhookEvents": list(EVENTS), "meta": {"total": len(EVENTS)}}
