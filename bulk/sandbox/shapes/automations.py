"""How automations, and who is in them, look on the wire. §7.5."""

from __future__ import annotations

from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes

_ENROLLED: Final = "SELECT count(*) FROM contactAutomations WHERE automation = automations.id"
AUTOMATION: Final = f"id, name, status, description, multientry, cdate, mdate, ({_ENROLLED})"
CONTACT_AUTOMATION: Final = "id, contact, automation, adddate"
_LINKS: Final = (
    "campaigns", "contactGoals", "contactAutomations", "blocks", "goals", "sms", "sitemessages", "triggers"
)  # fmt: skip


def automation_shape(shapes: Shapes, row: Row, *, listed: bool = False) -> Json:
    """A row of `AUTOMATION`. `listed` adds what only lists show."""
    identity, name, status, description, again, cdate, mdate, entered = row
    pictures = {"defaultscreenshot": "//img-us1.com/default-series.gif", "screenshot": ""} if listed else {}
    return {
        "name": name, "cdate": cdate, "mdate": mdate, "userid": "1", "status": status, "entered": str(entered),
        "exited": "0", "hidden": "0", "entitlements_violation": "0", "source": "0", "description": description,
        "exit_on_unsubscribe": "0", "exit_on_conversion": "0", "multientry": again, **pictures,
        "links": shapes.links(f"automations/{identity}", *_LINKS), "id": str(identity),
    }  # fmt: skip


def contact_automation_shape(shapes: Shapes, row: Row) -> Json:
    """A row of `CONTACT_AUTOMATION`: nothing moves here, so everybody stands at the beginning."""
    identity, contact, current, added = row
    return {
        "contact": str(contact), "seriesid": str(current), "startid": "0", "status": "1", "batchid": None,
        "adddate": added, "remdate": None, "timespan": None, "lastblock": "1", "lastlogid": "0", "lastdate": added,
        "in_als": "0", "completedElements": "0", "totalElements": "1", "completed": 0, "completeValue": 0,
        "links": shapes.links(
            f"contactAutomations/{identity}", "automation", "contact", "contactGoals", "automationLogs"
        ),
        "id": str(identity), "automation": str(current),
    }  # fmt: skip
