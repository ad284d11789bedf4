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
from bulk.planning.undo.reversals import Reversal

PEOPLE: Final = "contacts"
_LOOKS: Final = 4  # at who is to be deleted: the contact, its notes, its deals, and how it stands with its lists


def requests_of(reversals: Iterable[Reversal]) -> int:
    """How many requests read what the lines are about, put it back, and read that back."""
    alone, shared, lines = 0, set[str](), 0
    for reversal in reversals:
        if reversal.resource != PEOPLE:
            alone += _of_record(reversal)
            continue
        lines += 1
        alone += _of_contact(reversal)
        if reversal.edit.aspect is not Aspect.RECORD:
            shared.add(reversal.record)
    return alone + math.ceil(len(shared) / PAGE) + math.ceil(lines / PAGE)


def _of_contact(reversal: Reversal) -> int:
    match reversal.edit.aspect:
        case Aspect.RECORD if reversal.edit.after is None:
            return _LOOKS + 1
        case Aspect.RECORD:
            before = ContactState.from_json(reversal.edit.after)
            return 2 + len(before.tags) + len(before.lists) + len(before.titles)  # is anybody there, and made anew
        case Aspect.AUTOMATION:
            return 2
        case Aspect.LIST if reversal.edit.after in ACTIVE:
            return 3  # since when they are off it, and how they stand just before
        case _:
            return 1


def _of_record(reversal: Reversal) -> int:
    """Of a record by itself: it is looked at, written, and read back; and looked for among those who use it."""
    if reversal.edit.aspect is Aspect.BESIDE:
        return 5
    if reversal.edit.aspect is not Aspect.RECORD:
        return 3
    return 2 if reversal.edit.after is not None else 3 + len(USERS.get(reversal.resource, ()))
