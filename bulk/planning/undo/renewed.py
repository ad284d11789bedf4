"""What an undo makes anew gets another id: what points to it is put back with the new one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bulk.model import Aspect, Edit, Json
from bulk.planning.changes import FAMILIES
from bulk.planning.kept_records import pointing
from bulk.planning.state import ContactState
from bulk.planning.undo.things import Thing
from bulk.resources.spec import CUSTOM, Resource

Anew = Mapping[tuple[str, str], str]  # resource and id of then -> the id that it has now


def renewed(thing: Thing, resource: Resource, anew: Anew) -> Thing:
    """The thing, with the ids of now wherever it has one of a record that was made anew."""
    if not anew:
        return thing
    edit = thing.edit
    if edit.aspect is Aspect.RECORD:
        after = edit.after
        if isinstance(after, list):
            after = _contact(ContactState.from_json(after), anew)
        elif after:
            after = _record(after, resource, anew)
        return replace(thing, edit=replace(edit, after=after))
    record = anew.get((resource.name, thing.record), thing.record)
    along = tuple(_edit(other, resource, anew) for other in thing.along)
    return replace(thing, record=record, edit=_edit(edit, resource, anew), along=along)


def _edit(edit: Edit, resource: Resource, anew: Anew) -> Edit:
    if edit.aspect in FAMILIES:
        return replace(edit, of=anew.get((FAMILIES[edit.aspect], edit.of), edit.of))
    if edit.aspect is not Aspect.VALUE:
        return edit
    of, after = next(iter(_record({edit.of: edit.after}, resource, anew).items()))
    return replace(edit, of=of, after=after)


def _record(kept: Mapping[str, Json], resource: Resource, anew: Anew) -> dict[str, Json]:
    """A record whose pointers and custom fields are those of now."""
    result = {_attribute(of, resource, anew): value for of, value in kept.items()}
    for attribute, family, identity in pointing(resource, kept):
        result[attribute] = anew.get((family, identity), kept[attribute])
    return result


def _contact(state: ContactState, anew: Anew) -> Json:
    def those(family: str, of: Mapping[str, str]) -> dict[str, str]:
        return {anew.get((family, identity), identity): value for identity, value in of.items()}

    return replace(
        state,
        fields=those("fields", state.fields),
        tags=those("tags", state.tags),
        lists=those("lists", state.lists),
        accounts=those("accounts", state.accounts),
        titles=those("accounts", state.titles),
    ).to_json()


def _attribute(of: str, resource: Resource, anew: Anew) -> str:
    if not of.startswith(CUSTOM):
        return of
    identity = of.removeprefix(CUSTOM)
    return f"{CUSTOM}{anew.get((resource.custom, identity), identity)}"
