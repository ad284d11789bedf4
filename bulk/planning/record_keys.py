"""What identifies a record among those of its resource: the same for a row and for what the account holds. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bulk.model import Json, Row
from bulk.planning.kept_records import UNSET
from bulk.planning.understanding import Wanted
from bulk.planning.writers import Meaning
from bulk.resources.identity import address_key, name_key
from bulk.resources.kinds import EMAIL
from bulk.resources.spec import Resource


def key_sought(row: Row, wanted: Wanted, meaning: Meaning, resource: Resource) -> str:
    """What identifies the record that a row is about, in the words of `Lookup.records`."""
    if meaning.key == "id":
        return f"id {row.key}"
    return key_of_record(resource, wanted.values, meaning.key_attributes)


def key_of_record(resource: Resource, values: Mapping[str, Json], key: tuple[str, ...]) -> str:
    """What identifies a record among those of its resource, out of its values; the same for a row and a record."""
    parts = []
    for attribute in key:
        value = values.get(attribute)
        if value in UNSET:
            value = resource.column(attribute).default or ""
        address = resource.column(attribute).kind is EMAIL
        parts.append(address_key(str(value)) if address else name_key(str(value)))
    return json.dumps(parts)
