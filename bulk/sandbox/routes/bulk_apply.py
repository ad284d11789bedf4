"""Applying batches of the importer when their time has come: all contacts of one at once, in a few statements. §6.4.

It leaves the account as single requests would, which `tests/sandbox/test_sandbox_bulk_import.py` checks by chance.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bulk.resources.kinds import EMAIL_PATTERN
from bulk.sandbox.calls import Call, integer, text
from bulk.sandbox.routes.contacts import SET_VALUE, stored_as
from bulk.sandbox.routes.links import ASKED, LEFT, SET_LIST, list_row

Entry = Mapping[str, Any]
OPEN_ENDED: Final = ("false", "waiting", "claimed", "active")  # where a batch may stay for good
_STRICT: Final = re.compile(EMAIL_PATTERN)  # the check of the queue; that at once is loose
_NAMES: Final = ("first_name", "last_name", "phone")
_TIME: Final = "at + ? * (CASE imports.rowid % 2 WHEN 0 THEN ? ELSE 1 END)"
_DUE: Final = f"success IS NULL AND {_TIME} <= ?"
_OVERTAKING: Final = 0.5  # of the time, which each second batch takes if one may overtake another
_ENROL: Final = (
    "INSERT INTO contactAutomations (contact, automation, adddate) SELECT ?, id, ? FROM automations a"
    " WHERE status = '1' AND (multientry = '1' OR NOT EXISTS"
    " (SELECT 1 FROM contactAutomations WHERE automation = a.id AND contact = ?))"
)


def is_due(call: Call) -> bool:
    """Whether a batch waits to be applied."""
    return call.store.row(f"SELECT 1 FROM imports WHERE {_DUE}", _when(call)) is not None


def _when(call: Call) -> tuple[float, float, float]:
    switches = call.switches
    sooner = _OVERTAKING if switches.import_order == "overtaking" else 1.0
    return switches.import_seconds, sooner, call.store.time()


def apply(call: Call) -> None:
    """Apply what is due, batch by batch."""
    due = (
        "SELECT batchId, contacts, failure, coalesce(share, 1.0) FROM imports LEFT JOIN importFates USING (batchId)"
        f" WHERE {_DUE} ORDER BY {_TIME}, imports.rowid"
    )
    seconds, sooner, now = _when(call)
    for batch, contacts, failure, share in call.store.rows(due, (seconds, sooner, now, seconds, sooner)):
        entries = json.loads(contacts)
        made, failed = _Work(call).done(entries[: round(share * len(entries))])
        call.store.rows(
            "UPDATE imports SET success = ?, failure = ?, contacts = ? WHERE batchId = ?",
            (json.dumps(made), json.dumps([*json.loads(failure), *failed]), json.dumps([0] * len(entries)), batch),
        )


def listed(entry: Entry, name: str) -> list[Any]:
    """An array of a contact; whatever else stands there is none."""
    value = entry.get(name)
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class _Person:
    """A contact that is there already."""

    id: int
    bounced: bool
    lists: dict[int, int] = field(default_factory=dict)  # list -> status


class _Work:
    """One batch: what the account has of it is read first, and what it changes is written at the end."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._now = call.store.now()
        self._fields = dict(call.store.rows("SELECT id, type FROM fields"))
        self._lists = {one for (one,) in call.store.rows("SELECT id FROM lists")}
        self._overwrites = call.switches.import_blanks == "overwrite"

    def done(self, entries: Sequence[Entry]) -> tuple[list[str], list[str]]:
        """Apply contacts: the ids that are told of them, and the addresses that failed."""
        people = self._people(entries)
        taken = [(entry, people.get(self._key(entry))) for entry in entries]
        failed = [entry["email"] for entry, person in taken if self._fails(entry, person)]
        bad = set(failed)
        taken = [(entry, person) for entry, person in taken if entry["email"] not in bad]
        ids = self._write_contacts(taken)
        contacts = [(identity, entry) for identity, (entry, _person) in zip(ids, taken, strict=True)]
        self._write_values(contacts)
        self._write_tags(contacts)
        self._write_accounts(contacts)
        self._write_lists([(one, entry, person) for one, (entry, person) in zip(ids, taken, strict=True)])
        self._enrol(contacts)
        told_all = self._call.switches.import_success == "all"
        made = [str(one) for one, (_, person) in zip(ids, taken, strict=True) if told_all or person is None]
        return made, failed

    def _key(self, entry: Entry) -> str:
        return self._call.store.fold(entry["email"])

    def _people(self, entries: Sequence[Entry]) -> dict[str, _Person]:
        """The contacts of these addresses that are there, by their keys."""
        keys = [self._key(entry) for entry in entries]
        marks = ",".join("?" * len(keys))
        rows = self._call.store.rows(
            f"SELECT email_key, id, bounced FROM contacts WHERE email_key IN ({marks})", keys
        )  # fmt: skip
        people = {key: _Person(identity, bool(bounced)) for key, identity, bounced in rows}
        by_id = {person.id: person for person in people.values()}
        marks = ",".join("?" * len(by_id))
        for contact, mailing, status in self._call.store.rows(
            f"SELECT contact, list, status FROM contactLists WHERE contact IN ({marks})", tuple(by_id)
        ):
            by_id[contact].lists[mailing] = status
        return people

    # ---- who fails

    def _fails(self, entry: Entry, person: _Person | None) -> bool:
        email, switches = entry["email"], self._call.switches
        if not _STRICT.fullmatch(email):
            return True
        if "'" in email.partition("@")[0] and switches.import_apostrophe == "refused":
            return True
        if person is not None and (person.bounced or self._has_left(entry, person)):
            return True
        return switches.import_unknown == "fails" and not self._knows_all(entry)

    def _has_left(self, entry: Entry, person: _Person) -> bool:
        return any(person.lists.get(one) == LEFT for one in self._lists_of(entry, "subscribe"))

    def _knows_all(self, entry: Entry) -> bool:
        """Whether every field and list that a contact names is there."""
        fields = [one for one in listed(entry, "fields") if isinstance(one, dict)]
        lists = [name for name in ("subscribe", "unsubscribe") for _one in listed(entry, name)]
        known = [one for name in ("subscribe", "unsubscribe") for one in self._lists_of(entry, name)]
        return all(integer(one.get("id")) in self._fields for one in fields) and len(known) == len(lists)

    def _lists_of(self, entry: Entry, name: str) -> list[int]:
        """The lists that a contact names and that there are."""
        ids = [integer(one.get("listid")) for one in listed(entry, name) if isinstance(one, dict)]
        return [one for one in ids if one is not None and one in self._lists]

    # ---- what is written

    def _write_contacts(self, taken: Sequence[tuple[Entry, _Person | None]]) -> list[int]:
        """Make and change contacts; their ids, in order."""
        store = self._call.store
        next_id = 1 + int((store.row("SELECT seq FROM sqlite_sequence WHERE name = 'contacts'") or (0,))[0])
        lower = self._call.switches.email == "lower"
        ids, new, changed = [], [], []
        for entry, person in taken:
            names = [self._sent(entry, name) for name in _NAMES]
            if person is not None:
                ids.append(person.id)
                changed.append((*names, self._now, person.id))
                continue
            email = entry["email"].lower() if lower else entry["email"]
            new.append((next_id, email, store.fold(email), *(name or "" for name in names), self._now, self._now))
            ids.append(next_id)
            next_id += 1
        store.many("INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)", new)
        store.many(
            "UPDATE contacts SET firstName = coalesce(?, firstName), lastName = coalesce(?, lastName),"
            " phone = coalesce(?, phone), udate = ? WHERE id = ?", changed,
        )  # fmt: skip
        return ids

    def _sent(self, values: Entry, name: str) -> str | None:
        """What is to be written of a value, None if nothing is."""
        if name not in values or (values[name] in (None, "") and not self._overwrites):
            return None
        return text(values[name])

    def _write_values(self, contacts: Iterable[tuple[int, Entry]]) -> None:
        rows = []
        for contact, entry in contacts:
            for one in listed(entry, "fields"):
                value = self._sent(one, "value") if isinstance(one, dict) else None
                identity = integer(one.get("id")) if value is not None else None
                if value is None or identity not in self._fields:
                    continue
                stored = stored_as(self._call, identity, self._fields[identity], value)
                if stored is not None:
                    rows.append((contact, identity, stored, self._now, self._now))
        self._call.store.many(SET_VALUE, rows)

    def _write_tags(self, contacts: Iterable[tuple[int, Entry]]) -> None:
        """Tags by name; one that is not there is made as it is first spelled."""
        wanted = [
            (contact, name) for contact, entry in contacts for one in listed(entry, "tags") if (name := text(one))
        ]
        made = {"tagType": "contact", "description": "", "cdate": self._now, "udate": self._now}
        ids = self._named("tags", "tag", [name for _, name in wanted], made, "tagType = 'contact' AND ")
        self._call.store.many(
            "INSERT OR IGNORE INTO contactTags (contact, tag, cdate) VALUES (?, ?, ?)",
            [(contact, ids[self._call.store.fold(name)], self._now) for contact, name in wanted],
        )

    def _write_accounts(self, contacts: Iterable[tuple[int, Entry]]) -> None:
        """Accounts by name; who is in one already stays there."""
        wanted = [(contact, name) for contact, entry in contacts if (name := text(entry.get("customer_acct_name")))]
        made = {"accountUrl": "", "createdTimestamp": self._now, "updatedTimestamp": self._now}
        ids = self._named("accounts", "name", [name for _, name in wanted], made)
        self._call.store.many(
            "INSERT OR IGNORE INTO accountContacts (account, contact, jobTitle, createdTimestamp, updatedTimestamp)"
            " VALUES (?, ?, '', ?, ?)",
            [(ids[self._call.store.fold(name)], contact, self._now, self._now) for contact, name in wanted],
        )

    def _named(
        self, table: str, column: str, names: Iterable[str], made: Mapping[str, Any], where: str = ""
    ) -> dict[str, int]:
        """The ids of what has these names, by their keys; what is not there is made."""
        store = self._call.store
        spelled: dict[str, str] = {}
        for name in names:
            spelled.setdefault(store.fold(name), name)
        keys = json.dumps(list(spelled))  # in one value: of a batch there may be more than a statement takes
        sql = f"SELECT {column}_key, id FROM {table} WHERE {where}{column}_key IN (SELECT value FROM json_each(?))"
        ids: dict[str, int] = dict(store.rows(sql, (keys,)))
        for key, name in spelled.items():
            if key not in ids:
                ids[key] = store.insert(table, {**made, column: name, f"{column}_key": key})
        return ids

    def _write_lists(self, contacts: Iterable[tuple[int, Entry, _Person | None]]) -> None:
        """Subscribe first, then unsubscribe; who stands so already is left alone."""
        rows = []
        for contact, entry, person in contacts:
            standing = dict(person.lists) if person else {}
            for status, name in ((1, "subscribe"), (LEFT, "unsubscribe")):
                for one in self._lists_of(entry, name):
                    if standing.get(one) != status:
                        standing[one] = status
                        rows.append(list_row(contact, one, status, ASKED, self._now))
        self._call.store.many(SET_LIST, rows)

    def _enrol(self, contacts: Iterable[tuple[int, Entry]]) -> None:
        """Take the contacts into all automations that are active, unless they are to be excluded."""
        if self._call.switches.import_enrols:
            rows = [(one, self._now, one) for one, entry in contacts if not entry.get("exclude_automations")]
            self._call.store.many(_ENROL, rows)
