"""Shopify: customers."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Says, Signal
from bulk.resources.presets.preset import OWN, SMS, Form, Preset

_GUARDED: Final = Form(apostrophe=True)
_PART: Final = "a part of an address"

SHOPIFY: Final = Preset(
    name="shopify",
    title="Shopify customers",
    needs=(
        ("Email",), ("Accepts Email Marketing", "Accepts Marketing"), ("Total Spent", "Total Orders"),
    ),
    takes={
        "email": ("Email",),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Phone", "Default Address Phone"),
        "account": ("Default Address Company", "Company"),
        "tags": ("Tags",),
    },
    fields={
        "Total Spent": (), "Total Orders": (), "Default Address Zip": ("Postal Code", "ZIP Code", "Zip"),
        "Default Address City": ("City",), "Default Address Country Code": ("Country",),
        "Default Address Province Code": ("State",), "Default Address Address1": ("Street",),
    },
    leaves={
        "Customer ID": "Shopify's own id", "Accepts SMS Marketing": SMS, "Tax Exempt": OWN,
        "Note": "a note, which is a record of its own", "Default Address Address2": _PART, "Address1": _PART,
        "Address2": _PART, "Default Address Country": _PART, "Default Address Province": _PART,
    },
    forms={
        "Phone": _GUARDED, "Default Address Phone": _GUARDED, "Default Address Zip": _GUARDED,
        "Tags": Form(separator=","),
    },
    signals=(Signal("Accepts Email Marketing", Says.OPT_IN), Signal("Accepts Marketing", Says.OPT_IN)),
    seen="exports in public repositories",
    note="Its no is no: who never agreed is treated like who left. A tag that holds a comma cannot be told from two.",
)  # fmt: skip
