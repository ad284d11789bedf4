"""contactTags: which contact carries which tag."""

from __future__ import annotations

from typing import Final

from bulk.resources import references
from bulk.resources.kinds import ID, TEXT
from bulk.resources.spec import Column, Reading, Resource, Writing

CONTACT_TAGS: Final = Resource(
    name="contactTags",
    singular="contactTag",
    key="contact+tag",
    keys=("contact+tag",),
    modes=("upsert", "delete"),
    reading=Reading.CONTACTS,
    writing=Writing.LINK,
    filters={"tag": "tagid"},
    about="Which contact carries which tag.",
    columns=(
        Column("id", ID, writable=False),
        *references.contact(),
        *references.tag(),
        Column("cdate", TEXT, writable=False, about="when the contact got it"),
    ),
    notes=("The columns tags and remove_tags of contacts do the same with a line for each person.",),
)
