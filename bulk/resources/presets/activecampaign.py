"""ActiveCampaign's own export of contacts, from its own pages; what bulk exports needs no preset."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Says, Signal
from bulk.resources.presets.preset import OWN, Form, Preset

ACTIVECAMPAIGN: Final = Preset(
    name="activecampaign",
    title="ActiveCampaign's own export",
    needs=(("Email",), ("Date Created",), ("IP",), ("Status",)),
    takes={
        "email": ("Email",),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Phone",),
        "tags": ("Tags",),
        "account": ("Account Name", "Organization"),
    },
    leaves={"Date Created": "set by ActiveCampaign", "IP": OWN, "ID": "an id of the account that it comes from"},
    forms={"Tags": Form(separator=",")},
    signals=(Signal("Status", Says.STATUS),),
    seen="a fixture of a migration tool; no export of ActiveCampaign's own was found in public",
    note="Its one Status does not say of which list.",
)
