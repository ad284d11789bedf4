"""How a resource is read page by page, as every way of reading offers it; and what is kept of a page. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bulk.model import Flow, Json, Outcome, Request, RowStatus
from bulk.planning.names import Names
from bulk.planning.pages.ends import PAGE, id_within, total_of
from bulk.planning.pages.keyset import Ask, Walk
from bulk.planning.pages.offset import OffsetAsk, Offsets
from bulk.resources.spec import Column

PageWalk = Walk | Offsets  # which pages there are to read, by id or by offset
Query = tuple[tuple[str, str], ...]
Kept = tuple[int, Json]  # a record's id and what is kept of it
RowsOf = Callable[[int, Json, Sequence[Column], Names], Iterator[list[str]]]


@dataclass(frozen=True, slots=True)
class PageData:
    """What is kept of one page, in the order of ids where the page has one.

    `tags` are names that came beside it. `missing` are the relations that should have come by `include` and did not.
    `host` is the account's own.
    """

    entries: tuple[Kept, ...]
    total: int | None
    tags: Mapping[str, str]
    missing: tuple[str, ...] = ()
    host: str = ""

    @property
    def ids(self) -> list[int]:
        """The records' ids."""
        return [identity for identity, _kept in self.entries]


class PageSource(Protocol):
    """How one resource is read, and how what is kept becomes rows."""

    families: frozenset[str]
    """The resources whose names its rows need, read whole before them."""

    def walk(self, total: int | None, pages: Iterable[tuple[int, int, list[int]]]) -> PageWalk:
        """What is to be read, given first, last and ids of the pages that an earlier run has read."""

    def request(self, ask: Ask | OffsetAsk) -> Request:
        """The request for one page; its receipt's data is a `PageData`."""

    def points_to(self, kept: Json) -> Iterator[tuple[str, str]]:
        """Resource and id of each record that one kept record points to."""

    def rows(self, identity: int, kept: Json, columns: Sequence[Column], names: Names) -> Iterator[list[str]]:
        """The cells of each row that one kept record makes."""


def page_flow(request: Request) -> Flow:
    """Ask for one page and nothing else."""
    receipts = yield (request,)
    return Outcome(RowStatus.SUCCEEDED if receipts[0].ok else RowStatus.FAILED)


def full_page(path: str, ask: Ask | OffsetAsk) -> Request:
    """The request for one page of a collection, each record kept as it is."""

    def keep(body: Json) -> PageData:
        return PageData(tuple((id_within(path, record), record) for record in body[path]), total_of(body), {})

    return Request(ask.name, "GET", path, (*ask.query, ("limit", str(PAGE))), keep=keep, expects=path)
