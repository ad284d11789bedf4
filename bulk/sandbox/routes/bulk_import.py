"""The bulk importer: batches of contacts that are checked at once, queued, and applied seconds later. §6.

What a batch says is applied by whoever asks the account anything once its time has come (`bulk_apply`): there is no
other hand here. Where a batch ends, and how much of it is applied, a fault may have said (`destine`). A callback is
taken and never called.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bulk.sandbox.calls import Answer, Call, Refusal
from bulk.sandbox.routes.bulk_apply import OPEN_ENDED, Entry
from bulk.sandbox.store import Store

MOST: Final = 250  # contacts in a batch
BYTES: Final = 400_000  # a body has fewer
PER_MINUTE: Final = 100  # requests, of them
SINGLES: Final = 20  # with one contact each
COMPLETED: Final = "completed"
_LOOSE: Final = re.compile(r"[^\s@]+@[^\s@]+")  # the check at once; that in the queue is the strict one
_AGES: Final = (1, 2, 3)  # sixths of the time, until which it stands where `OPEN_ENDED` has it; then it is active
_INVALID: Final = (
    "JSON payload did not pass validation. Please fix failureReasons and retry. The import was not queued for"
    " processing."
)
_OFTEN: Final = "Up to {} imports may be requested per minute.Please batch contacts"  # as it is documented
_UNPARSABLE: Final = "Invalid or unparsable json"
_EXCLUDES: Final = "exclude_automations"
_WAITS: Final = f"(success IS NULL OR coalesce(ends, '') IN {OPEN_ENDED})"
_JOINED: Final = "imports LEFT JOIN importFates USING (batchId)"


def _refused(message: str, *reasons: Any) -> Answer:
    return 400, {"success": 0, "message": message, "failureReasons": list(reasons)}


# ---- a batch comes in


def unparsable() -> Answer:
    """The answer to a body that is no JSON."""
    return _refused(_INVALID, _UNPARSABLE)


def over_quota(most: int = PER_MINUTE) -> Answer:
    """The answer to one batch too many in a minute."""
    return _refused("Rate limit exceeded.", _OFTEN.format(most))


def queue(call: Call) -> Answer:
    """POST /import/bulk_import: checked all at once; one bad contact refuses the batch."""
    sent = call.body.get("contacts") if isinstance(call.body, dict) else None
    if not isinstance(sent, list) or not sent:
        return unparsable()
    often = _too_often(call, len(sent))
    if often:
        return over_quota(often)
    if len(sent) > MOST:
        return _refused(_INVALID, f"A batch may hold up to {MOST} contacts.")
    if call.size >= BYTES:
        return _refused(_INVALID, f"The payload must be smaller than {BYTES} bytes.")
    reasons = [
        {"contact": at, "failureReason": f"Field 'email' {wrong}"}
        for at, entry in enumerate(sent, 1) if (wrong := _refused_at_once(entry))
    ]  # fmt: skip
    if reasons:
        return _refused(_INVALID, *reasons)
    batch = str(uuid.uuid4())
    entries = _once_each(call, sent)
    shut_out = _excluded(call, entries)
    queued = [_excluding(call, entry) for entry in entries if entry["email"] not in shut_out]
    call.store.rows(
        "INSERT INTO imports (batchId, at, day, contacts, failure) VALUES (?, ?, ?, ?, ?)",
        (batch, call.store.time(), call.store.now()[:10], json.dumps(queued), json.dumps(list(shut_out))),
    )
    success = len(sent) if shut_out else 1
    return 200, {
        call.switches.import_success_key: success, "queued_contacts": len(queued), "batchId": batch,
        "message": "Contact import queued",
    }  # fmt: skip


def _too_often(call: Call, contacts: int) -> int:
    """The limit that this request is over, 0 if it is over none. What is over one counts only if a switch says so."""
    store, now = call.store, call.store.time()
    store.rows("DELETE FROM importCalls WHERE at <= ?", (now - 60,))
    calls, singles = store.row("SELECT count(*), coalesce(sum(single), 0) FROM importCalls") or (0, 0)
    over = PER_MINUTE if calls >= PER_MINUTE else SINGLES if contacts == 1 and singles >= SINGLES else 0
    if over:
        store.rows("INSERT INTO importRefusals VALUES (?)", (now,))
    if not over or call.switches.import_refusals == "count":
        store.rows("INSERT INTO importCalls VALUES (?, ?)", (now, int(contacts == 1)))
    return over


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


def _excluded(call: Call, entries: Iterable[Entry]) -> dict[str, None]:
    """The addresses that the exclusion list has, or what they end with; in order."""
    fold = call.store.fold
    rules = [(fold(phrase), kind == "exact")
             for phrase, kind in call.store.rows("SELECT matchPhrase, matchType FROM exclusions")]  # fmt: skip
    excluded: dict[str, None] = {}
    for entry in entries if rules else ():
        key = fold(entry["email"])
        if any(key == phrase if exact else key.endswith(phrase) for phrase, exact in rules):
            excluded[entry["email"]] = None
    return excluded


def _excluding(call: Call, entry: Entry) -> Entry:
    """A contact that says itself whether automations are held back, wherever that was said."""
    heeded = call.switches.import_excludes
    said = [
        place.get(_EXCLUDES) for name, place in (("payload", call.body), ("contact", entry)) if heeded in ("both", name)
    ]
    if _EXCLUDES not in entry and _EXCLUDES not in call.body:
        return entry
    return {**entry, _EXCLUDES: any(one in (True, 1, "1", "true") for one in said)}


def destine(store: Store, answer: Answer, ends: str, share: float) -> None:
    """Let the batch that an answer speaks of end so, with this share of its contacts applied."""
    batch = answer[1].get("batchId") if isinstance(answer[1], Mapping) else None
    if batch:
        store.rows("INSERT OR REPLACE INTO importFates VALUES (?, ?, ?)", (batch, ends, share))


# ---- what became of it


def info(call: Call) -> Answer:
    """GET /import/info: where a batch stands; which contacts it made, and whose addresses failed, without a reason."""
    batch = call.param("batchId")
    if not batch:
        return 400, {"success": 0, "message": "'batchId' is a required field."}
    row = call.store.row(
        "SELECT at, success, failure, coalesce(ends, ?) FROM imports LEFT JOIN importFates USING (batchId)"
        " WHERE batchId = ?", (COMPLETED, batch),
    )  # fmt: skip
    if row is None or row[3] == "unknown":
        return _unknown(call, batch)
    at, success, failure, ends = row
    age = call.store.time() - at
    if 0 < call.switches.import_kept <= age:
        return _unknown(call, batch)
    if success is not None and ends not in OPEN_ENDED:
        return 200, {"status": ends, "success": json.loads(success), "failure": json.loads(failure)}
    sixth = call.switches.import_seconds / 6
    stage = next((stage for stage, part in enumerate(_AGES) if age < part * sixth), len(_AGES))
    if ends in OPEN_ENDED:
        stage = min(stage, OPEN_ENDED.index(ends))
    status = OPEN_ENDED[stage] if stage else False
    return 200, {"status": status, "success": [], "failure": []}


def _unknown(call: Call, batch: str) -> Answer:
    if call.switches.unknown_batch == 200:
        return 200, {"status": False, "success": [], "failure": []}
    return call.switches.unknown_batch, {"success": 0, "message": f"There is no batch {batch}."}


def overview(call: Call) -> Answer:
    """GET /import/bulk_import: what waits and what is done, by day."""
    days = f"SELECT day, count(*), sum(json_array_length(contacts)) FROM {_JOINED} WHERE {{}} GROUP BY day ORDER BY day"
    result = {
        name: [{"forDate": day, "batches": str(batches), "contacts": str(contacts)}
               for day, batches, contacts in call.store.rows(days.format(where))]
        for name, where in (("outstanding", _WAITS), ("recentlyCompleted", f"NOT {_WAITS}"))
    }  # fmt: skip
    return 200, result


def counts(store: Store) -> dict[str, int]:
    """What the status page says of an account's batches."""
    recent = "SELECT count(*) FROM importCalls WHERE at > ?"
    minute = (store.time() - 60,)
    return {
        f"batches in the last minute, of {PER_MINUTE}": store.count(recent, minute),
        f"those of one contact, of {SINGLES}": store.count(f"{recent} AND single", minute),
        "batches refused for their rate": store.count("SELECT count(*) FROM importRefusals"),
        "batches that are not applied": store.count(f"SELECT count(*) FROM {_JOINED} WHERE {_WAITS}"),
    }


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
