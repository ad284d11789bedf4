"""Brevo, which was Sendinblue."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Says, Signal
from bulk.resources.presets.preset import OWN, SMS, Form, Preset

_WHEN: Final = Form(dates=("%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S"))

BREVO: Final = Preset(
    name="brevo",
    title="Brevo contacts",
    needs=(("EMAIL",), ("EMAIL_BLACKLISTED", "SMS_BLACKLISTED", "DOUBLE_OPT-IN")),
    as_written=True,
    takes={
        "email": ("EMAIL",),
        "firstName": ("FIRSTNAME", "PRENOM", "VORNAME", "NOMBRE"),
        "lastName": ("LASTNAME", "NOM", "NACHNAME", "APELLIDOS"),
        "phone": ("SMS", "WHATSAPP"),
    },
    fields={"ADDED_TIME": (), "JOB_TITLE": ("Job Title", "Position")},
    leaves={
        "SMS_BLACKLISTED": SMS, "WHATSAPP_BLACKLISTED": SMS, "MODIFIED_TIME": OWN, "CONTACT ID": OWN, "EXT_ID": OWN,
        "CONTACT_TIMEZONE": OWN,
    },
    forms={"ADDED_TIME": _WHEN},
    signals=(Signal("EMAIL_BLACKLISTED", Says.OPT_OUT), Signal("DOUBLE_OPT-IN", Says.CONFIRMED)),
    seen="fixtures of a migration tool",
    note="Phone numbers have no + in it and are taken as they are. Attributes in capitals go to custom fields of their"
    " titles.",
)  # fmt: skip
