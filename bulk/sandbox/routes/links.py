"""contactTags, contactLists, accountContacts, fieldValues: what joins a contact to something else. §3, §4.3, §7.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bulk.resources.account_contacts import ACCOUNT_CONTACTS
from bulk.resources.contact_lists import CONTACT_LISTS
from bulk.resources.contact_tags import CONTACT_TAGS
from bulk.resources.field_values import FIELD_VALUES
from bulk.resources.spec import Resource
from bulk.sandbox.calls import (
    Answer,
    Call,
    Refusal,
    Route,
    echoed,
    integer,
    invalid,
    related,
    text,
)
from bulk.sandbox.collection import Asked, Collection
from bulk.sandbox.routes.contacts import as_stored, contact_row, set_field, touch
from bulk.sandbox.routes.side import RELATIONS
from bulk.sandbox.shapes.contacts import contact_shape
from bulk.sandbox.shapes.links import (
    CONTACT_LIST,
    CONTACT_TAG,
    account_contact_shape,
    contact_list_shape,
    contact_tag_shape,
    field_value_shape,
)

LEFT: Final = 2  # the status of who unsubscribed
SET_LIST: Final = (
    "INSERT INTO contactLists (contact, list, status, sdate, udate, sourceid, created, updated)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (contact, list) DO UPDATE SET status = excluded.status,"
    " sdate = coalesce(excluded.sdate, sdate), udate = coalesce(excluded.udate, udate),"
    " sourceid = excluded.sourceid, updated = excluded.updated"
)
ASKED: Final = 4  # the sourceid that says they asked to return
_FILTERS: Final[Mapping[str, Mapping[str, str]]] = {
    "fieldValues": {"filters[fieldid]": "field = ?", "filters[val]": "value = ?"},
    "accountContacts": {"filters[contact]": "contact = ?", "filters[account]": "account = ?"},
}
_DECLARED: Final = (
    CONTACT_TAGS, CONTACT_LISTS, FIELD_VALUES, ACCOUNT_CONTACTS,
    Resource("contactDeals", "contactDeal", "contact+deal", (), ("upsert", "delete")),  # bulk does not move them
)  # fmt: skip


def _asked(plural: str) -> Callable[[Call], Asked]:
    def asked(call: Call) -> Asked:
        wanted = [(sql, value) for name, sql in _FILTERS.get(plural, {}).items() if (value := call.param(name))]
        return Asked([sql for sql, _value in wanted], [value for _sql, value in wanted])

    return asked


LINKS: Final[Mapping[str, Collection]] = {
    resource.name: Collection(resource, *RELATIONS[resource.name], asked=_asked(resource.name))
    for resource in _DECLARED
}


def routes(plural: str) -> dict[tuple[str, str], Route]:
    """The plain routes of what joins a contact to something; to delete one changes the contact."""
    collection = LINKS[plural]

    def delete(call: Call) -> Answer:
        link = collection.record(call, call.ids[0])
        answer = collection.delete(call)
        touch(call, int(link["contact"]))
        return answer

    plain = collection.routes()
    return {place: delete if place[0] == "DELETE" else route for place, route in plain.items()}


def _contact_of(call: Call, value: Any) -> int:
    """The contact that a link names, or the documented 404."""
    contact = integer(value)
    if contact is None or call.store.row("SELECT 1 FROM contacts WHERE id = ?", (contact,)) is None:
        raise Refusal(404, {"errors": [{"status": 404, "title": "Not Found", "detail": "Contact not found"}]})
    return contact


def _contacts(call: Call, contact: int) -> list[Any]:
    """The contact that a link changed, as it stands beside the link."""
    touch(call, contact)
    return [contact_shape(call.shapes, contact_row(call, contact))]


# ---- contactTags


def add_tag(call: Call) -> Answer:
    """POST /contactTags: with the contact the first time, then 200 without it, under the same id."""
    sent = call.sent("contactTag")
    for name in ("contact", "tag"):
        if sent.get(name) in (None, ""):
            pointer = {"pointer": f"/data/attributes/{name}"}
            raise Refusal(422, {"errors": [{"status": 422, "title": "Missing attribute", "source": pointer}]})
    contact = _contact_of(call, sent["contact"])
    if integer(sent["tag"]) is None:
        raise invalid("No tag id provided", "field_invalid", "tag")
    tag = related(call, "tags", "Tag", sent["tag"])
    row = call.store.row(f"SELECT {CONTACT_TAG} FROM contactTags WHERE contact = ? AND tag = ?", (contact, tag))
    if row is not None:
        return 200, {"contactTag": contact_tag_shape(call.shapes, row)}
    now = call.store.now()
    identity = call.store.insert("contactTags", {"contact": contact, "tag": tag, "cdate": now})
    record = contact_tag_shape(call.shapes, (identity, contact, tag, now), new=True)
    link = echoed(record, sent, "contact", "tag")
    return call.switches.new_contact_tag, {"contacts": _contacts(call, contact), "contactTag": link}


# ---- contactLists


def set_list(call: Call) -> Answer:
    """POST /contactLists: always 200, in place; with the contact only if something changed."""
    sent = call.sent("contactList")
    contact = _contact_of(call, sent.get("contact"))
    mailing = related(call, "lists", "_List", sent.get("list"))
    status = integer(sent.get("status"))
    if status not in (0, 1, 2, 3):
        raise invalid("The value you selected is not a valid choice.", "field_invalid", "status")
    current = call.store.row("SELECT status FROM contactLists WHERE contact = ? AND list = ?", (contact, mailing))
    returns = current is not None and current[0] == LEFT and status == 1
    if returns and call.switches.resubscribe == "wants sourceid" and integer(sent.get("sourceid")) != ASKED:
        raise invalid("The contact has unsubscribed from this list.", "field_invalid", "sourceid")
    changed = current is None or current[0] != status
    if changed:
        source = integer(sent.get("sourceid")) or ASKED
        call.store.rows(SET_LIST, list_row(contact, mailing, status, source, call.store.now()))
    row = call.store.row(f"SELECT {CONTACT_LIST} FROM contactLists WHERE contact = ? AND list = ?", (contact, mailing))
    record = contact_list_shape(call.shapes, row or (), new=True)
    if not changed:
        return 200, {"contactList": record}
    link = echoed(record, sent, "contact", "list", "status", "sourceid")
    return 200, {"contacts": _contacts(call, contact), "contactList": link}


def list_row(contact: int, mailing: int, status: int, source: int, now: str) -> tuple[Any, ...]:
    """The values of `SET_LIST`: subscribing sets sdate, unsubscribing udate."""
    subscribed, unsubscribed = (now if status == 1 else None), (now if status == LEFT else None)
    return contact, mailing, status, subscribed, unsubscribed, source, now, now


# ---- accountContacts


def join_account(call: Call) -> Answer:
    """POST /accountContacts: a contact may have one account."""
    sent = call.sent("accountContact")
    for name in ("account", "contact"):
        if sent.get(name) in (None, ""):
            raise invalid(f"The {name} was not provided.", "field_missing", name)
    contact, account = _contact_of(call, sent["contact"]), related(call, "accounts", "CustomerAccount", sent["account"])
    if call.store.row("SELECT 1 FROM accountContacts WHERE contact = ?", (contact,)):
        raise invalid("The contact is already associated with an account.", "field_invalid", "account,contact")
    now, title = call.store.now(), text(sent.get("jobTitle"))
    values = {"account": account, "contact": contact, "jobTitle": title}
    identity = call.store.insert("accountContacts", values | {"createdTimestamp": now, "updatedTimestamp": now})
    touch(call, contact)
    record = account_contact_shape(call.shapes, (identity, account, contact, title, now, now))
    return 201, {"accountContact": echoed(record, sent, "account", "contact", "jobTitle")}


def update_account_contact(call: Call) -> Answer:
    """PUT /accountContacts/{id}: its job title."""
    LINKS["accountContacts"].record(call, call.ids[0])
    sent = call.sent("accountContact")
    if "jobTitle" in sent:
        values = {"jobTitle": text(sent["jobTitle"]), "updatedTimestamp": call.store.now()}
        call.store.update("accountContacts", call.ids[0], values)
    return 200, {"accountContact": echoed(LINKS["accountContacts"].record(call, call.ids[0]), sent, "jobTitle")}


# ---- fieldValues


def _not_listed() -> Refusal:
    return invalid("The value you selected is not a valid choice.", "field_invalid", "value")


def post_field_value(call: Call) -> Answer:
    """POST /fieldValues: in place for the same contact and field."""
    sent = call.sent("fieldValue")
    contact = _contact_of(call, sent.get("contact"))
    field = integer(sent.get("field"))
    current = call.store.row("SELECT 1 FROM fieldValues WHERE contact = ? AND field = ?", (contact, field))
    row = set_field(call, contact, field, sent.get("value"), call.store.now())
    if row is None and call.store.row("SELECT 1 FROM fields WHERE id = ?", (field,)):
        raise _not_listed()
    if row is None:
        raise invalid("Field id not valid", "field_invalid", "field")
    record = echoed(field_value_shape(call.shapes, row), sent, "contact", "field", "value")
    return 200 if current else call.switches.new_field_value, {
        "contacts": _contacts(call, contact), "fieldValue": record
    }  # fmt: skip


def update_field_value(call: Call) -> Answer:
    """PUT /fieldValues/{id}: its value."""
    link = LINKS["fieldValues"].record(call, call.ids[0])
    sent = call.sent("fieldValue")
    if "value" in sent:
        value = as_stored(call, int(link["field"]), sent["value"])
        if value is None:
            raise _not_listed()
        call.store.update("fieldValues", call.ids[0], {"value": value, "udate": call.store.now()})
        touch(call, int(link["contact"]))
    return 200, {"fieldValue": echoed(LINKS["fieldValues"].record(call, call.ids[0]), sent, "value")}
