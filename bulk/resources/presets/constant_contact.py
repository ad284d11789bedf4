"""Constant Contact: contacts, with an address of each kind and what may be done with it."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Consent, Says, Signal
from bulk.resources.presets.preset import OWN, Preset

_ANY: Final = {"": Consent.AGREED, "not set": Consent.UNCLEAR, "temp hold": Consent.LEFT}
_ONE: Final = {"": Consent.UNCLEAR, "not set": Consent.UNCLEAR, "temp hold": Consent.LEFT}

CONSTANT_CONTACT: Final = Preset(
    name="constant-contact",
    title="Constant Contact",
    needs=(
        ("Email address", "Email address - home", "Email address - other", "Email address - work"),
        ("Email status - home", "Email status - other", "Email status - work", "Email permission status",
         "Email permission status - other", "Email permission status - home"),
    ),
    takes={
        "email": ("Email address", "Email address - other", "Email address - home", "Email address - work"),
        "firstName": ("First name",),
        "lastName": ("Last name",),
        "phone": ("Phone - mobile", "Phone - work", "Phone - home", "Phone - other"),
        "account": ("Company",),
        "tags": ("Tags",),
    },
    fields={"Job title": ("Position",), "City - *": (), "Birthday": ("Date of Birth",)},
    leaves={
        "Phone - fax": OWN, "Street address*": OWN, "City - *": OWN, "State/Province - *": OWN,
        "Zip/Postal Code - *": OWN, "Country - *": OWN, "Email Lists": "lists there, whose names are not those here",
        "Source Name": OWN, "Created At": OWN, "Updated At": OWN, "Confirmed Opt-In*": OWN,
        "Email update source*": OWN, "Custom Field*": OWN,
    },
    signals=(
        Signal("Email permission status", Says.STATUS, _ONE), Signal("Email permission status - *", Says.STATUS, _ANY),
        Signal("Email status", Says.STATUS, _ANY), Signal("Email status - *", Says.STATUS, _ANY),
        Signal("Confirmed Opt-Out*", Says.LEFT_WHEN), Signal("Opt-out*", Says.LEFT_WHEN),
    ),
    seen="headers named by import programs in public repositories",
    note="Of several addresses of a person the strictest of what is said counts.",
)  # fmt: skip
