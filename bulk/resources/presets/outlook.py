"""Outlook: the contacts of a mailbox, from the desktop (92 columns) or shorter."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.preset import OWN, Form, Preset

_DAY: Final = Form(dates=("%m/%d/%Y",), nothing=("0/0/00", "0/0/0000"))
_PART: Final = "a part of an address"

OUTLOOK: Final = Preset(
    name="outlook",
    title="Outlook contacts",
    needs=(
        ("E-mail Address",), ("First Name", "Last Name"),
        ("Middle Name", "Business Phone", "Home Phone", "Primary Phone", "E-mail Type", "Business Street"),
    ),
    closed=True,
    as_written=True,
    encoding="cp1252",
    takes={
        "email": ("E-mail Address", "E-mail 2 Address", "E-mail 3 Address"),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Mobile Phone", "Business Phone", "Primary Phone", "Home Phone"),
        "account": ("Company",),
        "tags": ("Categories",),
    },
    fields={
        "Job Title": ("Position",), "Birthday": ("Date of Birth",), "Business Street": ("Street",),
        "Business City": ("City",), "Business State": ("State",), "Business Postal Code": ("Postal Code", "ZIP Code"),
        "Business Country/Region": ("Country",), "Business Country": ("Country",), "Web Page": ("Website",),
    },
    leaves={
        "Title": "a form of address", "Middle Name": "part of a name", "Suffix": "part of a name", "Department": OWN,
        "Business Street 2": _PART, "Business Street 3": _PART, "Home Street*": _PART, "Home City": _PART,
        "Home State": _PART, "Home Postal Code": _PART, "Home Country*": _PART, "Other *": _PART, "Account": OWN,
        "Business Address*": _PART, "Home Address*": _PART, "Assistant's*": OWN, "Business Fax": OWN,
        "Business Phone 2": "a further number", "Home Phone 2": "a further number", "Home Fax": OWN, "Callback": OWN,
        "Car Phone": "a further number", "Company Main Phone": "a further number", "ISDN": OWN, "Pager": OWN,
        "Radio Phone": "a further number", "TTY/TDD Phone": "a further number", "Telex": OWN, "Anniversary": OWN,
        "Billing Information": OWN, "Children": OWN, "Directory Server": OWN, "E-mail Type": OWN,
        "E-mail Display Name": "the names joined", "E-mail 2*": OWN, "E-mail 3*": OWN, "Gender": OWN,
        "Government ID Number": OWN, "Hobby": OWN, "Initials": OWN, "Internet Free Busy": OWN, "Keywords": OWN,
        "Language": OWN, "Location": OWN, "Manager's Name": OWN, "Mileage": OWN, "Office Location": OWN,
        "Notes": "a note, which is a record of its own", "Organizational ID Number": OWN, "Priority": OWN,
        "Private": OWN, "Profession": OWN, "Referred By": OWN, "Sensitivity": OWN, "Spouse": OWN, "User *": OWN,
    },
    forms={"Categories": Form(separator=";"), "Birthday": _DAY},
    seen="exports in public repositories; LunarWerxs/RoloDexter",
    note="A file that is no UTF-8 is read as cp1252, as Outlook writes it in western Europe and America; of another"
    " computer, say ⟦encoding⟧. What stands as ? in it is lost.",
)  # fmt: skip
