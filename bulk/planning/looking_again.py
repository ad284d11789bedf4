"""Looking at a record once more, just before a plan changes it. Pure."""

from __future__ import annotations

from bulk.model import Aspect, Edit, Failure, Json
from bulk.planning.as_planned import meanwhile
from bulk.planning.changes import UPDATED, Change
from bulk.planning.flow import Asking
from bulk.planning.learning import contact_now
from bulk.planning.read_back import NotRead, read_record
from bulk.resources.spec import Resource, Writing
from bulk.wording import quoted


def moved_values(change: Change) -> list[Edit]:
    """The values of a record by itself that are looked at again before they are changed."""
    return [edit for edit in change.own if edit.aspect is Aspect.VALUE] if change.action == UPDATED else []


def moved(resource: Resource, change: Change, *, custom: bool) -> Asking[Failure | None]:
    """What of a record by itself is not as it was when all were read."""
    values = moved_values(change)
    if not values:
        return None
    now = yield from read_record(resource, change.record, custom=custom)
    if isinstance(now, NotRead):
        return Failure("look up before", "no_answer", now.said)
    if now[1] is None:
        return meanwhile("it was there", "it is gone")
    for edit in values:
        if _text(now[1].get(edit.of)) != _text(edit.before):
            return meanwhile(f"{edit.of} was {quoted(edit.before)}", f"it is {quoted(now[1].get(edit.of))}")
    return None


def is_gone(resource: Resource, record: str) -> Asking[bool]:
    """Whether a record is not there any more; of what belongs to a contact, the contact."""
    if resource.writing is Writing.RECORD:
        seen = yield from read_record(resource, record, custom=False)
        return not isinstance(seen, NotRead) and seen[1] is None
    return (yield from contact_now(record)) is None


def _text(value: Json) -> str:
    return "" if value in (None, "0", "") else str(value)
