"""Which cells of a row say what the account holds already: those are neither judged nor sent, whatever they are.

A cell is compared with what an export would write for the stored value, before anything reads it: a value that the
account holds may be one that no schema takes today. This is the one place that decides it. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from bulk.model import Json, Row
from bulk.planning.contact_cells import contact_cell
from bulk.planning.kept_records import UNSET, cell_of
from bulk.planning.names import Names
from bulk.planning.state import ContactState
from bulk.planning.writers import Lookup, Meaning, Own
from bulk.resources.escapes import escaped, unescaped
from bulk.resources.kinds import Problem
from bulk.resources.spec import Column, Resource, is_blank

Written = Callable[[Column], str]  # what an export writes in a column
_LIST_COLUMNS: Final = ("lists", "unsubscribe_lists")  # one cannot be read without the other


def changed_only(row: Row, columns: Sequence[Column], written: Written) -> Row:
    """The row without the cells that say what the account holds.

    An id and the name beside it go together: one of them alone would contradict what the other says.
    """
    same: dict[str, bool] = {}
    for column in columns:
        if column.attribute in row.values:
            means = _LIST_COLUMNS[0] if column.attribute in _LIST_COLUMNS else column.means
            same[means] = same.get(means, True) and row.values[column.attribute] == written(column)
    left = {
        column.attribute: row.values[column.attribute]
        for column in columns
        if column.attribute in row.values
        and not same[_LIST_COLUMNS[0] if column.attribute in _LIST_COLUMNS else column.means]
    }
    return row if len(left) == len(row.values) else replace(row, values=left)


# ---- contacts


def of_contact(row: Row, meaning: Meaning, names: Names, state: ContactState | None) -> Row:
    """A row of contacts without what its contact holds; where that is not known, the row."""
    if state is None or meaning.mode in ("create", "delete"):
        return row
    left = changed_only(row, meaning.columns, lambda column: contact_cell(state, column, names))
    if state.attributes.get("email") or meaning.key == "id":
        return left
    # it was found by the id beside an empty address: that has to be the same person beyond doubt
    kept = [text for name, text in row.values.items() if name not in left.values and not is_blank(text)]
    sure = "phone" not in left.values and not is_blank(row.values.get("phone", ""))
    return left if kept and (sure or len(left.values) <= 1) else row


# ---- records by themselves


def of_record(row: Row, meaning: Meaning, names: Names, records: Sequence[tuple[str, Json]], lookup: Lookup) -> Own:
    """The one of `records` that the row is about, with the cells that differ from it.

    By a key other than the id, a row is about a record if all of its cells of that key say what the record holds; of
    several about the one that holds all that it says.
    """
    fitting: list[Own] = []
    for identity, kept in records:
        left = changed_only(row, meaning.columns, partial(record_cell, kept, names, lookup))
        if not left.values:
            return Own(left, (identity, kept), identity)
        if meaning.key == "id" or not _key_differs(left, meaning):
            fitting.append(Own(left, (identity, kept), identity))
    return fitting[0] if len(fitting) == 1 else Own(row)


def _key_differs(left: Row, meaning: Meaning) -> bool:
    return any(column.means in meaning.key_attributes and column.attribute in left.values for column in meaning.columns)


def with_readable(left: Row, row: Row, columns: Sequence[Column]) -> Row:
    """What is left of a row, and its other cells that can be read: of a row of which an earlier run sent something."""
    values = {
        column.attribute: row.values[column.attribute]
        for column in columns
        if column.attribute in left.values
        or (column.attribute in row.values and not isinstance(column.read(row.values[column.attribute]), Problem))
    }
    return replace(row, values=values)


def record_cell(record: Mapping[str, Json], names: Names, lookup: Lookup, column: Column) -> str:
    """What an export writes of a record in a column; nothing where it names a contact that is not known."""
    if column.of != "contacts" or not column.names:
        return cell_of(record, column, names)
    identity, (attribute, value) = record.get(column.names), column.when
    if identity in UNSET or (attribute and str(record.get(attribute)) != value):
        return ""
    state = lookup.contact_of(str(identity))
    return "" if state is None else _address(state)


def _address(state: ContactState) -> str:
    return escaped(state.attributes.get("email", ""))


# ---- what belongs to contacts


def of_link(
    row: Row, resource: Resource, meaning: Meaning, names: Names, lookup: Lookup, *, asked: Collection[str] = ()
) -> Own:
    """The row, without a cell if its contact holds all that it says; `Own.record` is then the contact's id.

    Where it says something else, names that say what the ids beside them say are left out: the ids are enough. So it
    is with a status that is to be `asked` for again.
    """
    state = None if meaning.mode == "delete" else _person(row, lookup)
    if state is None or resource.name not in TARGETS:
        return Own(row)
    attribute = TARGETS[resource.name]
    target = _target(row, attribute, meaning, names, state)
    record = _link_of(state, attribute, target)
    name = f"{state.id} {target}" if target else ""
    written = {
        column.attribute: _address(state)
        if column.of == "contacts" and column.names
        else cell_of(record, column, names)
        for column in meaning.columns
    }
    left = changed_only(row, meaning.columns, lambda column: written[column.attribute])
    if not left.values and record.get("status") not in asked:
        return Own(left, (state.id, record), name)
    sure = {column.attribute for column in meaning.columns if column.names and row.values.get(column.names, "").strip()}
    values = {a: text for a, text in row.values.items() if not (a in sure and text == written[a])}
    return Own(replace(row, values=values), name=name if _agree(left, attribute, meaning) else "")


def link_cell(row: Row, resource: Resource, meaning: Meaning, names: Names, lookup: Lookup) -> Written | None:
    """What an export would write of a row's link as it is now; nothing in any column where there is none.

    None if that is not known: its contact was not read, or what it is linked to does not come with it.
    """
    state = _person(row, lookup)
    if state is None or resource.name not in TARGETS:
        return None
    attribute = TARGETS[resource.name]
    target = _target(row, attribute, meaning, names, state)
    if not target and attribute not in resource.key_attributes:  # a contact is in one account, whichever the row says
        target = next(iter(sorted(state.accounts)), "")
    record = _link_of(state, attribute, target)

    def written(column: Column) -> str:
        if not target:
            return ""
        return _address(state) if column.of == "contacts" and column.names else cell_of(record, column, names)

    return written


def _agree(left: Row, attribute: str, meaning: Meaning) -> bool:
    """Whether the ids and the names of the row say the same link."""
    return not any(c.means in ("contact", attribute) and c.attribute in left.values for c in meaning.columns)


TARGETS: Final = {"contactTags": "tag", "contactLists": "list", "fieldValues": "field", "accountContacts": "account"}


def _person(row: Row, lookup: Lookup) -> ContactState | None:
    """The contact of the row, if it was read; None if an id and an address beside it are not of one."""
    identity, email = row.values.get("contact", "").strip(), row.values.get("contact_email", "")
    if not identity:
        return lookup.contact(unescaped(email.strip()))
    state = lookup.contact_of(identity)
    return state if state is not None and (is_blank(email) or email == _address(state)) else None


def _current(state: ContactState, attribute: str) -> Mapping[str, str]:
    families = {"tag": state.tags, "list": state.lists, "field": state.fields, "account": state.accounts}
    return families[attribute]


def _target(row: Row, attribute: str, meaning: Meaning, names: Names, state: ContactState) -> str:
    """The id of the tag, list, field or account of the row, among those that the contact has; "" if it is none."""
    current = _current(state, attribute)
    identity = row.values.get(attribute, "").strip()
    if identity:
        return identity if identity in current else ""
    column = next((c for c in meaning.columns if c.names == attribute), None)
    text = row.values.get(column.attribute, "") if column is not None else ""
    called = [i for i in current if column is not None and escaped(names.book(column.of).name_of(i)) == text]
    return called[0] if len(called) == 1 else ""


def _link_of(state: ContactState, attribute: str, identity: str) -> dict[str, Json]:
    """The record of what the contact has, as far as its state tells."""
    record: dict[str, Json] = {"contact": state.id, attribute: identity}
    if attribute == "list":
        record["status"] = state.lists.get(identity)
    elif attribute == "field":
        record["value"] = state.fields.get(identity)
    elif attribute == "account":
        record["jobTitle"] = state.titles.get(identity)
    return record
