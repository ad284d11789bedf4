"""What the answer to a request must say: tests for `Request.says`, as lenient as the API is documented to be.

What is compared is whose record it is. Texts that the account may store in its own way are compared by their beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bulk.model import ALL, Json, Test
from bulk.resources.identity import loose_key, name_key, same_address
from bulk.resources.kinds import DATE, DATETIME, Kind
from bulk.resources.spec import Resource

_UNSET: Final = ("", None)


def address(email: str) -> Test:
    """A test of an e-mail address: the same one, whatever the case of its letters."""
    return lambda value: same_address(str(value), email)


def alike(email: str) -> Test:
    """A test of an e-mail address: one that a server might take for this one when it is asked for it."""
    wanted = loose_key(email)
    return lambda value: loose_key(str(value)) == wanted


def text(wanted: Json) -> Test:
    """A test of a text: the same one, blanks and case aside; the account may have cut it."""
    own = _plain(wanted)

    def test(value: Json) -> bool:
        result = _plain(value)
        return own.startswith(result) or result.startswith(own)

    return test


def taken_for(name: str) -> Test:
    """A test of a name: the same one, or one that the server may take it for."""
    same, wanted = text(name), loose_key(name)
    return lambda value: same(value) or loose_key(str(value)) == wanted


def value_of(kind: Kind, wanted: Json) -> Test:
    """A test of a custom field's value: what was sent has arrived, or the account has cut some of it."""
    same_text = text(wanted)
    return lambda value: kind.arrived(value, wanted) or (kind not in (DATE, DATETIME) and same_text(value))


def one_of(ids: Iterable[str]) -> Test:
    """A test of an id."""
    wanted = frozenset(ids)
    return lambda value: str(value) in wanted


def record(resource: Resource, values: Mapping[str, Json]) -> dict[str, Json | Test]:
    """What the echo of a new record must say: what it is called, and what it belongs to."""
    says: dict[str, Json | Test] = {}
    for attribute in resource.key_attributes:
        value = values.get(attribute)
        if value not in _UNSET and str(value) != "0":
            says[attribute] = value if points(resource, attribute) else text(value)
    return says


def points(resource: Resource, attribute: str) -> bool:
    """Whether an attribute is the id of another record."""
    return attribute == "relid" or any(column.of and attribute == column.attribute for column in resource.columns)


def page(cursor: int, *, upwards: bool) -> dict[str, Json | Test]:
    """What a page of records must say that was asked for by id: they lie beyond `cursor`, in that order."""

    def in_order(records: list[Any]) -> bool:
        ids = [int(one["id"]) for one in records]
        return ids == sorted(set(ids), reverse=not upwards)

    return {"id": lambda value: int(value) > cursor if upwards else int(value) < cursor, ALL: in_order}


def _plain(value: Json) -> str:
    return name_key(str("" if value is None else value))
