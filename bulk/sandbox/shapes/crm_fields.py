"""How custom fields of accounts and deals look on the wire, and their values: ids and flags are numbers. §1.2, §7."""

from __future__ import annotations

import json
from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes

METUM: Final = (
    "id, fieldLabel, fieldType, fieldOptions, fieldDefault, fieldDefaultCurrency, isFormVisible, isRequired,"
    " displayOrder, personalization, hideFieldFlag, createdTimestamp, updatedTimestamp"
)
DATUM: Final = "id, customFieldId, {}, fieldValue, fieldCurrency, createdTimestamp, updatedTimestamp"


def metum_shape(shapes: Shapes, of: str, row: Row) -> Json:
    """A row of `METUM`; `of`: what it is a custom field of."""
    identity, label, kind, options, default, currency, visible, required, order, tag, hidden, created, updated = row
    return {
        "id": str(identity), "fieldLabel": label, "fieldType": kind, "fieldOptions": json.loads(options),
        "fieldDefault": json.loads(default), "fieldDefaultCurrency": currency, "isFormVisible": visible,
        "isRequired": required, "displayOrder": order, "personalization": tag, "knownFieldId": None,
        "hideFieldFlag": hidden, "createdTimestamp": created, "updatedTimestamp": updated,
        "links": shapes.links(f"{of}CustomFieldMeta/{identity}", f"{of}CustomFieldData"),
    }  # fmt: skip


def datum_shape(shapes: Shapes, of: str, row: Row) -> Json:
    """A row of `DATUM`; what is no money has no currency."""
    identity, field, record, value, currency, created, updated = row
    return {
        "id": str(identity), f"{of}CustomFieldMetumId": field, f"{of}Id": record, "customFieldId": field,
        "createdTimestamp": created, "updatedTimestamp": updated, "fieldValue": json.loads(value),
        **({} if currency is None else {"fieldCurrency": currency}),
        "links": shapes.links(f"{of}CustomFieldData/{identity}", of, f"{of}CustomFieldMetum"),
    }  # fmt: skip
