"""fieldValues: one custom field's value of one contact."""

from __future__ import annotations

from typing import Final

from bulk.resources import references
from bulk.resources.kinds import ID, TEXT, TEXTAREA
from bulk.resources.spec import Column, Reading, Resource, Writing

FIELD_VALUES: Final = Resource(
    name="fieldValues",
    singular="fieldValue",
    key="contact+field",
    keys=("contact+field",),
    modes=("upsert", "delete"),
    reading=Reading.CONTACTS,
    writing=Writing.LINK,
    about="Values of contacts' custom fields, a line each.",
    columns=(
        Column("id", ID, writable=False),
        *references.contact(),
        Column("field", ID, required=True, of="fields", about="the field's id"),
        Column("field_title", TEXT, of="fields", names="field", example="Company Size",
               about="the field, by title or %PERSTAG%"),
        Column("value", TEXTAREA, example="11-50", about="as ActiveCampaign keeps it; several: ||A||B||"),
        Column("cdate", TEXT, writable=False),
        Column("udate", TEXT, writable=False),
    ),
    notes=("The custom columns of contacts do the same with a line for each person.",),
)  # fmt: skip
