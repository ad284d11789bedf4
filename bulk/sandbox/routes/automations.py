"""automations, which nobody writes, and contactAutomations: who is in them. §7.5. No automation ever does anything."""

from __future__ import annotations

from typing import Final

from bulk.resources import automations
from bulk.sandbox.calls import Answer, Call, Refusal, Selection, echoed, integer, page
from bulk.sandbox.collection import Collection
from bulk.sandbox.routes.contacts import contact_row
from bulk.sandbox.shapes.automations import AUTOMATION, CONTACT_AUTOMATION, automation_shape, contact_automation_shape
from bulk.sandbox.shapes.contacts import contact_shape

AUTOMATIONS: Final = Collection(automations.AUTOMATIONS, AUTOMATION, automation_shape)
ENROLMENTS: Final = Collection(automations.CONTACT_AUTOMATIONS, CONTACT_AUTOMATION, contact_automation_shape)


def list_automations(call: Call) -> Answer:
    """GET /automations."""
    rows, total = page(call, Selection("automations", AUTOMATION))
    starts = [{"id": str(row[0]), "series": str(row[0]), "type": "none", "dealfield": False} for row in rows]
    meta = {"total": str(total), "starts": starts, "filtered": False, "smsLogs": []}
    return 200, {"automations": [automation_shape(call.shapes, row, listed=True) for row in rows], "meta": meta}


def list_enrolments(call: Call) -> Answer:
    """GET /contactAutomations."""
    rows, total = page(call, Selection("contactAutomations", CONTACT_AUTOMATION))
    meta = {"total": str(total), "showcase_stats": []}
    return 200, {"contactAutomations": [contact_automation_shape(call.shapes, row) for row in rows], "meta": meta}


def enrol(call: Call) -> Answer:
    """POST /contactAutomations: whoever may enter once does so once, others as often as asked."""
    sent = call.sent("contactAutomation")
    contact, wanted = integer(sent.get("contact")), integer(sent.get("automation"))
    known = call.store.row("SELECT 1 FROM contacts WHERE id = ?", (contact,))
    open_to_all = call.store.row("SELECT multientry = '1' FROM automations WHERE id = ?", (wanted,))
    current = call.store.row("SELECT 1 FROM contactAutomations WHERE automation = ? AND contact = ?", (wanted, contact))
    if contact is None or known is None or open_to_all is None or (current and not open_to_all[0]):
        raise Refusal(403, {"message": "Could not create SubscriberSeries"})
    values = {"contact": contact, "automation": wanted, "adddate": call.store.now()}
    made = ENROLMENTS.record(call, call.store.insert("contactAutomations", values)) | {"startid": 0, "status": 1}
    record = echoed(made, sent, "contact", "automation")
    return 201, {"contacts": [contact_shape(call.shapes, contact_row(call, contact))], "contactAutomation": record}


def entry_counts(call: Call) -> Answer:
    """GET /contacts/{id}/automationEntryCounts: how often a contact entered each automation."""
    contact = contact_row(call, call.ids[0])[0]
    rows = call.store.rows(
        "SELECT a.id, a.name, a.status, count(*) FROM contactAutomations c JOIN automations a ON a.id = c.automation"
        " WHERE c.contact = ? GROUP BY a.id",
        (contact,),
    )
    counts = [
        {"id": str(identity), "name": name, "status": status, "hidden": "0", "contactEntryCount": str(count)}
        for identity, name, status, count in rows
    ]
    return 200, {"automationEntryCounts": counts}
