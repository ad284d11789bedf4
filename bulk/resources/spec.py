"""What a declaration of a resource is made of: `Resource` and `Column`. Data only, nothing to inherit from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from bulk.model import Json
from bulk.resources.escapes import CLEAR, escaped, unescaped
from bulk.resources.identity import name_key
from bulk.resources.kinds import Kind, Options, Problem
from bulk.resources.titles import NO_TITLES, Titles

CUSTOM = "field:"  # the attribute of a custom field's column is this and the field's id
JOIN: Final = "+"  # between the attributes of a key
NAME: Final = 100  # letters up to which a header is remembered; what is longer is a cell, mostly
_NUL: Final = Problem("nul_character", "This holds a NUL character.", "Take the \\u0000 out.")


def is_blank(cell: str) -> bool:
    """Whether a cell says nothing."""
    return not cell.strip()


def clears(cell: str) -> bool:
    """Whether a cell says that its value is to be cleared."""
    return cell.strip() == CLEAR


# wide: a declaration, one attribute for each thing that a column can say of itself
@dataclass(frozen=True, slots=True)
class Column:
    """One column of a resource's CSV.

    `attribute` names the value in the API ("firstName"; a custom field: "field:12"). `title` is the header that export
    writes, `aliases` are further headers that import takes; `titles` are those that people give to it. `options` are
    the choices, None while they are not known.
    `required`: no record can be made without it. `writable` is False for what the API sets itself: exported, passed
    over on import. `default` is sent with a new record if the row does not say.

    A column of ids says in `of` which resource they are of. The column of names beside it has the same `of`, and in
    `names` the attribute whose record it names; `within` is the attribute that holds what the named record belongs to
    (a stage: its pipeline), and `when` the attribute and value with which the name counts (a note: what it is on).
    `beside`: the value is not part of the record's body; a strategy writes and reads it. `exact`: a cell names all that
    there should be, as an import may ask for; so it may clear them.
    """

    attribute: str
    kind: Kind
    title: str = ""
    aliases: tuple[str, ...] = ()
    required: bool = False
    writable: bool = True
    exported: bool = True
    options: Options = None
    separator: str = ","
    example: str = ""
    about: str = ""
    default: Json = None
    of: str = ""
    names: str = ""
    within: str = ""
    when: tuple[str, str] = ("", "")
    beside: bool = False
    titles: Titles = NO_TITLES
    exact: bool = False

    @property
    def header(self) -> str:
        """The column's header in a CSV that we write."""
        return self.title or self.attribute

    @property
    def field_id(self) -> str:
        """The custom field's id, "" if this is no custom field."""
        return self.attribute.removeprefix(CUSTOM) if self.attribute.startswith(CUSTOM) else ""

    @property
    def means(self) -> str:
        """The attribute that the column speaks of: its own, or the one whose record it names."""
        return self.names or self.attribute

    def read(self, text: str) -> Json | Problem:
        """The JSON value of a cell that is not empty."""
        meant = unescaped(text)
        return _NUL if "\0" in meant else self.kind.read(meant, self.options, self.separator)

    def write(self, value: Json) -> str:
        """The cell's text of a value as the API returns it."""
        return escaped(self.kind.write(value, self.separator))


class Reading(StrEnum):
    """How the records of a resource are read.

    `KEYSET`: contacts, by id. `PAGES`: by offset. `CONTACTS`: with the contacts that they belong to, a hundred
    contacts a request, whatever each of them has.
    """

    KEYSET = "keyset"
    PAGES = "pages"
    CONTACTS = "contacts"


class Writing(StrEnum):
    """How a row of a resource is written.

    `CONTACT`: a contact with all that belongs to it. `LINK`: something that belongs to one contact. `RECORD`: a record
    by itself.
    """

    CONTACT = "contact"
    LINK = "link"
    RECORD = "record"


# wide: a declaration, one attribute for each thing in which resources differ
@dataclass(frozen=True, slots=True)
class Resource:
    """One of ActiveCampaign's resources, as `bulk` moves it.

    `name` is the API's plural and the name on the command line, `singular` wraps one record in a body. `key` is what
    identifies a record in a file: an attribute, or several joined by "+"; `keys` are those that `--key` offers.
    `unique` False: several records may share a key. `called` is the attribute by which a person knows a record, as
    columns of names in other resources do, `also_called` another one, `within` the attribute of what it belongs to.
    `modes` are the meanings a row can have, the natural one first; none: the
    API does not let one write. `custom` is the collection that describes its custom fields. `needs_one`: groups of
    attributes, of each of which a new record needs one. `matched_by`: query parameter and attribute that narrow the
    records down to those like one that was sent. `filters` maps names of `--filter` to query parameters,
    `search` is that of `--search`. `order`: query parameters without which its pages have no order that lasts.
    """

    name: str
    singular: str
    key: str
    columns: tuple[Column, ...]
    modes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    unique: bool = True
    called: str = ""
    also_called: str = ""
    within: str = ""
    custom: str = ""
    reading: Reading = Reading.PAGES
    writing: Writing = Writing.RECORD
    needs_one: tuple[tuple[str, ...], ...] = ()
    matched_by: tuple[str, str] = ("", "")
    filters: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    order: tuple[tuple[str, str], ...] = ()
    about: str = ""
    notes: tuple[str, ...] = ()

    @property
    def key_attributes(self) -> tuple[str, ...]:
        """The attributes of the natural key."""
        return tuple(self.key.split(JOIN))

    @property
    def can_go(self) -> bool:
        """Whether what the account has of it can be taken away; who is on a list is unsubscribed."""
        return "delete" in self.modes or (self.writing is Writing.LINK and bool(self.modes))

    def column(self, attribute: str) -> Column:
        """The declared column of that attribute; `KeyError` if there is none."""
        for column in self.columns:
            if column.attribute == attribute:
                return column
        raise KeyError(attribute)


def normalise(header: str) -> str:
    """A header without what does not matter: case, blanks, `_` and `-`, and what is invisible."""
    return _normalised_name(header) if len(header) <= NAME else _normalised(header)


@lru_cache(maxsize=4096)
def _normalised_name(header: str) -> str:
    return _normalised(header)  # each job asks for that of every declared column, several times


def _normalised(header: str) -> str:
    return "".join(char for char in name_key(header) if not char.isspace() and char not in "_-")
