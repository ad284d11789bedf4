"""The records that the rows of a deletion mean, read from the account as they are now. Shows nothing, asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Json, Receipt, Row
from bulk.planning.address_lookup import OTHER_ADDRESS, look_up_contact
from bulk.planning.export import Contacts, Links, export_columns, request_for, source_of
from bulk.planning.flow import Asking, combined
from bulk.planning.kept_records import is_hidden
from bulk.planning.names import columns_of
from bulk.planning.page_source import PageData
from bulk.planning.pages.collections import PAGE, accepted, read_list
from bulk.planning.record_keys import key_sought
from bulk.planning.understanding import Wanted, read
from bulk.prefetch.lookup import CheckpointLookup
from bulk.resources.spec import Column, Resource, Writing
from bulk.runtime.runner import Runner
from bulk.storage.checkpoint import Checkpoint

Entry = tuple[int, Json]  # the id of a record, and what is kept of it


class Going(NamedTuple):
    """One record that will go: its `rows` as an export would write them; `hidden`: it may not be seen with this key."""

    rows: list[Sequence[str]]
    hidden: bool


@dataclass(frozen=True, slots=True)
class Meant:
    """Finds the records that rows mean. `columns` are those in which they are given."""

    prepared: Prepared
    runner: Runner
    checkpoint: Checkpoint
    columns: tuple[Column, ...]

    async def by(self, rows: Sequence[Row]) -> list[Going]:
        """The records that these rows will delete."""
        by_record = self.prepared.resource.writing is Writing.RECORD
        entries = await (self._records(rows) if by_record else self._contacts(rows))
        rows_of = source_of(self.prepared.resource).rows
        names = self.prepared.names
        return [
            Going(list(rows_of(identity, kept, self.columns, names)), is_hidden(kept)) for identity, kept in entries
        ]

    # ---- records by themselves: all were read

    async def _records(self, rows: Sequence[Row]) -> list[Entry]:
        resource, meaning = self.prepared.resource, self.prepared.writer.meaning
        result = CheckpointLookup(resource, self.checkpoint)
        understood = [(row, read(row, meaning, self.prepared.names)) for row in rows]
        sought = [(row, wanted) for row, wanted in understood if isinstance(wanted, Wanted)]  # others are rejected
        emails = dict.fromkeys(email for _row, wanted in sought for _attribute, _header, email in wanted.emails)
        ids = await self.runner.ask(combined([self._id_of(email) for email in emails]))
        contacts = dict(zip(emails, ids, strict=True))
        entries: list[Entry] = []
        for row, wanted in sought:
            for attribute, _header, email in wanted.emails:
                wanted.values[attribute] = contacts[email]
            key = key_sought(row, wanted, meaning, resource)
            records = [(int(identity), kept) for identity, kept in result.records(key)]
            entries += records if len(records) == 1 else ()
        return entries

    # ---- contacts, and what belongs to them: asked for, a hundred at a time

    async def _contacts(self, rows: Sequence[Row]) -> list[Entry]:
        names = self.prepared.names
        wanted = {row.number: read(row, self.prepared.writer.meaning, names) for row in rows}
        ids = await self.runner.ask(combined([self._contact_of(row, wanted[row.number]) for row in rows]))
        others: dict[str, set[str]] = {}  # contact -> ids of what else its rows name: of its tags, those that go
        for row, identity in zip(rows, ids, strict=True):
            said = wanted[row.number]
            values = {} if isinstance(said, Failure) else said.values
            others.setdefault(identity, set()).update(str(values.get(name)) for name in self._other_attributes)
        known = [identity for identity in others if identity]
        entries: list[Entry] = []
        for at in range(0, len(known), PAGE):
            page = await self.runner.ask(_page(self.prepared.resource, known[at : at + PAGE]))
            for identity, name in page.tags.items():
                names.book("tags").add(identity, name)
            contacts = await self._full(page) if page.missing else page.entries
            entries += [(identity, self._named(kept, others[str(identity)])) for identity, kept in contacts]
        return entries

    @property
    def _other_attributes(self) -> tuple[str, ...]:
        return tuple(name for name in self.prepared.resource.key_attributes if name not in ("contact", "email"))

    async def _full(self, page: PageData) -> Sequence[Entry]:
        """The contacts of a page with all that belongs to them, which did not come with it."""
        source = source_of(self.prepared.resource)
        assert isinstance(source, Contacts | Links)  # noqa: S101 - no other is read by contacts
        asked = [(identity, family) for identity, _kept in page.entries for family in source.beside]
        lists = await self.runner.ask(combined([_below(identity, family) for identity, family in asked]))
        result: dict[int, list[tuple[str, Json]]] = {}
        for (identity, family), records in zip(asked, lists, strict=True):
            result.setdefault(identity, []).extend((family, record) for record in records)
        return [(identity, source.joined(kept, result[identity])) for identity, kept in page.entries]

    def _named(self, kept: Json, others: set[str]) -> Json:
        """Of what belongs to a contact, that which the rows name."""
        if self.prepared.resource.writing is not Writing.LINK or not self._other_attributes:
            return kept
        attribute = self._other_attributes[0]
        return [kept[0], [record for record in kept[1] if str(record.get(attribute)) in others]]

    def _contact_of(self, row: Row, wanted: Wanted | Failure) -> Asking[str]:
        """The id of the contact that a row names, "" if there is none."""
        if isinstance(wanted, Failure):
            return ""
        if self.prepared.writer.meaning.key == "id":
            return row.key
        emails = [email for _attribute, _header, email in wanted.emails] or [str(wanted.values.get("email") or "")]
        if not emails[0]:
            return str(wanted.values.get("contact") or "")
        return (yield from self._id_of(emails[0]))

    def _id_of(self, email: str) -> Asking[str]:
        """The id of the contact of an address, "" if there is none."""
        state = CheckpointLookup(self.prepared.resource, self.checkpoint).contact(email)
        if state is not None:
            return state.id
        receipt: Receipt = yield from look_up_contact(f"look up {email}", email)
        if receipt.code == OTHER_ADDRESS:
            return ""
        result = accepted(receipt, "the contacts to delete")
        return str(result["id"]) if result else ""


def meant_by(prepared: Prepared, runner: Runner, checkpoint: Checkpoint) -> Meant:
    """What finds the records that the rows of a job mean."""
    columns = export_columns(columns_of(prepared.resource, prepared.names))
    return Meant(prepared, runner, checkpoint, columns)


def _below(contact: int, family: str) -> Asking[list[Json]]:
    """All records of one family that belong to a contact."""
    path = f"contacts/{contact}/{family}"
    records = yield from read_list(f"look up {family} of {contact}", path, family, lambda record: record)
    return accepted(records, "what belongs to the contacts to delete") if isinstance(records, Receipt) else records


def _page(resource: Resource, ids: Sequence[str]) -> Asking[PageData]:
    """Read these contacts with all that belongs to them."""
    receipts = yield (request_for(resource, ids),)
    page: PageData = accepted(receipts[0], "the contacts to delete")
    return page
