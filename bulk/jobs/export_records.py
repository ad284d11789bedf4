"""What an export has read, as its files are written from it: records whole, each once, with the names they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bulk.model import Json
from bulk.planning.export import Contacts, Links
from bulk.planning.kept_records import CUSTOM_DATA
from bulk.planning.names import Names
from bulk.planning.naming import LARGE
from bulk.planning.page_source import Kept, PageSource
from bulk.resources.spec import CUSTOM, Reading, Resource
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import NAMES


@dataclass(frozen=True, slots=True)
class ExportRecords:
    """The records of one resource in a checkpoint. `names` are open for those of the page that was given last."""

    resource: Resource
    checkpoint: Checkpoint
    source: PageSource
    names: Names

    def pages(self) -> Iterator[list[Kept]]:
        """The records page by page, each once, in the order in which they were read, whole."""
        checkpoint = self.checkpoint
        apart, custom = checkpoint.fact(facts.APART), checkpoint.fact(facts.CUSTOM_READ)
        seen: set[int] = set()
        keyset = self.resource.reading is not Reading.PAGES  # whose pages never bring a record twice
        for page in checkpoint.pages.read():
            fresh: list[Kept] = []
            for identity, kept in page:
                if identity in seen:
                    continue  # where two pages met
                if not keyset:
                    seen.add(identity)
                fresh.append((identity, self._joined(identity, kept, apart=apart, custom=custom)))
            self._open_books(fresh)
            yield fresh

    def _joined(self, identity: int, kept: Json, *, apart: bool, custom: bool) -> Json:
        """A record with what was read apart."""
        if apart and isinstance(self.source, Contacts | Links):
            return self.source.joined(kept, list(self.checkpoint.snapshot.relations_of(identity)))
        if custom:
            data = CUSTOM_DATA[self.resource.name]
            values = [record for _family, record in self.checkpoint.snapshot.relations_of(identity)]
            return kept | {f"{CUSTOM}{value[data.field]}": value.get("fieldValue") for value in values}
        return kept

    def _open_books(self, records: list[Kept]) -> None:
        """Lay the names open that these records need of what is too large to hold whole."""
        if isinstance(self.source, Contacts) and not self.source.links:
            return  # contacts by themselves need none
        wanted = {p for _identity, kept in records for p in self.source.points_to(kept) if p[0] in LARGE}
        current = self.checkpoint.snapshot.known(NAMES, wanted) if wanted else {}
        for family in LARGE:
            self.names.books.pop(family, None)
        for (of, identity), name in current.items():
            self.names.book(of).add(identity, name)
