"""What random undos are played with: an account with a few of everything, files of each resource, and other people."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bulk.resources import named
from bulk.sandbox.faults import Fault
from tests.account_cells import Place, State, target
from tests.jobs.samples import IMPORTED
from tests.world import World

PEOPLE = tuple(f"p{n}@example.com" for n in range(6))
TAGS, ACCOUNTS = ("VIP", "Trial", "Gold", "New"), ("Acme", "Other", "Harbour")
PIPELINES = {"Sales": ("To Contact", "In Contact"), "Repairs": ("New", "Done")}
TITLES, OWNERS = ("Loom", "Gin", "Mill", "Press"), ("sandbox@example.com", "mira@example.com", "tomas@example.com")
RESOURCES = tuple(resource.name for resource in IMPORTED)
FAULTS = (
    Fault("status", status=429, retry_after="1", probability=0.05),
    Fault("status", status=500, probability=0.04),
    Fault("status", status=500, applied=True, probability=0.03),
    Fault("lost_after", probability=0.04),
    Fault("lost_before", probability=0.03),
)
_TABLES = (  # whose cells a resource writes, where it is no table by itself
    "contactTags", "contactLists", "fieldValues", "accountContacts", "contactAutomations",
)  # fmt: skip

DEAL = "title,contact_email,account_name,value,currency,pipeline_title,stage_title,owner_email"
Cell = Callable[[Random], str]


def of(*values: str) -> Cell:
    """One of these."""
    return lambda chance: chance.choice(values)


def some(*values: str) -> Cell:
    """Some of these, as a cell has them."""
    return lambda chance: ",".join(v for v in values if chance.random() < 0.4)


def _text(name: str) -> Cell:
    return of("", f"{name} 1", f"{name} 2", f"{name} 3")


PERSON, FLAG = of(*PEOPLE), of("0", "1")
# by resource: the cells that make its key, and the others
FILES: Mapping[str, tuple[Mapping[str, Cell], Mapping[str, Cell]]] = {
    "fields": (
        {"title": of("City", "Size", "Hobby", "Color", "Notes")},
        {"descript": _text("about"), "isrequired": FLAG, "defval": _text("default"), "show_in_list": FLAG,
         "visible": FLAG, "options": of("")},
    ),
    "tags": ({"tag": of(*TAGS), "tagType": of("contact", "contact", "template")}, {"description": _text("tag")}),
    "lists": (
        {"stringid": of("newsletter", "customers", "readers", "buyers")},
        {"name": of("Readers", "Newsletter", "Buyers"), "sender_url": of("https://www.example.com"),
         "sender_reminder": _text("You asked"), "description": _text("list"), "send_last_broadcast": FLAG,
         "carboncopy": of("", "a@example.com"), "subscription_notify": of("", "b@example.com")},
    ),
    "dealGroups": (
        {"title": of("Sales", "Repairs", "Loans")},
        {"currency": of("usd", "eur", "gbp"), "stages": of("", "New,Done", "To Contact,In Contact,Won", "A,B"),
         "allgroups": FLAG, "allusers": FLAG, "autoassign": of("0", "1")},
    ),
    "dealStages": (
        {"pipeline_title": of(*PIPELINES), "title": of("To Contact", "New", "Won", "Lost", "Done")},
        {"order": of("1", "2", "3", "7"), "color": of("", "ff0000", "19CCA3"), "width": of("", "280", "300"),
         "dealOrder": of("", "value DESC"), "cardRegion1": of("", "value")},
    ),
    **{
        f"{one}CustomFieldMeta": (
            {"fieldLabel": of(*present, "Floor", "Level")},
            {"fieldType": of("text"), "isFormVisible": FLAG, "isRequired": FLAG, "displayOrder": of("3", "30", "31")},
        )
        for one, present in (("account", ("Branch",)), ("deal", ("Contract Number", "Code")))
    },
    "accounts": (
        {"name": of(*ACCOUNTS)},
        {"accountUrl": of("", "https://www.example.com", "https://www.example.org"), "owner_email": of(*OWNERS),
         "Industry": of("", "Software", "Retail"), "Services": some("Hosting", "Training"),
         "Annual Revenue": of("", "0.05", "12.50"), "Renewal": of("", "2026-05-28"), "Branch": _text("branch")},
    ),
    "contacts": (
        {"email": PERSON},
        {"firstName": _text("First"), "lastName": _text("Last"), "phone": of("", "202-555-0100", "#N/A"),
         "tags": some(*TAGS[:2]), "remove_tags": some(*TAGS[2:]), "lists": some("Newsletter"),
         "unsubscribe_lists": some("Customers", "Product News"), "account": of("", "#N/A", *ACCOUNTS),
         "City": _text("City"), "Size": of("", "S", "M"), "Hobby": some("Chess", "Tennis"),
         "Birthday": of("", "#N/A", "1815-12-10")},
    ),
    "contactTags": ({"contact_email": PERSON, "tag_name": of(*TAGS)}, {}),
    "contactLists": (
        {"contact_email": PERSON, "list_name": of("Newsletter", "Customers", "Product News")}, {"status": of(*"011223")}
    ),
    "fieldValues": (
        {"contact_email": PERSON, "field_title": of("City", "Notes", "Source Code")}, {"value": _text("value")}
    ),
    "accountContacts": ({"contact_email": PERSON, "account_name": of(*ACCOUNTS)}, {"jobTitle": _text("Job")}),
    "contactAutomations": ({"contact_email": PERSON, "automation_name": of("Welcome", "Birthday Greetings")}, {}),
    "deals": (
        {"title": of(*TITLES), "contact_email": of("", *PEOPLE), "account_name": of("", *ACCOUNTS[:2])},
        {"value": of("1.00", "25.50"), "currency": of("usd", "eur"), "pipeline_title": of("Sales"),
         "stage_title": of("To Contact", "In Contact"), "owner_email": of(*OWNERS), "status": of("0", "1", "2"),
         "percent": of("", "10", "50"), "description": _text("deal"), "Source": of("", "Web", "Fair"),
         "Products": some("Hosting", "Support"), "Discount": of("", "0.05"), "Seats": of("", "12"),
         "Code": _text("code")},
    ),
    "notes": (
        {"note": _text("Note"), "reltype": of("Subscriber", "Deal", "CustomerAccount"), "contact_email": PERSON,
         "deal_title": of(*TITLES[:3]), "account_name": of(*ACCOUNTS[:2])},
        {},
    ),
    "webhooks": (
        {"name": of("Shop", "Till"), "url": of("https://www.example.com/a", "https://www.example.com/b")},
        {"events": of("subscribe", "subscribe,sent"), "sources": of("public", "public,admin"),
         "list_name": of("", "Newsletter")},
    ),
}  # fmt: skip
# what a new record of a resource needs, and a row therefore mostly has
NEEDED: Mapping[str, tuple[str, ...]] = {
    "fields": ("type",), "lists": ("name", "sender_url", "sender_reminder"), "dealGroups": ("currency",),
    "accountCustomFieldMeta": ("fieldType",), "dealCustomFieldMeta": ("fieldType",), "contactLists": ("status",),
    "fieldValues": ("value",), "deals": ("value", "currency", "pipeline_title", "stage_title", "owner_email"),
    "webhooks": ("events", "sources"),
}  # fmt: skip
_TYPES = {"Size": ("dropdown", "S,M,L"), "Hobby": ("checkbox", "Chess,Tennis,Golf"), "Notes": ("textarea", "")}


@dataclass
class Play:
    """One job on the account, as it is drawn."""

    resource: str
    rows: list[dict[str, str]]
    options: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    planned: bool = False
    killed: int = -1  # after so many requests
    touches: tuple[int, int] = (0, 0)  # by others, after the job and after its undo

    @classmethod
    def of(cls, chance: Random, state: State) -> Play:
        """A random one."""
        resource = chance.choice(RESOURCES)
        declared = named(resource)
        mode = chance.choice((*declared.modes, *declared.modes, "upsert"))
        key = chance.choice(declared.keys) if chance.random() < 0.4 else ""
        if key == "id" and mode == "create":
            key = ""
        several = () if mode == "delete" or (declared.unique and resource != "contacts") else ("all",)
        options = {
            "mode": mode, "key": key, "blank": chance.choice(("", "keep", "clear")), "undoable": True,
            "on_duplicate": chance.choice(("error", "first", "last", *several)),
            "max_errors": "100%", "ignore_unknown": True,
            "resubscribe": chance.random() < 0.4,
        }  # fmt: skip
        planned = chance.random() < 0.2 and options["on_duplicate"] != "all"
        return cls(
            resource, _rows(chance, resource, mode, key, state), options,
            FAULTS if chance.random() < 0.4 else (), planned,
            chance.randint(0, 25) if chance.random() < 0.3 else -1,
            (chance.choice((0, 0, 1, 2)), chance.choice((0, 0, 0, 1))),
        )  # fmt: skip


def _rows(chance: Random, resource: str, mode: str, key: str, state: State) -> list[dict[str, str]]:
    own, others = FILES[resource]
    needed = NEEDED.get(resource, ()) if mode != "delete" else ()
    columns = [name for name in others if name in needed or chance.random() < 0.5] if mode != "delete" else []
    rows: list[dict[str, str]] = []
    ids = list(state.get(resource, {}))
    for _row in range(chance.randint(1, 6)):
        row = {name: draw(chance) for name, draw in own.items()} | {name: others[name](chance) for name in columns
                                                                    if name in others}  # fmt: skip
        if resource == "fields":
            kind, options = _TYPES.get(row["title"], ("text", ""))
            row |= {"type": kind}
            if "options" in row:
                row["options"] = options if kind in ("dropdown", "checkbox") else ""
            if mode == "delete":
                del row["type"]
            if key == "perstag":
                row |= {"perstag": row["title"].upper()}
        if resource == "notes":
            keep = {"Subscriber": "contact_email", "Deal": "deal_title", "CustomerAccount": "account_name"}
            row |= {name: "" for reltype, name in keep.items() if reltype != row["reltype"]}
            row["note"] = row["note"] or "Note 0"
        if resource == "deals" and not (row["contact_email"] or row["account_name"]):
            row["contact_email"] = PEOPLE[0]
        if key == "id":
            row = {"id": chance.choice(ids or ["9999"])} | (row if mode != "delete" and chance.random() < 0.5 else {})
        rows.append(row)
    names = list(dict.fromkeys(name for row in rows for name in row))
    if key == "id" and mode != "delete":
        drop = [name for name in own if chance.random() < 0.5]
        names = [name for name in names if name not in drop] or names
        if names == ["id"]:
            names = list(rows[0])
    return [{name: row.get(name, "") for name in names} for row in rows]


# ---- the account


@cache
def account_with_everything() -> Path:
    """A sandbox with a few records of every resource, made once a process."""
    folder = Path(tempfile.mkdtemp())
    world = World(folder, pytest.MonkeyPatch())
    files: dict[str, tuple[str, list[tuple[str, ...]]]] = {
        "fields": ("title,type,perstag,options,descript", [
            ("Size", "dropdown", "SIZE", "S,M", "about 1"), ("Hobby", "checkbox", "HOBBY", "Chess,Tennis", "")]),
        "tags": ("tag,tagType,description", [
            ("VIP", "contact", "tag 1"), ("Trial", "contact", ""), ("Gold", "contact", "x"), ("VIP", "template", "m")]),
        "lists": ("name,stringid,sender_url,sender_reminder,description", [
            ("Readers", "readers", "https://www.example.com", "You asked 1", "list 1")]),
        "dealGroups": ("title,currency,stages", [("Repairs", "eur", "New,Done")]),
        "accountCustomFieldMeta": ("fieldLabel,fieldType,displayOrder", [("Branch", "text", "21")]),
        "dealCustomFieldMeta": ("fieldLabel,fieldType,displayOrder", [("Code", "text", "22")]),
        "accounts": ("name,accountUrl,owner_email,Industry,Annual Revenue,Branch", [
            ("Acme", "https://www.example.com", "mira@example.com", "Retail", "7.00", "branch 1"),
            ("Other", "", "sandbox@example.com", "", "", "")]),
        "contacts": ("email,firstName,phone,tags,lists,unsubscribe_lists,account,City,Size,Hobby,Birthday", [
            (PEOPLE[0], "First 1", "", "VIP,Gold", "Newsletter", "", "Acme", "City 1", "S", "Chess", "1815-12-10"),
            (PEOPLE[1], "First 2", "202-555-0100", "Trial", "Customers", "Newsletter", "Other", "", "", "", ""),
            (PEOPLE[2], "", "", "VIP", "Newsletter,Readers", "", "", "City 2", "M", "Chess,Tennis", ""),
            (PEOPLE[3], "First 1", "", "", "", "Customers", "Acme", "", "", "", "")]),
        "contactAutomations": ("contact_email,automation_name", [(PEOPLE[0], "Welcome")]),
        "deals": (f"{DEAL},Source,Code", [
            ("Loom", PEOPLE[0], "Acme", "1.00", "usd", "Sales", "To Contact", "mira@example.com", "Web", "code 1"),
            ("Gin", PEOPLE[1], "", "25.50", "eur", "Sales", "In Contact", "sandbox@example.com", "", ""),
            ("Mill", "", "Other", "3.00", "usd", "Repairs", "New", "tomas@example.com", "Fair", "")]),
        "notes": ("note,reltype,contact_email,deal_title,account_name", [
            ("Note 1", "Subscriber", PEOPLE[0], "", ""), ("Note 2", "Deal", "", "Loom", ""),
            ("Note 1", "CustomerAccount", "", "", "Acme")]),
        "webhooks": ("name,url,events,sources,list_name", [
            ("Shop", "https://www.example.com/a", "subscribe", "public", "Newsletter")]),
    }  # fmt: skip
    for name, (header, rows) in files.items():
        result = world.start(world.csv(rows, header), name)
        assert result.summary.rows["succeeded"] == len(rows), (name, result.summary)
        shutil.rmtree(world.job.path)
    with closing(sqlite3.connect(world.folder / world.sandbox / "sandbox.sqlite")) as db, db:
        db.execute("UPDATE contactLists SET udate = '2020-01-01T00:00:00-05:00' WHERE udate IS NOT NULL")
    return world.folder / world.sandbox


# ---- others who change the account


@dataclass
class Others:
    """Somebody else who works in the account. `touched` are cells that are as they were, and whose dates are new."""

    world: World
    chance: Random
    stages: bool = False  # whether a job has written stages by themselves
    touched: set[Place] = field(default_factory=set)

    def change(self, before: State, now: State) -> None:
        """Change one thing, rather of what a job has changed than of anything else."""
        places = [
            (table, identity) for table in now for identity in now[table] if table not in ("users", "automations")
        ]
        changed = [place for place in places if before[place[0]].get(place[1]) != now[place[0]][place[1]]]
        table, identity = self.chance.choice(changed if changed and self.chance.random() < 0.8 else places)
        ways = [self._cell, self._cell, self._delete]
        ways += {
            "contacts": [self._link, self._link, self._leave, self._leave, self._note, self._deal],
            "accounts": [self._note, self._deal, self._job], "deals": [self._note], "tags": [self._give],
            "lists": [self._give], "fields": [self._give], "dealStages": [self._deal], "dealGroups": [self._deal],
            "dealCustomFieldMeta": [self._custom], "accountCustomFieldMeta": [self._custom],
        }.get(table, [])  # fmt: skip
        if table == "dealStages" and identity not in before[table] and not self.stages:
            ways = [self._deal]  # one that came with a pipeline is known by its title alone
        self.chance.choice(ways)(table, identity, before, now)

    def _ask(self, request: str, body: Any = None) -> None:
        self.world.ask(request, body)  # what is refused has changed nothing

    def _cell(self, table: str, identity: str, before: State, now: State) -> None:
        new = identity not in before[table]  # of which it is known what the job has made it with
        cells = [c for c in now[table][identity] if c in (_SURE if new else _FREE)[table]]
        changed = [c for c in cells if now[table][identity][c] != before[table].get(identity, {}).get(c)]
        cell = self.chance.choice(changed or cells)
        value = self.chance.choice(_FREE[table][cell])
        self._ask(f"PUT {table}/{identity}", {named(table).singular: {cell: value}})

    def _delete(self, table: str, identity: str, _before: State, _now: State) -> None:
        self._ask(f"DELETE {table}/{identity}")

    def _link(self, _table: str, contact: str, before: State, now: State) -> None:
        """Another tag, value, subscription or place in an account."""
        links = [
            (target("contacts", cell, ""), cell)
            for state in (before, now) for cell in state["contacts"].get(contact, {})
        ]  # fmt: skip
        own = sorted({points for points, _cell in links if points and points[0] in ("tags", "fields", "lists")})
        family, other = self.chance.choice(own or [("tags", self.chance.choice(list(now["tags"]) or ["1"]))])
        self._give(family, other, before, now, contact)

    def _give(self, table: str, identity: str, _before: State, now: State, contact: str = "") -> None:
        contact = contact or self.chance.choice(list(now["contacts"]) or ["1"])
        if table == "tags":
            self._ask("POST contactTags", {"contactTag": {"contact": contact, "tag": identity}})
        elif table == "lists":
            status = self.chance.choice((1, 2))
            self._subscription(contact, identity, status)
        else:
            value = {"contact": contact, "field": identity, "value": self.chance.choice(("S", "Chess", ""))}
            self._ask("POST fieldValues", {"fieldValue": value})

    def _leave(self, _table: str, contact: str, before: State, now: State) -> None:
        lists = [
            cell.partition(":")[2] for state in (before, now) for cell in state["contacts"].get(contact, {})
            if cell.startswith("list:")
        ]  # fmt: skip
        self._subscription(contact, self.chance.choice(lists or ["1"]), 2)

    def _subscription(self, contact: str, mailing: str, status: int) -> None:
        """Somebody leaves, or subscribes, long after all that came before."""
        self._ask("POST contactLists", {"contactList": {"contact": contact, "list": mailing, "status": status}})
        with closing(sqlite3.connect(self.world.folder / self.world.sandbox / "sandbox.sqlite")) as db, db:
            sql = "UPDATE contactLists SET udate = '2099-01-01T00:00:00-05:00'"
            db.execute(f"{sql} WHERE contact = ? AND list = ?", (contact, mailing))
        self.touched.add(("contacts", contact, f"list:{mailing}"))

    def _note(self, table: str, identity: str, _before: State, _now: State) -> None:
        kind = {"contacts": "Subscriber", "accounts": "CustomerAccount", "deals": "Deal"}[table]
        self._ask("POST notes", {"note": {"note": "By others", "reltype": kind, "relid": identity}})

    def _deal(self, table: str, identity: str, _before: State, now: State) -> None:
        contact = self.chance.choice(list(now["contacts"]) or ["1"])
        deal = {"title": "Others", "contact": contact, "value": 5, "currency": "usd", "group": "1"}
        if table == "contacts":
            deal["contact"] = identity
        elif table == "accounts":
            deal["account"] = identity
        elif table == "dealGroups":
            deal["group"] = identity
        else:
            deal |= {"stage": identity, "group": now[table][identity]["dealGroup"][1]}
        self._ask("POST deals", {"deal": deal})

    def _job(self, _table: str, identity: str, _before: State, now: State) -> None:
        contact = self.chance.choice(list(now["contacts"]) or ["1"])
        self._ask("POST accountContacts", {"accountContact": {"contact": contact, "account": identity}})

    def _custom(self, table: str, identity: str, _before: State, now: State) -> None:
        of = table.removesuffix("CustomFieldMeta")
        record = self.chance.choice(list(now[f"{of}s"]) or ["1"])
        fields = [{"customFieldId": int(identity), "fieldValue": "by others"}]
        self._ask(f"PUT {of}s/{record}", {of: {"fields": fields}})


_WORDS = ("Others 1", "Others 2")
_FREE: Mapping[str, Mapping[str, tuple[Any, ...]]] = {  # what others set, by table and attribute
    "contacts": {"firstName": _WORDS, "lastName": _WORDS, "phone": _WORDS},
    "tags": {"description": _WORDS},
    "lists": {"description": _WORDS, "sender_reminder": _WORDS},
    "fields": {"descript": _WORDS, "defval": _WORDS, "isrequired": ("0", "1")},
    "dealGroups": {"currency": ("chf", "pln"), "allusers": (0, 1)},
    "dealStages": {"color": ("123456", "654321"), "width": (290, 310), "title": ("Others 1",)},
    "accounts": {"accountUrl": ("https://others.example.com",), "owner": ("1", "2")},
    "deals": {"description": _WORDS, "percent": (77, 78), "value": (77, 78), "status": (0, 1, 2)},
    "notes": {"note": _WORDS},
    "webhooks": {"events": (["sent"], ["bounce"])},
    "accountCustomFieldMeta": {"displayOrder": (77, 78), "fieldLabel": ("Others 1",)},
    "dealCustomFieldMeta": {"displayOrder": (77, 78), "fieldLabel": ("Others 1",)},
}  # fmt: skip
_SURE: Mapping[str, tuple[str, ...]] = {  # what a new record was given by its job, or has empty
    "contacts": ("firstName", "lastName", "phone"), "tags": ("description",), "lists": ("description",),
    "fields": ("descript", "defval"), "dealGroups": ("currency",), "dealStages": ("title",),
    "accounts": ("accountUrl",), "deals": ("description", "value"), "notes": ("note",), "webhooks": ("events",),
    "accountCustomFieldMeta": ("fieldLabel",), "dealCustomFieldMeta": ("fieldLabel",),
}  # fmt: skip
