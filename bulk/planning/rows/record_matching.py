"""Which record a row is about: the one that it tells itself, that of its id, or one of its key that is free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bulk.model import Failure, Json, Row
from bulk.planning.flow import Asking
from bulk.planning.kept_records import beside_of
from bulk.planning.names import Names
from bulk.planning.read_back import UNREAD, NotRead, read_record
from bulk.planning.record_changes import record_edits
from bulk.planning.record_keys import key_sought
from bulk.planning.steps.record import CHANGE, CREATE
from bulk.planning.steps.record_search import Claims
from bulk.planning.unchanged import changed_only, of_record, record_cell, with_readable
from bulk.planning.understanding import Wanted, read
from bulk.planning.writers import Known, Lookup, Meaning, Own
from bulk.resources.spec import Column, Resource


@dataclass(frozen=True, slots=True)
class Matching:
    """How the rows of a job find their records, out of what was read before."""

    resource: Resource
    meaning: Meaning
    names: Names
    lookup: Lookup
    claims: Claims

    def own(self, row: Row, known: Known) -> Own:
        """The record that the row itself tells it is about, and what differs from it."""
        meaning = self.meaning
        by_id = meaning.key == "id"
        creates = meaning.mode == "create" and not by_id
        if meaning.mode == "delete" or CREATE in known.begun or known.made or creates:
            return Own(row)
        own = of_record(row, meaning, self.names, self._candidates(row), self.lookup)
        if CHANGE in known.begun:  # what was read may show what was sent
            return replace(own, row=with_readable(own.row, row, meaning.columns))
        return own

    def _candidates(self, row: Row) -> Sequence[tuple[str, Json]]:
        """The records that the row may be about: the one of its id, else those of its key."""
        records = self.lookup.records(f"id {row.key if self.meaning.key == 'id' else row.id}")
        if not records and self.meaning.key != "id":
            key = self._plain_key(row)
            records = self.lookup.records(key) if key else ()
        if self.resource.unique or self.meaning.key == "id":
            return records
        return [record for record in records if self.claims.is_free(record[0])]

    def _plain_key(self, row: Row) -> str:
        """What a row without an id is about, as far as its cells say so without asking; "" where they do not."""
        key = self.meaning.key_attributes
        columns = tuple(column for column in self.meaning.columns if column.means in key)
        wanted = read(row, replace(self.meaning, columns=columns), self.names)
        if isinstance(wanted, Failure):
            return ""
        for attribute, _header, email in wanted.emails:
            state = self.lookup.contact(email)
            if state is None:
                return ""
            wanted.values[attribute] = state.id
        return key_sought(row, wanted, self.meaning, self.resource)

    def current(self, key: str, column: Column) -> str | None:
        """What the account holds of the only record of a key where a column's cell would go."""
        records = self.lookup.records(key)
        return cell_of_record(records[0][1], column) if len(records) == 1 else None

    def pick(self, key: str, wanted: Wanted) -> tuple[str, Json] | Failure | None:
        """The record that the row is about: of several of one key the first that is as wanted already."""
        records = self.lookup.records(key)
        if self.resource.unique or self.meaning.key == "id":
            same = self._as_wanted(records, wanted)
            return same or (ambiguous(self.resource, records) if len(records) > 1 else next(iter(records), None))
        free = [record for record in records if self.claims.is_free(record[0])]
        same = self._as_wanted(free, wanted)
        if same is None and (len(free) > 1 or (len(records) > 1 and self.meaning.mode == "update")):
            return ambiguous(self.resource, free)
        return same or next(iter(free), None)  # the others of this key are other rows'

    def made_since(self, key: str, wanted: Wanted) -> tuple[str, Json] | None:
        """A record that is as wanted, newer than the job and none of its own."""
        newer = (record for record in self.lookup.records(key) if int(record[0]) > self.lookup.newest)
        return self._as_wanted((record for record in newer if self.claims.is_free(record[0])), wanted)

    def as_it_is_now(self, row: Row, identity: str, kept: Json) -> Asking[Own | Failure]:
        """The record that held all that the row says, as it is now, and what differs from it."""
        now = yield from read_record(self.resource, identity, custom=bool(self.names.fields))
        if isinstance(now, NotRead):
            return Failure("read back", "no_answer", UNREAD)
        if now[1] is None:
            said = f"The {self.resource.singular} {identity} was there when the job began, and is gone. Run ⟦retry⟧."
            return Failure("read back", "not_found", said)
        beside = beside_of(self.resource)
        current = {**kept, **{name: value for name, value in now[1].items() if name not in beside}}
        cell = partial(record_cell, current, self.names, self.lookup)
        return Own(changed_only(row, self.meaning.columns, cell), (identity, current), identity)

    def _as_wanted(self, records: Iterable[tuple[str, Json]], wanted: Wanted) -> tuple[str, Json] | None:
        """The first of the records of which nothing would change."""
        columns = self.meaning.columns
        return next((record for record in records if not record_edits(wanted, record[1], columns)), None)


def cell_of_record(kept: Json, column: Column) -> str | None:
    """What the account holds of a record where a column's cell would go; None if it holds nothing."""
    value = None if column.names or column.beside else kept.get(column.attribute)
    return None if value is None else column.write(value)


def ambiguous(resource: Resource, records: Sequence[tuple[str, Json]]) -> Failure:
    """Several records fit a row."""
    ids = ", ".join(identity for identity, _kept in records[:5])
    said = f"{len(records)} {resource.name} fit this row: {ids}. Say which by an id column and ⟦key=id⟧."
    return Failure("", "ambiguous_key", said)
