"""/contacts, /contact/sync and what hangs below one contact: creating, changing, reading one. §2 and §2.2."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from bulk.resources.kinds import EMAIL_PATTERN
from bulk.sandbox.calls import Answer, Call, Refusal, existing, integer, invalid, text
from bulk.sandbox.routes import side
from bulk.sandbox.shapes.contacts import CONTACT, contact_datum_shape, contact_echo, contact_shape
from bulk.sandbox.shapes.links import FIELD_VALUE, field_value_shape

_EMAIL: Final = re.compile(EMAIL_PATTERN)
_ATTRIBUTES: Final = ("firstName", "lastName", "phone")
_CHOICES: Final = ("dropdown", "radio", "checkbox", "listbox")
SET_VALUE: Final = (
    "INSERT INTO fieldValues (contact, field, value, cdate, udate) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (contact, field) DO UPDATE SET value = excluded.value, udate = excluded.udate"
)
_UNASKED: Final = "contactAutomations,contactLists,deals,fieldValues,geoIps.geoAddress,accountContacts"


def contact_row(call: Call, identity: int) -> tuple[Any, ...]:
    """The contact's row, or a 404."""
    return existing(call, "contacts", CONTACT, "Subscriber", identity)


def one_contact(call: Call) -> Answer:
    """GET /contacts/{id}: side-loads without being asked, contactTags excepted."""
    row = contact_row(call, call.ids[0])
    asked = call.param("include") if call.switches.include else ""
    beside, related = side.loaded(call, [row[0]], f"{_UNASKED},{asked}")
    return 200, beside | {"contact": contact_shape(call.shapes, row, related=related[row[0]])}


def below(relation: str) -> Callable[[Call], Answer]:
    """GET /contacts/{id}/<relation>: no meta."""

    def route(call: Call) -> Answer:
        row = contact_row(call, call.ids[0])
        return 200, {relation: side.records(call, relation, [row[0]])}

    return route


def contact_data(call: Call) -> Answer:
    """GET /contacts/{id}/contactData."""
    return 200, {"contactDatum": contact_datum_shape(call.shapes, contact_row(call, call.ids[0]))}


# ---- writing


def create_contact(call: Call) -> Answer:
    """POST /contacts."""
    sent = call.sent("contact")
    email = _valid_email(call, sent)
    _refuse_taken(call, email, 0)
    return _created(call, sent, email, synced=False)


def sync_contact(call: Call) -> Answer:
    """POST /contact/sync: 201 for a new contact, 200 for one that is there; never touches a list."""
    sent = call.sent("contact")
    if sent.get("email") in (None, ""):
        detail = "Contact email must be provided for sync"
        raise Refusal(400, {"errors": [{"status": 400, "title": "Bad Request", "detail": detail}]})
    email = _valid_email(call, sent)
    row = call.store.row("SELECT id FROM contacts WHERE email_key = ?", (call.store.fold(email),))
    if row is None:
        return _created(call, sent, email, synced=True)
    rest = {name: value for name, value in sent.items() if name != "email"}
    return call.switches.synced, _updated(call, int(row[0]), rest)


def update_contact(call: Call) -> Answer:
    """PUT or PATCH /contacts/{id}."""
    contact_row(call, call.ids[0])
    sent = call.sent("contact")
    if "email" in sent:
        email = _valid_email(call, sent)
        _refuse_taken(call, email, call.ids[0])
        sent = sent | {"email": email}
    return 200, _updated(call, call.ids[0], sent)


def delete_contact(call: Call) -> Answer:
    """DELETE /contacts/{id}: its relations go with it, and its address is free again."""
    contact_row(call, call.ids[0])
    if call.switches.deals_left == "deleted":
        call.store.rows("DELETE FROM deals WHERE contact = ?", call.ids)
    call.store.delete("contacts", call.ids[0])
    return 200, {}


def _valid_email(call: Call, sent: dict[str, Any]) -> str:
    email = sent.get("email")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise invalid(
            "Contact Email Address is not valid.", "email_invalid", "email", error="must_be_valid_email_address"
        )
    return email.lower() if call.switches.email == "lower" else email


def _refuse_taken(call: Call, email: str, by: int) -> None:
    """Refuse an address that a contact other than `by` has."""
    if call.store.row("SELECT 1 FROM contacts WHERE email_key = ? AND id <> ?", (call.store.fold(email), by)):
        error = {"title": "Email address already exists in the system", "detail": "", "code": "duplicate",
                 "source": {"pointer": "/data/attributes/email"}}  # fmt: skip
        if call.switches.duplicate_contact == "probed":
            error = {"title": f"{error.pop('title')}.", **{name: error[name] for name in ("code", "source")}}
        raise Refusal(422, {"errors": [error]})


def _created(call: Call, sent: dict[str, Any], email: str, *, synced: bool) -> Answer:
    now = call.store.now()
    values = {name: text(sent.get(name)) for name in _ATTRIBUTES}
    identity = call.store.insert(
        "contacts",
        {"email": email, "email_key": call.store.fold(email), **values, "bounced": 0, "cdate": now, "udate": now},
    )
    set_values = _set_fields(call, identity, sent.get("fieldValues"), now)
    row = (identity, email, *values.values(), 0, now, now)
    contact = contact_echo(call.shapes, row, sent | {"email": email}, synced=synced)
    if set_values is None:
        return 201, {"contact": contact}
    contact["fieldValues"] = [value["id"] for value in set_values]
    return 201, {"fieldValues": set_values, "contact": contact}


def _updated(call: Call, identity: int, sent: dict[str, Any]) -> Any:
    now = call.store.now()
    changed = {name: sent[name] for name in ("email", *_ATTRIBUTES) if name in sent}
    values = {name: text(value) for name, value in changed.items()} | {"udate": now}
    if "email" in values:
        values["email_key"] = call.store.fold(values["email"])
    call.store.update("contacts", identity, values)
    set_values = _set_fields(call, identity, sent.get("fieldValues"), now)
    contact = contact_shape(call.shapes, contact_row(call, identity)) | changed
    return {"contact": contact} if set_values is None else {"fieldValues": set_values, "contact": contact}


def touch(call: Call, contact: int) -> None:
    """Note that a contact changed."""
    call.store.update("contacts", contact, {"udate": call.store.now()})


# ---- custom fields


def _set_fields(call: Call, contact: int, sent: Any, now: str) -> list[Any] | None:
    """Set custom fields; an unknown field is passed over in silence. None if none were sent."""
    if not isinstance(sent, list):
        return None
    rows = (
        set_field(call, contact, integer(entry.get("field")), entry.get("value"), now)
        for entry in sent
        if isinstance(entry, dict)
    )
    by_id = {row[0]: row for row in rows if row is not None}
    return [field_value_shape(call.shapes, row) for row in by_id.values()]


def set_field(call: Call, contact: int, field: int | None, value: Any, now: str) -> tuple[Any, ...] | None:
    """Set one custom field in place; its row, None if there is no such field or the value is not taken."""
    stored = as_stored(call, field, value)
    if stored is None:
        return None
    call.store.rows(SET_VALUE, (contact, field, stored, now, now))
    return call.store.row(f"SELECT {FIELD_VALUE} FROM fieldValues WHERE contact = ? AND field = ?", (contact, field))


def as_stored(call: Call, field: int | None, value: Any) -> str | None:
    """A custom field's value as it is kept; None if there is no such field or the value is not taken."""
    known = call.store.row("SELECT type FROM fields WHERE id = ?", (field,)) if field is not None else None
    return stored_as(call, field, known[0], text(value)) if known is not None else None


def stored_as(call: Call, field: int | None, kind: str, stored: str) -> str | None:
    """The text of a value as a field of that type keeps it; None if it does not take it."""
    if kind == "datetime":
        return call.store.in_zone(stored)
    if call.switches.option_not_listed == "dropped" and kind in _CHOICES:
        offered = {row[0] for row in call.store.rows("SELECT value FROM fieldOptions WHERE field = ?", (field,))}
        if not offered.issuperset(part for part in stored.split("||") if part):
            return None
    return stored
