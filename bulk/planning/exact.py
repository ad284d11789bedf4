"""Cells that are all there should be: what of a contact's tags and lists a row does not name. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from bulk.model import Row
from bulk.planning.consent import SUBSCRIBED
from bulk.planning.names import Book, Names
from bulk.planning.state import ContactState
from bulk.planning.writers import Meaning
from bulk.resources.identity import same_name
from bulk.resources.kinds import Problem, find_name
from bulk.resources.spec import clears, is_blank

TAGS, LISTS = "tags", "lists"


def exact_columns(row: Row, meaning: Meaning) -> frozenset[str]:
    """The exact columns of which a row says something; an empty cell does where empty cells clear."""
    said = {name for name in meaning.exact if name in row.values}
    return frozenset(name for name in said if meaning.blank == "clear" or not is_blank(row.values[name]))


def tags_beyond(state: ContactState | None, named: Iterable[str], names: Names) -> list[tuple[str, str]]:
    """Ids and names of the tags that a contact has, and the row does not name."""
    return list(_beyond(() if state is None else state.tags, list(named), TAGS, names))


def lists_beyond(state: ContactState | None, named: Iterable[str], names: Names) -> list[tuple[str, str]]:
    """Ids and names of the lists that a contact is subscribed to, and the row does not name."""
    lists: Mapping[str, str] = {} if state is None else state.lists
    return list(_beyond([of for of, status in lists.items() if status == SUBSCRIBED], list(named), LISTS, names))


def lacking(row: Row, meaning: Meaning, names: Names, state: ContactState | None) -> Iterator[str]:
    """The columns of tags and lists in which a row names less than its contact has, which stays so.

    A row of a sheet made of an export says by itself what was taken out.
    """
    if state is None or row.before is not None or meaning.mode in ("create", "delete"):
        return
    for column in meaning.columns:
        text = row.values.get(column.attribute, "")
        if column.attribute not in (TAGS, LISTS) or column.attribute in meaning.exact or is_blank(text):
            continue
        named = [] if clears(text) else column.read(text)
        if isinstance(named, Problem):
            continue
        beyond = tags_beyond if column.attribute == TAGS else lists_beyond
        if beyond(state, named, names):
            yield column.attribute


def _id_of(name: str, family: str, book: Book) -> str | None:
    """The id of what a cell names; a list by its stringid too."""
    if family == TAGS:
        return book.id_of(name)
    option = find_name(name, tuple(book.records.values()))
    return None if option is None else option.id


def _beyond(current: Iterable[str], named: Collection[str], family: str, names: Names) -> Iterator[tuple[str, str]]:
    book = names.book(family)
    chosen = {_id_of(name, family, book) for name in named}
    for identity in current:
        called = book.name_of(identity)
        if identity not in chosen and not any(same_name(called, name) for name in named):
            yield identity, called
