"""How pipelines, their stages, deals, contactDeals and notes look on the wire. §7.2, §7.3."""

from __future__ import annotations

import hashlib
from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes, stamp

DEAL_GROUP: Final = "id, title, currency, autoassign, allusers, allgroups, cdate, udate"
DEAL_STAGE: Final = (
    "id, dealGroup, title, color, ordernum, width, dealOrder, cardRegion1, cardRegion2, cardRegion3, cardRegion4,"
    " cardRegion5, cdate, udate"
)
DEAL: Final = (
    "id, title, description, value, currency, contact, account, dealGroup, stage, owner, percent, status, cdate, mdate,"
    " (SELECT hidden FROM dealGroups g WHERE g.id = dealGroup),"
    " (SELECT count(*) FROM notes n WHERE n.reltype = 'Deal' AND n.relid = deals.id)"
)
CONTACT_DEAL: Final = "id, contact, deal, cdate"
NOTE: Final = "id, reltype, relid, note, cdate, mdate"
# what a note may be about here -> what its owner is called
OWNERS: Final = {"Deal": "deal", "Subscriber": "contact", "CustomerAccount": "account"}
_DEAL_LINKS: Final = (
    "dealActivities", "contact", "contactDeals", "group", "nextTask", "notes", "account", "customerAccount",
    "organization", "owner", "scoreValues", "stage", "tasks", "dealCustomFieldData",
)  # fmt: skip


def deal_group_shape(shapes: Shapes, row: Row, *, stages: list[str] | None = None, deals: int | None = None) -> Json:
    """A row of `DEAL_GROUP`; by itself with the ids of its stages, in lists also with how many deals are in it."""
    identity, title, currency, assign, users, groups, cdate, udate = row
    return {
        "title": title, "currency": currency, "autoassign": str(assign), "allusers": str(users),
        "allgroups": str(groups), "win_probability_initialize_date": None, "cdate": cdate, "udate": udate, "source": "",
        **({} if deals is None else {"count": str(deals)}), **({} if stages is None else {"stages": stages}),
        "links": shapes.links(
            f"dealGroups/{identity}", "stages", "dealGroupUsers", "dealGroupGroups", "winProbabilityFeatures"
        ),
        "id": str(identity),
    }  # fmt: skip


def deal_group_user_shape(shapes: Shapes, row: Row) -> Json:
    """One to whom a pipeline's new deals go: id, pipeline, user."""
    identity, group, user = row
    return {
        "dealGroup": str(group), "user": str(user), "cdate": None,
        "links": shapes.links(f"dealGroupUsers/{identity}", "dealGroup", "user"), "id": str(identity),
    }  # fmt: skip


def deal_group_group_shape(shapes: Shapes, row: Row) -> Json:
    """A group of users that sees a pipeline: id, pipeline, group."""
    identity, pipeline, group = (str(value) for value in row)
    return {
        "d_groupid": pipeline, "groupid": group, "cdate": None,
        "links": shapes.links(f"dealGroupGroups/{identity}", "dealGroup", "group"), "id": identity,
        "dealGroup": pipeline, "group": group,
    }  # fmt: skip


def deal_stage_shape(shapes: Shapes, row: Row) -> Json:
    """A row of `DEAL_STAGE`."""
    identity, group, title, color, order, width, sorting, *cards, cdate, udate = row
    return {
        "group": str(group), "title": title, "color": color, "order": str(order), "width": str(width),
        "dealOrder": sorting, **{f"cardRegion{at}": card for at, card in enumerate(cards, 1)}, "cdate": cdate,
        "udate": udate, "links": shapes.links(f"dealStages/{identity}", "group"), "id": str(identity),
    }  # fmt: skip


def deal_shape(shapes: Shapes, row: Row) -> Json:
    """A row of `DEAL`; of one in a pipeline that the key may not see only a stub."""
    (identity, title, description, value, currency, contact, account, group, stage, owner, percent, status, cdate,
     mdate, hidden, notes) = row  # fmt: skip
    if hidden:
        return {"title": title, "status": str(status), "id": str(identity), "isDisabled": True}
    account_name = None if account is None else str(account)
    return {
        "hash": deal_hash(identity), "owner": str(owner), "contact": None if contact is None else str(contact),
        "organization": account_name, "group": str(group), "stage": str(stage), "title": title,
        "description": description,
        "percent": str(percent), "cdate": cdate, "mdate": mdate, "nextdate": None, "nexttaskid": None,
        "value": str(value), "currency": currency, "winProbability": None, "winProbabilityMdate": None,
        "status": str(status), "activitycount": str(notes + 1), "nextdealid": str(identity), "edate": None,
        "links": deal_links(shapes, identity), "id": str(identity), "isDisabled": False, "account": account_name,
        "customerAccount": account_name,
    }  # fmt: skip


def deal_links(shapes: Shapes, identity: int) -> dict[str, str]:
    """The 14 links of a deal."""
    return shapes.links(f"deals/{identity}", *_DEAL_LINKS)


def deal_hash(identity: int) -> str:
    """Eight hex digits that stay with a deal."""
    return hashlib.md5(f"deal {identity}".encode(), usedforsecurity=False).hexdigest()[:8]


def contact_deal_shape(shapes: Shapes, row: Row, *, new: bool = False) -> Json:
    """A row of `CONTACT_DEAL`; the answer to a write has neither role nor times but cdate."""
    identity, contact, deal_id, cdate = row
    more = {"created_timestamp": stamp(cdate), "updated_timestamp": stamp(cdate), "created_by": None}
    return {
        "deal": str(deal_id), "contact": str(contact), **({} if new else {"role": None}), "cdate": cdate,
        **({} if new else {**more, "updated_by": None}),
        "links": shapes.links(f"contactDeals/{identity}", "deal", "contact", *(() if new else ("role",))),
        "id": str(identity),
    }  # fmt: skip


def note_shape(shapes: Shapes, row: Row) -> Json:
    """A row of `NOTE`."""
    identity, reltype, relid, words, cdate, mdate = row
    return {
        "relid": str(relid), "reltype": reltype, "userid": "1", "is_draft": "0", "cdate": cdate, "mdate": mdate,
        "note": words, "links": note_links(shapes, identity), "id": str(identity), "user": "1",
        "owner": {"type": OWNERS[reltype], "id": str(relid)},
    }  # fmt: skip


def note_links(shapes: Shapes, identity: int) -> dict[str, str]:
    """The five links of a note."""
    return shapes.links(f"notes/{identity}", "activities", "user", "mentions", "notes", "owner")
