"""What the cells of a row mean in this account: names become ids, and a row that contradicts itself is refused.

Contacts are too many to be known by name, so those that a row names are asked for in its flow, unless they were read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bulk.model import Failure, Json, Outcome, Row, RowStatus
from bulk.planning.address_lookup import look_up_contact
from bulk.planning.flow import Asking
from bulk.planning.kept_records import UNSET
from bulk.planning.names import Names
from bulk.planning.state import ContactState
from bulk.planning.writers import Lookup, Meaning
from bulk.resources.identity import name_key
from bulk.resources.kinds import Problem
from bulk.resources.spec import Column

_NOTHING: Final[Mapping[str, Json]] = {}
_USERS: Final = "users"
_OWNERS: Final = "Who is to have it instead: ⟦map_user=OLD=NEW⟧, or ⟦owner_default=EMAIL⟧ for all such."


@dataclass(slots=True)
class Wanted:
    """What a row asks for, read and resolved: only what its cells name; "" clears.

    `values` go by the API's attributes, `fields` by the ids of custom fields. `additions` are what is written beside
    the record, by column. `emails` are contacts that have to be found yet: the attribute, the column, the address.
    """

    values: dict[str, Json] = field(default_factory=dict)
    fields: dict[str, Json] = field(default_factory=dict)
    additions: dict[str, Json] = field(default_factory=dict)
    emails: list[tuple[str, str, str]] = field(default_factory=list)
    state: ContactState | None = None
    bounced: bool | None = None


def understood(
    row: Row, meaning: Meaning, names: Names, lookup: Lookup, context: Mapping[str, Json] = _NOTHING
) -> Asking[Wanted | Outcome]:
    """What the row wants, its contacts found; the outcome of a row that means nothing, or not one thing.

    `context` is what its record holds: a cell that says nothing new may say what another one means.
    """
    wanted = read(row, meaning, names, context)
    if isinstance(wanted, Failure):  # one with a step says what the account would not take
        status = RowStatus.FAILED if wanted.step else RowStatus.REJECTED
        return Outcome(status, failures=(wanted,))
    if not wanted.emails and wanted.values.get("contact") not in UNSET:
        wanted.state = lookup.contact_of(str(wanted.values["contact"]))
        wanted.bounced = None if wanted.state is None else wanted.state.bounced
    for attribute, header, email in wanted.emails:
        identity = yield from _find_contact(wanted, header, email, lookup)
        if isinstance(identity, Failure):
            return Outcome(RowStatus.FAILED, failures=(identity,))
        failure = _set_id(wanted, attribute, header, email, identity)
        if failure is not None:
            return Outcome(RowStatus.REJECTED, failures=(failure,))
    return wanted


def read(row: Row, meaning: Meaning, names: Names, context: Mapping[str, Json] = _NOTHING) -> Wanted | Failure:
    """What the cells say by themselves; contacts named by their addresses are left to be found."""
    cells = meaning.cells(row)
    if isinstance(cells, Failure):
        return cells
    wanted = Wanted()
    named: list[tuple[Column, str]] = []
    for column, value in cells:
        if column.field_id:
            wanted.fields[column.field_id] = value
        elif column.beside:
            wanted.additions[column.attribute] = value
        elif column.names:
            named.append((column, value))
        elif column.attribute != "id":
            wanted.values[column.attribute] = value
    for column, value in sorted(named, key=lambda pair: bool(pair[0].within)):  # a pipeline before its stage
        failure = _name(column, value, wanted, names, context)
        if failure is not None:
            return failure
    return wanted


def _name(column: Column, name: str, wanted: Wanted, names: Names, context: Mapping[str, Json]) -> Failure | None:
    """Note what a cell of names means; the `Failure` if it means nothing, or not what stands beside it."""
    attribute, only = column.when
    if attribute and wanted.values.get(attribute, context.get(attribute)) != only:
        return Failure("", "contradiction", f"{column.header} is for {attribute} {only} only. Empty this cell.")
    if not name:
        wanted.values.setdefault(column.names, "")
        return None
    if column.of == "contacts":
        wanted.emails.append((column.names, column.header, name))
        return None
    within = str(wanted.values.get(column.within, context.get(column.within)) or "") if column.within else ""
    book = names.book(column.of)
    called = name.strip("%") if column.of == "fields" and name.startswith("%") else name
    if instead := _stand_in(column, called, names):
        wanted.values[column.names] = instead  # whatever id stands beside it, that is of somebody who is not here
    if instead or book.is_called(str(wanted.values.get(column.names) or ""), called, within):
        return None  # the id beside it says which, should several be called so
    identity = book.find(called, column.of, within)
    if isinstance(identity, Problem):
        way = f" {_OWNERS}" if column.of == _USERS and identity.code == "unknown_name" else ""
        unknown = Failure("", identity.code, f"{column.header}: {identity.message} {identity.hint}{way}")
        return names.refused.get((column.of, name_key(called)), unknown)
    return _set_id(wanted, column.names, column.header, name, identity)


def _stand_in(column: Column, name: str, names: Names) -> str:
    """The id of the user who takes the place of the one that a cell names, "" if nobody does."""
    if column.of != _USERS:
        return ""
    mapped = names.stand_ins.get(name_key(name), "")
    if mapped or not names.stand_in or names.book(_USERS).id_of(name) is not None:
        return mapped
    return names.stand_in


def _find_contact(wanted: Wanted, header: str, email: str, lookup: Lookup) -> Asking[str | Failure]:
    """The id of the contact of an address."""
    wanted.state = lookup.contact(email)
    if wanted.state is not None:
        wanted.bounced = wanted.state.bounced
        return wanted.state.id
    receipt = yield from look_up_contact(f"look up {header}", email)
    if not receipt.ok:
        return Failure(receipt.step, receipt.code, receipt.error)
    if receipt.data is None:
        return Failure(receipt.step, "not_found", f"There is no contact {email}. Import the contacts first.")
    wanted.bounced = bool(receipt.data["bounced"])
    return str(receipt.data["id"])


def _set_id(wanted: Wanted, attribute: str, header: str, name: str, identity: str) -> Failure | None:
    """Note the id that a name means, unless another one stands beside it."""
    given = wanted.values.get(attribute)
    if given not in UNSET and str(given) != identity:
        said = f"{attribute} is {given}, but {header} {name!r} has the id {identity}."
        hint = f"Empty one of the two; ids of another account are left out by ⟦map={attribute}=⟧."
        return Failure("", "contradiction", f"{said} {hint}")
    wanted.values[attribute] = identity
    return None
