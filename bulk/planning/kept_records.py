"""What is kept of a record as the API gives it, what it points to, and the cells that show it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from bulk.model import Json
from bulk.planning.names import Names
from bulk.planning.naming import place_of
from bulk.planning.pages.ends import id_of
from bulk.resources.escapes import escaped
from bulk.resources.spec import Column, Resource

HIDDEN: Final = "_hidden"  # of a deal that the key may not see: there, and no more than its title
UNSET: Final = ("", "0", None)  # what stands where a record points to no other
# cells that ActiveCampaign chooses where another is set and they are not: it is known what they held, not what they get
CHOSEN: Final[Mapping[str, Mapping[str, str]]] = {"deals": {"stage": "group"}}
CURRENCY_OF: Final = "currency of "  # a custom field: kept beside its value, if that is money


@dataclass(frozen=True, slots=True)
class CustomData:
    """Where the values of custom fields lie that do not come with their records; the attributes that say whose."""

    path: str
    owner: str
    field: str


CUSTOM_DATA: Final[Mapping[str, CustomData]] = {
    "deals": CustomData("dealCustomFieldData", "dealId", "customFieldId"),
    "accounts": CustomData("accountCustomFieldData", "accountId", "customFieldId"),
}


def is_hidden(kept: Json) -> bool:
    """Whether the key may not see the record."""
    return isinstance(kept, dict) and bool(kept.get(HIDDEN))


def record_of(resource: Resource, record: Json, body: Json) -> dict[str, Json]:
    """What is kept of a record as it came in `body`: the values of its columns, by attribute."""
    kept = {c.attribute: record.get(c.attribute) for c in resource.columns if not (c.names or c.beside)}
    for attribute, value_of in _BESIDE.get(resource.name, {}).items():
        value = value_of(record, body)
        if value is not None:
            kept[attribute] = value
    if record.get("isDisabled") in (True, "1", "true") and "stage" not in record:
        kept[HIDDEN] = True
    return kept


def _options_of(record: Json, body: Json) -> list[Json]:
    """A field's options, in order: value, label, whether it is the default, and its place."""
    own = [option for option in body.get("fieldOptions") or () if str(option["field"]) == str(record["id"])]
    return [
        [str(option["value"]), _label_of(option), str(option.get("isdefault")) in ("1", "True"), place_of(option)]
        for option in sorted(own, key=place_of)
    ]


def _relations_of(record: Json, body: Json) -> list[str] | None:
    """The ids of the lists with whose contacts a field is shown, 0 for all; None where the answer does not say.

    It is asked of fields that were made, and no export needs it: what has another shape is passed over.
    """
    relations = body.get("fieldRels")
    if not isinstance(relations, list) or not all(isinstance(one, dict) for one in relations):
        return None
    return [str(one.get("relid")) for one in relations if str(one.get("field")) == str(record["id"])]


def _label_of(option: Json) -> str:
    label = option.get("label")
    return str(option["value"] if label is None else label)


def _stages_of(record: Json, body: Json) -> list[str]:
    """The titles of a pipeline's stages, in order."""
    own = [stage for stage in body.get("dealStages") or () if str(stage["group"]) == str(record["id"])]
    return [str(stage["title"]) for stage in sorted(own, key=lambda s: (int(s.get("order") or 0), id_of(s)))]


_BESIDE: Final[Mapping[str, Mapping[str, Callable[[Json, Json], Json]]]] = {
    "fields": {"options": _options_of, "relations": _relations_of},
    "dealGroups": {"stages": _stages_of},
}


def beside_of(resource: Resource) -> AbstractSet[str]:
    """The attributes that come beside the records of a collection, and not surely with one alone."""
    return _BESIDE.get(resource.name, {}).keys()


def pointers(resource: Resource, record: Json) -> Iterator[tuple[str, str]]:
    """Resource and id of each record that a record points to."""
    return ((family, identity) for _attribute, family, identity in pointing(resource, record))


def pointing(resource: Resource, record: Json) -> Iterator[tuple[str, str, str]]:
    """Each attribute by which a record points to another, with the other's resource and id."""
    for column in resource.columns:
        if column.names and _counts(column, record) and record.get(column.names) not in UNSET:
            identity = str(record[column.names])
            if identity.isdecimal():  # else it points nowhere, whatever it says
                yield column.names, column.of, identity


def _counts(column: Column, record: Json) -> bool:
    """Whether a column of names counts for this record."""
    attribute, value = column.when
    return not attribute or str(record.get(attribute)) == value


def cell_of(record: Json, column: Column, names: Names) -> str:
    """One cell of a record's row; a name that is not known stays empty, its id stands beside it."""
    if not column.names:
        return column.write(record.get(column.attribute))
    identity = record.get(column.names)
    if identity in UNSET or not _counts(column, record):
        return ""
    book = names.book(column.of)
    return escaped(book.name_of(str(identity))) if str(identity) in book else ""
