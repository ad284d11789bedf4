"""What changes of a record by itself: which of the values that a row wants it does not have. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bulk.model import Edit, Json
from bulk.planning.changes import value_edits
from bulk.planning.kept_records import UNSET
from bulk.planning.understanding import Wanted
from bulk.resources.spec import CUSTOM, Column


def record_edits(wanted: Wanted, kept: Json, columns: Sequence[Column]) -> tuple[Edit, ...]:
    """What of the wanted values the record does not have."""
    kinds = {column.attribute: column.kind for column in columns}

    def same(attribute: str, before: Json, value: Json) -> bool:
        if attribute.startswith(CUSTOM):
            return kinds[attribute].same(before, value)
        if before in UNSET and value in UNSET:
            return True
        return kinds[attribute].same(before, value) if attribute in kinds else _same_id(before, value)

    return value_edits(all_values(wanted), kept.get, same)


def all_values(wanted: Wanted) -> dict[str, Json]:
    """All values of a row, by attribute."""
    return {**wanted.values, **{f"{CUSTOM}{identity}": value for identity, value in wanted.fields.items()}}


def _same_id(a: Json, b: Json) -> bool:
    return str(a or "") == str(b or "")
