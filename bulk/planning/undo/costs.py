"""About how many requests the lines of an undo take, told before it starts. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from bulk.model import Aspect
from bulk.planning.consent import ACTIVE
from bulk.planning.pages.ends import PAGE
from bulk.planning.state import ContactState
from bulk.planning.undo.records import USERS
from bulk.planning.undo.things import Thing

PEOPLE: Final = "contacts"
_LOOKS: Final = 4  # at who is to be deleted: the contact, its notes, its deals, and how it stands with its lists


def requests_of(things: Iterable[Thing]) -> int:
    """How many requests read what the lines are about, put it back, and read that back."""
    alone, shared, lines = 0, set[str](), 0
    for thing in things:
        if thing.resource != PEOPLE:
            alone += _of_record(thing)
            continue
        lines += 1
        alone += _of_contact(thing)
        if thing.edit.aspect is not Aspect.RECORD:
            shared.add(thing.record)
    return alone + math.ceil(len(shared) / PAGE) + math.ceil(lines / PAGE)


def _of_contact(thing: Thing) -> int:
    match thing.edit.aspect:
        case Aspect.RECORD if thing.edit.after is None:
            return _LOOKS + 1
        case Aspect.RECORD:
            before = ContactState.from_json(thing.edit.after)
            return 2 + len(before.tags) + len(before.lists) + len(before.titles)  # is anybody there, and made anew
        case Aspect.AUTOMATION:
            return 2
        case Aspect.LIST if thing.edit.after in ACTIVE:
            return 3  # since when they are off it, and how they stand just before
        case _:
            return 1


def _of_record(thing: Thing) -> int:
    """Of a record by itself: it is looked at, written, and read back; and looked for among those who use it."""
    if thing.edit.aspect is Aspect.BESIDE:
        return 5
    if thing.edit.aspect is not Aspect.RECORD:
        return 3
    return 2 if thing.edit.after is not None else 3 + len(USERS.get(thing.resource, ()))
