"""What a row of contacts asks for: its cells, read and resolved. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bulk.model import Failure, Json, Row
from bulk.planning.damage import looks_damaged
from bulk.planning.exact import exact_columns
from bulk.planning.names import Book, Names
from bulk.planning.state import ATTRIBUTES, ContactState
from bulk.planning.writers import Known, Meaning
from bulk.resources.contacts import OPPOSITES
from bulk.resources.identity import name_key
from bulk.resources.kinds import EMAIL, NAMES, Problem
from bulk.resources.spec import Column


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row asks for: only what its cells name; "" clears.

    `values` go by attribute, those of custom fields as `field:12`. `account` None: left alone, "": taken out of it.
    `exact` are the columns whose names are all that there should be. `consent` is what the program says of the person
    that wrote the file.
    """

    values: Mapping[str, Json]
    tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    unsubscribe_lists: tuple[str, ...] = ()
    account: str | None = None
    consent: str = ""
    exact: frozenset[str] = frozenset()

    @property
    def email(self) -> str:
        """The address that the row says, "" if it says none."""
        return str(self.values.get("email") or "")


def read_row(row: Row, meaning: Meaning) -> Wanted | Failure:
    """Read the row's cells; a `Failure` if two cells of it contradict each other."""
    cells = meaning.cells(row)
    if isinstance(cells, Failure):
        return cells
    attributes: dict[str, Json] = {}
    fields: dict[str, Json] = {}
    names: dict[str, tuple[str, ...]] = {}
    account: str | None = None
    for column, value in cells:
        if column.field_id:
            fields[column.attribute] = value
        elif column.kind.name == "names":
            names[column.attribute] = tuple(value)
        elif column.attribute == "account":
            account = value.strip()
        elif column.attribute in ATTRIBUTES:
            attributes[column.attribute] = value
    for add, remove in OPPOSITES:
        both = {name_key(name) for name in names.get(add, ())} & {name_key(name) for name in names.get(remove, ())}
        if both:
            return Failure("", "contradiction", f"{min(both)!r} stands in {add} and in {remove}. Keep one of the two.")
    exact = exact_columns(row, meaning)
    return Wanted({**attributes, **fields}, account=account, consent=row.consent, exact=exact, **names)


def with_address(wanted: Wanted | Failure, row: Row, stored: ContactState | None, meaning: Meaning) -> Wanted | Failure:
    """With the address that the contact has where the row's is the same; one without an address is found by its id."""
    if isinstance(wanted, Failure) or stored is None or meaning.key == "id" or "email" in row.values:
        return wanted
    address = stored.attributes.get("email", "")
    if isinstance(EMAIL.read(address, None, ""), Problem):  # or with one that would be refused today
        return wanted
    return replace(wanted, values={"email": address, **wanted.values})


def contradicted(row: Row, known: Known) -> Failure | None:
    """What is wrong with a row whose id is that of somebody else than its address."""
    if not known.beside or known.begun:
        return None
    said = f"The id in this row is that of {known.beside}, not of {row.values.get('email', row.key).strip()}."
    ways = "To give that person this address: ⟦key=id⟧. To go by the address alone, leave the ids out: ⟦map=id=⟧."
    return Failure("", "contradiction", f"{said} {ways}")


# ---- what the account has where a cell would go


def current_cell(state: ContactState | None, names: Names, row: Row, column: Column) -> str | None:
    """What the account holds of a contact where a column's cell would go."""
    if state is None:
        return None
    if column.attribute in _LINKED:
        family, links = _LINKED[column.attribute]
        return _current_names(row.values[column.attribute], column, links(state), names.book(family))
    return state.fields.get(column.field_id) if column.field_id else state.attributes.get(column.attribute)


_LINKED: Final[Mapping[str, tuple[str, Callable[[ContactState], Mapping[str, str]]]]] = {
    "tags": ("tags", lambda state: state.tags),
    "remove_tags": ("tags", lambda state: state.tags),
    "lists": ("lists", lambda state: state.lists),
    "unsubscribe_lists": ("lists", lambda state: state.lists),
    "account": ("accounts", lambda state: state.accounts),
}


def _current_names(text: str, column: Column, ids: Iterable[str], book: Book) -> str | None:
    """The cell itself if it looks odd and yet names nothing but what the contact has; None if it need not be asked."""
    if not looks_damaged(column, text.strip()):
        return None
    wanted = column.read(text) if column.kind is NAMES else [text.strip()]
    if isinstance(wanted, Problem) or not all(any(book.is_called(i, name) for i in ids) for name in wanted):
        return None
    return text
