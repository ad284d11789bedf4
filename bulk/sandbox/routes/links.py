"""contactTags, contactLists, accountContacts, fieldValues: what joins a contact to something else. §3, §4.3, §7.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bulk.sandbox.calls import Answer, Call, Refusal, Selection, invalid, missing, page, whole
from bulk.sandbox.routes.contacts import CONTACT_LIST, CONTACT_LISTS, find, in_zone, set_field, shaper, touch

_TABLES: Final = {
    "contactTags": ("contactTags", "id, contact, tag, cdate", "SubscriberTag"),
    "contactLists": (CONTACT_LISTS, CONTACT_LIST, "SubscriberList"),
    "fieldValues": ("fieldValues", "id, contact, field, value, cdate, udate", "FieldValue"),
    "accountContacts": (
        "accountContacts", "id, account, contact, jobTitle, createdTimestamp, updatedTimestamp",
        "CustomerAccountSubscriber",
    ),
}  # fmt: skip
_FILTERS: Final = {
    "contactTags": {},
    "contactLists": {},
    "fieldValues": {"filters[fieldid]": "field = ?", "filters[val]": "value = ?"},
    "accountContacts": {"filters[contact]": "contact = ?", "filters[account]": "account = ?"},
}


def list_links(plural: str) -> Callable[[Call], Answer]:
    """GET /<plural>: by offset pages, with a total."""

    def route(call: Call) -> Answer:
        table, columns, _model = _TABLES[plural]
        wanted = [(sql, value) for name, sql in _FILTERS[plural].items() if (value := call.param(name))]
        order = "l.id" if plural == "contactLists" else "id"
        selection = Selection(table, columns, [sql for sql, _ in wanted], [value for _, value in wanted], order)
        records, total = page(call, selection, shaper(call, plural))
        return 200, {plural: records, "meta": {"total": str(total)}}

    return route


def one_link(plural: str, singular: str) -> Callable[[Call], Answer]:
    """GET /<plural>/{id}."""

    def route(call: Call) -> Answer:
        return 200, {singular: shaper(call, plural)(_link(call, plural, call.ids[0]))}

    return route


def delete_link(plural: str) -> Callable[[Call], Answer]:
    """DELETE /<plural>/{id}: 200 {} and then 404."""

    def route(call: Call) -> Answer:
        row = _link(call, plural, call.ids[0])
        call.store.write(f"DELETE FROM {plural} WHERE id = ?", call.ids)
        touch(call, row[2] if plural == "accountContacts" else row[1])
        return 200, {}

    return route


def _link(call: Call, plural: str, identity: int) -> tuple[Any, ...]:
    table, columns, model = _TABLES[plural]
    row = call.store.row(f"SELECT {columns} FROM {table} WHERE {columns.partition(',')[0]} = ?", (identity,))
    if row is None:
        raise missing(model, identity)
    return row


def _contact_of(call: Call, value: Any) -> int:
    """The contact that a link names, or the documented 404."""
    contact = whole(value)
    if contact is None or call.store.row("SELECT 1 FROM contacts WHERE id = ?", (contact,)) is None:
        raise Refusal(404, {"errors": [{"status": 404, "title": "Not Found", "detail": "Contact not found"}]})
    return contact


def add_tag(call: Call) -> Answer:
    """POST /contactTags: 201 with the contact the first time, then 200 without it, under the same id."""
    sent = call.sent("contactTag")
    for name in ("contact", "tag"):
        if sent.get(name) in (None, ""):
            pointer = {"pointer": f"/data/attributes/{name}"}
            raise Refusal(422, {"errors": [{"status": 422, "title": "Missing attribute", "source": pointer}]})
    contact = _contact_of(call, sent["contact"])
    tag = whole(sent["tag"])
    if tag is None:
        raise invalid("No tag id provided", "field_invalid", "tag")
    if call.store.row("SELECT 1 FROM tags WHERE id = ?", (tag,)) is None:
        raise missing("Tag", tag)
    find_it = "SELECT id, contact, tag, cdate FROM contactTags WHERE contact = ? AND tag = ?"
    row = call.store.row(find_it, (contact, tag))
    if row is not None:
        return 200, {"contactTag": call.shapes.contact_tag(row)}
    now = call.store.now()
    identity = call.store.write("INSERT INTO contactTags (contact, tag, cdate) VALUES (?, ?, ?)", (contact, tag, now))
    touch(call, contact)
    record = call.shapes.contact_tag((identity, contact, tag, now), full=False)
    return 201, {
        "contacts": [call.shapes.contact(find(call, contact))],
        "contactTag": record | {"contact": sent["contact"], "tag": sent["tag"]},
    }


def set_list(call: Call) -> Answer:
    """POST /contactLists: always 200; with the contact only if something changed."""
    sent = call.sent("contactList")
    contact = _contact_of(call, sent.get("contact"))
    listed = whole(sent.get("list"))
    if listed is None or call.store.row("SELECT 1 FROM lists WHERE id = ?", (listed,)) is None:
        raise missing("_List", sent.get("list") or 0)
    status = whole(sent.get("status"))
    if status not in (0, 1, 2, 3):
        raise invalid("The value you selected is not a valid choice.", "field_invalid", "status")
    before = call.store.row("SELECT status FROM contactLists WHERE contact = ? AND list = ?", (contact, listed))
    changed = before is None or before[0] != status
    if changed:
        now = call.store.now()
        call.store.write(
            "INSERT INTO contactLists (contact, list, status, sdate, udate, sourceid, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (contact, list) DO UPDATE SET status = excluded.status,"
            " sdate = coalesce(excluded.sdate, sdate), udate = coalesce(excluded.udate, udate),"
            " sourceid = excluded.sourceid",
            (contact, listed, status, now if status == 1 else None, now if status == 2 else None,
             whole(sent.get("sourceid")) or 4, now),
        )  # fmt: skip
        touch(call, contact)
    row = call.store.row(
        f"SELECT {CONTACT_LIST} FROM {CONTACT_LISTS} WHERE l.contact = ? AND l.list = ?", (contact, listed)
    )
    record = call.shapes.contact_list(row or ())
    if not changed:
        return 200, {"contactList": record}
    echo = record | {name: sent[name] for name in ("contact", "list", "status") if name in sent}
    return 200, {"contacts": [call.shapes.contact(find(call, contact))], "contactList": echo}


_ACCOUNT_CONTACT: Final = (
    "SELECT id, account, contact, jobTitle, createdTimestamp, updatedTimestamp FROM accountContacts"
)


def join_account(call: Call) -> Answer:
    """POST /accountContacts: a contact may have one account."""
    sent = call.sent("accountContact")
    contact, account = _contact_of(call, sent.get("contact")), whole(sent.get("account"))
    if account is None or call.store.row("SELECT 1 FROM accounts WHERE id = ?", (account,)) is None:
        raise missing("CustomerAccount", sent.get("account") or 0)
    if call.store.row("SELECT 1 FROM accountContacts WHERE contact = ?", (contact,)):
        raise invalid("The contact is already associated with an account.", "field_invalid", "account,contact")
    now = call.store.now()
    identity = call.store.write(
        "INSERT INTO accountContacts (account, contact, jobTitle, createdTimestamp, updatedTimestamp)"
        " VALUES (?, ?, ?, ?, ?)",
        (account, contact, str(sent.get("jobTitle") or ""), now, now),
    )
    touch(call, contact)
    row = call.store.row(f"{_ACCOUNT_CONTACT} WHERE id = ?", (identity,))
    record = call.shapes.account_contact(row or ())
    return 201, {"accountContact": record | {name: sent[name] for name in ("account", "contact")}}


def update_account_contact(call: Call) -> Answer:
    """PUT /accountContacts/{id}: its job title."""
    sent = call.sent("accountContact")
    _link(call, "accountContacts", call.ids[0])
    if "jobTitle" in sent:
        call.store.write(
            "UPDATE accountContacts SET jobTitle = ?, updatedTimestamp = ? WHERE id = ?",
            (str(sent["jobTitle"] or ""), call.store.now(), call.ids[0]),
        )
    return 200, {"accountContact": call.shapes.account_contact(_link(call, "accountContacts", call.ids[0]))}


def post_field_value(call: Call) -> Answer:
    """POST /fieldValues: in place for the same contact and field."""
    sent = call.sent("fieldValue")
    contact = _contact_of(call, sent.get("contact"))
    field = whole(sent.get("field"))
    held = call.store.row("SELECT 1 FROM fieldValues WHERE contact = ? AND field = ?", (contact, field))
    rows = set_field(call, contact, field, sent.get("value"), call.store.now())
    if not rows:
        raise invalid("Field id not valid", "field_invalid", "field")
    touch(call, contact)
    value = call.shapes.field_value(rows[0])
    return 200 if held else 201, {"contacts": [call.shapes.contact(find(call, contact))], "fieldValue": value}


def update_field_value(call: Call) -> Answer:
    """PUT /fieldValues/{id}."""
    sent = call.sent("fieldValue")
    row = _link(call, "fieldValues", call.ids[0])
    kind = (call.store.row("SELECT type FROM fields WHERE id = ?", (row[2],)) or ("",))[0]
    text = str(sent.get("value") or "")
    call.store.write(
        "UPDATE fieldValues SET value = ?, udate = ? WHERE id = ?",
        (in_zone(text) if kind == "datetime" else text, call.store.now(), call.ids[0]),
    )
    return 200, {"fieldValue": call.shapes.field_value(_link(call, "fieldValues", call.ids[0]))}
