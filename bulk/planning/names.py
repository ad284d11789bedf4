"""What an account's records are called: names to ids and back, and the columns that its custom fields make.

Values only; who reads them from the account and makes what is missing is `naming`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from bulk.model import Failure
from bulk.resources.escapes import escaped
from bulk.resources.identity import chosen, name_key, same_name
from bulk.resources.kinds import FIELD_TYPES, OPTIONS, TEXT, VALUES, Option, Problem, close_to
from bulk.resources.spec import CUSTOM, Column, Resource, normalise

_FEW: Final = 5  # names that an error lists


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field of the account's contacts, deals or accounts.

    `perstag` is its name in mails, `currency` that of its money where a value has none yet.
    """

    id: str
    title: str
    perstag: str
    type: str
    options: tuple[Option, ...] = ()
    currency: str = ""


@dataclass(slots=True)
class Book:
    """The records of one resource by what they are called; several may be called alike.

    `records` maps ids to names (an `Option`: the name, what else it is called, the id), `parents` ids to the id of what
    the record belongs to.
    """

    records: dict[str, Option] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    _ids: dict[str, list[str]] = field(default_factory=dict)

    def add(self, identity: str, name: str, also: str = "", parent: str = "", *, unnamed: bool = False) -> None:
        """Note a record that exists; `unnamed`: nobody means it by its name."""
        if identity in self.records:
            return
        self.records[identity] = Option(name, also, identity)
        if parent:
            self.parents[identity] = parent
        if not unnamed:
            self._ids.setdefault(name_key(name), []).append(identity)

    def put(self, identity: str, name: str, also: str = "", parent: str = "", *, unnamed: bool = False) -> None:
        """Note a record that exists or will, whatever was noted of it before."""
        before = self.records.pop(identity, None)
        if before is not None:
            called = self._ids.get(name_key(before.value), [])
            self._ids[name_key(before.value)] = [one for one in called if one != identity]
        self.parents.pop(identity, None)
        self.add(identity, name, also, parent, unnamed=unnamed)

    def copy(self) -> Book:
        """The same records in a book of their own."""
        ids = {key: list(called) for key, called in self._ids.items()}
        return Book(dict(self.records), dict(self.parents), ids)

    def __contains__(self, identity: str) -> bool:
        return identity in self.records

    def name_of(self, identity: str) -> str:
        """What the record is called; its id if that is not known."""
        result = self.records.get(identity)
        return identity if result is None else result.value

    def id_of(self, name: str) -> str | None:
        """The id of the record of that name, the exactly so called before others; None if there is none."""
        ids = self._ids.get(name_key(name), ())
        return next(iter(chosen(name, ((identity, self.records[identity].value) for identity in ids))), None)

    def is_called(self, identity: str, name: str, within: str = "") -> bool:
        """Whether the record of that id goes by this name (and lies within `within`)."""
        record = self.records.get(identity)
        if record is None or (within and self.parents.get(identity) != within):
            return False
        return same_name(name, record.value) or same_name(name, record.label)

    def find(self, name: str, what: str, within: str = "") -> str | Problem:
        """The id of the one record that is called so (among those within `within`), or what is wrong with the name."""
        ids = self._ids.get(name_key(name), [])
        if within:
            ids = [identity for identity in ids if self.parents.get(identity) == within]
        result = chosen(name, ((identity, self.records[identity].value) for identity in ids))
        if not result:
            result = [i for i, record in self.records.items() if record.label and same_name(record.label, name)]
        if len(result) == 1:
            return result[0]
        if result:
            several = ", ".join(sorted(result, key=int)[:_FEW])
            return Problem("ambiguous_name", f"{len(result)} {what} are called {name!r}: {several}.",
                           "Give the id instead.")  # fmt: skip
        known = [r.value for i, r in self.records.items() if not within or self.parents.get(i) == within]
        hint = close_to(name, known, "There are")
        return Problem(
            "unknown_name",
            f"None of the {what} is called {name!r}.",
            f"{hint}." if hint else f"There are no {what} yet.",
        )


@dataclass(slots=True)
class Names:
    """What the account is called by and what it holds by name.

    `host` is the account's own. `fields` are the custom fields of the resource at hand, `books` the records of other
    resources by name, as far as they were read. `refused` are names that the account would not take, by resource and
    `name_key`, each with what it said. `stand_ins` are ids of users by the `name_key` of those whose place they take,
    `stand_in` is that of the user who takes the place of anybody else who is not here.
    """

    host: str = ""
    fields: tuple[CustomField, ...] = ()
    books: dict[str, Book] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)  # collections that may not be read, and what was said
    refused: dict[tuple[str, str], Failure] = field(default_factory=dict)
    stand_ins: dict[str, str] = field(default_factory=dict)
    stand_in: str = ""

    def book(self, family: str) -> Book:
        """The records of one resource by name."""
        return self.books.setdefault(family, Book())

    def refusal(self, family: str, name: str) -> Failure | None:
        """Why there is no record of that name, None if there is one."""
        if self.book(family).id_of(name) is not None:
            return None
        unknown = Failure(family, "unknown_name", f"None of the {family} is called {name!r}.")
        return self.refused.get((family, name_key(name)), unknown)


def columns_of(resource: Resource, names: Names | None, separator: str = ",") -> tuple[Column, ...]:
    """The resource's columns in this account: the declared ones, knowing its lists, and one for each custom field.

    A field whose title is taken (by an attribute or another field), or begins like a column of ours, goes by its
    `%PERSTAG%`. Without `names` the columns are those that every account has.
    """
    lists = {"lists", "unsubscribe_lists"} if names is not None else set()
    known = tuple(names.book("lists").records.values()) if names else ()
    columns = [
        replace(column, separator=separator, options=known if column.attribute in lists else column.options)
        for column in resource.columns
    ]
    if names is None or not resource.custom:
        return tuple(columns)
    taken = Counter(normalise(title) for title in [*(c.header for c in columns), *(f.title for f in names.fields)])
    for custom in names.fields:
        kind = FIELD_TYPES.get(custom.type, TEXT)
        if kind is OPTIONS and resource.custom != "fields":
            kind = VALUES  # what contacts keep as ||A||B||, deals and accounts keep as a list
        tag = f"%{custom.perstag}%"
        unique = taken[normalise(custom.title)] == 1 and custom.title.strip()[:1] not in ("", "_")
        columns.append(
            Column(
                f"{CUSTOM}{custom.id}",
                kind,
                title=escaped(custom.title if unique or not custom.perstag else tag),
                aliases=(tag, custom.perstag) if custom.perstag and normalise(custom.perstag) not in taken else (tag,),
                options=custom.options if kind.name in ("option", "options", "values") else None,
                separator=separator,
                example=custom.options[0].value if custom.options else kind.example,
                about=f"custom field, {kind.about}",
            )
        )
    return tuple(columns)
