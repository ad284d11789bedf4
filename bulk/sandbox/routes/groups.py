"""groups of users, the lists that they see, and what is said of the account itself. §3.4, §7.5."""

from __future__ import annotations

from typing import Any, Final

from bulk.resources.kinds import ID, TEXT
from bulk.resources.spec import Column, Resource
from bulk.sandbox.calls import Answer, Call, Refusal, Selection, integer, invalid, kept, listed, text
from bulk.sandbox.collection import Collection
from bulk.sandbox.shapes.users import group_limit_shape, group_shape

DECLARED: Final = Resource(  # bulk does not move them
    name="groups",
    singular="group",
    key="title",
    modes=("create", "update", "delete"),
    columns=(Column("id", ID, writable=False), Column("title", TEXT, required=True), Column("descript", TEXT)),
)


def _values(_call: Call, sent: dict[str, Any], by: int) -> dict[str, Any]:
    """What of a body is stored; only a new group needs a title."""
    if not by and not text(sent.get("title")):
        raise invalid("The group title was not provided.", "field_missing", "title")
    return ({} if by else {"descript": ""}) | kept(sent, ("title", "descript"))


GROUPS: Final = Collection(
    DECLARED, "id, title, descript", group_shape, values=_values, made=("p_admin", "links", "id")
)


def create_group(call: Call) -> Answer:
    """POST /groups: what it may do is told as a number."""
    status, body = GROUPS.create(call)
    return status, {"group": body["group"] | {"p_admin": 1}}


def list_limits(call: Call) -> Answer:
    """GET /groupLimits."""
    return listed(call, "groupLimits", Selection("groups", "id"), group_limit_shape)


def show_list(call: Call) -> Answer:
    """POST /listGroups: a group sees a list from now on."""
    sent = call.sent("listGroup")
    pair = integer(sent.get("listid")), integer(sent.get("groupid"))
    known = "SELECT 1 FROM lists, groups WHERE lists.id = ? AND groups.id = ?"
    if call.store.row(known, pair) is None:
        raise Refusal(403, {"message": "Forbidden"})
    call.store.rows("INSERT OR IGNORE INTO listGroups (listid, groupid) VALUES (?, ?)", pair)
    identity = call.store.count("SELECT id FROM listGroups WHERE listid = ? AND groupid = ?", pair)
    links = call.shapes.links(f"listGroups/{identity}", "list", "group")
    return 201, {"listGroup": {"list": sent["listid"], "group": sent["groupid"], "links": links, "id": str(identity)}}


def settings(call: Call) -> Answer:
    """GET /settings/account: the account that everything here is in, not one of its accounts."""
    first, last, email = call.store.row("SELECT firstName, lastName, email FROM users WHERE id = 1") or ("", "", "")
    return 200, {
        "account": call.shapes.host, "email": email, "first_name": first, "last_name": last, "cname": "",
        "status": "active", "subscriber_limit": 1_000_000, "trial": False, "credits": None, "branding": False,
        "subscriber_total": call.store.count("SELECT contacts FROM totals"),
    }  # fmt: skip
