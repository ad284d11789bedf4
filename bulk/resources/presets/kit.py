"""Kit, which was ConvertKit."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Consent, Says, Signal
from bulk.resources.presets.preset import Form, Preset

_WORDS: Final = {"cold": Consent.AGREED, "inactive": Consent.UNCONFIRMED}

KIT: Final = Preset(
    name="kit",
    title="Kit subscribers",
    needs=(("email", "email_address"), ("first_name",), ("status", "state"), ("created_at",)),
    closed=True,
    as_written=True,
    takes={
        "email": ("email_address", "email"),
        "firstName": ("first_name",),
        "lastName": ("last_name",),
        "tags": ("tags",),
    },
    fields={"created_at": ()},
    leaves={"id": "Kit's own id", "subscriber_id": "Kit's own id"},
    forms={"tags": Form(separator=","), "created_at": Form(dates=("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"))},
    signals=(Signal("status", Says.STATUS, _WORDS), Signal("state", Says.STATUS, _WORDS)),
    seen="fixtures of migration tools; help.convertkit.com for the words",
)
