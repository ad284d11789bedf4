"""dealCustomFieldMeta and accountCustomFieldMeta: the custom fields of deals and accounts, with their options.

Their values are columns of deals and accounts.
"""

from __future__ import annotations

from typing import Final

from bulk.resources.kinds import CURRENCY, FLAG, ID, NUMBER, OPTION, TEXT, VALUES, Option
from bulk.resources.spec import Column, Resource

TYPES: Final = (
    "text", "textarea", "date", "datetime", "dropdown", "multiselect", "radio", "checkbox", "hidden", "currency",
    "number",
)  # fmt: skip


def _custom_fields(of: str) -> Resource:
    return Resource(
        name=f"{of}CustomFieldMeta",
        singular=f"{of}CustomFieldMetum",
        key="fieldLabel",
        keys=("fieldLabel", "id"),
        modes=("upsert", "create", "update", "delete"),
        called="fieldLabel",
        about=f"Custom fields of {of}s, by label, with their options.",
        columns=(
            Column("id", ID, writable=False),
            Column("fieldLabel", TEXT, required=True, example="Budget"),
            Column("fieldType", OPTION, required=True, options=tuple(map(Option, TYPES)), example="dropdown"),
            Column("fieldOptions", VALUES, example="Small,Large", about="its options, in order"),
            Column("fieldDefaultCurrency", CURRENCY, about="of money"),
            Column("isFormVisible", FLAG, example="1"),
            Column("isRequired", FLAG, example="0"),
            Column("displayOrder", NUMBER, about="its place among them"),
            Column("personalization", TEXT, writable=False, about="its name in mails"),
            Column("createdTimestamp", TEXT, writable=False),
            Column("updatedTimestamp", TEXT, writable=False),
        ),
        notes=(f"Their values are columns of {of}s.",),
    )


DEAL_FIELDS: Final = _custom_fields("deal")
ACCOUNT_FIELDS: Final = _custom_fields("account")
