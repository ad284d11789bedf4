"""Whether rows are as they were acknowledged: their records are read, and what differs is written down.

Contacts are read a hundred a request. Records by themselves are read one by one, or were read by pages before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bulk.model import Failure
from bulk.planning.differences import (
    THERE,
    Kinds,
    Seen,
    Wants,
    contact_differences,
    families_of,
    record_differences,
    still_untrue,
    without_later,
)
from bulk.planning.flow import Asking, combined
from bulk.planning.kept_records import beside_of
from bulk.planning.names import Names
from bulk.planning.read_back import NotRead, read_contact, read_contacts, read_record
from bulk.prefetch.lookup import CheckpointLookup
from bulk.resources.escapes import escaped
from bulk.resources.identity import address_key
from bulk.resources.kinds import FIELD_TYPES, TEXT
from bulk.resources.spec import Column, Resource, Writing
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.unread import Unread

_Differing = dict[int, list[Failure]]  # what differs, by row


@dataclass(slots=True)
class Confirming:
    """What reads rows back. `by_pages`: the records were all read just before. `said`: what came last for a record.

    `on_failed` is told of each row that is not as it was acknowledged.
    """

    resource: Resource
    columns: Sequence[Column]
    names: Names
    checkpoint: Checkpoint
    by_pages: bool
    on_failed: Callable[[int], None] = lambda _row: None
    said: str = ""

    def read(self, batch: Sequence[Unread]) -> Asking[None]:
        """Read the records of these rows, and write down of each row whether it is as it was acknowledged."""
        records: dict[str, list[Unread]] = {}
        for one in sorted(batch):
            records.setdefault(one.record, []).append(one)
        if self.resource.writing is Writing.RECORD:
            yield from self._read_records(records)
        else:
            yield from self._read_contacts(records)

    def _read_contacts(self, records: Mapping[str, list[Unread]]) -> Asking[None]:
        families = {family for ones in records.values() for one in ones for family in families_of(one.wants)}
        kinds = {custom.id: FIELD_TYPES.get(custom.type, TEXT) for custom in self.names.fields}
        seen = yield from read_contacts(list(records), families)
        result = {identity: self._differing(records[identity], one, kinds) for identity, one in seen.items()}
        # a list may be a moment behind: before a row is called failed, its contact is asked for alone
        doubtful = [identity for identity, failed in result.items() if failed and any(failed.values())]
        again = yield from combined([read_contact(identity, families) for identity in doubtful])
        for identity, one in zip(doubtful, again, strict=True):
            result[identity] = self._differing(records[identity], one, kinds)
        self._decide(records, result)

    def _differing(self, ones: Sequence[Unread], seen: Seen | NotRead, kinds: Kinds) -> _Differing | None:
        """What of a contact is not as its rows want it; None if it was not read."""
        if isinstance(seen, NotRead):
            self._not_read(ones, seen)
            return None
        address = "" if seen.state is None else address_key(escaped(seen.state.attributes.get("email", "")))
        return self._differences(ones, partial(contact_differences, seen=seen, kinds=kinds), address)

    def _not_read(self, ones: Sequence[Unread], why: NotRead) -> None:
        """Note why rows are not read back; those that the API will not have read are not asked for again."""
        self.said = why.said
        for one in ones if why.refused else ():
            self.checkpoint.unread.unreadable(one.row, one.record)

    def _read_records(self, records: Mapping[str, list[Unread]]) -> Asking[None]:
        kinds: Kinds = {column.attribute: column.kind for column in (*self.resource.columns, *self.columns)}
        result: dict[str, _Differing | None] = {}
        alone = list(records)
        if self.by_pages:
            read = CheckpointLookup(self.resource, self.checkpoint)
            for identity, ones in records.items():
                kept = next((kept for _id, kept in read.records(f"id {identity}")), None)
                result[identity] = self._differences(ones, partial(record_differences, kept=kept, kinds=kinds))
            entire = bool(beside_of(self.resource))  # alone it would not show all
            alone = [] if entire else [i for i, failed in result.items() if failed and any(failed.values())]
        custom = bool(self.names.fields)
        singly = yield from combined([read_record(self.resource, identity, custom=custom) for identity in alone])
        for identity, one in zip(alone, singly, strict=True):
            if isinstance(one, NotRead):
                result[identity] = None
                self._not_read(records[identity], one)
            else:
                differences = partial(record_differences, kept=one[1], kinds=kinds)
                result[identity] = self._differences(records[identity], differences)
        self._decide(records, result)

    def _differences(
        self, ones: Sequence[Unread], differences: Callable[[Wants], list[Failure]], address: str = ""
    ) -> _Differing:
        """What differs, by row; where several rows are about one record, the last word counts."""
        wants = [one.wants for one in ones]
        result = {one.row: differences(without_later(one.wants, wants[at + 1 :])) for at, one in enumerate(ones)}
        if not any(result.values()):
            return result
        doubtful = self._perhaps(ones[0].record) | (self._perhaps(address) if address else {})
        for at, one in enumerate(ones):
            after = [of for row, of in doubtful.items() if row > one.row]
            if result[one.row] and after:
                result[one.row] = still_untrue(one.wants, wants[at + 1 :], after, differences)
        return result

    def _perhaps(self, of: str) -> dict[int, Wants]:
        """What rows that have failed or are in doubt may have done, by row; `of` is a record's id or a row's key."""
        return self.checkpoint.facts(facts.perhaps_of(of))

    def _decide(self, records: Mapping[str, list[Unread]], result: Mapping[str, _Differing | None]) -> None:
        for identity, failures in result.items():
            for one in records[identity] if failures is not None else ():
                self.checkpoint.unread.read_back(one.row, identity)
                failed = (failures or {})[one.row]
                if failed:
                    self.checkpoint.rows.fail(one.row, failed)
                if failed and one.wants != THERE:  # else it had failed before
                    self.on_failed(one.row)
