"""groups of users, the lists that they see, and what is said of the account itself. §3.4, §7.5."""

from __future__ import annotations

from typing import Final

from bulk.sandbox.calls import Answer, Call, Refusal, Selection, echoed, existing, integer, invalid, kept, listed, text
from bulk.sandbox.shapes.users import group_limit_shape, group_shape

_GROUP: Final = "id, title, descript"
_TEXTS: Final = ("title", "descript")


def list_groups(call: Call) -> Answer:
    """GET /groups."""
    return listed(call, "groups", Selection("groups", _GROUP), group_shape)


def one_group(call: Call) -> Answer:
    """GET /groups/{id}."""
    return 200, {"group": group_shape(call.shapes, existing(call, "groups", _GROUP, "Group", call.ids[0]))}


def create_group(call: Call) -> Answer:
    """POST /groups."""
    sent = call.sent("group")
    if not text(sent.get("title")):
        raise invalid("The group title was not provided.", "field_missing", "title")
    identity = call.store.insert("groups", {"descript": "", **kept(sent, _TEXTS)})
    full = group_shape(call.shapes, existing(call, "groups", _GROUP, "Group", identity))
    made = {"p_admin": 1, "links": full["links"], "id": full["id"]}
    return 201, {"group": {name: sent[name] for name in _TEXTS if name in sent} | made}


def update_group(call: Call) -> Answer:
    """PUT /groups/{id}."""
    existing(call, "groups", "id", "Group", call.ids[0])
    sent = call.sent("group")
    call.store.update("groups", call.ids[0], kept(sent, _TEXTS))
    _status, body = one_group(call)
    return 200, {"group": echoed(body["group"], sent, *_TEXTS)}


def delete_group(call: Call) -> Answer:
    """DELETE /groups/{id}."""
    call.store.delete("groups", existing(call, "groups", "id", "Group", call.ids[0])[0])
    return 200, {}


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
