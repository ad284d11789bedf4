"""What an undo makes anew gets another id: what points to it is put back with the new one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bulk.model import Aspect, Edit, Json
from bulk.planning.changes import FAMILIES
from bulk.planning.kept_records import pointing
from bulk.planning.state import ContactState
from bulk.planning.undo.reversals import Reversal
from bulk.resources.spec import CUSTOM, Resource

NewIds = Mapping[tuple[str, str], str]  # resource and id of then -> the id that it has now


def renewed(reversal: Reversal, resource: Resource, new_ids: NewIds) -> Reversal:
    """The reversal, with the ids of now wherever it has one of a record that was made anew."""
    if not new_ids:
        return reversal
    edit = reversal.edit
    if edit.aspect is Aspect.RECORD:
        after = edit.after
        if isinstance(after, list):
            after = _contact(ContactState.from_json(after), new_ids)
        elif after:
            after = _record(after, resource, new_ids)
        return replace(reversal, edit=replace(edit, after=after))
    record = new_ids.get((resource.name, reversal.record), reversal.record)
    along = tuple(_edit(other, resource, new_ids) for other in reversal.along)
    return replace(reversal, record=record, edit=_edit(edit, resource, new_ids), along=along)


def _edit(edit: Edit, resource: Resource, new_ids: NewIds) -> Edit:
    if edit.aspect in FAMILIES:
        return replace(edit, of=new_ids.get((FAMILIES[edit.aspect], edit.of), edit.of))
    if edit.aspect is not Aspect.VALUE:
        return edit
    of, after = next(iter(_record({edit.of: edit.after}, resource, new_ids).items()))
    return replace(edit, of=of, after=after)


def _record(kept: Mapping[str, Json], resource: Resource, new_ids: NewIds) -> dict[str, Json]:
    """A record whose pointers and custom fields are those of now."""
    result = {_attribute(of, resource, new_ids): value for of, value in kept.items()}
    for attribute, family, identity in pointing(resource, kept):
        result[attribute] = new_ids.get((family, identity), kept[attribute])
    return result


def _contact(state: ContactState, new_ids: NewIds) -> Json:
    def those(family: str, of: Mapping[str, str]) -> dict[str, str]:
        return {new_ids.get((family, identity), identity): value for identity, value in of.items()}

    return replace(
        state,
        fields=those("fields", state.fields),
        tags=those("tags", state.tags),
        lists=those("lists", state.lists),
        accounts=those("accounts", state.accounts),
        titles=those("accounts", state.titles),
    ).to_json()


def _attribute(of: str, resource: Resource, new_ids: NewIds) -> str:
    if not of.startswith(CUSTOM):
        return of
    identity = of.removeprefix(CUSTOM)
    return f"{CUSTOM}{new_ids.get((resource.custom, identity), identity)}"
