"""Options of a field and stages of a pipeline that a job has added to what was there: taken away again, or put back.

One that somebody uses by now is left alone: what it is in would lose its value or its place. A stage that was taken
away is put back where it stood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bulk.model import Aspect, Edit, Edits, Failure, Flow, Json, Receipt
from bulk.planning.changes import UPDATED
from bulk.planning.flow import Asking
from bulk.planning.pages.collections import read_list
from bulk.planning.read_back import NotRead, read_record
from bulk.planning.settling import deleted
from bulk.planning.steps.additions import ADDITIONS, Owner
from bulk.planning.steps.contact_links import Done
from bulk.planning.undo.ends import as_it_was, changed_since, ended, not_read
from bulk.planning.undo.reversals import Reversal
from bulk.planning.writers import Known
from bulk.resources.spec import Resource
from bulk.wording import quoted

_BETWEEN: Final = "||"  # of several values of one field


@dataclass(frozen=True, slots=True)
class _Place:
    """Where such records are read and deleted, what each is called, and where those are that use it."""

    read: str
    plural: str
    owner: str  # the parameter of the record, "" if the path has it
    called: str
    users: str
    by: str  # the parameter by which the users are found


_PLACES: Final[Mapping[str, _Place]] = {
    "options": _Place("fields/{}/options", "fieldOptions", "", "value", "fieldValues", "filters[fieldid]"),
    "stages": _Place("dealStages", "dealStages", "filters[d_groupid]", "title", "deals", "filters[stage]"),
}


def put_back(resource: Resource, reversal: Reversal, known: Known) -> Flow:
    """The flow of a line about an option or a stage."""
    edit, place = reversal.edit, _PLACES[reversal.edit.of]
    owner = yield from read_record(resource, reversal.record, custom=False)
    if isinstance(owner, NotRead):
        return not_read(owner.said)
    if owner[1] is None:
        what = f"the {place.plural.removesuffix('s')} {edit.name!r}"
        left = "it was taken away" if edit.before is None else "it was there"
        return changed_since(what, left, f"the {resource.singular} is gone")
    there = yield from _read("read back", place, reversal)
    if isinstance(there, Receipt):
        return not_read(there.error)
    own = next((one for one in there if str(one[place.called]) == edit.name), None)
    if (own is None) == (edit.after is None):
        return as_it_was(known, UPDATED, reversal.record)
    return (yield from _added(resource, reversal, there, known) if own is None else _removed(place, reversal, own))


def _read(step: str, place: _Place, reversal: Reversal) -> Asking[list[Json] | Receipt]:
    query = ((place.owner, reversal.record),) if place.owner else ()
    path = place.read.format(reversal.record)
    result = yield from read_list(f"{step} {place.plural}", path, place.plural, lambda one: one, query)
    if isinstance(result, Receipt):
        return result
    of = "group" if place.owner else "field"
    return [one for one in result if str(one[of]) == reversal.record]


def _removed(place: _Place, reversal: Reversal, own: Json) -> Flow:
    edit, identity, singular = reversal.edit, str(own["id"]), place.plural.removesuffix("s")
    what = f"the {singular} {edit.name!r}"
    is_option = edit.of == "options"
    left = edit.before[1] if is_option else edit.name
    now = str(own.get("label") or own[place.called]) if is_option else edit.name
    if now != left:
        return changed_since(what, quoted(left), quoted(now))
    by = reversal.record if place.plural == "fieldOptions" else identity
    users = yield from read_list(
        f"read back {place.users}", place.users, place.users, lambda one: [str(one["id"]), one.get("value")],
        ((place.by, by),),
    )  # fmt: skip
    if isinstance(users, Receipt):
        return not_read(users.error)
    using = [of for of, value in users if place.users == "deals" or edit.name in str(value or "").split(_BETWEEN)]
    if using:
        return changed_since(what, "unused", f"{place.users} {', '.join(using[:5])} have it")
    done = Done()
    before = edit.before if is_option else [edit.name, int(own.get("order") or 0)]
    gone = Edits(reversal.record, (Edit(Aspect.BESIDE, edit.of, before, None, edit.name),))
    if done.take((yield from deleted("delete", f"{place.plural}/{identity}", gone, singular=singular))):
        there = yield from _read("look up after delete", place, reversal)
        if isinstance(there, Receipt):
            return not_read(there.error)
        if any(str(one["id"]) == identity for one in there):
            said = f"It was acknowledged that {what} is deleted, and it is still there."
            done.failures.append(Failure("delete", "not_confirmed", said))
    return ended(done, UPDATED, reversal.record, None)


def _added(resource: Resource, reversal: Reversal, there: list[Json], known: Known) -> Flow:
    edit = reversal.edit
    if edit.of == "options":
        kept: list[Json] = [
            [str(one["value"]), str(one.get("label") or ""), False, int(one.get("orderid") or 0)] for one in there
        ]
        wanted: list[Json] = [tuple(edit.after)]
    else:
        kept = [str(one["title"]) for one in sorted(there, key=lambda one: int(one.get("order") or 0))]
        at = edit.after[1] if isinstance(edit.after, list) else 0  # what was taken away by an earlier version: last
        wanted = list(kept)
        wanted.insert(at - 1 if at else len(kept), edit.name)
    done = Done()
    owner = Owner(reversal.record, {edit.of: kept}, begun=known.begun)
    yield from ADDITIONS[resource.name](owner, {edit.of: wanted}, done)
    return ended(done, UPDATED, reversal.record, {"step": "change", "beside": {edit.of: wanted}})
