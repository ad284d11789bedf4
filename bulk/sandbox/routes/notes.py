"""notes: words about a contact, a deal or an account. §7.3. There are no activities and tasks here to have any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bulk.resources.notes import NOTES as DECLARED
from bulk.sandbox.calls import Answer, Call, crm_total, echoed, existing, invalid, missing, related, text
from bulk.sandbox.collection import Collection
from bulk.sandbox.routes.contacts import contact_row, touch
from bulk.sandbox.routes.deals import own_row
from bulk.sandbox.shapes.accounts import ACCOUNT, account_shape
from bulk.sandbox.shapes.contacts import contact_shape
from bulk.sandbox.shapes.deals import DEAL, NOTE, OWNERS, deal_shape, note_links, note_shape


@dataclass(frozen=True, slots=True)
class _About:
    """What a note may be about: its table, its model, and when it was changed last."""

    table: str
    model: str
    changed: str


_ABOUT: Final[Mapping[str, _About]] = {
    "Subscriber": _About("contacts", "Subscriber", "udate"),
    "Deal": _About("deals", "Deal", "mdate"),
    "CustomerAccount": _About("accounts", "CustomerAccount", "updatedTimestamp"),
}
_NOT_KEPT: Final = ("Activity", "DealTask")
_SUBJECT: Final = ("reltype", "relid")


def _subject(call: Call, sent: dict[str, Any]) -> tuple[str, int]:
    """What a body says that its note is about; a 404 if there is no such thing."""
    for name in _SUBJECT:
        if text(sent.get(name)) == "":
            raise invalid(f"The note {name} was not provided.", "field_missing", name)
    reltype = text(sent["reltype"])
    if reltype in _NOT_KEPT:
        raise missing(reltype, sent["relid"])
    if reltype not in _ABOUT:
        raise invalid("The value you selected is not a valid choice.", "field_invalid", "reltype")
    about = _ABOUT[reltype]
    return reltype, related(call, about.table, about.model, sent["relid"])


def _words(sent: dict[str, Any]) -> str:
    if text(sent.get("note")) == "":
        raise invalid("The note note was not provided.", "field_missing", "note")
    return text(sent["note"])


def _values(call: Call, sent: dict[str, Any], by: int) -> dict[str, Any]:
    """What of a body a note that is there is given: its words, and what it is about."""
    values: dict[str, Any] = {"note": _words(sent)} if "note" in sent else {}
    if "relid" in sent or "reltype" in sent:
        before = NOTES.record(call, by)
        values["reltype"], values["relid"] = _subject(call, {name: before[name] for name in _SUBJECT} | sent)
    return values


NOTES: Final = Collection(DECLARED, NOTE, note_shape, values=_values, total=crm_total)


def _beside(call: Call, reltype: str, identity: int) -> dict[str, Any]:
    """What a note is about, as it stands beside it; it has changed by that."""
    about = _ABOUT[reltype]
    if reltype == "Deal":
        own_row(call, identity)
    call.store.update(about.table, identity, {about.changed: call.store.now()})
    if reltype == "Subscriber":
        touch(call, identity)
        return {"contacts": [contact_shape(call.shapes, contact_row(call, identity))]}
    if reltype == "Deal":
        return {"deals": [deal_shape(call.shapes, existing(call, "deals", DEAL, "Deal", identity))]}
    return {"accounts": [account_shape(call.shapes, existing(call, "accounts", ACCOUNT, "CustomerAccount", identity))]}


def _add(call: Call, sent: dict[str, Any], reltype: str, relid: Any, identity: int) -> Answer:
    """Write a note down; `relid` is as it is echoed."""
    words, now = _words(sent), call.store.now()
    beside = _beside(call, reltype, identity)
    values = {"reltype": reltype, "relid": identity, "note": words, "cdate": now, "mdate": now}
    made = call.store.insert("notes", values)
    note = {
        "note": sent["note"], "cdate": now, "mdate": now, "reltype": reltype, "relid": relid, "userid": "1",
        "links": note_links(call.shapes, made),
        "owner": {"type": OWNERS[reltype], "id": relid}, "is_draft": "", "id": str(made), "user": "1",
    }  # fmt: skip
    return 201, beside | {"note": note}


def create_note(call: Call) -> Answer:
    """POST /notes."""
    sent = call.sent("note")
    _words(sent)
    reltype, identity = _subject(call, sent)
    return _add(call, sent, reltype, sent["relid"], identity)


# ---- below what they are about


def below(reltype: str) -> Callable[[Call], Answer]:
    """GET /<plural>/{id}/notes: no meta."""
    about = _ABOUT[reltype]

    def route(call: Call) -> Answer:
        identity = existing(call, about.table, "id", about.model, call.ids[0])[0]
        rows = call.store.rows(
            f"SELECT {NOTE} FROM notes WHERE reltype = ? AND relid = ? ORDER BY id", (reltype, identity)
        )
        return 200, {"notes": [note_shape(call.shapes, row) for row in rows]}

    return route


def add_below(reltype: str) -> Callable[[Call], Answer]:
    """POST /<plural>/{id}/notes."""
    about = _ABOUT[reltype]

    def route(call: Call) -> Answer:
        identity = existing(call, about.table, "id", about.model, call.ids[0])[0]
        return _add(call, call.sent("note"), reltype, str(identity), identity)

    return route


def update_below(reltype: str) -> Callable[[Call], Answer]:
    """PUT /<plural>/{id}/notes/{n}: one that is there."""
    about = _ABOUT[reltype]

    def route(call: Call) -> Answer:
        identity, number = call.ids
        existing(call, about.table, "id", about.model, identity)
        before = NOTES.record(call, number)
        if (before["reltype"], before["relid"]) != (reltype, str(identity)):
            raise missing("Note", number)
        sent = call.sent("note")
        call.store.update("notes", number, {"note": _words(sent), "mdate": call.store.now()})
        beside = _beside(call, reltype, identity)
        return 200, beside | {"note": echoed(NOTES.record(call, number), sent, "note")}

    return route
