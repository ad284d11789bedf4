"""People for the sandbox: made up, the same for one seed, fast. example.com addresses and fictional phones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

from bulk.sandbox.store import Store

FIRST: Final = ("Ada", "Zoë", "さゆり", "Jürgen", "Anne-Marie", "Maciej", "Siân", "Łucja", "Olu", "Inés", "Noor", "Bo")
LAST: Final = ("Lovelace", "O'Connor", "Ångström", "田中", "Słaba", "García Márquez", "Smith", "Müller", "N'Dour")
CITIES: Final = ("Bristol", "Żyrardów", "São Paulo", "君津市", "Lyon", "Sankt Pölten", "")
TAGS: Final = ("VIP", "Newsletter", "Trial", "Customer 2025", "Smith, John", "日本")
BATCH: Final = 10_000


def seed(store: Store, contacts: int, *, seed_number: int = 0, skewed: bool = False) -> None:
    """Add so many contacts. `skewed`: their ids lie as in an old account, few and far between, then bunched."""
    chance = random.Random(seed_number)  # noqa: S311 - made-up people, not secrets
    now = store.now()
    tags = [_tag(store, name, now) for name in TAGS]
    lists = [row[0] for row in store.rows("SELECT id FROM lists ORDER BY id")]
    fields = dict(store.rows("SELECT title, id FROM fields"))
    first = store.count("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'contacts'")
    ids = _ids(first, contacts, skewed=skewed)
    made = 0
    while made < contacts:
        people = [_Person(next(ids), chance, now) for _ in range(min(BATCH, contacts - made))]
        made += len(people)
        store.db.execute("BEGIN IMMEDIATE")
        store.db.executemany(
            "INSERT INTO contacts (id, email, firstName, lastName, phone, bounced, cdate, udate)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (person.contact for person in people),
        )
        store.db.executemany(
            "INSERT INTO contactTags (contact, tag, cdate) VALUES (?, ?, ?)",
            ((person.id, tag, now) for person in people for tag in person.some(tags, 0.25)),
        )
        store.db.executemany(
            "INSERT INTO contactLists (contact, list, status, sdate, sourceid, created) VALUES (?, ?, ?, ?, 4, ?)",
            ((p.id, listed, p.status(), now, now) for p in people for listed in p.some(lists, 0.5)),
        )
        store.db.executemany(
            "INSERT INTO fieldValues (contact, field, value, cdate, udate) VALUES (?, ?, ?, ?, ?)",
            ((p.id, fields[title], value, now, now) for p in people for title, value in p.values if title in fields),
        )
        store.db.execute("COMMIT")


def _tag(store: Store, name: str, now: str) -> int:
    row = store.row("SELECT id FROM tags WHERE tagType = 'contact' AND tag = ?", (name,))
    if row is not None:
        return int(row[0])
    return store.write("INSERT INTO tags (tagType, tag, description, cdate) VALUES ('contact', ?, '', ?)", (name, now))


def _ids(first: int, count: int, *, skewed: bool) -> Iterator[int]:
    """Ascending ids: without holes, or a twentieth of them spread over a hundred times the space of all others."""
    early = count // 20 if skewed else 0
    for at in range(early):
        yield first + at * 2000
    start = first + early * 2000
    for at in range(count - early):
        yield start + at


class _Person:
    def __init__(self, identity: int, chance: random.Random, now: str) -> None:
        self.id = identity
        self._chance = chance
        given, family = chance.choice(FIRST), chance.choice(LAST)
        bounced = int(chance.random() < 0.02)
        phone = f"+1 202-555-01{chance.randrange(100):02d}" if chance.random() < 0.7 else ""
        self.contact = (identity, f"person{identity}@example.com", given, family, phone, bounced, now, now)

    def some(self, identities: list[int], share: float) -> list[int]:
        return [identity for identity in identities if self._chance.random() < share]

    def status(self) -> int:
        return self._chance.choices((1, 2, 0, 3), (80, 15, 3, 2))[0]

    @property
    def values(self) -> list[tuple[str, Any]]:
        chance = self._chance
        values = [("City", chance.choice(CITIES)), ("Company Size", chance.choice(("1-10", "11-50", "")))]
        if chance.random() < 0.3:
            values += [
                ("Interests", "||Mail||Events||"),
                ("Birthday", f"19{chance.randrange(50, 100)}-0{chance.randrange(1, 10)}-1{chance.randrange(10)}"),
                ("Lifetime Value", f"{chance.randrange(100_000) / 100}"),
                ("Notes", "Line one\nLine two"),
            ]
        return [(title, value) for title, value in values if value]
