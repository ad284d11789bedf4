"""Custom fields of contacts that a file has columns for: of what type their values are, and how they are made. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bulk.errors import AbortedError, UnfinishedError
from bulk.model import Json, Receipt, Request
from bulk.planning import answers
from bulk.planning.flow import Asking
from bulk.planning.names import CustomField
from bulk.planning.pages.collections import read_list
from bulk.planning.pages.ends import id_of
from bulk.planning.settling import Nothing, settled
from bulk.planning.steps.additions import Owner, add_to_field
from bulk.planning.steps.contact_links import Done
from bulk.resources.identity import same_name
from bulk.resources.kinds import Problem
from bulk.resources.kinds.date_forms import Dates

_LONG: Final = 255  # letters that a single line holds
_SHORT: Final = 50  # letters of a text that is kept, so as not to be looked at again
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?")  # which a number field gives back as it is
_IMAGINED: Final = 10**15  # above every id that there is
_READABLE: Final = ("date_ambiguous",)  # a date all the same: the option says which


@dataclass(slots=True)
class Values:
    """What the cells of a column look like, one after the other; `type` is that of a field that takes them all."""

    dates: Dates
    any: bool = False
    long: bool = False
    numbers: bool = True
    days: bool = True
    moments: bool = True
    timed: bool = False
    _seen: set[str] = field(default_factory=set)

    def take(self, cell: str) -> None:
        """Look at a cell."""
        text = cell.strip()
        if not text or text in self._seen:
            return
        if len(text) <= _SHORT and len(self._seen) < 1000:  # which come again; of long ones each is another
            self._seen.add(text)
        self.any = True
        self.long |= len(text) > _LONG or "\n" in text or "\r" in text
        self.numbers = self.numbers and _NUMBER.fullmatch(text) is not None
        if self.days:
            day = self.dates.day(text)
            self.days = not isinstance(day, Problem) or day.code in _READABLE
            self.timed |= self.days and ":" in text
        if self.moments and self.days:
            self.moments = not isinstance(self.dates.moment(text), Problem)

    @property
    def type(self) -> str:
        """The type as the API names it. Times of which it is not known where they are meant stay texts."""
        if not self.any:
            return "text"
        if self.days:
            return "date" if not self.timed else "datetime" if self.moments else "text"
        return "number" if self.numbers else "textarea" if self.long else "text"


def imagined_fields(wanted: Sequence[tuple[str, str]]) -> tuple[CustomField, ...]:
    """Fields by title and type as if they were made."""
    return tuple(CustomField(str(_IMAGINED + at), title, "", kind) for at, (title, kind) in enumerate(wanted))


def make_field(title: str, kind: str) -> Asking[str]:
    """Make a field of contacts, once, and show it with all of them; its id.

    One of that title that is there by now is taken for it. Raises `AbortedError` if the account does not want it.
    """
    identity = yield from _look(title, f"look up field {title!r}")
    if identity is Nothing.UNKNOWN:
        raise UnfinishedError("name_not_created", what=f"field {title!r}", reason="It could not be read.")
    if isinstance(identity, Nothing):
        identity = yield from _create(title, kind)
    done = Done()
    relations: Json = {"relations": []}
    yield from add_to_field(Owner(identity, relations, made=True), {}, done)
    for failure in done.failures:
        raise UnfinishedError("name_not_created", what=f"field {title!r}", reason=failure.error)
    return identity


def _create(title: str, kind: str) -> Asking[str]:
    request = Request(
        f"create field {title!r}", "POST", "fields", body={"field": {"title": title, "type": kind, "visible": 1}},
        repeatable=False, expects="field", keep=lambda reply: str(id_of(reply["field"])),
        says={"title": answers.taken_for(title)},
    )  # fmt: skip
    receipt, made = yield from settled(request, lambda step: _look(title, step))
    if made is not None:
        return made
    if receipt.ok:
        return str(receipt.data)
    known = yield from _look(title, f"look again for field {title!r}")
    if not isinstance(known, Nothing):
        return known
    if receipt.status:
        raise AbortedError("field_refused", title=title, kind=kind, said=receipt.error)
    raise UnfinishedError("name_not_created", what=f"field {title!r}", reason=receipt.error)


def _look(title: str, step: str) -> Asking[str | Nothing]:
    """The field of that title."""
    result = yield from read_list(step, "fields", "fields", lambda one: [str(id_of(one)), str(one.get("title"))], ())
    if isinstance(result, Receipt):
        return Nothing.UNKNOWN
    return next((identity for identity, called in result if same_name(called, title)), Nothing.ABSENT)
