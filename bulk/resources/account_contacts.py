"""accountContacts: which contact works for which account."""

from __future__ import annotations

from typing import Final

from bulk.resources import references
from bulk.resources.kinds import ID, TEXT
from bulk.resources.spec import Column, Reading, Resource, Writing

ACCOUNT_CONTACTS: Final = Resource(
    name="accountContacts",
    singular="accountContact",
    key="contact",
    keys=("contact",),
    modes=("upsert", "delete"),
    reading=Reading.CONTACTS,
    writing=Writing.LINK,
    about="Which contact works for which account, and as what.",
    columns=(
        Column("id", ID, writable=False),
        *references.account(),
        *references.contact(),
        Column("jobTitle", TEXT, example="Analyst"),
        Column("createdTimestamp", TEXT, writable=False),
        Column("updatedTimestamp", TEXT, writable=False),
    ),
    notes=("A contact has one account: a row with another one moves it.",),
)
