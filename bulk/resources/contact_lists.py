"""contactLists: which contact is on which list, and with which status."""

from __future__ import annotations

from typing import Final

from bulk.resources import references
from bulk.resources.kinds import ID, OPTION, TEXT, Option
from bulk.resources.spec import Column, Reading, Resource, Writing

CONTACT_LISTS: Final = Resource(
    name="contactLists",
    singular="contactList",
    key="contact+list",
    keys=("contact+list",),
    modes=("upsert",),
    reading=Reading.CONTACTS,
    writing=Writing.LINK,
    filters={"list": "listid", "status": "status"},
    about="Which contact is on which list, with which status.",
    columns=(
        Column("id", ID, writable=False),
        *references.contact(),
        *references.mailing_list(),
        Column(
            "status", OPTION, required=True, example="1",
            options=(Option("0", "unconfirmed", advised=False), Option("1", "active", advised=False),
                     Option("2", "unsubscribed"), Option("3", "bounced")),
            about="0 unconfirmed, 1 active, 2 unsubscribed, 3 bounced",
        ),
        Column("sdate", TEXT, writable=False, about="when the person subscribed"),
        Column("udate", TEXT, writable=False, about="when the person left"),
    ),
    notes=(
        "There is no way to take a contact off a list: status 2 unsubscribes.",
        "Nobody who unsubscribed, bounced or has not confirmed is subscribed unless ⟦resubscribe⟧ is given.",
    ),
)  # fmt: skip
