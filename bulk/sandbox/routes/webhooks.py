"""webhooks: addresses to be called. §7.4. They are written down here; nothing is ever sent."""

from __future__ import annotations

from typing import Final

from bulk.resources.webhooks import WEBHOOKS as DECLARED
from bulk.sandbox.calls import Answer, Call
from bulk.sandbox.collection import Asked, Collection, filtered
from bulk.sandbox.shapes.webhooks import WEBHOOK, webhook_shape

EVENTS: Final = (
    "bounce", "click", "contact_tag_added", "contact_tag_removed", "deal_add", "deal_note_add", "deal_pipeline_add",
    "deal_stage_add", "deal_task_add", "deal_task_complete", "deal_tasktype_add", "deal_update", "forward", "list_add",
    "open", "reply", "sent", "share", "sms_reply", "sms_sent", "sms_unsub", "subscribe", "subscriber_note",
    "unsubscribe", "update",
)  # fmt: skip
_ALSO: Final = (
    "contact_task_add", "account_add", "account_update", "account_contact_add", "account_contact_update"
)  # fmt: skip


def _asked(call: Call) -> Asked:
    return filtered(call, DECLARED, contains=call.switches.webhook_filter == "contains")


WEBHOOKS: Final = Collection(
    DECLARED, WEBHOOK, webhook_shape, allowed={"events": frozenset((*EVENTS, *_ALSO))}, asked=_asked
)


def list_events(_call: Call) -> Answer:
    """GET /webhook/events."""
    return 200, {"webhookEvents": list(EVENTS), "meta": {"total": len(EVENTS)}}
