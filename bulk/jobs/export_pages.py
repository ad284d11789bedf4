"""Reading all records of one resource into the checkpoint, with the names that its rows need. A resume goes on with it.

Every page is written down as it comes, so that a resume repeats only what was in flight.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import anyio

from bulk.errors import UnfinishedError
from bulk.jobs.export_addresses import Addresses, emails
from bulk.jobs.export_records import ExportRecords
from bulk.model import Request
from bulk.planning.export import Contacts, Links, first_of, unknown_families
from bulk.planning.flow import Asking, combined
from bulk.planning.kept_records import CUSTOM_DATA
from bulk.planning.names import Names
from bulk.planning.naming import LARGE, read_names
from bulk.planning.page_source import Kept, PageData, PageSource, full_page
from bulk.planning.pages.collections import PAGE
from bulk.planning.pages.keyset import Walk
from bulk.planning.pages.offset import Offsets
from bulk.prefetch.collection import read_collection
from bulk.prefetch.records import read_custom, walking_custom
from bulk.resources.spec import Reading, Resource
from bulk.runtime.feeds import Feeds
from bulk.runtime.page_feed import Walking
from bulk.runtime.progress import Progress, Snapshot
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import NAMES

TELL_EVERY: Final = 0.5  # seconds between two looks at where the job stands


@dataclass(slots=True)
class Collecting:
    """One resource on its way out of the account. `on_host` is told whose account it is, before anything is kept."""

    resource: Resource
    checkpoint: Checkpoint
    runner: Runner
    progress: Progress
    on_host: Callable[[str], None]
    source: PageSource
    names: Names = field(default_factory=Names)
    _pointed: set[tuple[str, str]] = field(default_factory=set)  # seen before the names were known, and what is large
    _unnamed: list[int] = field(default_factory=list)  # contacts of them whose addresses are not asked for yet
    _named: bool = False
    _walk: Walk | Offsets | None = None

    async def pages(self) -> None:
        """Read the names, and all pages that are not read yet, and beside them what their rows will need.

        Raises `UnfinishedError` if some pages cannot be had.
        """
        checkpoint = self.checkpoint
        families = self.source.families
        asking = read_names(families, self.resource.custom, identity=False, optional={*families, self.resource.custom})
        before = self._read_before()
        if checkpoint.fact(facts.WALKED):
            deque(before, maxlen=0)  # for what the records point to
            self._learn(await self.runner.ask(asking))
            return
        walk = self.source.walk(checkpoint.fact(facts.TOTAL), before)
        self._walk = walk
        walking = Walking(walk, self.source.request, self.runner.dispatch, self._on_page)
        feeds = Feeds(walking, Addresses(self._unnamed, lambda: walk.done, self._hold))
        custom: Walking | None = None

        def learn(names: Names) -> None:
            nonlocal custom
            self._learn(names)
            if self._wants_custom:
                custom = walking_custom(self.runner.dispatch, checkpoint, self.resource)
                feeds.add(custom)

        async with anyio.create_task_group() as tellers:
            tellers.start_soon(self._tell, walk)
            await self.runner.run_beside(asking, feeds, learn)
            tellers.cancel_scope.cancel()
        if custom is not None and custom.done:
            checkpoint.note(facts.CUSTOM_READ, True)
        if walk.done and not self.runner.dispatch.stops.stopping:
            await self._count_again(walk)
            checkpoint.note(facts.WALKED, True)
        self._note_totals(walk)
        await checkpoint.durable()
        for each in (walking, custom):
            if each is not None and each.error is not None:
                raise each.error
        if not walk.done and not self.runner.dispatch.stops.stopping:
            raise UnfinishedError("pages_unread")

    async def _count_again(self, walk: Walk | Offsets) -> None:
        """Ask for the total once more if fewer came than there should be: records may have been deleted meanwhile."""
        if walk.total is None or walk.distinct >= walk.total:
            return
        told = walk.total
        request = self.source.request(first_of(self.source))
        page = await self.runner.ask(_page_of(request))
        if page is None or page.total is None or page.total == told:
            return
        walk.total = page.total
        walk.least = min(told, page.total, walk.least or told)
        what = self.resource.name if self.resource.reading is Reading.PAGES else "contacts"
        self.progress.say(
            f"The account said it holds {told:,} {what}, and at the end {page.total:,}: it changed while it was read."
        )

    def _note_totals(self, walk: Walk | Offsets) -> None:
        self.checkpoint.note(facts.TOTAL, walk.total)
        if walk.least is not None:
            before = self.checkpoint.fact(facts.LEAST_TOTAL)
            self.checkpoint.note(facts.LEAST_TOTAL, walk.least if before is None else min(before, walk.least))

    def _read_before(self) -> Iterator[tuple[int, int, list[int]]]:
        ranges = sorted(self.checkpoint.pages.ranges())
        for (first, last, _count), page in zip(ranges, self.checkpoint.pages.read(), strict=True):
            for _identity, kept in page:
                self._pointed.update(self.source.points_to(kept))
            yield first, last, [identity for identity, _kept in page]

    def _learn(self, names: Names) -> None:
        self.on_host(names.host)
        self.names = names
        self._named = True
        self._note_unknown({pointer for pointer in self._pointed if pointer[0] not in LARGE})
        self._pointed = {pointer for pointer in self._pointed if pointer[0] in LARGE}

    def _on_page(self, page: PageData, covered: tuple[int, int], checkpoint: Checkpoint) -> None:
        self.on_host(page.host)
        keyset = self.resource.reading is not Reading.PAGES
        entries = [entry for entry in page.entries if not keyset or covered[0] <= entry[0] <= covered[1]]
        checkpoint.pages.add(*covered, entries)
        if self._walk is not None and self._walk.total is not None:
            self._note_totals(self._walk)  # a resume may not come by a page that tells it
        for identity, name in page.tags.items():
            checkpoint.note(facts.TAG.of(identity), name)
        pointers = {pointer for _identity, kept in entries for pointer in self.source.points_to(kept)}
        pointers -= {("tags", identity) for identity in page.tags}
        self._unnamed += [int(i) for of, i in pointers - self._pointed if of == "contacts"]
        self._pointed |= {pointer for pointer in pointers if not self._named or pointer[0] in LARGE}
        if self._named:
            self._note_unknown({pointer for pointer in pointers if pointer[0] not in LARGE})
        if page.missing:
            checkpoint.note(facts.APART, True)

    def _note_unknown(self, pointers: set[tuple[str, str]]) -> None:
        for family in unknown_families(pointers, self.names):
            self.checkpoint.note(facts.UNKNOWN.of(family), True)

    async def _tell(self, walk: Walk | Offsets) -> None:
        dispatch = self.runner.dispatch
        what = self.resource.name if self.resource.reading is Reading.PAGES else "contacts"
        while True:
            paused = max(0.0, dispatch.line.pauses.until - anyio.current_time())
            self.progress.update(
                Snapshot("reading", walk.count, walk.total, requests=dispatch.requests, paused_for=paused, what=what)
            )
            await anyio.sleep(TELL_EVERY)

    # ---- what did not come with the pages

    async def complete(self) -> None:
        """Read what the pages did not bring: relations where `include` was passed over, custom fields, names."""
        await self._read_apart()
        await self._read_custom()
        await self._complete_names()
        await self._name_large()

    async def _read_apart(self) -> None:
        checkpoint = self.checkpoint
        self.names.unread |= checkpoint.facts(facts.UNREAD)
        if not checkpoint.fact(facts.APART) or checkpoint.fact(facts.APART_READ):
            return
        families = self.source.beside if isinstance(self.source, Contacts | Links) else ()
        self.progress.say(f"The account sends no {', '.join(families)} with its contacts; reading them apart.")
        for family in families:
            said = await self.runner.ask(_refusal(family))
            if said:
                self.names.unread[family] = said
                checkpoint.note(facts.UNREAD.of(family), said)
                continue
            await read_collection(self.runner, partial(full_page, family), partial(_add_relations, checkpoint, family))
        checkpoint.note(facts.APART_READ, True)
        await checkpoint.durable()

    async def _read_custom(self) -> None:
        """The values of the custom fields of deals and accounts, which come in a collection of their own."""
        if self._wants_custom:
            await read_custom(self.runner, self.checkpoint, self.resource)

    @property
    def _wants_custom(self) -> bool:
        return (
            self.resource.name in CUSTOM_DATA
            and bool(self.names.fields)
            and not self.checkpoint.fact(facts.CUSTOM_READ)
        )

    async def _complete_names(self) -> None:
        """Learn the names of what was made since the names were read."""
        for identity, name in self.checkpoint.facts(facts.TAG).items():
            self.names.book("tags").add(identity, name)
        unknown = set(self.checkpoint.facts(facts.UNKNOWN))
        if self.checkpoint.fact(facts.APART):  # the pages did not say which names they need
            unknown |= set(self.source.families) | ({"tags"} if self.resource.reading is Reading.KEYSET else set())
        unknown -= set(self.names.unread)
        if unknown:
            newer = await self.runner.ask(read_names(unknown, identity=False, optional=unknown))
            self.names.unread |= newer.unread
            for family in unknown:
                self.names.books[family] = newer.book(family)

    async def _name_large(self) -> None:
        """Learn the names of the contacts and deals that the records point to, and of no others."""
        if not self._pointed or self.checkpoint.fact(facts.NAMED):
            return
        contacts = self._not_read(sorted(int(identity) for of, identity in self._pointed if of == "contacts"))
        parts = [emails(contacts[at : at + PAGE], self._hold) for at in range(0, len(contacts), PAGE)]
        await self.runner.ask(combined(parts))
        if any(of == "deals" for of, _identity in self._pointed):
            await read_collection(self.runner, partial(full_page, "deals"), self._hold_titles)
        self.checkpoint.note(facts.NAMED, True)
        await self.checkpoint.durable()

    def _not_read(self, contacts: list[int]) -> list[int]:
        """Those whose addresses were not read beside the pages."""
        left: list[int] = []
        for at in range(0, len(contacts), PAGE):
            page = {("contacts", str(identity)): identity for identity in contacts[at : at + PAGE]}
            current = self.checkpoint.snapshot.known(NAMES, page)
            left += [identity for key, identity in page.items() if key not in current]
        return left

    def _hold_titles(self, page: PageData) -> None:
        for identity, deal in page.entries:
            self._hold("deals", str(identity), str(deal["title"]))

    def _hold(self, family: str, identity: str, name: str) -> None:
        self.checkpoint.snapshot.hold(NAMES, (family, identity), name)

    # ---- what was read

    def records(self) -> Iterator[list[Kept]]:
        """The records page by page, each once, in the order in which they were read, whole."""
        return ExportRecords(self.resource, self.checkpoint, self.source, self.names).pages()


def _refusal(family: str) -> Asking[str]:
    """What the API says if a collection may not be read, "" if it may."""
    request = Request(f"{family} at all", "GET", family, (("limit", "1"),), expects=family, optional=True)
    receipts = yield (request,)
    return receipts[0].error if receipts[0].status in (403, 404) else ""


def _page_of(request: Request) -> Asking[PageData | None]:
    receipts = yield (request,)
    return receipts[0].data if receipts[0].ok else None


def _add_relations(checkpoint: Checkpoint, family: str, page: PageData) -> None:
    checkpoint.snapshot.add_relations(family, [record for _identity, record in page.entries])
