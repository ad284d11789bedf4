"""Substack: the lists of its exports, old and new."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Says, Signal
from bulk.resources.presets.preset import OWN, Form, Preset

_OFF: Final = Signal("email_disabled", Says.OPT_OUT)

SUBSTACK: Final = Preset(
    name="substack",
    title="Substack subscribers",
    needs=(("Email",), ("Type",), ("Start date", "Cancel date", "Subscription source (free)", "Sections")),
    closed=True,
    takes={"email": ("Email",), "tags": ("Sections",)},
    fields={"Type": (), "Start date": ()},
    leaves={
        "Name": "a full name, which is not split unasked", "Subscription source*": OWN, "Stripe*": OWN, "Expiry": OWN,
        "Paid upgrade date": OWN, "Activity": OWN, "Revenue": OWN, "First paid date": OWN, "Country": OWN,
    },
    forms={"Sections": Form(separator=",")},
    signals=(Signal("Cancel date", Says.LEFT_WHEN),),
    seen="TryGhost/migrate, packages/mg-substack-members-csv",
)  # fmt: skip

SUBSTACK_OLD: Final = Preset(
    name="substack-old",
    title="Substack subscribers, old form",
    needs=(("email",), ("email_disabled",), ("active_subscription", "expiry", "prefer_digests")),
    as_written=True,
    takes={"email": ("email",)},
    fields={"type": (), "created_at": ()},
    leaves={
        "active_subscription": "whether they pay", "expiry": OWN, "prefer_digests": OWN,
        "stripe_connected_customer_id": "an id of Stripe", "plan": OWN, "first_payment_at": OWN,
    },
    signals=(_OFF,),
    seen="TryGhost/migrate, packages/mg-substack-members-csv",
)  # fmt: skip
