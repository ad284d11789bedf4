"""What both engines are played with: an account with people of every kind, a file about some of them, and options."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from bulk.sandbox.account import Account as Office
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.faults import ENDS, Fault
from bulk.sandbox.shapes.wire import Shapes
from bulk.sandbox.switches import Switches
from tests.world import World

TAGS: Final = ("VIP", "Trial", "Gold")
NEW_TAGS: Final = ("New", "vip", "GOLD", "new", "Tést", "Test")  # some of them are others in another case
LISTS: Final = ("Newsletter", "Customers", "Product News")
ACCOUNTS: Final = ("Acme", "Other", "acme", "Harbour", "harbour")
PEOPLE: Final = (
    *(f"p{n}@example.com" for n in range(22)), "o'neil@example.com", "renée@example.com", "renee@example.com",
    "d'arc@example.org", "Big@Example.com", "straße@example.com", "strasse@example.com", "x+y@mail.example.org",
)  # fmt: skip
SPELLED: Final = {
    "p1@example.com": "P1@Example.com",
    "p2@example.com": " p2@example.com ",
    "Big@Example.com": "big@example.com",
}
EXCLUDED: Final = ("p20@example.com", "p21@example.com", "@mail.example.org")
ODD: Final = ("bad", "a@b", "", "two@at@example.com", "with blank@example.com", "(paren)@example.com")
CUSTOM: Final[Mapping[str, Sequence[str]]] = {
    "Company Size": ("1-10", "11-50", "11-50 ", "51-200", "none"),
    "Interests": ("Mail", "Mail,Phone", "||Mail||Events||", "Phone,Mail", "Letters"),
    "Birthday": ("1815-12-10", "2000-02-29", "10/12/1815", "#N/A"),
    "Next Call": ("2026-11-05T10:30:00Z", "2026-11-05T10:30:00+02:00", "2026-11-05 10:30", "#N/A"),
    "Lifetime Value": ("12.5", "7", "0012", "1,234.50"),
    "Notes": ("two\nlines", "one", "a ||b|| c", "x" * 300, "#N/A"),
    "City": ("Oslo", "Łódź", "#N/A", "  Bonn "),
    "Preferred Language": ("en", "German", "FR", "xx"),
    "Channels": ("Web,Shop", "Fair", "Fair,Web", "#N/A"),
    "Source Code": ("=1+1", "'007", "a"),
}
COLUMNS: Final = (
    "firstName", "lastName", "phone", "tags", "remove_tags", "lists", "unsubscribe_lists", "account", *CUSTOM
)  # fmt: skip


@dataclass(frozen=True)
class Other:
    """A change by somebody else, before so many requests of the job were sent: of one `cell` of a contact."""

    after: int
    email: str
    cell: str
    value: str

    def made(self, world: World) -> bool:
        """Make it, past the API; False if there is no such contact yet."""
        with closing(sqlite3.connect(world.folder / world.sandbox / "sandbox.sqlite")) as db, db:
            row = db.execute("SELECT id FROM contacts WHERE email = ?", (self.email,)).fetchone()
            if row is None:
                return False
            kind, _, name = self.cell.partition(":")
            if kind == "list":
                sql = (
                    "UPDATE contactLists SET status = 2, udate = '2099-01-01T00:00:00-05:00'"
                    " WHERE contact = ? AND list = ?"
                )
                identity = db.execute("SELECT id FROM lists WHERE name = ?", (name,)).fetchone()[0]
                if not db.execute(sql, (row[0], identity)).rowcount:
                    sql = ("INSERT INTO contactLists (contact, list, status, udate, sourceid, created, updated)"
                           " VALUES (?, ?, 2, '2099-01-01T00:00:00-05:00', 0, '', '')")  # fmt: skip
                    db.execute(sql, (row[0], identity))
            elif kind == "tag":
                sql = "DELETE FROM contactTags WHERE contact = ? AND tag = (SELECT id FROM tags WHERE tag = ?)"
                db.execute(sql, (row[0], name))
            else:
                db.execute(f"UPDATE contacts SET {kind} = ? WHERE id = ?", (self.value, row[0]))
            return True


def _other(chance: Random) -> Other:
    cells = ("firstName", "lastName", "phone", *(f"list:{name}" for name in LISTS * 2), *(f"tag:{tag}" for tag in TAGS))
    return Other(chance.randint(0, 40), chance.choice((*PEOPLE, "n1@example.com", "n2@example.com")),
                 chance.choice(cells), f"Others {chance.randint(1, 9)}")  # fmt: skip


@dataclass
class Play:
    """One account, one file, the options of a job, and what goes wrong on its way by batches."""

    people: list[dict[str, Any]]
    rows: list[list[str]]
    header: list[str]
    options: dict[str, Any]
    switches: Switches
    refused: tuple[str, ...] = ()  # addresses that the importer refuses at once
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    kills: list[tuple[int, bool]] = field(default_factory=list)  # after so many requests; whether the last is answered
    others: list[Other] = field(default_factory=list)
    undoes: bool = False  # whether it is undone in the end
    undo_kills: list[tuple[int, bool]] = field(default_factory=list)

    @classmethod
    def of(cls, chance: Random) -> Play:
        """A random one."""
        header = ["email", *(name for name in COLUMNS if chance.random() < 0.4)]
        if chance.random() < 0.15:
            header.insert(0, "id")
        options = {
            "mode": "upsert", "blank": chance.choice(("keep", "keep", "clear")), "max_errors": "100%",
            "on_duplicate": chance.choice(("error", "first", "last")), "resubscribe": chance.random() < 0.2,
            "undoable": chance.random() < 0.2, "rate": chance.choice((0, 0, 5.0)), "ignore_unknown": True,
        }  # fmt: skip
        people = [_person(chance, email) for email in PEOPLE if chance.random() < 0.6]
        play = cls(
            people, _rows(chance, header, people), header, options, _switches(chance), seed=chance.randrange(10**6)
        )
        if chance.random() < 0.3:
            play.refused = tuple(chance.sample(PEOPLE, chance.randint(1, 3)))
        if chance.random() < 0.5:
            play.faults = _faults(chance)
        if chance.random() < 0.4:
            play.kills = [(chance.randint(1, 40), chance.random() < 0.5) for _time in range(chance.choice((1, 1, 2)))]
        if chance.random() < 0.2:
            play.others = [_other(chance) for _time in range(chance.randint(1, 4))]
        elif chance.random() < 0.4:
            play.undoes = play.options["undoable"] = True
            play.undo_kills = [
                (chance.randint(1, 40), chance.random() < 0.5) for _time in range(chance.choice((0, 1, 2)))
            ]
        return play


def _person(chance: Random, email: str) -> dict[str, Any]:
    return {
        "email": email, "firstName": chance.choice(("", "Ada", "Bob")), "lastName": chance.choice(("", "Byron")),
        "phone": chance.choice(("", "202-555-0100")), "bounced": chance.random() < 0.08,
        "tags": [tag for tag in TAGS if chance.random() < 0.4], "account": chance.choice(("", "", "Acme", "Other")),
        "lists": {name: chance.choice((0, 1, 1, 2, 2, 3)) for name in LISTS if chance.random() < 0.45},
        "fields": {title: chance.choice(_STORED[title]) for title in _STORED if chance.random() < 0.3},
    }  # fmt: skip


_STORED: Final = {
    "Company Size": ("1-10", "11-50"), "Interests": ("||Mail||Phone||", "||Mail||"), "Birthday": ("1815-12-10",),
    "Lifetime Value": ("12.5", "7"), "Notes": ("one",), "City": ("Oslo", "Bonn"), "Preferred Language": ("en", "de"),
    "Channels": ("||Web||Shop||", "||Fair||"),
}  # fmt: skip


def _rows(chance: Random, header: Sequence[str], people: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    size = chance.choice((15, 30, 50))
    known = list(PEOPLE)
    chance.shuffle(known)
    emails = [known.pop() if known and chance.random() < 0.5 else f"n{n}@example.com" for n in range(size)]
    emails = [chance.choice(PEOPLE) if chance.random() < 0.03 else email for email in emails]
    careful = chance.random() < 0.5  # mostly what the importer takes
    large = chance.random() < 0.15  # so that few contacts fill a batch
    rows = []
    for email in emails:
        address = SPELLED.get(email, email) if chance.random() < 0.3 else email
        address = chance.choice(ODD) if chance.random() < 0.03 else address
        cells = _cells(chance, header, careful=careful, large=large)
        cells["email"] = address
        at = next((n for n, one in enumerate(people, 1) if one["email"] == email), 0)
        cells["id"] = str(at) if at and chance.random() < 0.9 else chance.choice(("", "", "999", "1"))
        rows.append([cells.get(name, "") for name in header])
    return rows


def _cells(chance: Random, header: Sequence[str], *, careful: bool, large: bool) -> dict[str, str]:
    cells: dict[str, str] = {}
    tags, lists = [*TAGS, *NEW_TAGS], list(LISTS)
    chance.shuffle(tags)
    chance.shuffle(lists)
    rare = 0.04 if careful else 0.5
    for name in header:
        if name == "tags":
            cells[name] = ",".join(tags.pop() for _ in range(chance.randint(0, 2)))
        elif name == "remove_tags":
            cells[name] = tags.pop() if chance.random() < rare else ""
        elif name == "lists":
            cells[name] = ",".join(lists.pop() for _ in range(chance.choice((0, 1, 1, 2))))
        elif name == "unsubscribe_lists":
            cells[name] = lists.pop() if lists and chance.random() < 0.3 else ""
        elif name == "account":
            cells[name] = chance.choice(("", "", "#N/A" if chance.random() < rare else "", *ACCOUNTS))
        elif name in CUSTOM:
            own = CUSTOM[name] if chance.random() < rare else CUSTOM[name][:2]
            cells[name] = chance.choice(("", "", *own))
        elif name != "email":
            cells[name] = chance.choice(("", "Ada", "Bob", f"{name} x", "#N/A" if chance.random() < rare else ""))
    if large and "Notes" in cells:
        cells["Notes"] = f"{chance.random()} " * 1500
    if chance.random() < 0.01 and "lists" in cells:
        cells["lists"] = "Newsleter"
    return cells


# not `synced`: with 201 for an update one request a step does not tell who was there, and batches do
_OTHERS: Final = (
    "unknown_batch", "include", "email", "collation", "new_contact_tag", "option_not_listed", "resubscribe"
)  # fmt: skip


def _switches(chance: Random) -> Switches:
    """The sandbox's switches, mostly as they are; of the importer any."""
    chosen: dict[str, Any] = {}
    for one in fields(Switches):
        choices = one.metadata["choices"]
        own = one.name.startswith("import_") or one.name in _OTHERS
        if own and len(choices) > 1 and chance.random() < (0.3 if one.name != "include" else 0.05):
            chosen[one.name] = chance.choice(choices)
    if chance.random() < 0.3:
        chosen["import_seconds"] = chance.choice((0.0, 1.0, 20.0, 200.0))
    if chance.random() < 0.1:
        chosen["import_kept"] = chance.choice((5.0, 30.0))
    return Switches(**chosen)


def _faults(chance: Random) -> tuple[Fault, ...]:
    """A few faults on the way of batches; or any on any way."""
    submit = ("POST", "import/bulk_import")
    look, reading = ("GET", "import/info"), ("GET", "contacts")
    ends = chance.choice(ENDS)
    batch = Fault("batch", *submit, ends=ends, share=chance.choice((0.0, 0.3, 1.0)), probability=0.6)
    quota = Fault("quota", *submit, first=chance.randint(1, 3))
    result = [one for one in (batch, quota) if chance.random() < 0.4]
    for place in (submit, look, reading, ("*", "*")):
        if chance.random() < 0.4:
            kind = chance.choice(
                (*_KINDS, *(("short_page", "empty_page", "no_total", "no_include") if place == reading else ()))
            )
            when: dict[str, Any] = {"probability": 0.05 if place[0] == "*" else 0.3}
            if kind == "status":
                when |= {"status": chance.choice((429, 500, 502, 503)), "applied": chance.random() < 0.5}
                when["applied"] = when["applied"] and when["status"] != 429
            result.append(Fault(kind, *place, **when))
    return tuple(result)


_KINDS: Final = ("status", "status", "lost_after", "lost_before", "truncated", "empty", "html", "reset", "unsaid")

# ---- the account


@cache
def _template(collation: str) -> Path:
    """A new account with a few tags and accounts, made once a process."""
    folder = Path(tempfile.mkdtemp())
    world = World(folder, pytest.MonkeyPatch(), switches=Switches(collation=collation))
    world.people([])
    path = folder / "account" / "sandbox.sqlite"
    with Sandbox(path, SandboxOptions(host=world.host, switches=world.switches)) as sandbox:
        office = Office(sandbox.store, Shapes(world.host), world.switches)
        for tag in TAGS:
            ask(office, "POST tags", {"tag": {"tag": tag, "tagType": "contact"}})
        for name in ("Acme", "Other"):
            ask(office, "POST accounts", {"account": {"name": name}})
    return path


def ask(office: Office, request: str, body: Any = None) -> Any:
    """Ask the account something aside from any job; the answer's body."""
    method, _, path = request.partition(" ")
    return office.answer(method, path, (), json.dumps(body or {}).encode())[1]


def furnish(world: World, play: Play) -> None:
    """Let the account be as it is before the job."""
    world.switches = play.switches
    path = world.folder / world.sandbox / "sandbox.sqlite"
    path.parent.mkdir()
    shutil.copy(_template(play.switches.collation), path)
    with Sandbox(path, SandboxOptions(host=world.host, switches=world.switches)) as sandbox:
        office = Office(sandbox.store, Shapes(world.host), world.switches)
        titles = {one["title"]: one["id"] for one in ask(office, "GET fields", {})["fields"]} | _ids(
            sandbox, "fields", "title"
        )
        tags, lists = _ids(sandbox, "tags", "tag"), _ids(sandbox, "lists", "name")
        accounts = _ids(sandbox, "accounts", "name")
        for one in play.people:
            own = {name: one[name] for name in ("email", "firstName", "lastName", "phone")}
            said = ask(office, "POST contacts", {"contact": own})
            if "contact" not in said:
                continue  # the account takes it for another one
            identity = said["contact"]["id"]
            for tag in one["tags"]:
                ask(office, "POST contactTags", {"contactTag": {"contact": identity, "tag": tags[tag]}})
            for title, value in one["fields"].items():
                link = {"contact": identity, "field": titles[title], "value": value}
                ask(office, "POST fieldValues", {"fieldValue": link})
            for name, status in one["lists"].items():
                link = {"contact": identity, "list": lists[name], "status": status}
                ask(office, "POST contactLists", {"contactList": link})
            if one["account"]:
                link = {"contact": identity, "account": accounts[one["account"]]}
                ask(office, "POST accountContacts", {"accountContact": link})
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE contactLists SET udate = '2020-01-01T00:00:00-05:00' WHERE udate IS NOT NULL")
        db.executemany(
            "UPDATE contacts SET bounced = 1 WHERE email = ?",
            [(one["email"],) for one in play.people if one["bounced"]],
        )
        kinds = [(phrase, "partial" if phrase.startswith("@") else "exact") for phrase in EXCLUDED]
        db.executemany("INSERT INTO exclusions (matchPhrase, matchType) VALUES (?, ?)", kinds)


def _ids(sandbox: Sandbox, table: str, column: str) -> dict[str, Any]:
    return {name: str(identity) for identity, name in sandbox.store.rows(f"SELECT id, {column} FROM {table}")}
