"""A contact as the importer takes it, made of the change that a row brings about. Pure.

The importer adds, sets and subscribes; it takes nothing away and clears nothing. What a change needs besides goes one
request a step, and so does all of a row whose change the importer can express only in part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bulk.model import Aspect, Edit, Json
from bulk.planning.changes import CREATED, UPDATED, Change
from bulk.planning.consent import SUBSCRIBED, UNSUBSCRIBED, Exclusions
from bulk.planning.names import Names
from bulk.planning.state import ContactState
from bulk.resources.spec import CUSTOM

_BLANK: Final = ("", None)
_NAMES: Final = {"firstName": "first_name", "lastName": "last_name", "phone": "phone"}  # ours -> the importer's


@dataclass(frozen=True, slots=True)
class Entry:
    """A contact of a batch. `subscribes`: to a list, so how a contact stands who is there is read before."""

    contact: Json
    subscribes: bool


def entry_of(change: Change, state: ContactState | None, excluded: Exclusions, names: Names) -> Entry | None:
    """What the importer is asked for by a change; None where it cannot express all of it.

    `state` is how the contact was read, None of one that is not there. Tags and accounts are called as the account
    calls them, so that none is made that differs in case alone.
    """
    email = _address(change, state)
    if change.action not in (CREATED, UPDATED) or not change.known or change.failures or not email:
        return None
    if state is not None and state.bounced:
        return None
    contact: dict[str, Json] = {"email": email}
    own = [edit for edit in change.own if state is not None or edit.after not in _BLANK]  # who is new has no values
    if not all(_take_value(contact, edit) for edit in own):
        return None
    if not all(_take_link(contact, edit, names) for edit in change.beside):
        return None
    lists = [edit for edit in change.beside if edit.aspect is Aspect.LIST and edit.after == SUBSCRIBED]
    if any(excluded.has(email, edit.of) for edit in lists):
        return None
    return Entry(contact, bool(lists))


def _address(change: Change, state: ContactState | None) -> str:
    if state is not None:
        return state.attributes.get("email", "")
    return next((str(edit.after) for edit in change.own if edit.of == "email"), "")


def _take_value(contact: dict[str, Json], edit: Edit) -> bool:
    """Set one value; whether the importer can."""
    if edit.aspect is not Aspect.VALUE or edit.after in _BLANK:
        return False
    if edit.of == "email":
        return edit.before is None  # it is the key, and does not change
    if edit.of.startswith(CUSTOM):
        identity = edit.of.removeprefix(CUSTOM)
        if not identity.isdigit():
            return False
        contact.setdefault("fields", []).append({"id": int(identity), "value": str(edit.after)})
        return True
    if edit.of not in _NAMES:
        return False
    contact[_NAMES[edit.of]] = str(edit.after)
    return True


def _take_link(contact: dict[str, Json], edit: Edit, names: Names) -> bool:
    """Add one tag, list or account; whether the importer can."""
    if not edit.of or (edit.aspect is Aspect.LIST and not edit.of.isdigit()):  # a name that could not be made
        return False
    match edit.aspect:
        case Aspect.TAG if edit.after:
            contact.setdefault("tags", []).append(names.book("tags").name_of(edit.of))
        case Aspect.LIST if edit.after == SUBSCRIBED and edit.before is None:
            contact.setdefault("subscribe", []).append({"listid": int(edit.of)})
        case Aspect.LIST if edit.after == UNSUBSCRIBED:
            contact.setdefault("unsubscribe", []).append({"listid": int(edit.of)})
        case Aspect.ACCOUNT if edit.before is None and edit.after == "":
            contact["customer_acct_name"] = names.book("accounts").name_of(edit.of)
        case _:
            return False
    return True


def without_automations(contacts: Sequence[Json]) -> Json:
    """The contacts, each saying that it enters no automation: the batch says it too, since documents differ."""
    return [{**contact, "exclude_automations": True} for contact in contacts]
