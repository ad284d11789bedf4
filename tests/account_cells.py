"""A sandbox account cell by cell, read from its tables; what an undo has to make of it, by other code than `bulk`'s.

Cells of a contact's tags, lists, values, accounts and automations are called `tag:5`, of a custom field of deals or
accounts `custom:3`. What points to another record is a pair: table and id.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
from pathlib import Path
from typing import Any, Final

Cells = dict[str, Any]
State = dict[str, dict[str, Cells]]  # table -> id -> cells
Place = tuple[str, str, str]  # table, id and cell
GONE = "what is not there"
LEFT, BOUNCED, ACTIVE = "2", "3", ("0", "1")  # statuses of subscriptions

_OWN: dict[str, str] = {
    "users": "email",
    "automations": "name",
    "contacts": "email firstName lastName phone",
    "tags": "tagType tag description",
    "lists": "name stringid sender_url sender_reminder channel description send_last_broadcast carboncopy"
    " subscription_notify unsubscription_notify",
    "fields": "title type perstag descript isrequired visible defval show_in_list rows cols",
    "dealGroups": "title currency autoassign allusers allgroups",
    "dealStages": "dealGroup title color ordernum width dealOrder cardRegion1 cardRegion2 cardRegion3 cardRegion4"
    " cardRegion5",
    "accounts": "name accountUrl owner",
    "deals": "title description value currency contact account dealGroup stage owner percent status",
    "notes": "reltype relid note",
    "webhooks": "name url listid events sources",
    "accountCustomFieldMeta": "fieldLabel fieldType fieldOptions fieldDefaultCurrency isFormVisible isRequired"
    " displayOrder",
    "dealCustomFieldMeta": "fieldLabel fieldType fieldOptions fieldDefaultCurrency isFormVisible isRequired"
    " displayOrder",
}  # fmt: skip
_POINTS: Mapping[tuple[str, str], str] = {
    ("dealStages", "dealGroup"): "dealGroups", ("accounts", "owner"): "users", ("deals", "contact"): "contacts",
    ("deals", "account"): "accounts", ("deals", "dealGroup"): "dealGroups", ("deals", "stage"): "dealStages",
    ("deals", "owner"): "users", ("webhooks", "listid"): "lists",
}  # fmt: skip
_NOTES_ON: Mapping[str, str] = {"Subscriber": "contacts", "CustomerAccount": "accounts", "Deal": "deals"}
# a pipeline that is deleted is hidden, with its deals
_HIDDEN = "SELECT id FROM dealGroups WHERE hidden"
_SEEN: Mapping[str, str] = {
    "dealGroups": "NOT hidden", "dealStages": f"dealGroup NOT IN ({_HIDDEN})", "deals": f"dealGroup NOT IN ({_HIDDEN})"
}  # fmt: skip
_CUSTOM = (
    "SELECT {0}, customFieldId, fieldValue || ' ' || coalesce(fieldCurrency, '') FROM {0}CustomFieldData"
    " WHERE fieldValue NOT IN ('null', '\"\"', '[]', '')"
)
# what lies in tables of its own: whose it is, what the cell is called, and what it holds
_BESIDE: tuple[tuple[str, str, str], ...] = (
    ("contacts", "tag", "SELECT contact, tag, 'has it' FROM contactTags"),
    ("contacts", "list", "SELECT contact, list, status FROM contactLists"),
    ("contacts", "field", "SELECT contact, field, value FROM fieldValues WHERE coalesce(value, '') <> ''"),
    ("contacts", "account", "SELECT contact, account, 'as ' || jobTitle FROM accountContacts"),
    ("contacts", "automation", "SELECT contact, automation, count(*) FROM contactAutomations GROUP BY 1, 2"),
    ("fields", "option", "SELECT field, value, label || ' ' || isdefault FROM fieldOptions"),
    ("fields", "shown", "SELECT field, relid, 'yes' FROM fieldRels"),
    *(
        (table, "custom", _CUSTOM.format(one))
        for one, table in (("account", "accounts"), ("deal", "deals"))
    ),
)  # fmt: skip
_CALLED: Mapping[str, tuple[str, ...]] = {  # what a record is known by
    "users": ("email",), "automations": ("name",), "contacts": ("email",), "tags": ("tagType", "tag"),
    "lists": ("stringid",), "fields": ("title",), "dealGroups": ("title",), "dealStages": ("dealGroup", "title"),
    "accounts": ("name",), "deals": ("title",), "notes": ("reltype", "relid", "note"), "webhooks": ("name", "url"),
    "accountCustomFieldMeta": ("fieldLabel",), "dealCustomFieldMeta": ("fieldLabel",),
}  # fmt: skip
_FAMILIES: Mapping[str, str] = {
    "tag": "tags", "list": "lists", "field": "fields", "account": "accounts", "automation": "automations"
}  # fmt: skip


def state_of(path: Path) -> State:
    """What a sandbox holds, dates aside."""
    with closing(sqlite3.connect(path)) as db:
        state: State = {}
        for table, columns in _OWN.items():
            names = columns.split()
            rows = db.execute(f"SELECT id, {', '.join(names)} FROM {table} WHERE {_SEEN.get(table, '1')} ORDER BY id")
            state[table] = {
                str(identity): {name: _cell(table, name, values) for name in names}
                for identity, *cells in rows
                for values in (dict(zip(names, cells, strict=True)),)
            }
        for table, cell, sql in _BESIDE:
            for owner, of, value in db.execute(sql):
                if str(owner) in state[table]:
                    state[table][str(owner)][f"{cell}:{of}"] = str(value)
    return state


def _cell(table: str, name: str, values: Mapping[str, Any]) -> Any:
    value = values[name]
    if value in (None, ""):
        return ""
    family = _NOTES_ON.get(values["reltype"], "") if name == "relid" else _POINTS.get((table, name), "")
    if family:
        return (family, str(value)) if value else ""
    return str(value)


def target(table: str, cell: str, value: Any) -> tuple[str, str] | None:
    """The record to which a cell points; None: to none."""
    if isinstance(value, tuple):
        return value
    kind, _, identity = cell.partition(":")
    if kind == "custom":
        return f"{table.removesuffix('s')}CustomFieldMeta", identity
    return (_FAMILIES[kind], identity) if identity and kind in _FAMILIES else None


def label(state: State, table: str, identity: str) -> str:
    """What a record is called."""
    record = state[table].get(identity)
    if record is None:
        return GONE
    parts = (record[name] for name in _CALLED[table])
    return " · ".join(label(state, *part) if isinstance(part, tuple) else str(part) for part in parts)


def named(state: State) -> dict[str, list[tuple[str, Cells]]]:
    """The records by what they are called, and their cells likewise: without ids."""
    result: dict[str, list[tuple[str, Cells]]] = {}
    for table, records in state.items():
        result[table] = []
        for identity, cells in records.items():
            shown: Cells = {}
            for cell, value in cells.items():
                points = target(table, cell, value)
                if points is None:
                    shown[cell] = value
                elif isinstance(value, tuple):
                    shown[cell] = label(state, *points)
                else:
                    shown[f"{cell.partition(':')[0]} {label(state, *points)}"] = value
            result[table].append((label(state, table, identity), shown))
    return result


def differences(expected: State, actual: State, unsure: AbstractSet[tuple[str, str]] = frozenset()) -> list[str]:
    """How an account differs from what it should be; unsubscribed is as good as never there.

    Of records that are `unsure`, by table and id, it is not looked how they are.
    """
    wanted, has = named(expected), named(actual)
    passed = {(table, label(state, *(table, of))) for state in (expected, actual) for table, of in unsure}
    result: list[str] = []
    for table in wanted:
        for state in (wanted, has):
            state[table] = [one for one in state[table] if (table, one[0]) not in passed]
        short = {called for called, cells in wanted[table] if table == "dealStages" and len(cells) == 2}
        for called, cells in has[table]:
            if called in short:
                for cell in cells.keys() - {"dealGroup", "title"}:
                    del cells[cell]
        records = wanted[table]
        if table == "contacts":
            lists = dict(records)
            for called, cells in has[table]:
                own = lists.get(called, {})
                for cell in [c for c, value in cells.items() if c.startswith("list ") and value == LEFT]:
                    if cell not in own:
                        del cells[cell]
        missing, more = _counted(records), _counted(has[table])
        missing, more = missing - more, more - missing
        for called, cells in missing:
            other = next((one for one in more if one[0] == called), None)
            if other is None:
                result.append(f"{table} {called!r} is missing: {dict(cells)}")
                continue
            more[other] -= 1
            more += Counter()
            was, now = dict(cells), dict(other[1])
            differing = [f"{c}: {was.get(c)!r}, is {now.get(c)!r}" for c in {**was, **now} if was.get(c) != now.get(c)]
            result.append(f"{table} {called!r} should have {'; '.join(differing)}")
        result += [f"{table} {called!r} is too much: {dict(cells)}" for called, cells in more]
    return result


def _counted(records: list[tuple[str, Cells]]) -> Counter[tuple[str, tuple[tuple[str, Any], ...]]]:
    return Counter((called, tuple(sorted(cells.items()))) for called, cells in records)


# ---- what an undo comes to


BOUND: Final = {("dealStages", "dealGroup"): "title", ("dealStages", "title"): "dealGroup"}


class Expected:
    """What an account is to be after an undo: it was `before` a job, `after` it, and is `now`, since others changed it.

    `touched` are places whose dates others have made new. `own` is the resource of a job that has deleted: what went
    along with its records is `lost`. `named` are the records, by table and id, of which it has to be said that somebody
    changed them; `perhaps` those of which it may be.
    """

    def __init__(self, before: State, after: State, now: State, touched: AbstractSet[Place], own: str = "") -> None:
        self.before, self.after, self.now, self.touched = before, after, now, touched
        self.own = own if own in before else ""
        self.named: set[tuple[str, str]] = set()
        self.perhaps: set[tuple[str, str]] = set()
        self.lost: list[Place] = []
        self.state: State = {table: {} for table in before}
        for table in before:
            for identity in {**before[table], **after[table], **now[table]}:
                record = self._record(table, identity)
                if record is not None:
                    self.state[table][identity] = record
        while self._kept_for_others():
            pass
        self._without_what_is_gone()
        for identity, deal in self.state["deals"].items():
            stage = self.state["dealStages"].get(deal["stage"][1]) if deal.get("stage") else None
            if stage is not None and (identity not in after["deals"] or self._stays_moved(identity, deal["stage"])):
                deal["dealGroup"] = stage["dealGroup"]  # one that others made since moves with its stage

    def _stays_moved(self, identity: str, stage: tuple[str, str]) -> bool:
        """Whether a job has moved a deal only along with its stage, which stays where it is since others renamed it."""
        deals = [state["deals"].get(identity) for state in (self.before, self.after)]
        if stage not in self.named or not all(deal is not None and deal["stage"] == stage for deal in deals):
            return False
        return self.state["dealStages"][stage[1]]["dealGroup"] == self.after["dealStages"][stage[1]]["dealGroup"]

    def _record(self, table: str, identity: str) -> Cells | None:
        before, after, now = (state[table].get(identity) for state in (self.before, self.after, self.now))
        if before is None:
            if after is not None and now is not None:
                return self._created(table, identity)
            if after is not None and table == "deals":  # its pipeline may be gone, and it is hidden
                self.perhaps.add((table, identity))
            return None if now is None else dict(now)
        if after is None:
            return self._deleted(table, identity, before)
        if now is None:
            if _lasting(before) != _lasting(after) and self.own in ("", table):
                self.named.add((table, identity))
            self.perhaps.add((table, identity))
            return None
        cells = {cell: self._cell(table, identity, cell) for cell in {**before, **after, **now}}
        return {cell: value for cell, value in cells.items() if value is not None}

    def _created(self, table: str, identity: str) -> Cells | None:
        """What the job has created: it goes, unless others have changed it."""
        now = self.now[table][identity]
        if any(self._touches(table, identity, cell) for cell in {**self.after[table][identity], **now}):
            self.named.add((table, identity))
            return dict(now)
        return None

    def _deleted(self, table: str, identity: str, before: Cells) -> Cells | None:
        """What the job has deleted: it is made anew, unless others have done so, or it went with something else."""
        if table == "dealStages" and self.own == "dealGroups":  # they come with it, by their titles
            return {cell: before[cell] for cell in ("dealGroup", "title")}
        if self.own and table != self.own:
            self.lost.append((table, identity, ""))
            return None
        called = label(self.before, table, identity)
        if any(label(self.now, table, other) == called for other in self.now[table] if other not in self.after[table]):
            self.perhaps.add((table, identity))
            return None
        return {cell: value for cell, value in before.items() if not cell.startswith("automation:")}

    def _cell(self, table: str, identity: str, cell: str) -> Any:
        """What is to stand in a cell of a record that was there all the time."""
        was, left, has = (state[table][identity].get(cell) for state in (self.before, self.after, self.now))
        if cell.startswith("automation:") and int(was or 0) > int(left or 0):
            return has  # who is taken out of an automation would begin from its start
        if cell.startswith("list:") and has == left == BOUNCED and was in ACTIVE:
            self.perhaps.add((table, identity))
            return has  # nobody can tell by whom they bounced
        points = target(table, cell, was)
        if self.own and points is not None and points[0] == self.own and points[1] not in self.after[self.own]:
            self.lost.append((table, identity, cell))
            return GONE if has == was and isinstance(was, tuple) else has
        if not self._touches(table, identity, cell):
            return was
        as_good = (was or LEFT) in (left or LEFT, has or LEFT) if cell.startswith("list:") else was in (left, has)
        if not as_good:
            self.named.add((table, identity))
        return has

    def _touches(self, table: str, identity: str, cell: str) -> bool:
        """Whether others have changed a cell; of who is to be subscribed again the date says it too."""
        was, left, has = (state[table].get(identity, {}).get(cell) for state in (self.before, self.after, self.now))
        other = BOUND.get((table, cell), "")  # goes back with this one, or stays with it
        if other and was not in (None, left):
            was_there, is_left, is_now = (
                state[table][identity][other] for state in (self.before, self.after, self.now)
            )
            if was_there != is_left != is_now:
                return True
        asks = was in ACTIVE and left not in ("1", None)  # for the date: who is on a list is not subscribed again
        return left != has or ((table, identity, cell) in self.touched and asks)

    def _kept_for_others(self) -> bool:
        """Keep one more that the job has created and others use by now; whether there was any."""
        for identity, stage in self.now["dealStages"].items():  # a pipeline that is kept is kept with its stages
            group = stage["dealGroup"][1]
            new = identity in self.after["dealStages"] and identity not in self.before["dealStages"]
            kept = group in self.state["dealGroups"] and group not in self.before["dealGroups"]
            if new and kept and identity not in self.state["dealStages"]:
                self.state["dealStages"][identity] = dict(stage)
                return True
        for _place, (family, identity) in self._pointers():
            if identity in self.now[family] and identity not in self.state[family]:
                self.state[family][identity] = dict(self.now[family][identity])
                if identity not in self.before[family]:
                    self.perhaps.add((family, identity))
                    if family == "dealStages":  # its pipeline's line is about it
                        self.perhaps.add(self.now[family][identity]["dealGroup"])
                return True
        return False

    def _pointers(self) -> Iterator[tuple[Place, tuple[str, str]]]:
        for table, records in self.state.items():
            for identity, cells in records.items():
                for cell, value in cells.items():
                    points = target(table, cell, value)
                    if points is not None:
                        yield (table, identity, cell), points

    def _without_what_is_gone(self) -> None:
        """Leave out what points to what others have deleted."""
        for (table, identity, cell), (family, other) in list(self._pointers()):
            if other in self.state[family]:
                continue
            self.perhaps.add((table, identity))
            if (table, cell) == ("dealStages", "dealGroup"):
                del self.state[table][identity]
                self.perhaps.add((family, other))
                continue
            del self.state[table][identity][cell]
            now = self.now[table].get(identity, {}).get(cell, None if ":" in cell else "")
            if now is not None:
                self.state[table][identity][cell] = now


def _lasting(cells: Cells) -> Cells:
    """What of a record an undo puts back; a deal moves with its stage."""
    return {
        cell: value for cell, value in cells.items()
        if not (cell == "dealGroup" or cell.startswith("automation:") or (cell.startswith("list:") and value == LEFT))
    }  # fmt: skip
