"""The cells of a contact's row: its own values, and the names of what belongs to it. Pure."""

from __future__ import annotations

from typing import Final

from bulk.model import Json
from bulk.planning.names import Names
from bulk.planning.state import ContactState
from bulk.resources.escapes import escaped
from bulk.resources.spec import Column

KEPT: Final = ("cdate", "udate")  # what a row shows of a contact beside its state


def own_cell(record: Json, column: Column) -> str:
    """What a contact's row shows beside its state."""
    value = record.get(column.attribute) if column.attribute in ("id", *KEPT) else None
    return "" if value is None else escaped(str(value))


def contact_cell(state: ContactState, column: Column, names: Names) -> str:
    """One cell of a contact's row, as far as its state has it."""
    if column.field_id:
        return column.write(state.fields.get(column.field_id))
    match column.attribute:
        case "tags":
            return column.write(sorted(map(names.book("tags").name_of, state.tags), key=_in_order))
        case "lists":
            return _list_names(state, "1", names, column)
        case "unsubscribe_lists":
            return _list_names(state, "2", names, column)
        case "account":  # a contact has at most one
            return escaped(next(map(names.book("accounts").name_of, sorted(state.accounts)), ""))
        case attribute:
            return escaped(state.attributes.get(attribute, ""))


def _list_names(state: ContactState, status: str, names: Names, column: Column) -> str:
    wanted = [names.book("lists").name_of(identity) for identity, current in state.lists.items() if current == status]
    return column.write(sorted(wanted, key=_in_order))


def _in_order(name: str) -> tuple[str, str]:
    """Where a name stands among others; names that differ in case only have an order too."""
    return name.casefold(), name
