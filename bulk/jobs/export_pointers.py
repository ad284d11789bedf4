"""What the records of an export point to: what of it has no name yet, and the names of what is too large to read whole.

Told of every page as it comes, since the names are read beside the pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from bulk.jobs.export_addresses import emails
from bulk.planning.export import unknown_families
from bulk.planning.flow import combined
from bulk.planning.names import Names
from bulk.planning.naming import LARGE
from bulk.planning.page_source import Kept, PageData, PageSource, full_page
from bulk.planning.pages.collections import PAGE
from bulk.prefetch.collection import read_collection
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import NAMES

Pointer = tuple[str, str]  # a resource, and an id in it


@dataclass(slots=True)
class Pointers:
    """What the records of one export point to. `names` are None until they are read.

    `unnamed` are contacts among it whose addresses are not asked for yet; who asks takes them out.
    """

    source: PageSource
    checkpoint: Checkpoint
    names: Names | None = None
    unnamed: list[int] = field(default_factory=list)
    _seen: set[Pointer] = field(default_factory=set)  # before the names were known, and what is large

    def add_earlier(self, entries: Iterable[Kept]) -> None:
        """Take in what a page points to that an earlier run has read."""
        self._seen.update(pointer for _identity, kept in entries for pointer in self.source.points_to(kept))

    def add(self, entries: Iterable[Kept], page: PageData) -> None:
        """Take in what the records of a page point to, apart from what came with the page by name."""
        pointers = {pointer for _identity, kept in entries for pointer in self.source.points_to(kept)}
        pointers -= {("tags", identity) for identity in page.tags}
        self.unnamed += [int(identity) for of, identity in pointers - self._seen if of == "contacts"]
        self._seen |= {pointer for pointer in pointers if self.names is None or pointer[0] in LARGE}
        if self.names is not None:
            self._note_unknown(self.names, pointers)

    def learn(self, names: Names) -> None:
        """The names are read: note which of what was seen before is not among them."""
        self.names = names
        self._note_unknown(names, self._seen)
        self._seen = {pointer for pointer in self._seen if pointer[0] in LARGE}

    def _note_unknown(self, names: Names, pointers: set[Pointer]) -> None:
        for family in unknown_families({pointer for pointer in pointers if pointer[0] not in LARGE}, names):
            self.checkpoint.note(facts.UNKNOWN.of(family), True)

    async def read_large(self, runner: Runner) -> None:
        """Learn the names of the contacts and deals that the records point to, and of no others."""
        if not self._seen or self.checkpoint.fact(facts.NAMED):
            return
        contacts = self._not_read(sorted(int(identity) for of, identity in self._seen if of == "contacts"))
        parts = [emails(contacts[at : at + PAGE], self.hold) for at in range(0, len(contacts), PAGE)]
        await runner.ask(combined(parts))
        if any(of == "deals" for of, _identity in self._seen):
            await read_collection(runner, partial(full_page, "deals"), self._hold_titles)
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
            self.hold("deals", str(identity), str(deal["title"]))

    def hold(self, family: str, identity: str, name: str) -> None:
        """Keep the name of one record."""
        self.checkpoint.snapshot.hold(NAMES, (family, identity), name)
