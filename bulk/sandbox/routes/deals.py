"""deals: reading one, and writing. §7.2. Money is in cents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bulk.sandbox.calls import Answer, Call, Refusal, echoed, existing, integer, invalid, kept, text
from bulk.sandbox.routes.contacts import contact_row
from bulk.sandbox.routes.crm_values import DEAL_VALUES
from bulk.sandbox.routes.pipelines import beside
from bulk.sandbox.routes.stages import other_pipeline, stage_beside
from bulk.sandbox.shapes.contacts import contact_shape
from bulk.sandbox.shapes.deals import DEAL, deal_shape

Row = tuple[Any, ...]
_WRITABLE: Final = (
    "title", "description", "value", "currency", "contact", "account", "group", "stage", "owner", "percent", "status",
)  # fmt: skip
_MOST: Final = 10**15  # cents; sums of what is more could not be written down
# attribute -> whether there is such a record that the key may see
_KNOWN: Final[Mapping[str, str]] = {
    "contact": "SELECT 1 FROM contacts WHERE id = ?",
    "account": "SELECT 1 FROM accounts WHERE id = ?",
    "owner": "SELECT 1 FROM users WHERE id = ?",
    "group": "SELECT 1 FROM dealGroups WHERE id = ? AND NOT hidden",
    "stage": "SELECT 1 FROM dealStages s JOIN dealGroups g ON g.id = s.dealGroup WHERE s.id = ? AND NOT g.hidden",
}
# to whom a pipeline that assigns its deals by itself gives the next: in turn, or to whom has the least
_IN_TURN: Final = (
    "SELECT u.id FROM users u JOIN dealGroups g ON g.id = ? LEFT JOIN deals d ON d.owner = u.id AND d.dealGroup = g.id"
    " WHERE g.allusers OR u.id IN (SELECT user FROM dealGroupUsers WHERE dealGroup = g.id)"
    " GROUP BY u.id ORDER BY CASE g.autoassign WHEN 1 THEN count(d.id) ELSE coalesce(sum(d.value), 0) END, u.id LIMIT 1"
)


def deal_row(call: Call, identity: int) -> Row:
    """The deal's row, or a 404."""
    return existing(call, "deals", DEAL, "Deal", identity)


def own_row(call: Call, identity: int) -> Row:
    """The row of a deal that the key may change; a 403 for one of which it sees a stub."""
    row = deal_row(call, identity)
    if row[-2]:
        raise Refusal(403, {"message": "Forbidden"})
    return row


def one_deal(call: Call) -> Answer:
    """GET /deals/{id}."""
    return 200, {"deal": deal_shape(call.shapes, deal_row(call, call.ids[0]))}


# ---- what of a body is stored


def _missing(name: str) -> Refusal:
    return invalid(f"The deal {name} was not provided.", "field_missing", name)


def _number(sent: Any, name: str, most: int) -> int:
    """A number as it is stored: what comes behind its point is cut off."""
    words = text(sent)
    if isinstance(sent, (list, dict)) or not re.fullmatch(r"[0-9]{1,18}(\.[0-9]*)?", words):
        raise invalid(f"The deal {name} is not valid.", "field_invalid", name)
    number = int(words.partition(".")[0])
    if number > most:
        raise invalid(f"The deal {name} is not valid.", "field_invalid", name)
    return number


def _own_values(sent: dict[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """What a deal has of its own; refused if what is required, or was there before, is empty."""
    for name in ("title", "value", "currency"):
        if name in (*required, *sent) and text(sent.get(name)) == "":
            raise _missing(name)
    values: dict[str, Any] = kept(sent, ("title", "description"))
    if "currency" in sent:
        values["currency"] = text(sent["currency"]).lower()
        if not re.fullmatch("[a-z]{3}", values["currency"]):
            raise invalid("The deal currency is not valid.", "field_invalid", "currency")
    for name, most in (("value", _MOST), ("percent", 100)):
        if text(sent.get(name)) != "":
            values[name] = _number(sent[name], name, most)
    if text(sent.get("status")) != "":
        values["status"] = integer(sent["status"])
        if values["status"] not in (0, 1, 2):
            raise invalid("The value you selected is not a valid choice.", "field_invalid", "status")
    return values


def _named(call: Call, sent: dict[str, Any], name: str) -> int | None:
    """The id that a body has under a name; None without one; refused if there is no such record."""
    if text(sent.get(name)) in ("", "0"):
        return None
    identity = integer(sent[name])
    if call.store.row(_KNOWN[name], (identity,)) is None:
        raise invalid(f"The related {name} does not exist.", "related_missing", name)
    return identity


def _place(call: Call, sent: dict[str, Any], current: int | None) -> dict[str, Any]:
    """The pipeline and stage that a body puts a deal in that is `current` by a pipeline; nothing if it stays."""
    group, stage = _named(call, sent, "group"), _named(call, sent, "stage")
    if stage is not None:
        of = call.store.count("SELECT dealGroup FROM dealStages WHERE id = ?", (stage,))
        if of != (group or current or of):
            raise other_pipeline()
        return {"dealGroup": of, "stage": stage}
    if group is None or group == current:
        return {}
    first = call.store.row("SELECT id FROM dealStages WHERE dealGroup = ? ORDER BY ordernum, id LIMIT 1", (group,))
    if first is None:
        raise _missing("stage")
    return {"dealGroup": group, "stage": first[0]}


def _people(call: Call, sent: dict[str, Any], current: Mapping[str, int | None]) -> dict[str, Any]:
    """Whose deal it is: one of a contact and an account is needed."""
    values: dict[str, Any] = {name: _named(call, sent, name) for name in current if name in sent}
    if all(value is None for value in {**current, **values}.values()):
        raise _missing("contact")
    return values


# ---- writing


def create_deal(call: Call) -> Answer:
    """POST /deals: in the first stage of its pipeline unless one is said."""
    sent = call.sent("deal")
    values = _own_values(sent, ("title", "value", "currency"))
    values |= _people(call, sent, {"contact": None, "account": None})
    place = _place(call, sent, None)
    if not place:
        raise _missing("group")
    owner = _named(call, sent, "owner") or _assigned(call, place["dealGroup"])
    now = call.store.now()
    identity = call.store.insert("deals", {**values, **place, "owner": owner, "cdate": now, "mdate": now})
    return 201, _beside(call, identity, groups=True) | {"deal": _echo(call, identity, sent)}


def _assigned(call: Call, group: int) -> int:
    """The owner that a pipeline gives to a new deal by itself; refused if it does not."""
    if not call.store.count("SELECT autoassign FROM dealGroups WHERE id = ?", (group,)):
        raise _missing("owner")
    row = call.store.row(_IN_TURN, (group,))
    return 1 if row is None else int(row[0])


def _beside(call: Call, identity: int, *, groups: bool = False) -> dict[str, Any]:
    """What stands beside a deal that was written."""
    record = deal_shape(call.shapes, deal_row(call, identity))
    contact = record["contact"]
    return {
        **({} if contact is None else {"contacts": [contact_shape(call.shapes, contact_row(call, int(contact)))]}),
        **({"dealGroups": beside(call, int(record["group"]))} if groups else {}),
        "dealStages": stage_beside(call, record["stage"]),
    }


def _echo(call: Call, identity: int, sent: dict[str, Any]) -> dict[str, Any]:
    """What a create answers: what was sent, in the type it was sent in, and what was generated."""
    full = deal_shape(call.shapes, deal_row(call, identity))
    account_name = sent.get("account") or None
    given = {name: value for name, value in sent.items() if name in _WRITABLE and value is not None}
    made = {name: int(full[name]) for name in ("group", "stage", "owner") if name not in given}
    more = {"description": "", "organization": account_name, "status": 0}
    return {
        **given, **made, "cdate": full["cdate"], "mdate": full["mdate"],
        **{name: value for name, value in more.items() if name not in given}, "nextdate": None, "nextdealid": "0",
        "hash": full["hash"], "winProbability": None, "winProbabilityMdate": None, "links": full["links"],
        **_saved(call, identity, sent), "id": full["id"], "isDisabled": False, "account": account_name,
        "customerAccount": account_name,
    }  # fmt: skip


def _saved(call: Call, deal: int, sent: dict[str, Any]) -> dict[str, Any]:
    """What the answer to a write says of its custom fields, which are saved with it."""
    fields = DEAL_VALUES.save(call, deal, sent.get("fields"))
    return {"fields": fields, "customFieldSaveStatus": {"status": "success"}}


def update_deal(call: Call) -> Answer:
    """PUT or PATCH /deals/{id}: in another pipeline its first stage, unless one is said."""
    identity = call.ids[0]
    row = own_row(call, identity)
    sent = call.sent("deal")
    values = _own_values(sent, ()) | _people(call, sent, {"contact": row[5], "account": row[6]})
    values |= _place(call, sent, row[7])
    if owner := _named(call, sent, "owner"):
        values["owner"] = owner
    call.store.update("deals", identity, values | {"mdate": call.store.now()})
    full = deal_shape(call.shapes, own_row(call, identity))
    full |= {"status": int(full["status"])}
    full = echoed(full, {name: value for name, value in sent.items() if value is not None}, *_WRITABLE)
    last = {name: full.pop(name) for name in ("id", "isDisabled", "account", "customerAccount")}
    deal = {**full, **_saved(call, identity, sent), "id": last.pop("id"), "isDisabled": False, "nextTask": None, **last}
    around = _beside(call, identity)
    return 200, {name: around[name] for name in around if name != "contacts" or "contact" in sent} | {"deal": deal}


def delete_deal(call: Call) -> Answer:
    """DELETE /deals/{id}: its notes, values and further contacts go with it."""
    own_row(call, call.ids[0])
    call.store.delete("deals", call.ids[0])
    return 200, {}


def give_deals(call: Call) -> Answer:
    """PATCH /deals/bulkUpdate: another owner for several deals; refused as a whole if one has none."""
    sent = call.body.get("deals") if isinstance(call.body, dict) else None
    if not isinstance(sent, list) or not all(isinstance(deal, dict) for deal in sent):
        raise Refusal(422, {"errors": [{"status": 422, "title": "deals is required."}]})
    for deal in sent:
        _refuse_owner(call, deal)
    done: dict[str, list[str]] = {"success": [], "nochange": [], "failed": []}
    for deal in sent:
        done[_given(call, integer(deal.get("id")), integer(deal["ownerId"]))].append(text(deal.get("id")))
    return 200, done


def _refuse_owner(call: Call, deal: dict[str, Any]) -> None:
    named, owner = text(deal.get("id")), text(deal.get("ownerId"))
    title = ""
    if not owner:
        title = f"ownerId is required for a deal '{named}'."
    elif call.store.row(_KNOWN["owner"], (integer(deal["ownerId"]),)) is None:
        title = f"Owner(user) with id '{owner}' was not found for a deal '{named}'."
    if title:
        raise Refusal(422, {"errors": [{"status": 422, "title": title}]})


def _given(call: Call, identity: int | None, owner: int | None) -> str:
    """Give a deal to an owner; how that went."""
    row = call.store.row(f"SELECT {DEAL} FROM deals WHERE id = ?", (identity,))
    if row is None or row[-2]:
        return "failed"
    if row[9] == owner:
        return "nochange"
    call.store.update("deals", row[0], {"owner": owner, "mdate": call.store.now()})
    return "success"
