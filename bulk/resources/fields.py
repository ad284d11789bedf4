"""Fields: the custom fields of contacts, with their options."""

from __future__ import annotations

from typing import Final

from bulk.resources.kinds import CHOICES, FIELD_TYPES, FLAG, ID, OPTION, PERSTAG, TEXT, Option
from bulk.resources.spec import Column, Resource

OF_CONTACTS: Final = tuple(kind for kind in FIELD_TYPES if kind not in ("currency", "multiselect"))

FIELDS: Final = Resource(
    name="fields",
    singular="field",
    key="title",
    keys=("title", "perstag", "id"),
    modes=("upsert", "create", "update", "delete"),
    called="title",
    also_called="perstag",
    filters={"perstag": "filters[perstag]"},
    about="Custom fields of contacts, by title, with their options.",
    columns=(
        Column("id", ID, writable=False),
        Column("title", TEXT, required=True, example="Company Size"),
        Column("type", OPTION, required=True, options=tuple(map(Option, OF_CONTACTS)), example="dropdown"),
        Column("perstag", PERSTAG, example="COMPANY_SIZE", about="its name in mails, %PERSTAG%; made from the title"),
        Column("options", CHOICES, beside=True, example="1-10,11-50",
               about="its options, in order; value=label, *value is the default; those that are missing are added"),
        Column("descript", TEXT, about="its description"),
        Column("isrequired", FLAG, example="0"),
        Column("defval", TEXT, about="its default"),
        Column("show_in_list", FLAG, example="0"),
        Column("visible", FLAG, example="1"),
        Column("rows", TEXT, about="of a textarea"),
        Column("cols", TEXT, about="of a textarea"),
        Column("cdate", TEXT, writable=False, about="when it was created"),
    ),
    notes=("A new field is shown with all contacts. Options are added, never taken away or changed.",),
)  # fmt: skip
