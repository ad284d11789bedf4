"""The cells of a contact's row: its own values, and the names of what belongs to it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

from bulk.model import Json
from bulk.planning.names import Names
from bulk.planning.state import ATTRIBUTES, ContactState
from bulk.resources.escapes import escaped
from bulk.resources.spec import Column

KEPT: Final = ("cdate", "udate")  # what a row shows of a contact beside its state
_RELATION: Final = {"tags": "tags", "lists": "lists", "unsubscribe_lists": "lists", "account": "accounts"}
CellOf = Callable[[ContactState, Json], str]  # of a contact's state, and what is kept beside it


def cell_writers(columns: Sequence[Column], names: Names) -> list[CellOf]:
    """What writes each cell of a row, made once for all rows: most cells of most contacts are empty."""
    return [_cell_writer(column, names) for column in columns]


def _cell_writer(column: Column, names: Names) -> CellOf:
    attribute, field = column.attribute, column.field_id
    if field:
        blank = column.write(None)

        def custom(state: ContactState, _kept: Json) -> str:
            value = state.fields.get(field)
            return blank if value is None else column.write(value)

        return custom
    if attribute in KEPT:
        return lambda _state, kept: "" if kept.get(attribute) is None else escaped(str(kept[attribute]))
    if attribute in ATTRIBUTES:
        return lambda state, _kept: escaped(state.attributes.get(attribute, ""))
    relation = _RELATION.get(attribute)
    if relation is None:
        return lambda state, _kept: escaped(state.id) if attribute == "id" else contact_cell(state, column, names)
    of = attrgetter(relation)
    return lambda state, _kept: contact_cell(state, column, names) if of(state) else ""


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
