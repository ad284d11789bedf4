"""What records will be once the changes of a plan are carried out, for the parts of the plan that come later. Pure.

A record that is not there yet goes by an id that no account gives: it says which row of the plan makes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bulk.model import Aspect, Edit, Json
from bulk.planning.changes import CREATED, Change
from bulk.planning.names import Book, CustomField
from bulk.planning.state import ATTRIBUTES, ContactState
from bulk.planning.steps.additions import MADE_WITH_IT
from bulk.resources.escapes import unescaped
from bulk.resources.kinds import Option
from bulk.resources.spec import CUSTOM, Resource

FIRST: Final = 9 * 10**18  # no account has so many records, and SQLite takes it for a number
A_PART: Final = 10**16  # ids for the rows of one part
A_ROW: Final = 10**4  # ids for one row: its record, and what comes with it
_SHAPE: Final = re.compile(r"\b9[0-2]\d{17}\b")


@dataclass(frozen=True, slots=True)
class Coming:
    """What a row will make: its record, or the `nth` of what comes with that (0: the record itself)."""

    resource: str
    row: int
    nth: int = 0

    @property
    def told(self) -> str:
        """How people know it: by the row that makes it."""
        return f"{self.resource}.csv row {self.row}"


@dataclass(frozen=True, slots=True)
class ImaginedIds:
    """The ids of what the rows of a plan will make. `parts` are the resources, in the order of the plan."""

    parts: tuple[str, ...]

    def of(self, coming: Coming) -> str:
        """The id of what is not there yet."""
        return str(FIRST + self.parts.index(coming.resource) * A_PART + coming.row * A_ROW + coming.nth)

    def coming(self, identity: str) -> Coming | None:
        """What goes by that id; None if it is an account's."""
        if _SHAPE.fullmatch(identity) is None:
            return None
        part, left = divmod(int(identity) - FIRST, A_PART)
        row, nth = divmod(left, A_ROW)
        return Coming(self.parts[part], row, nth) if part < len(self.parts) and row else None

    def replaced(self, text: str, by: Callable[[str, Coming], str]) -> str:
        """A text with something else for each of these ids in it."""

        def one(match: re.Match[str]) -> str:
            coming = self.coming(match[0])
            return match[0] if coming is None else by(match[0], coming)

        return _SHAPE.sub(one, text)

    def told(self, text: str) -> str:
        """A text as people read it: they know what is not there yet by its name, or by the row that makes it."""
        named = name_imagined(text)
        return named[1] if named is not None else self.replaced(text, lambda _identity, coming: coming.told)


def imagined_name(family: str, name: str) -> str:
    """What stands for the id of a name that is made before the rows: no cell and no id is like that."""
    return f"\0{family} {name}"


def name_imagined(cell: str) -> tuple[str, str] | None:
    """The resource and the name for which an id stands, as it is or as cells have it; None if it is an account's."""
    identity = unescaped(cell) if cell.startswith("\\") else cell
    family, _blank, name = identity.removeprefix("\0").partition(" ")
    return (family, name) if identity.startswith("\0") else None


# ---- contacts


def contact_after(state: ContactState | None, identity: str, edits: Iterable[Edit]) -> ContactState:
    """A contact as it will be; `state` is what it holds, None if it is to be made."""
    state = state or ContactState("", dict.fromkeys(ATTRIBUTES, ""), {}, {}, {}, {})
    attributes, fields = dict(state.attributes), dict(state.fields)
    tags, lists = dict(state.tags), dict(state.lists)
    accounts, titles = dict(state.accounts), dict(state.titles)
    for edit in edits:
        match edit.aspect:
            case Aspect.VALUE if edit.of.startswith(CUSTOM):
                fields[edit.of.removeprefix(CUSTOM)] = _text(edit.after)
            case Aspect.VALUE:
                attributes[edit.of] = _text(edit.after)
            case Aspect.TAG:
                _put(tags, edit.of, "" if edit.after else None)
            case Aspect.LIST:
                _put(lists, edit.of, edit.after)
            case Aspect.ACCOUNT:
                _put(accounts, edit.of, None if edit.after is None else accounts.get(edit.of, ""))
                _put(titles, edit.of, edit.after)
            case _:
                pass  # whoever is in an automation, no later row asks for it
    return replace(
        state, id=identity, attributes=attributes, fields=fields, tags=tags, lists=lists, accounts=accounts,
        titles=titles,
    )  # fmt: skip


def _put(values: dict[str, str], key: str, value: Json) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = str(value)


# ---- records by themselves


def record_after(kept: Mapping[str, Json] | None, change: Change) -> dict[str, Json]:
    """What will be kept of a record; `kept` is what is kept of it now, None if it is to be made."""
    after = dict(kept or {})
    after |= {edit.of: edit.after for edit in change.own if edit.aspect is Aspect.VALUE}
    options = [edit.after for edit in change.beside if edit.aspect is Aspect.BESIDE and edit.of == "options"]
    return after | ({"options": [*(after.get("options") or ()), *options]} if options else {})


def stages_after(change: Change) -> Iterator[str]:
    """The titles of the stages that will be made with a pipeline, in a fixed order."""
    titles = [str(edit.after) for edit in change.beside if edit.aspect is Aspect.BESIDE and edit.of == "stages"]
    yield from titles or (MADE_WITH_IT if change.action == CREATED else ())


def put_in_book(book: Book, resource: Resource, identity: str, after: Mapping[str, Json]) -> None:
    """Note what a record will be called."""
    book.put(
        identity, _text(after.get(resource.called)), _text(after.get(resource.also_called)),
        _text(after.get(resource.within)),
        unnamed=resource.name == "tags" and after.get("tagType", "contact") != "contact",
    )  # fmt: skip


def custom_field_after(resource: Resource, identity: str, after: Mapping[str, Any]) -> CustomField:
    """A custom field as it will be. What it is called in mails is known only where the file says it."""
    if resource.name == "fields":
        options = tuple(Option(str(value), str(label or value)) for value, label, *_more in after.get("options") or ())
        called, perstag, kind = after.get("title"), after.get("perstag"), after.get("type")
        return CustomField(identity, _text(called), _text(perstag), _text(kind), options)
    values = after.get("fieldOptions")
    return CustomField(
        identity, _text(after.get("fieldLabel")), _text(after.get("personalization")), _text(after.get("fieldType")),
        tuple(Option(str(value)) for value in values) if isinstance(values, list) else (),
        _text(after.get("fieldDefaultCurrency")),
    )  # fmt: skip


def _text(value: Json) -> str:
    return "" if value is None else str(value)
