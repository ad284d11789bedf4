"""People for the sandbox: made up, the same for one seed, fast. example.com addresses and fictional phones.

Writes to the store directly: 100,000 contacts take seconds. What a field, list or tag of a given account is called it
takes from there; without the demo's custom fields there are no field values.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bulk.sandbox.store import Store

FIRST: Final = ("Ada", "Zoë", "さゆり", "Jürgen", "Anne-Marie", "Maciej", "Siân", "Łucja", "Olu", "Inés", "Noor", "Bo")
LAST: Final = ("Lovelace", "O'Connor", "Ångström", "田中", "Słaba", "García Márquez", "Smith", "Müller", "N'Dour")
CITIES: Final = ("Bristol", "Żyrardów", "São Paulo", "君津市", "Lyon", "Sankt Pölten", "")
TAGS: Final = ("VIP", "Newsletter", "Trial", "Customer 2025", "Smith, John", "日本")
ACCOUNTS: Final = ("Analytical Engines", "Žlutý kůň s.r.o.", "Smith, Smith & Co", "日本商事", 'The "Best" Shop')
BATCH: Final = 10_000
_DAYS: Final = 2000  # that the account has been in use


def seed(store: Store, contacts: int, *, seed_number: int = 0, skewed: bool = False) -> None:
    """Add so many contacts. `skewed`: their ids lie as in an old account, few and far between, then bunched."""
    chance = random.Random(seed_number)  # noqa: S311 - made-up people, not secrets
    tags = [_tag(store, name) for name in TAGS]
    accounts = [account_named(store, name) for name in ACCOUNTS]
    lists = [row[0] for row in store.rows("SELECT id FROM lists ORDER BY id")]
    fields = dict(store.rows("SELECT title, id FROM fields"))
    first = store.count("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'contacts'")
    ids = _ids(first, contacts, skewed=skewed)
    pattern = "SELECT email_key FROM contacts WHERE email_key GLOB 'person*@example.com'"
    taken = {row[0] for row in store.rows(pattern)}  # by people of another sandbox who were imported here
    days = days_of(store.now())
    made = 0
    while made < contacts:
        count = min(BATCH, contacts - made)
        people = [_Person(next(ids), chance, days[(made + at) * _DAYS // contacts], taken) for at in range(count)]
        made += count
        store.db.execute("BEGIN IMMEDIATE")
        write(store, "contacts", "id email email_key firstName lastName phone bounced cdate udate",
               (person.contact for person in people))  # fmt: skip
        write(store, "contactTags", "contact tag cdate",
               ((person.id, tag, person.day) for person in people for tag in person.some(tags, 0.25)))  # fmt: skip
        write(store, "contactLists", "contact list status sdate udate sourceid created updated",
               (person.listing(listed) for person in people for listed in person.some(lists, 0.5)))  # fmt: skip
        write(store, "fieldValues", "contact field value cdate udate",
               ((person.id, fields[title], value, person.day, person.day)
                for person in people for title, value in person.values if title in fields))  # fmt: skip
        write(store, "accountContacts", "account contact jobTitle createdTimestamp updatedTimestamp",
               ((chance.choice(accounts), person.id, "", person.day, person.day)
                for person in people if chance.random() < 0.2))  # fmt: skip
        store.db.execute("COMMIT")


def seed_exclusions(store: Store, count: int) -> None:
    """Add so many addresses that a bulk import passes over; the first is a whole domain."""
    first = store.count("SELECT count(*) FROM exclusions")
    store.db.execute("BEGIN IMMEDIATE")
    write(store, "exclusions", "matchPhrase matchType",
           (("@shut-out.example.com", "end") if at == 0 else (f"excluded{at}@example.com", "exact")
            for at in range(first, first + count)))  # fmt: skip
    store.db.execute("COMMIT")


def write(store: Store, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Add rows of these columns to a table."""
    names = columns.split()
    marks = ", ".join("?" * len(names))
    store.db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def _tag(store: Store, name: str) -> int:
    row = store.row("SELECT id FROM tags WHERE tagType = 'contact' AND tag_key = ?", (store.fold(name),))
    now = store.now()
    values = {
        "tagType": "contact",
        "tag": name,
        "tag_key": store.fold(name),
        "description": "",
        "cdate": now,
        "udate": now,
    }
    return row[0] if row is not None else store.insert("tags", values)


def account_named(store: Store, name: str) -> int:
    """The account of that name, made if it is not there."""
    row = store.row("SELECT id FROM accounts WHERE name_key = ?", (store.fold(name),))
    now = store.now()
    values = {
        "name": name,
        "name_key": store.fold(name),
        "accountUrl": "",
        "createdTimestamp": now,
        "updatedTimestamp": now,
    }
    return row[0] if row is not None else store.insert("accounts", values)


def _ids(first: int, count: int, *, skewed: bool) -> Iterator[int]:
    """Ascending ids: without holes, or a twentieth of them spread over a hundred times the space of all others."""
    early = count // 20 if skewed else 0
    for at in range(early):
        yield first + at * 2000
    start = first + early * 2000
    for at in range(count - early):
        yield start + at


def days_of(now: str) -> list[str]:
    """The moments at which things were made, oldest first, the last one now."""
    last = datetime.fromisoformat(now)
    return [(last - timedelta(days=back)).isoformat() for back in range(_DAYS - 1, -1, -1)]


class _Person:
    """One contact and what hangs on it; asked in a fixed order, all of it follows from the seed."""

    def __init__(self, identity: int, chance: random.Random, day: str, taken: Container[str]) -> None:
        self.id = identity
        self.day = day
        self._chance = chance
        self._bounced = chance.random() < 0.02
        email = f"person{identity}@example.com"
        while email in taken:
            email = email.replace("@", ".x@")
        phone = f"+1 202-555-01{chance.randrange(100):02d}" if chance.random() < 0.7 else ""
        names = chance.choice(FIRST), chance.choice(LAST)
        self.contact = (identity, email, email, *names, phone, int(self._bounced), day, day)

    def some(self, identities: Sequence[int], share: float) -> list[int]:
        """A share of these, at random."""
        return [identity for identity in identities if self._chance.random() < share]

    def listing(self, listed: int) -> tuple[Any, ...]:
        """The row of a list the contact is on; who bounces does so on every list."""
        status = 3 if self._bounced else self._chance.choices((1, 2, 0), (82, 15, 3))[0]
        left = self.day if status == 2 else None
        return (self.id, listed, status, self.day, left, 4, self.day, self.day)

    @property
    def values(self) -> list[tuple[str, str]]:
        """Custom fields by title; what is empty has no value at all."""
        pick: Callable[[Sequence[str]], str] = self._chance.choice
        result = [("City", pick(CITIES)), ("Company Size", pick(("1-10", "11-50", "")))]
        if self._chance.random() < 0.3:
            result += [
                ("Interests", pick(("||Mail||Events||", "||Phone||"))),
                ("Birthday", f"19{self._chance.randrange(50, 100)}-0{self._chance.randrange(1, 10)}-10"),
                ("Next Call", self.day),
                ("Lifetime Value", f"{self._chance.randrange(100_000) / 100}"),
                ("Notes", "Line one\nLine two"),
                ("Preferred Language", pick(("en", "de", "fr"))),
                ("Channels", pick(("||Web||Shop||", ""))),
            ]
        return [(title, value) for title, value in result if value]
