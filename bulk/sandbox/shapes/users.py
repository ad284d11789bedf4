"""How users, their groups and what those may do look on the wire. §7.5."""

from __future__ import annotations

from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes

USER: Final = "id, username, firstName, lastName, email, phone, signature, localZoneid, cdate, udate"


def user_shape(shapes: Shapes, row: Row) -> Json:
    """A row of `USER`."""
    identity, username, first, last, email, phone, signature, zone, cdate, udate = row
    return {
        "username": username, "firstName": first, "lastName": last, "email": email, "phone": phone,
        "signature": signature, "localZoneid": zone, "password_updated_utc_timestamp": None, "cdate": cdate,
        "udate": udate, "mfaEnabled": "0",
        "links": shapes.links(
            f"users/{identity}", "lists", "userGroup", "dealGroupTotals", "dealGroupUsers", "configs",
            "dealConnection", "userConversationsPermission", "seatUser",
        ),
        "id": str(identity),
    }  # fmt: skip


def group_shape(shapes: Shapes, row: Row) -> Json:
    """A group: its id, title and description."""
    identity, title, description = row
    return {
        "title": title, "descript": description, "p_admin": "1",
        "links": shapes.links(
            f"groups/{identity}", "userGroups", "groupLimit", "dealGroupGroups", "listGroups", "addressGroups",
            "automationGroups",
        ),
        "id": str(identity),
    }  # fmt: skip


def group_limit_shape(shapes: Shapes, row: Row) -> Json:
    """What a group may do, which is anything; `row` begins with its id."""
    identity = str(row[0])
    return {
        "groupid": identity, "limitMail": "0", "limitMailType": "month", "limitContact": "0", "limitList": "0",
        "limitCampaign": "0", "limitCampaignType": "month", "limitAttachment": "-1", "limitUser": "0",
        "abuseRatio": "4", "forceSenderInfo": "0", "links": shapes.links(f"groupLimits/{identity}", "group"),
        "id": identity, "group": identity,
    }  # fmt: skip
