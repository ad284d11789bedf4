"""Klaviyo: the profiles of a list or segment."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Consent, Says, Signal
from bulk.resources.presets.preset import OWN, PLACE, SMS, Form, Preset

_WORDS: Final = {
    "subscribe": Consent.AGREED, "never_subscribed": Consent.UNCONFIRMED, "true": Consent.AGREED, "false": Consent.LEFT
}  # fmt: skip

KLAVIYO: Final = Preset(
    name="klaviyo",
    title="Klaviyo profiles",
    needs=(("Email",), ("Email Marketing Consent Timestamp", "Klaviyo ID", "Email Suppressions")),
    takes={
        "email": ("Email",),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Phone Number",),
        "account": ("Organization",),
    },
    fields={
        "Title": ("Job Title", "Position"), "Address": ("Street",), "City": (), "State / Region": ("State",),
        "Country": (), "Zip Code": ("Postal Code", "ZIP Code"), "Source": (),
    },
    leaves={
        "Email Marketing Consent Timestamp": OWN, "Klaviyo ID": "Klaviyo's own id", "SMS Marketing Consent*": SMS,
        "Address 2": PLACE, "Latitude": PLACE, "Longitude": PLACE, "IP Address": PLACE, "Added At": OWN,
        "Historic*": OWN, "Predicted*": OWN, "Total Customer*": OWN, "Average*": OWN, "Expected*": OWN,
        "First Active": OWN, "Last Active": OWN, "Profile Created On": OWN, "Date Added": OWN, "Last Open": OWN,
        "Last Click": OWN, "Locale": OWN, "SMS Suppressions": SMS,
    },
    forms={"Phone Number": Form(apostrophe=True)},
    signals=(
        Signal("Email Marketing Consent", Says.STATUS, _WORDS), Signal("Suppressed", Says.OPT_OUT),
        Signal("Email Suppressions*", Says.LEFT_WHEN),
    ),
    seen="exports described in public repositories",
)  # fmt: skip
