"""Learning what the account holds of one row's contact, where it was not read before the rows. Pure.

A plan says what was there before, so it asks for whom it does not know: by address, then with all that belongs to them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bulk.model import Failure, Row
from bulk.planning.address_lookup import look_up_contact
from bulk.planning.flow import Asking
from bulk.planning.read_back import NotRead, read_contact
from bulk.planning.state import RELATIONS, ContactState
from bulk.planning.writers import Known, Lookup, Meaning
from bulk.resources.escapes import unescaped
from bulk.resources.spec import Writing, is_blank

_FIRST: Final = ("look up before", "read back")  # the questions of `learned`
_QUESTIONS: Final = ("look up", "read back")


def contact_now(identity: str) -> Asking[ContactState | Failure | None]:
    """A contact as it is now, with all that belongs to it; None if it is not there, or why it could not be read."""
    seen = yield from read_contact(identity, RELATIONS)
    return Failure("look up before", "no_answer", seen.said) if isinstance(seen, NotRead) else seen.state


def learned_contact(row: Row, known: Known, meaning: Meaning) -> Asking[Known | Failure]:
    """What is known of the contact of a row of contacts, asked for if it has to be."""
    if known.state is not None or known.absent or known.begun:
        return known
    by_id = meaning.key == "id" or row.before is not None
    identity = row.key if by_id else known.stored.id if known.stored is not None else ""
    if not identity:
        receipt = yield from look_up_contact("look up before", row.key)
        if not receipt.ok:
            return Failure(receipt.step, receipt.code, receipt.error)
        if receipt.data is None:
            return replace(known, absent=True, fresh=True, look_first=False)
        identity = str(receipt.data["id"])
    state = yield from contact_now(identity)
    if isinstance(state, Failure):
        return state
    return replace(known, state=state, stored=state, fresh=True, absent=state is None, look_first=False)


def learned_person(row: Row, known: Known, lookup: Lookup, *, again: bool) -> Asking[Known | Failure]:
    """What is known of the contact of a row of what belongs to one, asked for if it has to be, or `again`."""
    identity, email = row.values.get("contact", "").strip(), row.values.get("contact_email", "")
    if known.begun or (not identity and is_blank(email)):
        return known
    address = unescaped(email.strip())
    state = lookup.contact_of(identity) if identity else lookup.contact(address)
    if state is not None and not again:
        return replace(known, fresh=True)
    identity = identity or ("" if state is None else state.id)
    if not identity:
        receipt = yield from look_up_contact("look up before", address)
        if not receipt.ok or receipt.data is None:
            return known  # what that means is decided with the row
        identity = str(receipt.data["id"])
    person = yield from contact_now(identity)
    if isinstance(person, Failure):
        return person
    return known if person is None else replace(known, person=person, fresh=True)


def learned(
    writing: Writing, row: Row, known: Known, meaning: Meaning, lookup: Lookup, *, again: bool = False
) -> Asking[Known | Failure]:
    """What is known of a row once all that it may change was read. Records by themselves were read before.

    `again`: what belongs to contacts is read anew; contacts were, not long ago.
    """
    if writing is Writing.CONTACT:
        return (yield from learned_contact(row, known, meaning))
    if writing is Writing.LINK:
        return (yield from learned_person(row, known, lookup, again=again))
    return known


def has_sent(known: Known) -> bool:
    """Whether an earlier run has sent anything of a row but what it asked for first."""
    return any(not step.startswith(_QUESTIONS) for step in known.begun)


def learned_before(
    writing: Writing, row: Row, known: Known, meaning: Meaning, lookup: Lookup, *, again: bool = False
) -> Asking[Known | Failure]:
    """What was known of a row that has begun, when it began: by what is written down of its reading, nothing is asked.

    Without that it is not read anew, since the account would show what the row has done.
    """
    if not any(step.startswith(_FIRST) for step in known.begun):
        return known
    blank = replace(known, begun=frozenset())
    result = yield from learned(writing, row, blank, meaning, lookup, again=again)
    return result if isinstance(result, Failure) else replace(result, begun=known.begun)


def learned_once(
    writing: Writing, row: Row, known: Known, meaning: Meaning, lookup: Lookup, *, again: bool = False
) -> Asking[Known | Failure]:
    """What is known of a row once all that it may change was read: now, or when it began if it has sent anything."""
    if has_sent(known):
        return (yield from learned_before(writing, row, known, meaning, lookup, again=again))
    return (yield from learned(writing, row, replace(known, begun=frozenset()), meaning, lookup, again=again))
