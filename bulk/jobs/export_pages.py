"""Reading all records of one resource into the checkpoint, with the names that its rows need. A resume goes on with it.

Every page is written down as it comes, so that a resume repeats only what was in flight.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import anyio

from bulk.errors import UnfinishedError
from bulk.jobs.export_addresses import Addresses
from bulk.jobs.export_columns import names_asked
from bulk.jobs.export_job import Job
from bulk.jobs.export_pointers import Pointers
from bulk.jobs.telling import telling_pages
from bulk.planning.export import read_first, source_of
from bulk.planning.names import Names
from bulk.planning.page_source import PageData, PageSource, PageWalk
from bulk.prefetch.records import custom_wanted, walking_custom
from bulk.runtime.feeds import Feeds
from bulk.runtime.page_feed import Walking
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint


@dataclass(slots=True)
class Collecting:
    """One resource on its way out of the account. `on_host` is told whose account it is, before anything is kept."""

    job: Job
    runner: Runner
    on_host: Callable[[str], None]
    source: PageSource = field(init=False)
    pointers: Pointers = field(init=False)
    _walk: PageWalk | None = None

    def __post_init__(self) -> None:
        self.source = source_of(self.job.needed, self.job.query, links=self.job.links)
        self.pointers = Pointers(self.source, self.job.checkpoint)

    async def pages(self) -> None:
        """Read the names, and all pages that are not read yet, and beside them what their rows will need.

        Raises `UnfinishedError` if some pages cannot be had.
        """
        checkpoint, asking = self.job.checkpoint, names_asked(self.job, self.source)
        before = self._read_before()
        if checkpoint.fact(facts.WALKED):
            deque(before, maxlen=0)  # for what the records point to
            self._learn(await self.runner.ask(asking))
            return
        walk = self.source.walk(checkpoint.fact(facts.TOTAL), before)
        self._walk = walk
        walking = Walking(walk, self.source.request, self.runner.dispatch, self._on_page)
        feeds = Feeds(walking, Addresses(self.pointers.unnamed, lambda: walk.done, self.pointers.hold))
        custom: Walking | None = None

        def learn(names: Names) -> None:
            nonlocal custom
            self._learn(names)
            if custom_wanted(checkpoint, self.job.resource, names):
                custom = walking_custom(self.runner.dispatch, checkpoint, self.job.resource)
                feeds.add(custom)

        async with anyio.create_task_group() as tellers:
            tellers.start_soon(telling_pages, self.job.setting.progress, walk, self.job.counted, self.runner)
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

    async def _count_again(self, walk: PageWalk) -> None:
        """Ask for the total once more if fewer came than there should be: records may have been deleted meanwhile."""
        if walk.total is None or walk.distinct >= walk.total:
            return
        told = walk.total
        page = await self.runner.ask(read_first(self.source))
        if page is None or page.total is None or page.total == told:
            return
        walk.total = page.total
        walk.least = min(told, page.total, walk.least or told)
        self.job.setting.progress.say(
            f"The account said it holds {told:,} {self.job.counted}, and at the end {page.total:,}: it changed while it"
            " was read."
        )

    def _note_totals(self, walk: PageWalk) -> None:
        self.job.checkpoint.note(facts.TOTAL, walk.total)
        if walk.least is not None:
            before = self.job.checkpoint.fact(facts.LEAST_TOTAL)
            self.job.checkpoint.note(facts.LEAST_TOTAL, walk.least if before is None else min(before, walk.least))

    def _read_before(self) -> Iterator[tuple[int, int, list[int]]]:
        pages = self.job.checkpoint.pages
        for (first, last, _count), page in zip(sorted(pages.ranges()), pages.read(), strict=True):
            self.pointers.add_earlier(page)
            yield first, last, [identity for identity, _kept in page]

    def _learn(self, names: Names) -> None:
        if names.host:  # else a page will say
            self.on_host(names.host)
        self.pointers.learn(names)

    def _on_page(self, page: PageData, covered: tuple[int, int], checkpoint: Checkpoint) -> None:
        self.on_host(page.host)
        entries = [entry for entry in page.entries if not self.job.by_id or covered[0] <= entry[0] <= covered[1]]
        checkpoint.pages.add(*covered, entries)
        if self._walk is not None and self._walk.total is not None:
            self._note_totals(self._walk)  # a resume may not come by a page that tells it
        for identity, name in page.tags.items():
            checkpoint.note(facts.TAG.of(identity), name)
        self.pointers.add(entries, page)
        if page.missing:
            checkpoint.note(facts.APART, True)
