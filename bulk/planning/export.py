"""Contacts out: the request for one page, and a contact's record -> the cells of its row. Pure.

A page is asked for with all that belongs to its contacts beside it (`include`). Whether that really came is checked
on every page; where it did not, the relations are read whole and joined by hand (`jobs.export` decides that).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bulk.model import Flow, Json, Outcome, Request, RowStatus
from bulk.planning.collections import PAGE, total_of
from bulk.planning.names import Names, host_of
from bulk.planning.state import ContactState, Page
from bulk.planning.walk import Ask
from bulk.resources.kinds import join_values
from bulk.resources.spec import Column

INCLUDE: Final = "fieldValues,contactTags.tag,contactLists,accountContacts"


@dataclass(frozen=True, slots=True)
class PageData:
    """What is kept of one page: each contact's id, raw record and state, in ascending order of ids.

    `missing` are the relations that should have come by `include` and did not. `host` is the account's own.
    """

    contacts: tuple[tuple[int, Json, ContactState], ...]
    total: int | None
    tags: Mapping[str, str]
    missing: tuple[str, ...] = ()
    host: str = ""

    @property
    def ids(self) -> list[int]:
        """The contacts' ids, ascending."""
        return [identity for identity, _record, _state in self.contacts]


def read_page(body: Json) -> PageData:
    """Take a page apart; never raises for what a server may leave out beside the contacts themselves."""
    page = Page(body)
    contacts = sorted(((int(c["id"]), c, page.state(c)) for c in page.contacts), key=lambda entry: entry[0])
    host = next((host for host in map(host_of, page.contacts[:1]) if host), "")
    return PageData(tuple(contacts), total_of(body), page.tags, Page.missing(body), host)


def page_request(ask: Ask, *, include: bool = True) -> Request:
    """The request for one page; its receipt's data is a `PageData`."""
    query = (*ask.query, ("limit", str(PAGE)), *((("include", INCLUDE),) if include else ()))
    return Request(ask.name, "GET", "contacts", query, keep=read_page, expects="contacts")


def page_flow(ask: Ask, *, include: bool = True) -> Flow:
    """Ask for one page and nothing else."""
    receipts = yield (page_request(ask, include=include),)
    return Outcome(RowStatus.SUCCEEDED if receipts[0].ok else RowStatus.FAILED)


def export_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns that an export writes."""
    return tuple(column for column in columns if column.exported)


def cells_of(record: Json, state: ContactState, columns: Sequence[Column], names: Names) -> list[str]:
    """The cells of a contact's row, in the order of `columns`."""
    return [_cell(record, state, column, names) for column in columns]


def _cell(record: Json, state: ContactState, column: Column, names: Names) -> str:
    if column.field_id:
        return column.write(state.fields.get(column.field_id))
    match column.attribute:
        case "tags":
            return column.write(sorted((names.tag_names.get(tag, tag) for tag in state.tags), key=str.casefold))
        case "lists":
            return _list_names(state, "1", names, column.separator)
        case "unsubscribe_lists":
            return _list_names(state, "2", names, column.separator)
        case "account":
            return _account_name(state, names)
        case attribute:
            value = record.get(attribute)
            return "" if value is None else str(value)


def _list_names(state: ContactState, status: str, names: Names, separator: str) -> str:
    called = {option.id: option.value for option in names.lists}
    wanted = [called.get(identity, identity) for identity, held in state.lists.items() if held == status]
    return join_values(sorted(wanted, key=str.casefold), separator)


def _account_name(state: ContactState, names: Names) -> str:  # a contact has at most one account
    return next((names.account_names.get(identity, identity) for identity in sorted(state.accounts)), "")


def unknown_names(states: Iterable[ContactState], names: Names) -> set[str]:
    """The families ("tags", "lists", "accounts") of which a state names something made since they were read."""
    lists = {option.id for option in names.lists}
    unknown: set[str] = set()
    for state in states:
        if not state.tags.keys() <= names.tag_names.keys():
            unknown.add("tags")
        if not state.lists.keys() <= lists:
            unknown.add("lists")
        if not state.accounts.keys() <= names.account_names.keys():
            unknown.add("accounts")
    return unknown
