"""Google Contacts: as it exports since 2024, and before."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.preset import OWN, Form, Preset

_LABELS: Final = Form(
    separator=" ::: ", drops=("* myContacts", "* starred", "* My Contacts", "* Starred in Android"), lead="* "
)
_SEVERAL: Final = {
    "E-mail*": "a further address, or what it is called", "Phone*": "a further number, or what it is called",
    "Address*": "a part of an address", "Relation*": OWN, "Website*": OWN, "Event*": OWN, "Custom Field*": OWN,
    "IM*": OWN, "Phonetic*": "how a name is spoken", "Middle Name": "part of a name",
    "Additional Name": "part of a name",
    "Name Prefix": "part of a name", "Name Suffix": "part of a name", "Nickname": OWN, "File As": OWN, "Photo": OWN,
    "Notes": "a note, which is a record of its own", "Short Name": OWN, "Maiden Name": OWN, "Initials": OWN,
    "Location": OWN, "Billing Information": OWN, "Directory Server": OWN, "Mileage": OWN, "Occupation": OWN,
    "Hobby": OWN, "Sensitivity": OWN, "Priority": OWN, "Subject": OWN, "Language": OWN, "Gender": OWN,
}  # fmt: skip

GOOGLE: Final = Preset(
    name="google-contacts",
    title="Google Contacts",
    needs=(("E-mail 1 - Value",), ("First Name",), ("Labels", "E-mail 1 - Label", "Phone 1 - Label", "File As")),
    takes={
        "email": ("E-mail 1 - Value",),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Phone 1 - Value",),
        "account": ("Organization Name",),
        "tags": ("Labels",),
    },
    fields={
        "Organization Title": ("Job Title", "Position"), "Birthday": ("Date of Birth",),
        "Address 1 - Street": ("Street",), "Address 1 - City": ("City",), "Address 1 - Region": ("State",),
        "Address 1 - Postal Code": ("Postal Code", "ZIP Code"), "Address 1 - Country": ("Country",),
    },
    leaves={"Organization Department": OWN, **_SEVERAL},
    forms={"Labels": _LABELS},
    seen="exports in public repositories",
    note="Google's own groups, as * myContacts, are no tags.",
)  # fmt: skip

GOOGLE_OLD: Final = Preset(
    name="google-contacts-old",
    title="Google Contacts, before 2024",
    needs=(("E-mail 1 - Value",), ("Given Name",), ("Family Name",)),
    takes={
        "email": ("E-mail 1 - Value",),
        "firstName": ("Given Name",),
        "lastName": ("Family Name",),
        "phone": ("Phone 1 - Value",),
        "account": ("Organization 1 - Name",),
        "tags": ("Group Membership",),
    },
    fields={
        "Organization 1 - Title": ("Job Title", "Position"), "Birthday": ("Date of Birth",),
        "Address 1 - Street": ("Street",), "Address 1 - City": ("City",), "Address 1 - Region": ("State",),
        "Address 1 - Postal Code": ("Postal Code", "ZIP Code"), "Address 1 - Country": ("Country",),
    },
    leaves={
        "Name": "the names joined", "Yomi Name": OWN, "Given Name Yomi": OWN, "Additional Name Yomi": OWN,
        "Family Name Yomi": OWN, "Organization 1 -*": OWN, **_SEVERAL,
    },
    forms={"Group Membership": _LABELS},
    seen="LunarWerxs/RoloDexter, tests/fixtures/golden_corpora.json",
)  # fmt: skip
