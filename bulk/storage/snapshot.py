"""What the account held when it was read, each kind of it under keys of its own, and what was read apart.

A key is made by its namespace and by nothing else. They are as they always were on disk: some namespaces have no prefix
or differ by one letter, and are kept apart by what follows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from bulk.model import Json
from bulk.resources.identity import loose_key
from bulk.storage.database import Database, Execute

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class Namespace(Generic[K, T]):
    """One kind of what is held: `text` makes the key on disk of the key that it is sought by."""

    text: Callable[[K], str]


PEOPLE: Final = Namespace[str, dict[str, Any]](str)  # the state of a contact, by the key of its rows: address or id
ADDRESSES: Final = Namespace[str, str]("contact {}".format)  # by the id of a contact, the key that it is held under
ALIKE: Final = Namespace[str, bool](lambda address: f"alike {loose_key(address)}")  # there is one like this address
RECORDS: Final = Namespace[str, dict[str, Any]]("id {}".format)  # what is kept of a record by itself, by its id
# by resource and id (of contacts also by row), what a plan makes of a record
AFTER: Final = Namespace[tuple[str, str], dict[str, Any]](lambda key: f"after {' '.join(key)}")
NAMES: Final = Namespace[tuple[str, str], str](" ".join)  # by resource and id, the name of what records point to


class Snapshot:
    """What the account held."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold(self, kind: Namespace[K, T], key: K, state: T) -> None:
        """Note what the account holds under a key."""
        values = (kind.text(key), json.dumps(state, separators=(",", ":")))
        self._database.put("INSERT OR REPLACE INTO held VALUES (?, ?)", values)

    def known(self, kind: Namespace[K, T], keys: Iterable[K]) -> dict[K, T]:
        """What the account holds under those of these keys that are known."""
        texts = {key: kind.text(key) for key in keys}
        distinct = tuple(dict.fromkeys(texts.values()))  # several keys may be alike
        marks = ",".join("?" * len(distinct))
        cursor = self._database.read(f"SELECT key, state FROM held WHERE key IN ({marks})", distinct)
        states = {text: json.loads(state) for text, state in cursor}
        return {key: states[text] for key, text in texts.items() if text in states}

    def drop(self, kind: Namespace[K, T], key: K) -> None:
        """Note that the account holds nothing under a key any more."""
        self._database.put("DELETE FROM held WHERE key = ?", (kind.text(key),))

    def people(self) -> Iterator[Json]:
        """The states of all contacts that are held; one that is held under several keys comes several times."""
        for (state,) in self._database.read("SELECT state FROM held WHERE state LIKE '[%'"):
            yield json.loads(state)

    def after(self, resource: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """What a plan makes of the records of a resource, with their keys in `AFTER`, ordered by these."""
        first, end = AFTER.text((resource, "")), AFTER.text((f"{resource}!", ""))[:-1]
        for key, state in self._database.read("SELECT key, state FROM held WHERE key > ? AND key < ?", (first, end)):
            yield key.removeprefix(first), json.loads(state)

    # ---- records by themselves, and what belongs to others

    def relations_of(self, owner: int) -> Iterator[tuple[str, Json]]:
        """Family and record of everything that was read apart and belongs to this record."""
        cursor = self._database.read("SELECT family, record FROM relations WHERE owner = ? ORDER BY id", (owner,))
        for family, record in cursor.fetchall():
            yield family, json.loads(record)

    def add_relations(self, family: str, records: Iterable[Json], owner: str = "contact") -> None:
        """Note records that belong to others and were read apart; `owner` is the attribute that says to which."""
        for record in records:
            values = (family, int(record["id"]), int(record[owner]), json.dumps(record))
            self._database.put("INSERT OR REPLACE INTO relations VALUES (?, ?, ?, ?)", values)

    def hold_under(self, key: str, identity: int) -> None:
        """Note that a record goes by this key; several may."""
        self._database.put("INSERT OR IGNORE INTO held_under VALUES (?, ?)", (key, identity))

    def ids_under(self, key: str) -> list[str]:
        """The ids of the records that go by this key, ascending."""
        cursor = self._database.read("SELECT id FROM held_under WHERE key = ? ORDER BY id", (key,))
        return [str(identity) for (identity,) in cursor]

    def pages_of_records(self, size: int) -> int:
        """How many pages of so many records it takes to read what was read of records by themselves."""
        counts = (
            self._database.read(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("held_under", "relations")
        )
        return sum(-(-int(count) // size) for count in counts)

    # ---- parts of what the checkpoint does at once

    def forget(self, execute: Execute) -> None:
        """Forget all of it."""
        execute("DELETE FROM held")
        self._forget_tables(execute)

    def forget_records(self, execute: Execute) -> None:
        """Forget how records by themselves were."""
        execute("DELETE FROM held WHERE key LIKE ?", (RECORDS.text("%"),))
        self._forget_tables(execute)

    @staticmethod
    def _forget_tables(execute: Execute) -> None:
        for table in ("held_under", "relations"):
            execute(f"DELETE FROM {table}")
