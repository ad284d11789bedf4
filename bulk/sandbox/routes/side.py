"""What stands beside contacts in an answer: arrays by `include` or by themselves, and their ids in each contact. §5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bulk.sandbox.calls import Call
from bulk.sandbox.routes.fields import field_records
from bulk.sandbox.shapes.automations import AUTOMATION, CONTACT_AUTOMATION, automation_shape, contact_automation_shape
from bulk.sandbox.shapes.deals import CONTACT_DEAL, DEAL, NOTE, contact_deal_shape, deal_shape, note_shape
from bulk.sandbox.shapes.links import (
    ACCOUNT_CONTACT,
    CONTACT_LIST,
    CONTACT_TAG,
    FIELD_VALUE,
    account_contact_shape,
    contact_list_shape,
    contact_tag_shape,
    field_value_shape,
)
from bulk.sandbox.shapes.names import LIST, TAG, list_shape, tag_shape
from bulk.sandbox.shapes.wire import Shape

# relation, which is its table -> columns, and how a row of them looks
RELATIONS: Final[Mapping[str, tuple[str, Shape]]] = {
    "fieldValues": (FIELD_VALUE, field_value_shape),
    "contactTags": (CONTACT_TAG, contact_tag_shape),
    "contactLists": (CONTACT_LIST, contact_list_shape),
    "accountContacts": (ACCOUNT_CONTACT, account_contact_shape),
    "contactAutomations": (CONTACT_AUTOMATION, contact_automation_shape),
    "deals": (DEAL, deal_shape),
    "contactDeals": (CONTACT_DEAL, contact_deal_shape),
    "notes": (NOTE, note_shape),
}
_NOTES: Final = "reltype = 'Subscriber' AND "
_NEVER_ANY: Final = ("geoIps",)  # not kept here
_NAMES_BESIDE: Final = {"geoIps.geoAddress": "geoAddresses", "organization": "organizations"}  # nor these

Record = dict[str, Any]


def _owned(call: Call, relation: str, contacts: Sequence[int]) -> list[tuple[int, Record]]:
    """All records of a relation of these contacts, by id, each behind its contact."""
    contact, more = ("relid", _NOTES) if relation == "notes" else ("contact", "")
    where = f"{more}{contact} IN ({_marks(contacts)})"
    columns, shape = RELATIONS[relation]
    rows = call.store.rows(f"SELECT {contact}, {columns} FROM {relation} WHERE {where} ORDER BY id", contacts)
    return [(row[0], shape(call.shapes, row[1:])) for row in rows]


def records(call: Call, relation: str, contacts: Sequence[int]) -> list[Record]:
    """All records of a relation of these contacts, by id."""
    return [record for _contact, record in _owned(call, relation, contacts)]


def loaded(
    call: Call, contacts: Sequence[int], include: str
) -> tuple[dict[str, list[Record]], dict[int, dict[str, list[str]]]]:  # fmt: skip
    """The arrays that `include` asks for, and for each contact the ids of what is its own, by relation."""
    asked = list(dict.fromkeys(name.strip() for name in include.split(",")))
    beside: dict[str, list[Record]] = {}
    related: dict[int, dict[str, list[str]]] = {contact: {} for contact in contacts}
    for relation in dict.fromkeys(name.partition(".")[0] for name in asked):
        if relation not in RELATIONS and relation not in _NEVER_ANY:
            continue
        owned = _owned(call, relation, contacts) if relation in RELATIONS else []
        beside[relation] = [record for _contact, record in owned]
        for contact in contacts:
            related[contact][relation] = []
        for contact, record in owned:
            related[contact][relation].append(record["id"])
    for name in asked:
        if name in _BEHIND:
            plural, of = _BEHIND[name]
            beside[plural] = of(call, contacts)
        elif name in _NAMES_BESIDE:
            beside[_NAMES_BESIDE[name]] = []
    return beside, related


def account_contact_ids(call: Call, contacts: Sequence[int]) -> dict[int, list[str]]:
    """The ids of accountContacts, which a list of contacts shows without being asked."""
    sql = f"SELECT contact, id FROM accountContacts WHERE contact IN ({_marks(contacts)})"
    ids: dict[int, list[str]] = {contact: [] for contact in contacts}
    for contact, identity in call.store.rows(sql, contacts):
        ids[contact].append(str(identity))
    return ids


def _marks(values: Sequence[int]) -> str:
    return ",".join("?" * len(values))


def _tags(call: Call, contacts: Sequence[int]) -> list[Record]:
    sql = f"SELECT {TAG} FROM tags WHERE id IN (SELECT tag FROM contactTags WHERE contact IN ({_marks(contacts)}))"
    return [tag_shape(call.shapes, row) for row in call.store.rows(sql, contacts)]


def _lists(call: Call, contacts: Sequence[int]) -> list[Record]:
    sql = f"SELECT {LIST} FROM lists WHERE id IN (SELECT list FROM contactLists WHERE contact IN ({_marks(contacts)}))"
    return [list_shape(call.shapes, row) for row in call.store.rows(sql, contacts)]


def _automations(call: Call, contacts: Sequence[int]) -> list[Record]:
    current = f"SELECT automation FROM contactAutomations WHERE contact IN ({_marks(contacts)})"
    sql = f"SELECT {AUTOMATION} FROM automations WHERE id IN ({current})"
    return [automation_shape(call.shapes, row) for row in call.store.rows(sql, contacts)]


def _fields(call: Call, contacts: Sequence[int]) -> list[Record]:
    where = f"id IN (SELECT field FROM fieldValues WHERE contact IN ({_marks(contacts)}))"
    return field_records(call, where, contacts)[0]


_BEHIND: Final = {
    "contactTags.tag": ("tags", _tags),
    "contactLists.list": ("lists", _lists),
    "fieldValues.field": ("fields", _fields),
    "contactAutomations.automation": ("automations", _automations),
}
