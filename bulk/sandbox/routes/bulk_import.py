"""The bulk importer: batches of contacts that are checked at once, queued, and applied seconds later. §6.

What a batch says is applied by whoever asks the account anything once its time has come: there is no other hand here.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bulk.resources.kinds import EMAIL_PATTERN
from bulk.sandbox.calls import Answer, Call, Refusal, integer, text
from bulk.sandbox.routes.contacts import set_field, sync_contact
from bulk.sandbox.routes.links import LEFT, store_list

MOST: Final = 250  # contacts in a batch
BYTES: Final = 400_000  # a body has fewer
PER_MINUTE: Final = 100  # requests, of them
SINGLES: Final = 20  # with one contact each
_LOOSE: Final = re.compile(r"[^\s@]+@[^\s@]+")  # the check at the door; that in the queue is the strict one
_STRICT: Final = re.compile(EMAIL_PATTERN)
_AGES: Final = ((1, False), (2, "waiting"), (3, "claimed"), (6, "active"))  # until these sixths of the whole time
_NAMES: Final = {"first_name": "firstName", "last_name": "lastName", "phone": "phone"}
_INVALID: Final = (
    "JSON payload did not pass validation. Please fix failureReasons and retry. The import was not queued for"
    " processing."
)
_OFTEN: Final = "Up to {} imports may be requested per minute.Please batch contacts"  # as it is documented

Entry = Mapping[str, Any]


def _refused(message: str, *reasons: Any) -> Answer:
    return 400, {"success": 0, "message": message, "failureReasons": list(reasons)}


# ---- a batch comes in


def queue(call: Call) -> Answer:
    """POST /import/bulk_import: checked as a whole; one bad contact refuses the batch."""
    sent = call.body.get("contacts") if isinstance(call.body, dict) else None
    if not isinstance(sent, list) or not sent:
        return _refused(_INVALID, "Invalid or unparsable json")
    often = _too_often(call, len(sent))
    if often:
        return _refused("Rate limit exceeded.", _OFTEN.format(often))
    if len(sent) > MOST:
        return _refused(_INVALID, f"A batch may hold up to {MOST} contacts.")
    if len(json.dumps(call.body, separators=(",", ":"))) >= BYTES:
        return _refused(_INVALID, f"The payload must be smaller than {BYTES} bytes.")
    reasons = [
        {"contact": at, "failureReason": f"Field 'email' {wrong}"}
        for at, entry in enumerate(sent, 1) if (wrong := _refused_at_once(entry))
    ]  # fmt: skip
    if reasons:
        return _refused(_INVALID, *reasons)
    batch = str(uuid.uuid4())
    entries = _once_each(call, sent)
    shut_out = [entry["email"] for entry in entries if _is_excluded(call, entry["email"])]
    queued = [entry for entry in entries if entry["email"] not in shut_out]
    call.store.rows(
        "INSERT INTO imports (batchId, at, day, contacts, failure) VALUES (?, ?, ?, ?, ?)",
        (batch, call.store.time(), call.store.now()[:10], json.dumps(queued), json.dumps(shut_out)),
    )
    success = len(sent) if shut_out else 1
    return 200, {
        call.switches.import_success_key: success, "queued_contacts": len(queued), "batchId": batch,
        "message": "Contact import queued",
    }  # fmt: skip


def _too_often(call: Call, contacts: int) -> int:
    """The limit that this request is over, 0 if it is over none. Counts it, unless it is over one."""
    now = call.store.time()
    call.store.rows("DELETE FROM importCalls WHERE at <= ?", (now - 60,))
    calls, singles = call.store.row("SELECT count(*), coalesce(sum(single), 0) FROM importCalls") or (0, 0)
    if calls >= PER_MINUTE:
        return PER_MINUTE
    if contacts == 1 and singles >= SINGLES:
        return SINGLES
    call.store.rows("INSERT INTO importCalls VALUES (?, ?)", (now, int(contacts == 1)))
    return 0


def _refused_at_once(entry: Any) -> str:
    """What is wrong with a contact's address at first sight, "" if nothing is."""
    email = entry.get("email") if isinstance(entry, dict) else None
    if email in (None, ""):
        return "not found"
    return "" if isinstance(email, str) and _LOOSE.fullmatch(email) else "incorrect format"


def _once_each(call: Call, sent: Sequence[Entry]) -> list[Entry]:
    """Each address once, in order: the last of several, or the first."""
    result: dict[str, Entry] = {}
    for entry in sent:
        key = call.store.fold(entry["email"])
        if call.switches.import_twice == "last" or key not in result:
            result[key] = entry
    return list(result.values())


def _is_excluded(call: Call, email: str) -> bool:
    """Whether the exclusion list has the address, or what it ends with."""
    fold = call.store.fold
    rules = call.store.rows("SELECT matchPhrase, matchType FROM exclusions")
    return any(fold(email) == fold(phrase) if kind == "exact" else fold(email).endswith(fold(phrase))
               for phrase, kind in rules)  # fmt: skip


# ---- its time has come


def is_due(call: Call) -> bool:
    """Whether a batch waits to be applied."""
    (first,) = call.store.row("SELECT min(at) FROM imports WHERE success IS NULL") or (None,)
    return first is not None and first <= _due(call)


def _due(call: Call) -> float:
    return call.store.time() - call.switches.import_seconds


def apply(call: Call) -> None:
    """Apply what is due, batch by batch."""
    due = "SELECT batchId, contacts, failure FROM imports WHERE success IS NULL AND at <= ? ORDER BY at"
    for batch, contacts, failure in call.store.rows(due, (_due(call),)):
        made: list[str] = []
        failed: list[str] = json.loads(failure)
        for entry in json.loads(contacts):
            identity, new = _take(call, entry)
            if not identity:
                failed.append(entry["email"])
            elif new or call.switches.import_success == "all":
                made.append(identity)
        call.store.rows(
            "UPDATE imports SET success = ?, failure = ?, contacts = ? WHERE batchId = ?",
            (json.dumps(made), json.dumps(failed), json.dumps([{}] * len(json.loads(contacts))), batch),
        )


def _take(call: Call, entry: Entry) -> tuple[str, bool]:
    """Apply one contact: its id, "" if it fails, and whether it is new. §6.4."""
    email = entry["email"]
    apostrophe = "'" in email.partition("@")[0] and call.switches.import_apostrophe == "refused"
    current = call.store.row("SELECT id, bounced FROM contacts WHERE email_key = ?", (call.store.fold(email),))
    subscribe, unsubscribe = (_lists(call, entry.get(name)) for name in ("subscribe", "unsubscribe"))
    left = current is not None and any(
        call.store.row(
            "SELECT 1 FROM contactLists WHERE contact = ? AND list = ? AND status = ?", (current[0], one, LEFT)
        )
        for one in subscribe
    )
    if not _STRICT.fullmatch(email) or apostrophe or left or (current is not None and current[1]):
        return "", False
    fields = [one for one in entry.get("fields") or () if isinstance(one, dict)]
    if call.switches.import_unknown == "fails" and not _all_known(call, fields, entry):
        return "", False
    contact = {"email": email} | {
        ours: text(entry[name]) for name, ours in _NAMES.items()
        if name in entry and (entry[name] not in (None, "") or call.switches.import_blanks == "overwrite")
    }  # fmt: skip
    try:
        status, answer = sync_contact(replace(call, body={"contact": contact}))
    except Refusal:
        return "", False
    identity = int(answer["contact"]["id"])
    _add(call, identity, entry, fields)
    for status_, lists in ((1, subscribe), (LEFT, unsubscribe)):
        for one in lists:
            store_list(call, identity, one, status_, 0)
    return str(identity), status == 201


def _lists(call: Call, sent: Any) -> list[int]:
    """The lists that a contact names and that there are."""
    ids = [integer(one.get("listid")) for one in sent if isinstance(one, dict)] if isinstance(sent, list) else []
    return [one for one in ids if one and call.store.row("SELECT 1 FROM lists WHERE id = ?", (one,))]


def _all_known(call: Call, fields: Sequence[Entry], entry: Entry) -> bool:
    """Whether every field and list that a contact names is there."""
    known = all(call.store.row("SELECT 1 FROM fields WHERE id = ?", (integer(one.get("id")),)) for one in fields)
    named = [*(entry.get("subscribe") or ()), *(entry.get("unsubscribe") or ())]
    return known and len(_lists(call, named)) == len(named)


def _add(call: Call, contact: int, entry: Entry, fields: Sequence[Entry]) -> None:
    """What belongs to the contact and only comes on top: values, tags by name, its account by name."""
    now = call.store.now()
    for one in fields:
        if one.get("value") not in (None, "") or call.switches.import_blanks == "overwrite":
            set_field(call, contact, integer(one.get("id")), one.get("value"), now)
    for name in entry.get("tags") or ():
        tag = call.store.row(
            "SELECT id FROM tags WHERE tagType = 'contact' AND tag_key = ?", (call.store.fold(text(name)),)
        )
        values = {"tagType": "contact", "tag": text(name), "tag_key": call.store.fold(text(name)), "description": ""}
        identity = tag[0] if tag else call.store.insert("tags", values | {"cdate": now, "udate": now})
        call.store.rows("INSERT OR IGNORE INTO contactTags (contact, tag, cdate) VALUES (?, ?, ?)",
                        (contact, identity, now))  # fmt: skip
    name = text(entry.get("customer_acct_name"))
    if name:
        account = call.store.row("SELECT id FROM accounts WHERE name_key = ?", (call.store.fold(name),))
        stamps = {"createdTimestamp": now, "updatedTimestamp": now}
        made = {"name": name, "name_key": call.store.fold(name), "accountUrl": "", **stamps}
        identity = account[0] if account else call.store.insert("accounts", made)
        call.store.rows(
            "INSERT OR IGNORE INTO accountContacts (account, contact, jobTitle, createdTimestamp, updatedTimestamp)"
            " VALUES (?, ?, '', ?, ?)", (identity, contact, now, now),
        )  # fmt: skip


# ---- what became of it


def info(call: Call) -> Answer:
    """GET /import/info: where a batch stands; which contacts it made, and whose addresses failed, without a reason."""
    batch = call.param("batchId")
    if not batch:
        return 400, {"success": 0, "message": "'batchId' is a required field."}
    row = call.store.row("SELECT at, success, failure FROM imports WHERE batchId = ?", (batch,))
    if row is None:
        return call.switches.unknown_batch, {"success": 0, "message": f"There is no batch {batch}."}
    at, success, failure = row
    if success is not None:
        return 200, {"status": "completed", "success": json.loads(success), "failure": json.loads(failure)}
    age = call.store.time() - at
    status = next((name for part, name in _AGES if age < call.switches.import_seconds * part / 6), "active")
    return 200, {"status": status, "success": [], "failure": []}


def overview(call: Call) -> Answer:
    """GET /import/bulk_import: what waits and what is done, by day."""
    days = (
        "SELECT day, count(*), sum(json_array_length(contacts)) FROM imports WHERE success IS {} NULL GROUP BY day"
        " ORDER BY day"
    )
    result = {
        name: [{"forDate": day, "batches": str(batches), "contacts": str(contacts)}
               for day, batches, contacts in call.store.rows(days.format(how))]
        for name, how in (("outstanding", ""), ("recentlyCompleted", "NOT"))
    }  # fmt: skip
    return 200, result


# ---- who is shut out


def exclusions(call: Call) -> Answer:
    """GET /lists/exclusions: without a wrapper's singular, its total a number. §3.4."""
    rows = call.store.rows("SELECT id, matchPhrase, matchType FROM exclusions ORDER BY id")
    return 200, {"exclusions": [_exclusion(row) for row in rows], "meta": {"total": len(rows)}}


def exclusion(call: Call) -> Answer:
    """GET /lists/exclusions/{id}: no wrapper."""
    row = call.store.row("SELECT id, matchPhrase, matchType FROM exclusions WHERE id = ?", call.ids)
    if row is None:
        raise Refusal(404, {"message": f"Exclusion not found [id={call.ids[0]}]"})
    return 200, _exclusion(row)


def _exclusion(row: tuple[Any, ...]) -> dict[str, Any]:
    identity, phrase, kind = row
    return {"id": str(identity), "matchPhrase": phrase, "matchType": kind, "channel": "email", "hidden": "0",
            "lists": []}  # fmt: skip
