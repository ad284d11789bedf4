"""The cells of a contact's row: its own values, and the names of what belongs to it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import Final

from bulk.model import Json
from bulk.planning.consent import SUBSCRIBED, UNSUBSCRIBED
from bulk.planning.names import Names
from bulk.planning.state import ATTRIBUTES, ContactState
from bulk.resources.escapes import escaped
from bulk.resources.spec import Column

KEPT: Final = ("cdate", "udate")  # what a row shows of a contact beside its state
_RELATION: Final = {"tags": "tags", "lists": "lists", "unsubscribe_lists": "lists", "account": "accounts"}
_SETS: Final = 4096  # of ids, whose cells are remembered
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
        return lambda _state, kept: "" if (value := kept.get(attribute)) is None else escaped(str(value))
    if attribute in ATTRIBUTES:
        return lambda state, _kept: escaped(state.attributes.get(attribute, ""))
    relation = _RELATION.get(attribute)
    if relation is None:
        return lambda state, _kept: escaped(state.id) if attribute == "id" else contact_cell(state, column, names)
    of = attrgetter(relation)
    told = lru_cache(_SETS)(partial(_told, column, names))  # many contacts have the same tags, or lists
    return lambda state, _kept: told(_related(state, attribute)) if of(state) else ""


def contact_cell(state: ContactState, column: Column, names: Names) -> str:
    """One cell of a contact's row, as far as its state has it."""
    if column.field_id:
        return column.write(state.fields.get(column.field_id))
    if column.attribute in _RELATION:
        return _told(column, names, _related(state, column.attribute))
    return escaped(state.attributes.get(column.attribute, ""))


def _related(state: ContactState, attribute: str) -> tuple[str, ...]:
    """The ids of the tags, lists or account that a cell is about."""
    match attribute:
        case "tags":
            return tuple(state.tags)
        case "account":  # a contact has at most one
            return tuple(sorted(state.accounts))[:1]
    status = SUBSCRIBED if attribute == "lists" else UNSUBSCRIBED
    return tuple(identity for identity, current in state.lists.items() if current == status)


def _told(column: Column, names: Names, ids: tuple[str, ...]) -> str:
    """The cell that names what has these ids."""
    called = map(names.book(_RELATION[column.attribute]).name_of, ids)
    return escaped(next(called, "")) if column.attribute == "account" else column.write(sorted(called, key=_in_order))


def _in_order(name: str) -> tuple[str, str]:
    """Where a name stands among others; names that differ in case only have an order too."""
    return name.casefold(), name
