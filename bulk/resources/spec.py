"""What a declaration of a resource is made of: `Resource` and `Column`. Data only, nothing to inherit from."""

from __future__ import annotations

from dataclasses import dataclass, field

from bulk.model import Json
from bulk.resources.kinds import Kind, Options, Problem

CUSTOM = "field:"  # the attribute of a custom field's column is this and the field's id
CLEAR = "#N/A"  # a cell that holds this clears the value, whatever --blank says


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a resource's CSV.

    `attribute` names the value in the API ("firstName"; a custom field: "field:12"). `title` is the header that export
    writes, `aliases` are further headers that import takes. `options` are the account's choices, None while they are
    not known. `writable` is False for what the API sets itself: exported, passed over on import.
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

    @property
    def header(self) -> str:
        """The column's header in a CSV that we write."""
        return self.title or self.attribute

    @property
    def field_id(self) -> str:
        """The custom field's id, "" if this is no custom field."""
        return self.attribute.removeprefix(CUSTOM) if self.attribute.startswith(CUSTOM) else ""

    def read(self, text: str) -> Json | Problem:
        """The JSON value of a cell that is not empty."""
        return self.kind.read(text, self.options, self.separator)

    def write(self, value: Json) -> str:
        """The cell's text of a value as the API returns it."""
        return self.kind.write(value, self.separator)


@dataclass(frozen=True, slots=True)
class Resource:
    """One of ActiveCampaign's resources, as `bulk` moves it.

    `name` is the API's plural and the name on the command line, `singular` wraps one record in a body. `key` is the
    attribute that identifies a record in a file. `modes` are the meanings a row can have, the natural one first.
    `custom_fields`: the account's contact custom fields become columns.
    """

    name: str
    singular: str
    key: str
    columns: tuple[Column, ...]
    modes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    custom_fields: bool = False
    about: str = ""
    notes: tuple[str, ...] = field(default=())


def normalise(header: str) -> str:
    """A header without what does not matter: case, blanks, `_` and `-`."""
    return "".join(char for char in header.casefold() if not char.isspace() and char not in "_-")
