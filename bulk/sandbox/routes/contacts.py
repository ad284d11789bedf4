"""/contacts, /contact/sync and what hangs below one contact. ACTIVECAMPAIGN's §2, §5."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from bulk.resources.kinds import EMAIL_PATTERN
from bulk.sandbox.calls import Answer, Call, Refusal, Selection, invalid, missing, page, whole
from bulk.sandbox.shapes import CONTACT
from bulk.sandbox.store import ZONE

_EMAIL: Final = re.compile(EMAIL_PATTERN)
_ATTRIBUTES: Final = ("firstName", "lastName", "phone")
_ORDERS: Final = {
    "id": "id", "cdate": "cdate", "email": "email", "first_name": "firstName", "last_name": "lastName",
    "name": "lastName",
}  # fmt: skip
_FILTERS: Final = {
    "email": "email = ?",
    "email_like": "instr(lower(email), lower(?)) > 0",
    "phone": "substr(phone, 1, length(?1)) = ?1",
    "tagid": "id IN (SELECT contact FROM contactTags WHERE tag = ?)",
    "id_greater": "id > CAST(? AS INTEGER)",
    "id_less": "id < CAST(? AS INTEGER)",
    "created_after": "cdate > ?",
    "created_before": "cdate < ?",
    "updated_after": "udate > ?",
    "updated_before": "udate < ?",
}
CONTACT_LIST: Final = (
    "l.id, l.contact, l.list, l.status, l.sdate, l.udate, l.sourceid, l.created, c.firstName, c.lastName"
)
CONTACT_LISTS: Final = "contactLists l JOIN contacts c ON c.id = l.contact"

# relation -> table, columns, key of the contact; each becomes an array beside the contacts when it is included
_INCLUDES: Final[dict[str, tuple[str, str, str]]] = {
    "fieldValues": ("fieldValues", "id, contact, field, value, cdate, udate", "contact"),
    "contactTags": ("contactTags", "id, contact, tag, cdate", "contact"),
    "contactLists": (CONTACT_LISTS, CONTACT_LIST, "l.contact"),
    "accountContacts": (
        "accountContacts", "id, account, contact, jobTitle, createdTimestamp, updatedTimestamp", "contact"
    ),
}  # fmt: skip


def shaper(call: Call, relation: str) -> Callable[[tuple[Any, ...]], Any]:
    """How records of a relation look."""
    shapes = call.shapes
    return {
        "fieldValues": shapes.field_value,
        "contactTags": shapes.contact_tag,
        "contactLists": shapes.contact_list,
        "accountContacts": shapes.account_contact,
    }[relation]


# ---- reading


def list_contacts(call: Call) -> Answer:
    """GET /contacts."""
    selection = _selection(call)
    contacts, total = page(call, selection, lambda row: call.shapes.contact(row, listed=True))
    body: dict[str, Any] = {"scoreValues": []}
    body.update(_included(call, contacts))
    body["contacts"] = contacts
    body["meta"] = {
        "page_input": {"segmentid": None, "formid": 0, "listid": 0, "tagid": 0, "limit": 20, "offset": 0,
                       "search": None, "sort": None, "seriesid": 0, "waitid": 0, "status": -1, "forceQuery": 0},
        "total": str(total), "sortable": True,
    }  # fmt: skip
    return 200, body


def _selection(call: Call) -> Selection:
    where: list[str] = []
    values: list[Any] = []
    ids: list[int] = []
    orders: list[str] = []
    for key, value in call.query:
        name = key.removeprefix("filters[").removesuffix("]") if key.startswith("filters[") else key
        if key == "ids[]":
            ids.append(whole(value) or 0)
        elif key.startswith("orders["):
            column = _ORDERS.get(key[7:-1])
            if column:
                orders.append(f"{column} {'DESC' if value.upper() == 'DESC' else 'ASC'}")
        elif name in _FILTERS and value:
            sql = _FILTERS[name]
            where.append(sql.replace("?1", "?"))
            values.extend([value] * sql.replace("?1", "?").count("?"))
        elif name == "search" and value:
            where.append("(instr(lower(email || ' ' || firstName || ' ' || lastName || ' ' || phone), lower(?)) > 0)")
            values.append(value)
        elif name == "listid" and value:
            where.append("id IN (SELECT contact FROM contactLists WHERE list = ? AND (? < 0 OR status = ?))")
            status = call.param("status") or "-1"
            values += [value, int(status), int(status)]
    if ids:
        where.append(f"id IN ({','.join('?' * len(ids))})")
        values += ids
    return Selection("contacts", CONTACT, where, values, ", ".join(orders) or "id")


def _included(call: Call, contacts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What `include` asks for, in arrays beside the contacts, and their ids in each contact."""
    asked = [name for name in call.param("include").split(",") if name]
    body: dict[str, Any] = {}
    by_id = {contact["id"]: contact for contact in contacts}
    marks = ",".join("?" * len(by_id))
    for relation in dict.fromkeys(name.partition(".")[0] for name in asked):
        if relation not in _INCLUDES:
            continue
        table, columns, key = _INCLUDES[relation]
        rows = call.store.rows(f"SELECT {columns} FROM {table} WHERE {key} IN ({marks}) ORDER BY 1", list(by_id))
        records = [shaper(call, relation)(row) for row in rows]
        for contact in contacts:
            contact[relation] = []
        for record in records:
            by_id[record["contact"]][relation].append(record["id"])
        body[relation] = records
    if "contactTags.tag" in asked:
        tags = call.store.rows(
            "SELECT id, tagType, tag, description, cdate FROM tags WHERE id IN"
            f" (SELECT tag FROM contactTags WHERE contact IN ({marks}))",
            list(by_id),
        )
        body["tags"] = [call.shapes.tag(row) for row in tags]
    if "fieldValues.field" in asked:
        body["fields"] = []
    return body


def one_contact(call: Call) -> Answer:
    """GET /contacts/{id}: side-loads without being asked, contactTags excepted."""
    row = find(call, call.ids[0])
    contact = call.shapes.contact(row)
    body: dict[str, Any] = {"contactAutomations": [], "deals": [], "geoIps": [], "geoAddresses": []}
    for relation in ("contactLists", "fieldValues", "accountContacts"):
        body[relation] = links_of(call, relation)
        contact[relation] = [record["id"] for record in body[relation]]
    return 200, body | {"contact": contact}


def find(call: Call, identity: int) -> tuple[Any, ...]:
    """The contact's row, or a 404."""
    row = call.store.row(f"SELECT {CONTACT} FROM contacts WHERE id = ?", (identity,))
    if row is None:
        raise missing("Subscriber", identity)
    return row


def links_of(call: Call, relation: str) -> list[Any]:
    """All records of a relation of the contact in the path."""
    table, columns, key = _INCLUDES[relation]
    rows = call.store.rows(f"SELECT {columns} FROM {table} WHERE {key} = ? ORDER BY 1", call.ids[:1])
    return [shaper(call, relation)(row) for row in rows]


def below(relation: str) -> Callable[[Call], Answer]:
    """GET /contacts/{id}/<relation>: no meta."""

    def route(call: Call) -> Answer:
        find(call, call.ids[0])
        return 200, {relation: links_of(call, relation)}

    return route


# ---- writing


def create_contact(call: Call) -> Answer:
    """POST /contacts."""
    sent = call.sent("contact")
    email = _valid_email(sent)
    if call.store.row("SELECT 1 FROM contacts WHERE email = ?", (email,)):
        raise invalid("Email address already exists in the system.", "duplicate", "email")
    return _created(call, sent, email)


def sync_contact(call: Call) -> Answer:
    """POST /contact/sync: 201 for a new contact, 200 for one that is there; never touches a list."""
    sent = call.sent("contact")
    if not sent.get("email"):
        detail = "Contact email must be provided for sync"
        raise Refusal(400, {"errors": [{"status": 400, "title": "Bad Request", "detail": detail}]})
    email = _valid_email(sent)
    row = call.store.row("SELECT id FROM contacts WHERE email = ?", (email,))
    if row is None:
        return _created(call, sent, email)
    return _updated(call, int(row[0]), {name: value for name, value in sent.items() if name != "email"})


def update_contact(call: Call) -> Answer:
    """PUT or PATCH /contacts/{id}."""
    sent = call.sent("contact")
    find(call, call.ids[0])
    if "email" in sent:
        email = _valid_email(sent)
        other = call.store.row("SELECT id FROM contacts WHERE email = ?", (email,))
        if other is not None and other[0] != call.ids[0]:
            raise invalid("Email address already exists in the system.", "duplicate", "email")
    return _updated(call, call.ids[0], sent)


def delete_contact(call: Call) -> Answer:
    """DELETE /contacts/{id}: its relations go with it, and its address is free again."""
    find(call, call.ids[0])
    call.store.write("DELETE FROM contacts WHERE id = ?", call.ids)
    return 200, {}


def _valid_email(sent: dict[str, Any]) -> str:
    email = sent.get("email")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise invalid(
            "Contact Email Address is not valid.", "email_invalid", "email", error="must_be_valid_email_address"
        )
    return email


def _created(call: Call, sent: dict[str, Any], email: str) -> Answer:
    now = call.store.now()
    values = [_text(sent.get(name)) for name in _ATTRIBUTES]
    identity = call.store.write(
        "INSERT INTO contacts (email, firstName, lastName, phone, cdate, udate) VALUES (?, ?, ?, ?, ?, ?)",
        (email, *values, now, now),
    )
    set_values = _set_fields(call, identity, sent.get("fieldValues"), now)
    contact = call.shapes.contact_echo((identity, email, *values, 0, now, now), sent)
    if set_values is None:
        return 201, {"contact": contact}
    contact["fieldValues"] = [value["id"] for value in set_values]
    return 201, {"fieldValues": set_values, "contact": contact}


def _updated(call: Call, identity: int, sent: dict[str, Any]) -> Answer:
    now = call.store.now()
    names = [name for name in ("email", *_ATTRIBUTES) if name in sent]
    sets = "".join(f"{name} = ?, " for name in names)
    call.store.write(
        f"UPDATE contacts SET {sets}udate = ? WHERE id = ?", (*(_text(sent[name]) for name in names), now, identity)
    )
    set_values = _set_fields(call, identity, sent.get("fieldValues"), now)
    contact = call.shapes.contact(find(call, identity))
    return 200, ({} if set_values is None else {"fieldValues": set_values}) | {"contact": contact}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _set_fields(call: Call, contact: int, sent: Any, now: str) -> list[Any] | None:
    """Set custom fields; an unknown field is passed over in silence. None if none were sent."""
    if not isinstance(sent, list):
        return None
    return [
        call.shapes.field_value(row)
        for entry in sent
        if isinstance(entry, dict)
        for row in set_field(call, contact, whole(entry.get("field")), entry.get("value"), now)
    ]


def set_field(call: Call, contact: int, field: int | None, value: Any, now: str) -> list[tuple[Any, ...]]:
    """Set one custom field in place; its row, [] if there is no such field."""
    known = call.store.row("SELECT type FROM fields WHERE id = ?", (field,)) if field is not None else None
    if known is None:
        return []
    text = _text(value)
    if known[0] == "datetime":
        text = in_zone(text)
    call.store.write(
        "INSERT INTO fieldValues (contact, field, value, cdate, udate) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (contact, field) DO UPDATE SET value = excluded.value, udate = excluded.udate",
        (contact, field, text, now, now),
    )
    row = call.store.row(
        "SELECT id, contact, field, value, cdate, udate FROM fieldValues WHERE contact = ? AND field = ?",
        (contact, field),
    )
    return [row] if row else []


def in_zone(text: str) -> str:
    """A moment in the account's zone, as it is stored; text that is no moment stays."""
    try:
        return datetime.fromisoformat(text).astimezone(ZONE).isoformat(timespec="seconds")
    except ValueError:
        return text


def touch(call: Call, contact: int) -> None:
    """Note that a contact changed."""
    call.store.write("UPDATE contacts SET udate = ? WHERE id = ?", (call.store.now(), contact))
