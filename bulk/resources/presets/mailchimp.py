"""Mailchimp: the files of an audience's export. Which of its people a file holds, its name and its columns say."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Consent, Says, Signal
from bulk.resources.presets.preset import OWN, PLACE, Form, Preset

MAILCHIMP: Final = Preset(
    name="mailchimp",
    title="Mailchimp audience",
    needs=(("Email Address",), ("MEMBER_RATING", "OPTIN_TIME", "LEID", "EUID")),
    as_written=True,
    takes={
        "email": ("Email Address",),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Phone Number", "Phone", "SMS Phone Number"),
        "account": ("Company", "Company Name"),
        "tags": ("TAGS",),
    },
    fields={
        "Position": ("Job Title",),
        "ZIP Code": ("Postal Code", "Zip"),
        "Birthday": ("Date of Birth",),
        "Address": (),
        "SOURCE": (),
    },
    leaves={
        "MEMBER_RATING": "Mailchimp's rating", "LAST_CHANGED": OWN, "LEID": OWN, "EUID": OWN,
        "NOTES": "a note, which is a record of its own", "OPTIN_TIME": OWN, "OPTIN_IP": OWN, "CONFIRM_TIME": OWN,
        "CONFIRM_IP": OWN, "LATITUDE": PLACE, "LONGITUDE": PLACE, "GMTOFF": PLACE, "DSTOFF": PLACE, "TIMEZONE": PLACE,
        "CC": PLACE, "REGION": PLACE, "UNSUB_CAMPAIGN_TITLE": OWN, "UNSUB_CAMPAIGN_ID": OWN, "UNSUB_REASON": OWN,
        "UNSUB_REASON_OTHER": OWN, "CLEAN_CAMPAIGN_TITLE": OWN, "CLEAN_CAMPAIGN_ID": OWN,
    },
    forms={"TAGS": Form(separator=",")},
    signals=(Signal("UNSUB_TIME", Says.ALL_LEFT), Signal("CLEAN_TIME", Says.ALL_BOUNCED)),
    by_name={
        "nonsubscribed": Consent.UNCONFIRMED, "unsubscribed": Consent.LEFT, "cleaned": Consent.BOUNCED,
        "subscribed": Consent.AGREED,
    },
    seen="TryGhost/migrate, packages/mg-mailchimp-members",
    note="Merge fields of the audience stand between the names and the columns in capitals; each goes to the custom"
    " field of its title. Keep the names of the files: of nonsubscribed people, nothing else tells them apart.",
)  # fmt: skip

MAILCHIMP_MERGE_TAGS: Final = Preset(
    name="mailchimp-merge-tags",
    title="Mailchimp merge tags",
    needs=(("EMAIL",), ("FNAME",), ("LNAME",)),
    closed=True,
    takes={
        "email": ("EMAIL",),
        "firstName": ("FNAME",),
        "lastName": ("LNAME",),
        "phone": ("PHONE",),
        "account": ("COMPANY",),
    },
    fields={"BIRTHDAY": ("Birthday", "Date of Birth"), "ADDRESS": ()},
    signals=(Signal("STATUS", Says.STATUS),),
    seen="LunarWerxs/RoloDexter, tests/fixtures/golden_corpora.json",
    note="The same data under the names that forms and connectors use.",
)
