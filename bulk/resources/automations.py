"""Automations: read only, and who is in them."""

from __future__ import annotations

from typing import Final

from bulk.resources import references
from bulk.resources.kinds import ID, TEXT
from bulk.resources.spec import Column, Reading, Resource, Writing

AUTOMATIONS: Final = Resource(
    name="automations",
    singular="automation",
    key="id",
    called="name",
    about="Automations; ActiveCampaign lets nobody write them.",
    columns=tuple(
        Column(name, TEXT, writable=False)
        for name in (
            "id",
            "name",
            "status",
            "entered",
            "exited",
            "hidden",
            "multientry",
            "description",
            "cdate",
            "mdate",
        )
    ),
)

CONTACT_AUTOMATIONS: Final = Resource(
    name="contactAutomations",
    singular="contactAutomation",
    key="contact+automation",
    keys=("contact+automation",),
    unique=False,
    modes=("upsert", "create", "delete"),
    reading=Reading.CONTACTS,
    writing=Writing.LINK,
    filters={"automation": "seriesid"},
    about="Which contact is in which automation: enrols and removes.",
    columns=(
        Column("id", ID, writable=False),
        *references.contact(),
        Column("automation", ID, required=True, of="automations", about="the automation's id"),
        Column("automation_name", TEXT, of="automations", names="automation", example="Welcome",
               about="the automation, by name"),
        *(Column(name, TEXT, writable=False)
          for name in ("status", "adddate", "remdate", "lastdate", "completedElements", "totalElements", "completed")),
    ),
    notes=(
        "upsert enrols whoever was never in it, create everybody: both may send mail.",
        "delete takes a contact out of it.",
    ),
)  # fmt: skip
