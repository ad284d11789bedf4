"""Zoho CRM: contacts and leads."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Says, Signal
from bulk.resources.presets.preset import OWN, Form, Preset

ZOHO: Final = Preset(
    name="zoho",
    title="Zoho CRM",
    needs=(("Email",), ("Last Name",), ("Contact Owner", "Lead Owner"), ("Email Opt Out", "Secondary Email", "Skype Id",
            "Skype ID")),
    takes={
        "email": ("Email", "Secondary Email"),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Phone", "Mobile", "Home Phone", "Other Phone"),
        "account": ("Account Name", "Company"),
        "tags": ("Tag",),
    },
    fields={
        "Title": ("Job Title", "Position"), "Date of Birth": ("Birthday",), "Lead Source": (), "Industry": (),
        "Mailing Street": ("Street",), "Mailing City": ("City",), "Mailing State": ("State",),
        "Mailing Zip": ("Postal Code", "ZIP Code"), "Mailing Country": ("Country",), "Website": (),
    },
    leaves={
        "Record Id": "Zoho's own id", "Contact Owner*": "a user of Zoho", "Lead Owner*": "a user of Zoho",
        "Salutation": "a form of address", "Department": OWN, "Reports To*": OWN, "Skype ID": OWN, "Fax": OWN,
        "Assistant": OWN, "Asst Phone": OWN, "Description": OWN, "Vendor Name*": OWN, "Account Name.id": OWN,
        "Lead Status": "how a lead stands, not a consent", "Rating": OWN, "Created By*": OWN, "Modified By*": OWN,
        "Created Time": OWN, "Modified Time": OWN, "Last Activity Time": OWN, "Other Street": OWN, "Other City": OWN,
        "Other State": OWN, "Other Zip": OWN, "Other Country": OWN, "Annual Revenue": OWN, "No. of Employees": OWN,
    },
    forms={"Tag": Form(separator=",")},
    signals=(
        Signal("Email Opt Out", Says.OPT_OUT), Signal("Unsubscribed Mode", Says.LEFT_WHEN),
        Signal("Unsubscribed Time", Says.LEFT_WHEN),
    ),
    seen="names of its columns in programs in public repositories",
)  # fmt: skip
