"""Before rows are deleted: what is there is written down as it is, shown, and only then asked for to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio.to_thread

from bulk.access.account import Setting
from bulk.errors import DeclinedError
from bulk.files.opening import open_sink
from bulk.files.sink import Sink
from bulk.jobs.prepared import Prepared
from bulk.jobs.survey import open_rows
from bulk.model import Failure, Json, Receipt, Row
from bulk.planning.address_lookup import OTHER_ADDRESS, look_up_contact
from bulk.planning.export import Contacts, Links, export_columns, request_for, source_of
from bulk.planning.flow import Asking, combined
from bulk.planning.kept_records import is_hidden
from bulk.planning.names import Names, columns_of
from bulk.planning.page_source import PageData, RowsOf
from bulk.planning.pages.collections import PAGE, accepted, read_list
from bulk.planning.record_keys import key_sought
from bulk.planning.understanding import Wanted, read
from bulk.prefetch.lookup import CheckpointLookup
from bulk.resources.spec import Column, Resource, Writing
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.job_folder import JobFolder
from bulk.wording import counted

DELETED: Final = "deleted.csv"
_FEW: Final = 5  # records that the question names


@dataclass(slots=True)
class Deleting:
    """One job that deletes, before its rows."""

    resource: Resource
    prepared: Prepared
    names: Names
    runner: Runner
    checkpoint: Checkpoint
    setting: Setting
    _going: int = 0
    _shown: list[str] = field(default_factory=list)

    async def confirmed(self, folder: JobFolder) -> None:
        """Write down the records that will go, then ask. Raises `DeclinedError` if they are not to go after all.

        A retry asks anew, and writes what goes by it to a file of its own.
        """
        if self.checkpoint.fact(facts.CONFIRMED):
            return
        before = self.checkpoint.fact(facts.TIMES_CONFIRMED)
        file = folder.file(f"deleted-{before + 1}.csv" if before else DELETED)
        columns = export_columns(columns_of(self.resource, self.names))
        with open_sink(file, [column.header for column in columns]) as output:
            for batch in open_rows(self.prepared, self.checkpoint):
                if self.resource.writing is Writing.RECORD:
                    await self._write_records(batch, columns, output)
                else:
                    await self._write_contacts(batch, columns, output)
        if self._going:
            few = ", ".join(self._shown) + (", …" if self._going > len(self._shown) else "")
            say = self.setting.progress.say
            say(f"{counted(self._going, 'record')} of {self.resource.name} will be deleted: {few}")
            say(f"As they are now they stand in {file}")
            if self._going > output.rows:
                say(f"{self._going - output.rows:,} of them may not be seen with this key, and do not stand there.")
            confirm = self.setting.confirm
            if confirm is not None and not await anyio.to_thread.run_sync(confirm, "Delete them?"):
                file.unlink()
                raise DeclinedError("delete_declined")
        self.checkpoint.note(facts.CONFIRMED, True)
        self.checkpoint.note(facts.TIMES_CONFIRMED, before + bool(self._going))
        await self.checkpoint.durable()

    def _write(self, entries: Sequence[tuple[int, Json]], columns: Sequence[Column], rows_of: RowsOf, to: Sink) -> None:
        for identity, kept in entries:
            before = to.rows
            for cells in rows_of(identity, kept, columns, self.names):
                to.write(cells)
                if len(self._shown) < _FEW:
                    self._shown.append(next((cell for cell in cells[1:] if cell), cells[0]))
            self._going += max(to.rows - before, is_hidden(kept))

    # ---- records by themselves: all were read

    async def _write_records(self, rows: Sequence[Row], columns: Sequence[Column], to: Sink) -> None:
        result = CheckpointLookup(self.resource, self.checkpoint)
        source = source_of(self.resource)
        meaning = self.prepared.writer.meaning
        understood = [(row, read(row, meaning, self.names)) for row in rows]
        sought = [(row, wanted) for row, wanted in understood if isinstance(wanted, Wanted)]  # others are rejected
        emails = dict.fromkeys(email for _row, wanted in sought for _attribute, _header, email in wanted.emails)
        ids = await self.runner.ask(combined([self._id_of(email) for email in emails]))
        contacts = dict(zip(emails, ids, strict=True))
        for row, wanted in sought:
            for attribute, _header, email in wanted.emails:
                wanted.values[attribute] = contacts[email]
            key = key_sought(row, wanted, meaning, self.resource)
            entries = [(int(identity), kept) for identity, kept in result.records(key)]
            self._write(entries if len(entries) == 1 else (), columns, source.rows, to)

    # ---- contacts, and what belongs to them: asked for, a hundred at a time

    async def _write_contacts(self, rows: Sequence[Row], columns: Sequence[Column], to: Sink) -> None:
        wanted = {row.number: read(row, self.prepared.writer.meaning, self.names) for row in rows}
        ids = await self.runner.ask(combined([self._contact_of(row, wanted[row.number]) for row in rows]))
        others: dict[str, set[str]] = {}  # contact -> ids of what else its rows name: of its tags, those that go
        for row, identity in zip(rows, ids, strict=True):
            said = wanted[row.number]
            values = {} if isinstance(said, Failure) else said.values
            others.setdefault(identity, set()).update(str(values.get(name)) for name in self._other_attributes)
        known = [identity for identity in others if identity]
        source = source_of(self.resource)
        for at in range(0, len(known), PAGE):
            page = await self.runner.ask(_page(self.resource, known[at : at + PAGE]))
            for identity, name in page.tags.items():
                self.names.book("tags").add(identity, name)
            entries = await self._full(page) if page.missing else page.entries
            entries = [(identity, self._named(kept, others[str(identity)])) for identity, kept in entries]
            self._write(entries, columns, source.rows, to)

    @property
    def _other_attributes(self) -> tuple[str, ...]:
        return tuple(name for name in self.resource.key_attributes if name not in ("contact", "email"))

    async def _full(self, page: PageData) -> Sequence[tuple[int, Json]]:
        """The contacts of a page with all that belongs to them, which did not come with it."""
        source = source_of(self.resource)
        assert isinstance(source, Contacts | Links)  # noqa: S101 - no other is read by contacts
        asked = [(identity, family) for identity, _kept in page.entries for family in source.beside]
        lists = await self.runner.ask(combined([_below(identity, family) for identity, family in asked]))
        result: dict[int, list[tuple[str, Json]]] = {}
        for (identity, family), records in zip(asked, lists, strict=True):
            result.setdefault(identity, []).extend((family, record) for record in records)
        return [(identity, source.joined(kept, result[identity])) for identity, kept in page.entries]

    def _named(self, kept: Json, others: set[str]) -> Json:
        """Of what belongs to a contact, that which the rows name."""
        if self.resource.writing is not Writing.LINK or not self._other_attributes:
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
        state = CheckpointLookup(self.resource, self.checkpoint).contact(email)
        if state is not None:
            return state.id
        receipt: Receipt = yield from look_up_contact(f"look up {email}", email)
        if receipt.code == OTHER_ADDRESS:
            return ""
        result = accepted(receipt, "the contacts to delete")
        return str(result["id"]) if result else ""


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
