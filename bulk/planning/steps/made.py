"""What a row has created before, and what was not found as it was acknowledged: it is put right, and not made twice.

Its id alone proves nothing: a server that acknowledges in vain gives the same id to the next record. So it is read, and
must be what the row is about. What is nobody's is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bulk.model import Failure, Json, fits
from bulk.planning import answers
from bulk.planning.differences import NOT_CONFIRMED
from bulk.planning.flow import Asking
from bulk.planning.kept_records import beside_of
from bulk.planning.names import Names
from bulk.planning.read_back import NotRead, read_contact, read_record
from bulk.planning.state import ContactState
from bulk.planning.writers import Known, Lookup
from bulk.resources.identity import same_address
from bulk.resources.spec import Resource

_STEP: Final = "read back"
_UNREAD: Final = Failure(_STEP, "no_answer", "It was created before, and could not be read again. Run ⟦retry⟧.")


def made_contact(known: Known, email: str) -> Asking[ContactState | Failure | None]:
    """The contact that the row has created, as it is; None if it is gone, or has another address.

    The API takes an address once only, so then no second one of it can be made.
    """
    seen = yield from read_contact(known.made, ("fieldValues",))
    if isinstance(seen, NotRead):
        return _UNREAD
    state = seen.state
    return state if state is not None and same_address(state.attributes.get("email", ""), email) else None


def made_record(
    resource: Resource, values: Mapping[str, Json], names: Names, lookup: Lookup, known: Known
) -> Asking[tuple[str, Json] | Failure | None]:
    """The record that the row has created, as it is; None if it is gone. A `Failure` if it may be somebody else's."""
    identity = known.made
    now = yield from read_record(resource, identity, custom=bool(names.fields))
    if isinstance(now, NotRead):
        return _UNREAD
    if now[1] is None:
        return None
    if not _is_it(resource, values, now[1], lookup, known):
        return _another(resource, identity) if known.made_alone else None
    beside = beside_of(resource)
    before = next((kept for _id, kept in lookup.records(f"id {identity}")), None)
    if beside and before is None:
        return _UNREAD
    return identity, (before or {}) | {name: value for name, value in now[1].items() if name not in beside}


def _is_it(resource: Resource, values: Mapping[str, Json], kept: Json, lookup: Lookup, known: Known) -> bool:
    """Whether a record is the one that the row has created.

    It is if it has the row's key. If not, some of the key may have been changed: then it has to be newer than the job,
    and of the same contact, deal or account.
    """
    says = answers.record(resource, values)
    same = {name: fits(kept.get(name), wanted) for name, wanted in says.items()}
    if all(same.values()):
        return True
    belongs = any(same[name] for name in says if answers.points(resource, name))
    return known.made_alone and belongs and int(known.made) > lookup.newest


def _another(resource: Resource, identity: str) -> Failure:
    singular = resource.singular
    said = f"This row has created the {singular} {identity}, and what has that id now has another {resource.key}."
    ways = "Nothing was done to it, and no second one was made. Put it right by hand, or import failed.csv."
    return Failure(_STEP, NOT_CONFIRMED, f"{said} {ways}")
