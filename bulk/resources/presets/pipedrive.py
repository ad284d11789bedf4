"""Pipedrive: people, as it exports and imports them."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Consent, Says, Signal
from bulk.resources.presets.preset import OWN, Preset

_WORDS: Final = {"no_consent": Consent.UNCONFIRMED, "archived": Consent.LEFT, "": Consent.AGREED}

PIPEDRIVE: Final = Preset(
    name="pipedrive",
    title="Pipedrive people",
    needs=(
        ("Person - Email", "Person - Email - Work", "Person - Email - Home", "Person - Email - Other"),
        ("Person - Name", "Person - First name", "Person - Last name", "Person - Owner", "Person - ID"),
    ),
    takes={
        "email": ("Person - Email", "Person - Email - Work", "Person - Email - Home", "Person - Email - Other"),
        "firstName": ("Person - First name",),
        "lastName": ("Person - Last name",),
        "phone": ("Person - Phone", "Person - Phone - Mobile", "Person - Phone - Work", "Person - Phone - Home",
                  "Person - Phone - Other"),
        "account": ("Person - Organization", "Organization - Name"),
        "tags": ("Person - Label",),
    },
    fields={"Person - Job title": ("Job Title", "Position")},
    leaves={
        "Person - Name": "a full name, which is not split unasked", "Person - ID": "Pipedrive's own id",
        "Person - Owner": "a user of Pipedrive", "Organization - *": "records of their own", "Lead - *": OWN,
        "Deal - *": "records of their own", "Note": "a note, which is a record of its own", "Person - Visible to": OWN,
        "Person - Created": OWN, "Person - Updated": OWN,
    },
    signals=(
        Signal("Person - Marketing status", Says.STATUS, _WORDS), Signal("Person - Double opt-in", Says.CONFIRMED),
    ),
    seen="templates and headers in public repositories",
    note="An empty marketing status is taken for no objection, as Pipedrive leaves it empty without its campaigns.",
)  # fmt: skip
