"""Facebook and Instagram: the answers to a lead form."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.preset import OWN, Form, Preset

FACEBOOK: Final = Preset(
    name="facebook-leads",
    title="Facebook lead form",
    needs=(
        ("email", "email_address", "work_email"), ("created_time",), ("form_id", "form_name"),
        ("ad_id", "adset_id", "is_organic", "inbox_url"),
    ),
    as_written=True,
    takes={
        "email": ("email", "email_address", "work_email"),
        "firstName": ("first_name",),
        "lastName": ("last_name",),
        "phone": ("phone_number", "phone", "work_phone_number"),
        "account": ("company_name",),
    },
    fields={
        "job_title": ("Job Title", "Position"), "city": (), "state": (), "country": (), "zip_code": ("Postal Code",),
        "campaign_name": (), "form_name": (),
    },
    leaves={
        "id": "Facebook's own id", "lead_id": "Facebook's own id", "created_time": OWN, "ad_id": OWN, "ad_name": OWN,
        "adset_id": OWN, "adset_name": OWN, "campaign_id": OWN, "form_id": OWN, "is_organic": OWN, "platform": OWN,
        "full_name": "a full name, which is not split unasked", "lead_status": "how a lead stands, not a consent",
        "status": "how a lead stands, not a consent", "inbox_url": OWN,
    },
    forms={"phone_number": Form(prefix="p:"), "phone": Form(prefix="p:")},
    seen="headers of exports and of Meta's own sheets in public repositories",
    note="The questions of the form go to custom fields of their titles.",
)  # fmt: skip
