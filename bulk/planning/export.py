"""Records out: the request for one page of a resource, what is kept of it, and the cells of its rows. Pure.

A page of contacts is asked for with all that belongs to them beside it (`include`). Whether that really came is checked
on every page; where it did not, the relations are read whole and joined by hand (`jobs.exporting` decides that).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bulk.model import Json, Request
from bulk.planning import answers
from bulk.planning.contact_cells import KEPT, CellOf, cell_writers
from bulk.planning.flow import Asking
from bulk.planning.kept_records import cell_of, is_hidden, pointers, record_of
from bulk.planning.names import Names
from bulk.planning.naming import LARGE, families_of, host_of
from bulk.planning.page_source import PageData, PageSource, Query, RowsOf
from bulk.planning.pages.ends import PAGE, id_of, total_of
from bulk.planning.pages.keyset import Ask, Walk
from bulk.planning.pages.offset import OffsetAsk, Offsets
from bulk.planning.state import RELATIONS, ContactState, Page, with_relations
from bulk.resources.escapes import escaped
from bulk.resources.spec import Column, Reading, Resource

_BROUGHT_ALONG: Final[Mapping[str, str]] = {"contactTags": "contactTags.tag"}  # with the names of the tags


def source_of(resource: Resource, query: Query = (), *, links: Sequence[Resource] = ()) -> PageSource:
    """How a resource is read; `query` narrows it down. `links`: what is read with contacts, for files of its own."""
    if resource.reading is Reading.KEYSET:
        return Contacts(resource, query, links)
    if resource.reading is Reading.CONTACTS:
        return Links(resource, query)
    return Records(resource, query)


def request_for(resource: Resource, contacts: Sequence[str]) -> Request:
    """The request for these contacts, at most a page of them, with what a resource keeps of each."""
    source = source_of(resource, tuple(("ids[]", identity) for identity in contacts))
    return replace(source.request(first_of(source)), says={"id": answers.one_of(contacts)})


def first_of(source: PageSource) -> Ask | OffsetAsk:
    """The first page of a source: of all that it tells the total of all."""
    ask = source.walk(None, ()).claim()
    assert ask is not None  # noqa: S101 - of a walk that has not begun
    return ask


def read_first(source: PageSource) -> Asking[PageData | None]:
    """Read the first page of a source once more, for the total that it tells; None if it cannot be had."""
    receipts = yield (source.request(first_of(source)),)
    return receipts[0].data if receipts[0].ok else None


def export_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns that an export writes."""
    return tuple(column for column in columns if column.exported)


# what of a contact's row needs which collections
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "tags": ("tags", "contactTags"),
    "lists": ("lists", "contactLists"),
    "unsubscribe_lists": ("lists", "contactLists"),
    "account": ("accounts", "accountContacts"),
}


def unreadable(column: Column, unread: Collection[str]) -> str:
    """The collection without which a column would be empty, of those that may not be read; "" if there is none."""
    needs = _NEEDS.get(column.attribute, ()) if not column.of else (column.of,) if column.names else ()
    if column.field_id:
        needs = ("fieldValues",)
    return next((of for of in needs if of in unread), "")


# ---- contacts


def read_contacts(body: Json, relations: Sequence[str] = RELATIONS) -> PageData:
    """Take a page of contacts apart; never raises for what a server may leave out beside the contacts themselves.

    Kept of each: what its row shows of it beside its state, and its `ContactState`.
    """
    page = Page(body)
    entries = sorted(
        ((id_of(c), [{n: c.get(n) for n in KEPT}, page.state(c).to_json()]) for c in page.contacts),
        key=lambda entry: entry[0],
    )
    host = next((host for host in map(host_of, page.contacts[:1]) if host), "")
    return PageData(tuple(entries), total_of(body), page.tags, Page.missing(body, relations), host)


def contacts_request(ask: Ask | OffsetAsk, query: Query = (), relations: Sequence[str] = RELATIONS) -> Request:
    """The request for one page of contacts, with what belongs to them of these relations."""
    return _page(ask, _asked(ask, query, relations), lambda body: read_contacts(body, relations))


def _asked(ask: Ask | OffsetAsk, query: Query, relations: Sequence[str]) -> Query:
    include = ",".join(_BROUGHT_ALONG.get(name, name) for name in relations)
    return (*ask.query, *query, ("limit", str(PAGE)), *((("include", include),) if include else ()))


def _page(ask: Ask | OffsetAsk, query: Query, keep: Callable[[Json], Json]) -> Request:
    """The request for a page of contacts, which is to be that page."""
    says = answers.page(ask.cursor, upwards=ask.upwards) if isinstance(ask, Ask) else {}
    return Request(ask.name, "GET", "contacts", query, keep=keep, expects="contacts", says=says)


class Contacts:
    """Contacts, a row each. `links`: resources whose records come with them, kept for files of their own.

    `beside` are the relations that every page should bring: those that the columns of the resource need.
    """

    def __init__(self, resource: Resource, query: Query = (), links: Sequence[Resource] = ()) -> None:
        needs = {need for column in resource.columns for need in _NEEDS.get(column.attribute, ())}
        needs |= {"fieldValues"} if resource.custom else set()
        self.families = frozenset(families_of(resource) & needs - {"tags"}).union(*map(families_of, links))
        self.links = {link.name: Links(link, ()) for link in links}
        self._relations = tuple(name for name in RELATIONS if name in needs)
        self.beside = tuple(dict.fromkeys((*self._relations, *self.links)))
        self._query = query
        self._writing: tuple[Sequence[Column], Names, list[CellOf]] | None = None

    def walk(self, total: int | None, pages: Iterable[tuple[int, int, list[int]]]) -> Walk:
        """By id, from both ends of every gap."""
        return _walk(total, pages)

    def request(self, ask: Ask | OffsetAsk) -> Request:
        """A page with these relations."""
        if not self.links:
            return contacts_request(ask, self._query, self._relations)
        return _page(ask, _asked(ask, self._query, self.beside), self._read)

    def _read(self, body: Json) -> PageData:
        page = read_contacts(body, self.beside)
        own = {name: link.by_contact(body) for name, link in self.links.items()}
        entries = (
            (identity, [*kept, {name: records.get(str(identity), []) for name, records in own.items()}])
            for identity, kept in page.entries
        )
        return replace(page, entries=tuple(entries))

    def points_to(self, kept: Json) -> Iterator[tuple[str, str]]:
        """Its tags, lists and account, and what its links point to."""
        state = ContactState.from_json(kept[1])
        yield from (("tags", identity) for identity in state.tags)
        yield from (("lists", identity) for identity in state.lists)
        yield from (("accounts", identity) for identity in state.accounts)
        for name, link in self.links.items():
            yield from link.points_to(["", kept[2][name]])

    def rows(self, _identity: int, kept: Json, columns: Sequence[Column], names: Names) -> Iterator[list[str]]:
        """One row."""
        if self._writing is None or self._writing[0] is not columns or self._writing[1] is not names:
            self._writing = (columns, names, cell_writers(columns, names))
        state = ContactState.from_json(kept[1])
        yield [write(state, kept[0]) for write in self._writing[2]]

    def joined(self, kept: Json, records: Sequence[tuple[str, Json]]) -> Json:
        """What is kept, with what came apart, as pairs of family and record."""
        state = with_relations(ContactState.from_json(kept[1]), [pair for pair in records if pair[0] in RELATIONS])
        own = {name: link.chosen(r for of, r in records if of == name) for name, link in self.links.items()}
        return [kept[0], state.to_json(), *([own] if self.links else ())]

    def rows_of_link(self, link: str) -> RowsOf:
        """What gives the rows of one of the links of a contact."""

        def rows(identity: int, kept: Json, columns: Sequence[Column], names: Names) -> Iterator[list[str]]:
            email = ContactState.from_json(kept[1]).attributes["email"]
            return self.links[link].rows(identity, [email, kept[2][link]], columns, names)

        return rows


def _walk(total: int | None, pages: Iterable[tuple[int, int, list[int]]]) -> Walk:
    ranges = [(first, last, len(ids)) for first, last, ids in pages]
    return Walk(total, [(first, last) for first, last, _count in ranges], sum(count for _f, _l, count in ranges))


# ---- what belongs to contacts


class Links:
    """Records that belong to contacts: a page of a hundred contacts brings all of theirs, which are `beside` them."""

    def __init__(self, resource: Resource, query: Query) -> None:
        self.families = frozenset(families_of(resource))
        self._resource = resource
        self._query = query
        self.beside = (resource.name,)
        given = dict(query)  # it narrows the contacts down, each of which brings all of its records
        self._only = {name: given[parameter] for name, parameter in resource.filters.items() if parameter in given}

    def walk(self, total: int | None, pages: Iterable[tuple[int, int, list[int]]]) -> Walk:
        """By the contacts' ids."""
        return _walk(total, pages)

    def request(self, ask: Ask | OffsetAsk) -> Request:
        """A page of contacts with these relations alone."""
        assert isinstance(ask, Ask)  # noqa: S101 - of our own walk
        asked = (*ask.query, *self._query, ("limit", str(PAGE)), ("include", self._resource.name))
        return _page(ask, asked, self._read)

    def _read(self, body: Json) -> PageData:
        """Kept of each contact: its e-mail address and its records."""
        name = self._resource.name
        own = self.by_contact(body)
        contacts = sorted(body["contacts"], key=id_of)
        entries = ((id_of(c), [str(c.get("email") or ""), own.get(str(c["id"]), [])]) for c in contacts)
        host = next((host for host in map(host_of, contacts[:1]) if host), "")
        missing = Page.missing(body, (name,))
        return PageData(tuple(entries), total_of(body), {}, missing, host)

    def by_contact(self, body: Json) -> dict[str, list[Json]]:
        """The records that came in a body, by the id of their contact."""
        own: dict[str, list[Json]] = {}
        for record in body.get(self._resource.name) or ():
            own.setdefault(str(record["contact"]), []).extend(self.chosen((record,)))
        return own

    def chosen(self, records: Iterable[Json]) -> list[Json]:
        """Of these records those that are wanted, and what is kept of each."""
        return [
            {c.attribute: record.get(c.attribute) for c in self._resource.columns if not c.names}
            for record in records
            if all(str(record.get(name)) == value for name, value in self._only.items())
        ]

    def joined(self, kept: Json, records: Sequence[tuple[str, Json]]) -> Json:
        """What is kept, with what came apart."""
        return [kept[0], self.chosen(record for _family, record in records)]

    def points_to(self, kept: Json) -> Iterator[tuple[str, str]]:
        """What the records point to beside their contact."""
        for record in kept[1]:
            yield from ((of, i) for of, i in pointers(self._resource, record) if of != "contacts")

    def rows(self, _identity: int, kept: Json, columns: Sequence[Column], names: Names) -> Iterator[list[str]]:
        """A row for each of the contact's records."""
        for record in kept[1]:
            yield [
                escaped(kept[0]) if column.attribute == "contact_email" else cell_of(record, column, names)
                for column in columns
            ]


# ---- records by themselves


class Records:
    """Records, a row each, page by page."""

    def __init__(self, resource: Resource, query: Query) -> None:
        self.families = frozenset(families_of(resource))
        self._resource = resource
        self._query = query

    def walk(self, total: int | None, pages: Iterable[tuple[int, int, list[int]]]) -> Offsets:
        """By offset."""
        return Offsets(total, [(first, ids) for first, _last, ids in pages])

    def request(self, ask: Ask | OffsetAsk) -> Request:
        """A page."""
        name = self._resource.name
        asked = (*ask.query, *self._query, *self._resource.order, ("limit", str(PAGE)))
        return Request(ask.name, "GET", name, asked, keep=self.read, expects=name)

    def read(self, body: Json) -> PageData:
        """Kept of each: what its columns show."""
        records = body[self._resource.name]
        host = next((host for host in map(host_of, records[:1]) if host), "")
        entries = ((id_of(record), record_of(self._resource, record, body)) for record in records)
        return PageData(tuple(entries), total_of(body), {}, (), host)

    def points_to(self, kept: Json) -> Iterator[tuple[str, str]]:
        """What the record points to."""
        return pointers(self._resource, kept)

    def rows(self, _identity: int, kept: Json, columns: Sequence[Column], names: Names) -> Iterator[list[str]]:
        """One row; none for what the key may not see: blanks would look like data."""
        if not is_hidden(kept):
            yield [cell_of(kept, column, names) for column in columns]


def unknown_families(pointers: Iterable[tuple[str, str]], names: Names) -> set[str]:
    """The resources of which something is pointed to that was made since their names were read."""
    return {of for of, identity in pointers if of not in LARGE and identity not in names.book(of)}
