"""contactDeals: who has to do with a deal beside its primary contact. §7.2."""

from __future__ import annotations

import json
from typing import Any

from bulk.sandbox.calls import Answer, Call, echoed, existing, integer, invalid, text
from bulk.sandbox.routes import side
from bulk.sandbox.routes.contacts import contact_row, touch
from bulk.sandbox.routes.deals import deal_row, own_row
from bulk.sandbox.shapes.contacts import contact_shape
from bulk.sandbox.shapes.deals import CONTACT_DEAL, DEAL, contact_deal_shape, deal_shape

_MODEL = "SubscriberDeal"


def below_contact(call: Call) -> Answer:
    """GET /contacts/{id}/contactDeals: with the contact and the deals, and no meta."""
    row = contact_row(call, call.ids[0])
    current = side.records(call, "contactDeals", [row[0]])
    ids = json.dumps([int(link["deal"]) for link in current])
    deals = call.store.rows(
        f"SELECT {DEAL} FROM deals WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", (ids,)
    )
    return 200, {
        "contacts": [contact_shape(call.shapes, row)] if current else [],
        "deals": [deal_shape(call.shapes, deal) for deal in deals], "contactDeals": current,
    }  # fmt: skip


def below_deal(call: Call) -> Answer:
    """GET /deals/{id}/contactDeals: no meta."""
    deal_row(call, call.ids[0])
    rows = call.store.rows(f"SELECT {CONTACT_DEAL} FROM contactDeals WHERE deal = ? ORDER BY id", call.ids)
    return 200, {"contactDeals": [contact_deal_shape(call.shapes, row) for row in rows]}


def _named(call: Call, sent: dict[str, Any], name: str) -> int:
    """The contact or deal that a body names; refused if it names none, or if there is no such."""
    if text(sent.get(name)) == "":
        raise invalid(f"The contactDeal {name} was not provided.", "field_missing", name)
    identity = integer(sent[name])
    if identity is None or call.store.row(f"SELECT 1 FROM {name}s WHERE id = ?", (identity,)) is None:
        raise invalid(f"The related {name} does not exist.", "related_missing", name)
    return identity


def _refuse_twice(call: Call, contact: int, deal: int, by: int) -> None:
    """Refuse a contact that a deal has already, as its primary contact or by a link other than `by`."""
    current = "SELECT 1 FROM contactDeals WHERE contact = ? AND deal = ? AND id <> ?"
    primary = "SELECT 1 FROM deals WHERE contact = ? AND id = ?"
    if call.store.row(f"{current} UNION {primary}", (contact, deal, by, contact, deal)):
        raise invalid("The given contact is already associated to the deal", "field_invalid", "contact")


def _answer(call: Call, identity: int, sent: dict[str, Any]) -> Answer:
    link = existing(call, "contactDeals", CONTACT_DEAL, _MODEL, identity)
    touch(call, link[1])
    return 200, {
        "deals": [deal_shape(call.shapes, deal_row(call, link[2]))],
        "contactDeal": echoed(contact_deal_shape(call.shapes, link, new=True), sent, "contact", "deal"),
    }


def add_contact_deal(call: Call) -> Answer:
    """POST /contactDeals: 200, with the deal."""
    sent = call.sent("contactDeal")
    contact, deal = (_named(call, sent, name) for name in ("contact", "deal"))
    own_row(call, deal)
    _refuse_twice(call, contact, deal, 0)
    values = {"contact": contact, "deal": deal, "cdate": call.store.now()}
    return _answer(call, call.store.insert("contactDeals", values), sent)


def update_contact_deal(call: Call) -> Answer:
    """PUT /contactDeals/{id}: another contact, or another deal."""
    _identity, *current, _cdate = existing(call, "contactDeals", CONTACT_DEAL, _MODEL, call.ids[0])
    sent = call.sent("contactDeal")
    contact, deal = (
        _named(call, sent, name) if name in sent else before
        for name, before in zip(("contact", "deal"), current, strict=True)
    )
    own_row(call, deal)
    _refuse_twice(call, contact, deal, call.ids[0])
    call.store.update("contactDeals", call.ids[0], {"contact": contact, "deal": deal})
    return _answer(call, call.ids[0], sent)
