"""The plain routes of a collection, by the declaration of its resource: list, one, create, update, delete.

What a collection does in a way of its own it is given as a function or as data; a route that is all its own stands in
the table of routes after the plain ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from bulk.resources import named
from bulk.resources.kinds import FLAG, TEXT, VALUES
from bulk.resources.spec import Column, Resource
from bulk.sandbox.calls import Answer, Call, Route, Selection, echoed, existing, invalid, known, page, related, text
from bulk.sandbox.shapes.wire import Json, Row, Shape, Shapes

Values = dict[str, Any]
# what a 404 calls a record, where that is no capital before the singular
_MODELS: Final[Mapping[str, str]] = {
    "contacts": "Subscriber", "lists": "_List", "accounts": "CustomerAccount", "automations": "Series",
    "contactAutomations": "SubscriberSeries", "contactTags": "SubscriberTag", "contactLists": "SubscriberList",
    "accountContacts": "CustomerAccountSubscriber", "contactDeals": "SubscriberDeal",
}  # fmt: skip
_MADE: Final = ("cdate", "createdTimestamp")
_CHANGED: Final = ("udate", "mdate", "updatedTimestamp")
_VERBS: Final = {"create": ("POST",), "upsert": ("POST",), "update": ("PUT",), "delete": ("DELETE",)}


def model_of(resource: Resource) -> str:
    """What a 404 calls a record."""
    return _MODELS.get(resource.name) or f"{resource.singular[0].upper()}{resource.singular[1:]}"


def in_body(resource: Resource) -> list[Column]:
    """The columns that are attributes of a record, apart from its id."""
    return [column for column in resource.columns if not (column.names or column.beside or column.attribute == "id")]


class Asked(NamedTuple):
    """Which records a list is asked for: SQL conditions with their values, and the order."""

    where: Sequence[str]
    values: Sequence[Any]
    order: str = "id"


@dataclass(frozen=True, slots=True)
class Collection:
    """The records of one resource, in the table of its name.

    `columns` are those that are read, `shape` is how a row of them looks; left out, they are the declared ones.
    `written`: attributes that a body may have, which are answered in the type they were sent in; left out, the
    declared ones that are writable. `allowed`: by attributes of several values, those there are. `asked` says what is
    asked of a list; left out, the declared filters are heeded. `values` says what of a body is stored, for a new record
    with the id 0; left out, see `stored`. `made`: what the answer to a create tells beside what was sent; left out, it
    tells all. `created` is its status, `total` writes how many records a list has.
    """

    resource: Resource
    columns: str = ""
    shape: Shape | None = None
    written: tuple[str, ...] = ()
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    asked: Callable[[Call], Asked] | None = None
    values: Callable[[Call, Values, int], Values] | None = None
    made: tuple[str, ...] = ()
    created: Callable[[Call], int] = lambda _call: 201
    total: Callable[[Call, int], int | str] = lambda _call, total: str(total)

    def routes(self, *more: str) -> dict[tuple[str, str], Route]:
        """The routes of the verbs that the declaration names, and of these more."""
        one = f"{self.resource.name}/{{}}"
        does: Mapping[str, tuple[str, Route]] = {
            "POST": (self.resource.name, self.create), "PUT": (one, self.update), "PATCH": (one, self.update),
            "DELETE": (one, self.delete),
        }  # fmt: skip
        verbs = dict.fromkeys(verb for mode in self.resource.modes for verb in _VERBS.get(mode, ()))
        writes = {(verb, does[verb][0]): does[verb][1] for verb in (*verbs, *more)}
        return {("GET", self.resource.name): self.listing, ("GET", one): self.one, **writes}

    # ---- the routes

    def listing(self, call: Call) -> Answer:
        """GET /<plural>."""
        asked = filtered(call, self.resource) if self.asked is None else self.asked(call)
        rows, total = page(call, Selection(self.resource.name, self._read(), *asked))
        records = [self._shaped(call.shapes, row) for row in rows]
        return 200, {self.resource.name: records, "meta": {"total": self.total(call, total)}}

    def one(self, call: Call) -> Answer:
        """GET /<plural>/{id}."""
        return 200, {self.resource.singular: self.record(call, call.ids[0])}

    def create(self, call: Call) -> Answer:
        """POST /<plural>."""
        sent = call.sent(self.resource.singular)
        values = self._values(call, sent, 0)
        identity = call.store.insert(self.resource.name, self._times(call, *_MADE, *_CHANGED) | values)
        full = self.record(call, identity)
        made = {name: full[name] for name in self.made}
        record = {**known(sent, full), **self.echo(made, sent)} if made else self.echo(full, sent)
        return self.created(call), {self.resource.singular: record}

    def update(self, call: Call) -> Answer:
        """PUT or PATCH /<plural>/{id}: what is sent."""
        identity = call.ids[0]
        self.record(call, identity)
        sent = call.sent(self.resource.singular)
        values = self._values(call, sent, identity)
        call.store.update(self.resource.name, identity, values | self._times(call, *_CHANGED))
        return 200, {self.resource.singular: self.echo(self.record(call, identity), sent)}

    def delete(self, call: Call) -> Answer:
        """DELETE /<plural>/{id}, with what the tables say goes too."""
        self.record(call, call.ids[0])
        call.store.delete(self.resource.name, call.ids[0])
        return 200, {}

    # ---- what they are made of

    def record(self, call: Call, identity: int) -> Json:
        """One record, or the 404."""
        row = existing(call, self.resource.name, self._read(), model_of(self.resource), identity)
        return self._shaped(call.shapes, row)

    def echo(self, record: Json, sent: Values) -> Json:
        """A record that was written, its attributes in the type they were sent in."""
        return echoed(record, sent, *self._written())

    def stored(self, call: Call, sent: Values, by: int) -> Values:
        """What of a body is stored, as declared; refused if it is not there, or not what its column may be.

        What a new record does not say is empty.
        """
        written = self._written()
        values: Values = {}
        for column in in_body(self.resource):
            name = column.attribute
            if name not in written or (by and name not in sent):
                continue
            value = sent.get(name)
            if column.required and not (value if column.kind in (TEXT, VALUES) else text(value)):
                raise invalid(f"The {self.resource.singular} {name} was not provided.", "field_missing", name)
            values[name] = self._kept(call, column, value)
        return values

    def _kept(self, call: Call, column: Column, value: Any) -> Any:
        name, options = column.attribute, {option.value for option in column.options or ()}
        if column.of:
            chosen = column.required or value not in (None, "", 0, "0")
            return related(call, column.of, model_of(named(column.of)), value) if chosen else 0
        if column.kind is VALUES:
            several = [] if value is None else value
            allowed = self.allowed.get(name, options)
            fits = isinstance(several, list) and all(isinstance(one, str) for one in several)
            if not fits or (allowed and not allowed.issuperset(several)):
                raise invalid(f"The {self.resource.singular} {name} are not valid.", "field_invalid", name)
            return json.dumps(several)
        if options and text(value) and text(value) not in options:
            raise invalid("The value you selected is not a valid choice.", "field_invalid", name)
        return text(value) or ("0" if column.kind is FLAG else "")

    def _values(self, call: Call, sent: Values, by: int) -> Values:
        return self.stored(call, sent, by) if self.values is None else self.values(call, sent, by)

    def _times(self, call: Call, *names: str) -> Values:
        """Those of these times that the table has, as of now."""
        return dict.fromkeys((name for name in names if name in self._read().split(", ")), call.store.now())

    def _written(self) -> tuple[str, ...]:
        return self.written or tuple(column.attribute for column in in_body(self.resource) if column.writable)

    def _read(self) -> str:
        return self.columns or ", ".join(("id", *(column.attribute for column in in_body(self.resource))))

    def _shaped(self, shapes: Shapes, row: Row) -> Json:
        if self.shape is not None:
            return self.shape(shapes, row)
        identity, *values = row
        columns = zip(in_body(self.resource), values, strict=True)
        record = {
            column.attribute: json.loads(value) if column.kind is VALUES else value if value is None else str(value)
            for column, value in columns
        }
        return {**record, "links": [], "id": str(identity)}


def filtered(call: Call, resource: Resource, *, contains: bool = False) -> Asked:
    """What is asked for by the declared filters and search; case does not matter.

    A filter is for the same text, or for one that contains it; a search is for what contains it.
    """
    columns = {column.attribute: column for column in in_body(resource)}
    asked = [(name, call.param(parameter), contains) for name, parameter in resource.filters.items()]
    asked += [(resource.called, call.param(resource.search), True)] if resource.search else []
    where: list[str] = []
    values: list[str] = []
    for name, value, part in asked:
        if value and name in columns:
            same = "instr(fold({}), fold(?)) > 0" if part else "fold({}) = fold(?)"
            where.append(f"{name} = CAST(? AS INTEGER)" if columns[name].of else same.format(name))
            values.append(value)
    return Asked(where, values)
