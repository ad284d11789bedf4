"""About how many requests the lines of an undo take, told before it starts. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

from bulk.model import Aspect
from bulk.planning.consent import ACTIVE
from bulk.planning.pages.ends import PAGE
from bulk.planning.state import ContactState
from bulk.planning.undo.records import USERS
from bulk.planning.undo.reversals import Reversal
from bulk.resources.spec import CUSTOM

PEOPLE: Final = "contacts"
_OLD: Final = 20.0  # seconds that what was read of contacts by hundreds decides by itself
_STANDING: Final = 10.0  # seconds that it counts how somebody stands with their lists


def requests_of(reversals: Iterable[Reversal], rate: float, custom: AbstractSet[str] = frozenset()) -> int:
    """How many requests read what the lines are about, put it back, and read that back, at so many a second.

    What is read by hundreds is read again where the lines that need it take longer than it counts. Records of the
    resources in `custom` have fields that are read apart.
    """
    alone, shared, lines, watched, watching = 0, set[str](), 0, 0, 0
    for reversal in reversals:
        if reversal.resource != PEOPLE:
            alone += _of_record(reversal, apart=reversal.resource in custom)
            continue
        lines += 1
        own = _of_contact(reversal)
        alone += own
        if reversal.edit.aspect is not Aspect.RECORD or reversal.edit.after is None:
            shared.add(reversal.record)
        if _is_watched(reversal):
            watched, watching = watched + 1, watching + own
    seen = _readings(len(shared), alone if shared else 0, _OLD, rate)
    return alone + seen + _readings(watched, watching, _STANDING, rate) + math.ceil(lines / PAGE)


def _readings(contacts: int, requests: int, seconds: float, rate: float) -> int:
    """How often contacts are read a hundred a request, so that none of that is older than so many seconds."""
    return max(math.ceil(contacts / PAGE), math.ceil(requests / (seconds * rate)) if rate else 0)


def _is_watched(reversal: Reversal) -> bool:
    """Whether it leaves only when it is known how somebody stands with their lists."""
    edit = reversal.edit
    deletes = edit.aspect is Aspect.RECORD and edit.after is None
    return deletes or (edit.aspect is Aspect.LIST and edit.after in ACTIVE)


def _of_contact(reversal: Reversal) -> int:
    """Of a contact by itself, beside what is read of many."""
    match reversal.edit.aspect:
        case Aspect.RECORD if reversal.edit.after is None:
            return 2  # its notes, and it
        case Aspect.RECORD:
            before = ContactState.from_json(reversal.edit.after)
            return 2 + len(before.tags) + len(before.lists) + len(before.titles)  # is anybody there, and made anew
        case Aspect.AUTOMATION:
            return 2
        case Aspect.LIST if reversal.edit.after in ACTIVE:
            return 2  # since when they are off it
        case _:
            return 1


def _of_record(reversal: Reversal, *, apart: bool) -> int:
    """Of a record by itself: it is looked at, written, and read back; and looked for among those who use it.

    `apart`: its custom fields are read by themselves.
    """
    edit = reversal.edit
    if edit.aspect is Aspect.BESIDE:
        return 5
    if edit.aspect is not Aspect.RECORD:
        return 3 + apart * (1 + edit.of.startswith(CUSTOM))
    return 2 + apart if edit.after is not None else 3 + apart + len(USERS.get(reversal.resource, ()))
