"""HubSpot: contacts as its views export them, and under the names of its API."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Says, Signal
from bulk.resources.presets.preset import OWN, Form, Preset

_WHEN: Final = Form(dates=("%Y-%m-%d %H:%M", "%m/%d/%Y %I:%M %p"))
_OPTED_OUT: Final = (
    Signal("Unsubscribed from all email", Says.OPT_OUT),
    Signal("Opted out of email*", Says.OPT_OUT),
    Signal("Email hard bounce reason*", Says.BOUNCED_WHEN),
    Signal("Global bounce", Says.BOUNCE),
    Signal("hs_email_optout*", Says.OPT_OUT),
    Signal("hs_email_bad_address", Says.BOUNCE),
    Signal("hs_email_hard_bounce_reason*", Says.BOUNCED_WHEN),
)

HUBSPOT: Final = Preset(
    name="hubspot",
    title="HubSpot contacts",
    needs=(
        ("Record ID", "Contact ID"), ("Email",),
        ("Contact owner", "Lead Status", "Lifecycle Stage", "Marketing contact status"),
        ("Create Date", "Last Activity Date", "Associated Company", "Primary Associated Company ID"),
    ),
    takes={
        "email": ("Email",),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Phone Number", "Mobile Phone Number"),
        "account": ("Associated Company", "Company Name"),
    },
    fields={
        "Job Title": ("Position",), "Lifecycle Stage": (), "Lead Status": (), "Create Date": ("Created",),
        "Country/Region": ("Country",), "City": (), "State/Region": ("State",), "Postal Code": ("Zip",),
        "Website URL": ("Website",),
    },
    leaves={
        "Record ID": "HubSpot's own id", "Contact ID": "HubSpot's own id", "Contact owner": "a user of HubSpot",
        "Primary Associated Company ID": "HubSpot's own id", "Associated Company IDs*": "HubSpot's own id",
        "Last Activity Date": OWN, "Marketing contact status": "what HubSpot bills, not a consent",
        "Unsubscribed from all email date*": OWN, "Associated Deal*": "records of their own",
    },
    forms={"Create Date": _WHEN},
    signals=_OPTED_OUT,
    seen="exports of the default views in public repositories",
    note="Add HubSpot's columns Unsubscribed from all email and Opted out of email to the view before you export:"
    " without them nothing in the file says who has left.",
)  # fmt: skip

HUBSPOT_API: Final = Preset(
    name="hubspot-api",
    title="HubSpot contacts, API names",
    needs=(("email",), ("firstname",), ("lastname",), ("lifecyclestage", "hs_lead_status", "hs_object_id")),
    as_written=True,
    takes={
        "email": ("email",),
        "firstName": ("firstname",),
        "lastName": ("lastname",),
        "phone": ("phone", "mobilephone"),
        "account": ("company",),
    },
    fields={
        "jobtitle": ("Job Title", "Position"), "lifecyclestage": ("Lifecycle Stage",),
        "hs_lead_status": ("Lead Status",), "city": (), "state": (), "zip": ("Postal Code", "ZIP Code"), "country": (),
        "website": ("Website URL",),
    },
    leaves={"hs_object_id": "HubSpot's own id", "hubspot_owner_id": "HubSpot's own id", "hs_marketable_status": OWN},
    signals=_OPTED_OUT,
    seen="LunarWerxs/RoloDexter, tests/fixtures/golden_corpora.json",
)  # fmt: skip
