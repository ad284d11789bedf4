"""Notes: texts on contacts, deals and accounts."""

from __future__ import annotations

from typing import Final

from bulk.resources.kinds import EMAIL, ID, OPTION, TEXT, TEXTAREA, Option
from bulk.resources.spec import Column, Resource

RELTYPE: Final = "reltype"

NOTES: Final = Resource(
    name="notes",
    singular="note",
    key="reltype+relid+note",
    keys=("reltype+relid+note", "id"),
    unique=False,
    modes=("upsert", "create", "update", "delete"),
    about="Notes on contacts, deals and accounts.",
    columns=(
        Column("id", ID, writable=False),
        Column("note", TEXTAREA, required=True, example="Asked for a call in June."),
        Column(
            RELTYPE, OPTION, required=True, example="Subscriber", about="what it is on",
            options=(Option("Subscriber", "contact"), Option("Deal", "deal"), Option("CustomerAccount", "account"),
                     Option("Activity", "activity"), Option("DealTask", "task")),
        ),
        Column("relid", ID, required=True, about="the id of what it is on"),
        Column("contact_email", EMAIL, of="contacts", names="relid", when=(RELTYPE, "Subscriber"),
               example="ada@example.com", about="the contact it is on, by e-mail"),
        Column("deal_title", TEXT, of="deals", names="relid", when=(RELTYPE, "Deal"),
               about="the deal it is on, by title"),
        Column("account_name", TEXT, of="accounts", names="relid", when=(RELTYPE, "CustomerAccount"),
               about="the account it is on, by name"),
        Column("userid", ID, writable=False, of="users", about="who wrote it"),
        Column("cdate", TEXT, writable=False),
        Column("mdate", TEXT, writable=False),
    ),
    notes=("A row is taken for a note of the same words on the same record; an edited text is a new note.",),
)  # fmt: skip
