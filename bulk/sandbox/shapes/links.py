"""How what joins a contact to something else looks on the wire. §3, §4.3, §7.1."""

from __future__ import annotations

from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes, times

CONTACT_TAG: Final = "id, contact, tag, cdate"
CONTACT_LIST: Final = (
    "id, contact, list, status, sdate, udate, sourceid, created, updated,"
    " (SELECT firstName FROM contacts c WHERE c.id = contact), (SELECT lastName FROM contacts c WHERE c.id = contact)"
)
FIELD_VALUE: Final = "id, contact, field, value, cdate, udate"
ACCOUNT_CONTACT: Final = "id, account, contact, jobTitle, createdTimestamp, updatedTimestamp"


def contact_tag_shape(shapes: Shapes, row: Row, *, new: bool = False) -> Json:
    """A row of `CONTACT_TAG`; the answer to its creation has no times but cdate."""
    identity, contact, tag, cdate = row
    return {
        "contact": str(contact), "tag": str(tag), "cdate": cdate, **({} if new else times(cdate, cdate)),
        "links": shapes.links(f"contactTags/{identity}", "tag", "contact"), "id": str(identity),
    }  # fmt: skip


def contact_list_shape(shapes: Shapes, row: Row, *, new: bool = False) -> Json:
    """A row of `CONTACT_LIST`; the answer to a POST does not name the channel."""
    identity, contact, listed, status, sdate, udate, source, created, updated, first, last = row
    return {
        "contact": str(contact), "list": str(listed), "form": None, "seriesid": "0", "sdate": sdate,
        "udate": udate, "status": str(status), "responder": "1", "sync": "0", "unsubreason": "", "campaign": None,
        "message": None, "first_name": first, "last_name": last, "ip4Sub": "0", "sourceid": str(source),
        "autosyncLog": None, "ip4_last": "0", "ip4Unsub": "0", **times(created, updated),
        "unsubscribeAutomation": None, **({} if new else {"channel": "email"}),
        "links": shapes.links(
            f"contactLists/{identity}", "automation", "list", "contact", "form", "autosyncLog", "campaign",
            "unsubscribeAutomation", "message",
        ),
        "id": str(identity), "automation": None,
    }  # fmt: skip


def field_value_shape(shapes: Shapes, row: Row) -> Json:
    """A row of `FIELD_VALUE`."""
    identity, contact, field, value, cdate, udate = row
    return {
        "contact": str(contact), "field": str(field), "value": value, "cdate": cdate, "udate": udate,
        "created_by": None, "updated_by": None, "links": shapes.links(f"fieldValues/{identity}", "owner", "field"),
        "id": str(identity), "owner": str(contact),
    }  # fmt: skip


def account_contact_shape(shapes: Shapes, row: Row) -> Json:
    """A row of `ACCOUNT_CONTACT`."""
    identity, account, contact, title, created, updated = row
    return {
        "account": str(account), "contact": str(contact), "jobTitle": title, "createdTimestamp": created,
        "updatedTimestamp": updated, "links": shapes.links(f"accountContacts/{identity}", "account", "contact"),
        "id": str(identity),
    }  # fmt: skip
