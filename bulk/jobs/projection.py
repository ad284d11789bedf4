"""What the account will hold once the parts of a plan are carried out that come before the one at hand.

Each part keeps in its checkpoint what its rows change; the parts after it lay that over what they read. What one part
has read serves those after it too. When the plan is carried out, it is told here what was made by now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Final

import anyio.to_thread

from bulk.model import Edit, Json
from bulk.planning.changes import Change
from bulk.planning.names import Book, CustomField, Names
from bulk.planning.naming import read_names
from bulk.planning.projected import (
    Coming,
    ImaginedIds,
    contact_after,
    custom_field_after,
    imagined_name,
    put_in_book,
    record_after,
    stages_after,
)
from bulk.planning.record_keys import key_of_record
from bulk.planning.state import ContactState
from bulk.prefetch.contacts import by_email_or_id
from bulk.resources import named
from bulk.resources.spec import Resource
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint, opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JobFolder
from bulk.storage.snapshot import ADDRESSES, AFTER, PEOPLE, RECORDS

CONTACTS: Final = "contacts"
PIPELINES: Final = "dealGroups"
STAGES: Final = "dealStages"
_BATCH: Final = 1_000  # contacts that wait in memory to be on disk


@dataclass(slots=True)
class Projection:
    """The parts of one plan, in their order, and what is known of them. `stack` closes what is opened here."""

    folder: JobFolder
    ids: ImaginedIds
    stack: ExitStack
    _checkpoints: dict[str, Checkpoint] = field(default_factory=dict)
    _books: dict[str, Book] = field(default_factory=dict)  # as the account has them
    _fields: dict[str, tuple[CustomField, ...]] = field(default_factory=dict)  # likewise, by their collection
    _unread: dict[str, str] = field(default_factory=dict)
    _host: str = ""

    def is_first(self, resource: Resource) -> bool:
        """Whether that is the first part."""
        return self.ids.parts[:1] == (resource.name,)

    # ---- names

    async def names(self, runner: Runner, resource: Resource, families: set[str], optional: set[str]) -> Names:
        """What the account will call its records by then. What an earlier part has read is not asked for again."""
        custom = resource.custom
        wanted = {custom, *families} - {""}
        known = self._books.keys() | self._fields.keys() | (self._unread.keys() & optional)
        if missing := wanted - known:
            asked = custom if custom in missing else ""
            names = await runner.ask(read_names(missing - {asked}, asked, identity=False, optional=optional))
            self._take(names, asked)
        of = custom or ("fields" if "fields" in families else "")
        books = {name: self._books[name].copy() for name in wanted & self._books.keys()}
        unread = {name: said for name, said in self._unread.items() if name in wanted}
        names = Names(self._host, self._fields.get(of, ()), books, unread)
        await anyio.to_thread.run_sync(self._lay_over_names, names, resource, of)
        return names

    def _take(self, names: Names, custom: str) -> None:
        self._host = self._host or names.host
        self._books |= names.books
        self._unread |= names.unread
        if "fields" in names.books:
            self._fields["fields"] = names.fields
        elif custom and custom not in names.unread:
            self._fields[custom] = names.fields

    def _lay_over_names(self, names: Names, resource: Resource, custom: str) -> None:
        fields = {one.id: one for one in names.fields}
        for checkpoint, family in self._kept_of(resource):
            for identity, after in checkpoint.snapshot.after(family):
                if family in names.books:
                    put_in_book(names.books[family], named(family), identity, after)
                if family == custom and family not in names.unread:
                    fields[identity] = custom_field_after(named(family), identity, after)
        for part in self._before(resource):
            for family, called in self._opened(part).fact(facts.NEW_NAMES).items():
                for name in called if family in names.books else ():
                    names.books[family].add(imagined_name(family, name), name)
        names.fields = tuple(fields.values())

    def _kept_of(self, resource: Resource) -> Iterator[tuple[Checkpoint, str]]:
        """Where the earlier parts keep what becomes of records by themselves, and the resource of these."""
        for part in self._before(resource):
            yield self._opened(part), part
            if part == PIPELINES:
                yield self._opened(part), STAGES

    # ---- what the account holds

    async def take_contacts(self, checkpoint: Checkpoint, resource: Resource) -> bool:
        """Take over the contacts that an earlier part has read, as they will be; False if none has read them all."""
        parts = self._before(resource)
        for at in reversed(range(len(parts))):
            earlier = self._opened(parts[at])
            if not earlier.fact(facts.CONTACTS_READ) or earlier.fact(facts.PARTLY):
                continue
            states = earlier.snapshot.people()
            while batch := list(islice(states, _BATCH)):
                for state in batch:
                    by_email_or_id(checkpoint, ContactState.from_json(state).id, state)
                await checkpoint.durable()
            await self._lay_over(checkpoint, parts[at:])
            checkpoint.note(facts.CONTACTS_READ, True)
            return True
        return False

    async def lay_over_contacts(self, checkpoint: Checkpoint, resource: Resource) -> None:
        """Lay what the earlier parts will have made of contacts over what was read of them."""
        await self._lay_over(checkpoint, self._before(resource))

    async def _lay_over(self, checkpoint: Checkpoint, parts: Sequence[str]) -> None:
        for part in parts:
            moved: dict[str, str] = {}  # who has another address then, and what they were held under
            kept = self._opened(part).snapshot.after(CONTACTS)
            for at, (identity, rows) in enumerate(groupby(kept, key=lambda one: one[0].split(" ")[0])):
                key = checkpoint.snapshot.known(ADDRESSES, [identity]).get(identity)
                changes = [after for _key, after in rows]
                _hold_changed(checkpoint, identity, key, changes)
                if key is not None and any(edit.of == "email" for change in changes for edit in _edits_of(change)):
                    moved[identity] = key
                if at % _BATCH == 0:
                    await checkpoint.durable()
            await checkpoint.durable()  # the next part's changes are laid over these
            taken = set(checkpoint.snapshot.known(ADDRESSES, moved).values()) if moved else set()
            for key in set(moved.values()) - taken:
                checkpoint.snapshot.drop(PEOPLE, key)
            await checkpoint.durable()

    async def lay_over_records(self, checkpoint: Checkpoint, resource: Resource, key: tuple[str, ...]) -> None:
        """Lay over what was read of records by themselves those that other parts' records come with."""
        for earlier, family in self._kept_of(resource):
            for identity, kept in earlier.snapshot.after(resource.name) if family == resource.name else ():
                checkpoint.snapshot.hold(RECORDS, identity, kept)
                checkpoint.snapshot.hold_under(key_of_record(resource, kept, key), int(identity))
        await checkpoint.durable()

    # ---- what a row comes to

    def keep_contact(
        self, checkpoint: Checkpoint, resource: Resource, row: int, change: Change, before: ContactState | None
    ) -> None:
        """Keep what a row changes of a contact, for the parts that come later."""
        identity = change.record or self.ids.of(Coming(resource.name, row))
        after = {
            "before": None if before is None else before.to_json(),
            "edits": [edit.to_json() for edit in (*change.own, *change.beside)],
        }
        checkpoint.snapshot.hold(AFTER, (CONTACTS, f"{identity} {row:012}"), after)

    def keep_record(self, checkpoint: Checkpoint, resource: Resource, row: int, change: Change, before: Json) -> None:
        """Keep what a row's record will be; `before` is what is kept of it, None if it is to be made."""
        identity = change.record or self.ids.of(Coming(resource.name, row))
        checkpoint.snapshot.hold(AFTER, (resource.name, identity), record_after(before, change))
        for nth, title in enumerate(stages_after(change) if resource.name == PIPELINES else (), 1):
            stage = self.ids.of(Coming(resource.name, row, nth))
            checkpoint.snapshot.hold(AFTER, (STAGES, stage), {"title": title, "group": identity})

    # ---- carrying it out

    def made(self, coming: Coming) -> str:
        """The id of what a row has made by now, "" if it has not."""
        return self._opened(coming.resource).rows.id_of(coming.row)

    # ---- the other parts

    def _before(self, resource: Resource) -> tuple[str, ...]:
        return self.ids.parts[: self.ids.parts.index(resource.name)]

    def _opened(self, part: str) -> Checkpoint:
        if part not in self._checkpoints:
            path = self.folder.file(part) / CHECKPOINT
            self._checkpoints[part] = self.stack.enter_context(opened_checkpoint(path))
        return self._checkpoints[part]


def _hold_changed(checkpoint: Checkpoint, identity: str, key: str | None, changes: Sequence[dict[str, Json]]) -> None:
    """Hold one contact as a part's rows about it will have changed it; `key` is what it is held under."""
    current = None if key is None else checkpoint.snapshot.known(PEOPLE, [key]).get(key)
    if current is None:
        current = next((change["before"] for change in changes if change["before"] is not None), None)
    state = None if current is None else ContactState.from_json(current)
    edits = [edit for change in changes for edit in _edits_of(change)]
    by_email_or_id(checkpoint, identity, contact_after(state, identity, edits).to_json())


def _edits_of(change: Mapping[str, Json]) -> Iterator[Edit]:
    return map(Edit.from_json, change["edits"])
