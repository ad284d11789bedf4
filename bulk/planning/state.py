"""What an account already holds of one contact, as read from a page with its side-loaded relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from bulk.model import Json

ATTRIBUTES: Final = ("email", "firstName", "lastName", "phone")
RELATIONS: Final = ("fieldValues", "contactTags", "contactLists", "accountContacts")


@dataclass(frozen=True, slots=True)
class ContactState:
    """One contact as the API gave it.

    `fields`: field id -> value; `tags`: tag id -> contactTag id; `lists`: list id -> status; `accounts`: account id ->
    accountContact id. `bounced`: the address bounced for good. `titles`: account id -> what the contact is there.
    """

    id: str
    attributes: Mapping[str, str]
    fields: Mapping[str, str]
    tags: Mapping[str, str]
    lists: Mapping[str, str]
    accounts: Mapping[str, str]
    bounced: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        """The state as JSON, to be written down."""
        return [self.id, self.attributes, self.fields, self.tags, self.lists, self.accounts, self.bounced, self.titles]

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """The inverse of `to_json`."""
        return cls(*data)


class Page:
    """The records of one page of contacts, joined with what was side-loaded beside them."""

    def __init__(self, body: Json) -> None:
        self.contacts: list[Json] = body["contacts"]
        self._beside = {name: _by_contact(body.get(name) or ()) for name in RELATIONS}
        self.tags: dict[str, str] = {str(tag["id"]): str(tag["tag"]) for tag in body.get("tags") or ()}

    @staticmethod
    def missing(body: Json, relations: Iterable[str] = RELATIONS) -> tuple[str, ...]:
        """The relations that were asked for by `include` and did not come, although a contact says that it has some.

        A server that ignores `include` gives neither the side-loaded list nor the ids in each contact.
        """
        contacts = body.get("contacts") or []
        absent = []
        for name in relations:
            if not isinstance(body.get(name), list):
                absent.append(name)
                continue
            came = {str(record.get("id")) for record in body[name]}
            listed = {str(identity) for contact in contacts for identity in contact.get(name) or ()}
            if not listed <= came:
                absent.append(name)
        return tuple(absent) if contacts else ()

    def lists(self, contact: Json) -> dict[str, str]:
        """List id -> status of one of its contacts."""
        rows = self._beside["contactLists"].get(str(contact["id"]), ())
        return {str(row["list"]): str(row["status"]) for row in rows}

    def state(self, contact: Json) -> ContactState:
        """What the page says of one of its contacts."""
        identity = str(contact["id"])
        rows = {name: self._beside[name].get(identity, ()) for name in RELATIONS}
        return ContactState(
            id=identity,
            attributes={name: _text(contact.get(name)) for name in ATTRIBUTES},
            **_related(rows),
            bounced=has_bounced(contact),
        )


def with_relations(state: ContactState, records: Iterable[tuple[str, Json]]) -> ContactState:
    """The state with relations that were read apart, as pairs of family and record."""
    families: dict[str, list[Json]] = {name: [] for name in RELATIONS}
    for family, record in records:
        families[family].append(record)
    return replace(state, **_related(families))


def _related(rows: Mapping[str, Iterable[Json]]) -> Json:
    return {
        "fields": {str(row["field"]): _text(row.get("value")) for row in rows["fieldValues"]},
        "tags": {str(row["tag"]): str(row["id"]) for row in rows["contactTags"]},
        "lists": {str(row["list"]): str(row["status"]) for row in rows["contactLists"]},
        "accounts": {str(row["account"]): str(row["id"]) for row in rows["accountContacts"]},
        "titles": {str(row["account"]): _text(row.get("jobTitle")) for row in rows["accountContacts"]},
    }


def has_bounced(contact: Json) -> bool:
    """Whether the address of a full contact record bounced for good; False where the record does not say."""
    return _text(contact.get("bounced_hard")) not in ("", "0")


def _by_contact(records: Iterable[Json]) -> dict[str, list[Json]]:
    result: dict[str, list[Json]] = {}
    for record in records:
        result.setdefault(str(record.get("contact")), []).append(record)
    return result


def _text(value: Json) -> str:
    return "" if value is None else str(value)
