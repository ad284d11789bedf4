"""Ghost: members."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Says, Signal
from bulk.resources.presets.preset import OWN, Form, Preset

GHOST: Final = Preset(
    name="ghost",
    title="Ghost members",
    needs=(("email",), ("subscribed_to_emails",), ("complimentary_plan", "stripe_customer_id", "labels")),
    as_written=True,
    takes={"email": ("email",), "tags": ("labels",)},
    fields={"created_at": ()},
    leaves={
        "id": "Ghost's own id", "name": "a full name, which is not split unasked", "complimentary_plan": OWN,
        "note": "a note, which is a record of its own", "stripe_customer_id": "an id of Stripe", "products": OWN,
        "tiers": OWN, "gift_id": OWN, "custom_fields*": OWN,
    },
    forms={"labels": Form(separator=","), "created_at": Form(dates=("%Y-%m-%dT%H:%M:%S.%fZ",))},
    signals=(Signal("subscribed_to_emails", Says.OPT_IN), Signal("deleted_at", Says.LEFT_WHEN)),
    seen="TryGhost/Ghost, its tests of the members' export",
    note="An empty subscribed_to_emails subscribes nobody.",
)  # fmt: skip
