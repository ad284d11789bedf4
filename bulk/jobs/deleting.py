"""Before rows are deleted: what is there is written down as it is, shown, and only then asked for to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio.to_thread

from bulk.errors import AbortedError
from bulk.jobs.access import Setting
from bulk.jobs.checkpoint import Checkpoint
from bulk.jobs.found import FoundInCheckpoint
from bulk.jobs.rows import Plan
from bulk.jobs.runner import Runner
from bulk.jobs.survey import open_rows
from bulk.jobs.wording import counted
from bulk.model import Failure, Json, Receipt, Request, Row
from bulk.planning.collections import PAGE, accepted
from bulk.planning.export import PageData, RowsOf, export_columns, source_of
from bulk.planning.links import look_up_contact
from bulk.planning.names import Names, columns_of
from bulk.planning.records import key_of_record
from bulk.planning.together import Asking, together
from bulk.planning.understanding import Wanted, read
from bulk.resources.spec import Column, Resource, Writing
from bulk.tables.matching import key_of
from bulk.tables.writing import CsvFile

DELETED: Final = "deleted.csv"
_FEW: Final = 5  # records that the question names


@dataclass(slots=True)
class Deleting:
    """One job that deletes, before its rows."""

    resource: Resource
    plan: Plan
    names: Names
    runner: Runner
    checkpoint: Checkpoint
    setting: Setting
    _shown: list[str] = field(default_factory=list)

    async def confirmed(self, file: Path) -> None:
        """Write down the records that will go, then ask. Raises `AbortedError` if they are not to go after all."""
        if self.checkpoint.noted("confirmed"):
            return
        columns = export_columns(columns_of(self.resource, self.names))
        with CsvFile(file, [column.header for column in columns]) as output:
            for batch in open_rows(self.plan, self.checkpoint):
                if self.resource.writing is Writing.RECORD:
                    self._write_records(batch, columns, output)
                else:
                    await self._write_contacts(batch, columns, output)
        if output.rows:
            few = ", ".join(self._shown) + (", …" if output.rows > len(self._shown) else "")
            say = self.setting.progress.say
            say(f"{counted(output.rows, 'record')} of {self.resource.name} will be deleted: {few}")
            say(f"As they are now they stand in {file}")
            confirm = self.setting.confirm
            if confirm is not None and not await anyio.to_thread.run_sync(confirm, "Delete them?"):
                raise AbortedError("Nothing was deleted, as you chose")
        self.checkpoint.note("confirmed", True)
        await self.checkpoint.durable()

    def _write(
        self, entries: Sequence[tuple[int, Json]], columns: Sequence[Column], rows_of: RowsOf, to: CsvFile
    ) -> None:
        for identity, kept in entries:
            for cells in rows_of(identity, kept, columns, self.names):
                to.write(cells)
                if len(self._shown) < _FEW:
                    self._shown.append(next((cell for cell in cells[1:] if cell), cells[0]))

    # ---- records by themselves: all were read

    def _write_records(self, rows: Sequence[Row], columns: Sequence[Column], to: CsvFile) -> None:
        found = FoundInCheckpoint(self.resource, self.checkpoint)
        source = source_of(self.resource)
        meaning = self.plan.writer.meaning
        for row in rows:
            key = f"id {row.key}"
            if meaning.key != "id":
                wanted = read(row, meaning, self.names)
                values = {} if isinstance(wanted, Failure) else wanted.values
                key = key_of_record(self.resource, values, self.resource.key_attributes)
            entries = [(int(identity), kept) for identity, kept in found.records(key)]
            self._write(entries if len(entries) == 1 else (), columns, source.rows, to)

    # ---- contacts, and what belongs to them: asked for, a hundred at a time

    async def _write_contacts(self, rows: Sequence[Row], columns: Sequence[Column], to: CsvFile) -> None:
        wanted = {row.number: read(row, self.plan.writer.meaning, self.names) for row in rows}
        ids = await self.runner.ask(together([self._contact_of(row, wanted[row.number]) for row in rows]))
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
            entries = [(identity, self._going(kept, others[str(identity)])) for identity, kept in page.entries]
            self._write(entries, columns, source.rows, to)

    @property
    def _other_attributes(self) -> tuple[str, ...]:
        return tuple(name for name in self.resource.key_attributes if name not in ("contact", "email"))

    def _going(self, kept: Json, others: set[str]) -> Json:
        """Of what belongs to a contact, that which the rows name."""
        if self.resource.writing is not Writing.LINK or not self._other_attributes:
            return kept
        attribute = self._other_attributes[0]
        return [kept[0], [record for record in kept[1] if str(record.get(attribute)) in others]]

    def _contact_of(self, row: Row, wanted: Wanted | Failure) -> Asking[str]:
        """The id of the contact that a row names, "" if there is none."""
        if isinstance(wanted, Failure):
            return ""
        if self.plan.writer.meaning.key == "id":
            return row.key
        emails = [email for _attribute, _header, email in wanted.emails] or [str(wanted.values.get("email") or "")]
        if not emails[0]:
            return str(wanted.values.get("contact") or "")
        state = FoundInCheckpoint(self.resource, self.checkpoint).contact(key_of(emails[0]))
        if state is not None:
            return state.id
        receipt: Receipt = yield from look_up_contact(f"look up {emails[0]}", emails[0])
        found = accepted(receipt, "the contacts to delete")
        return str(found["id"]) if found else ""


def _page(resource: Resource, ids: Sequence[str]) -> Asking[PageData]:
    """Read these contacts with all that belongs to them."""
    source = source_of(resource, tuple(("ids[]", identity) for identity in ids))
    ask = source.walk(None, ()).claim()
    assert ask is not None  # noqa: S101 - of a walk that has not begun
    request: Request = source.request(ask)
    receipts = yield (request,)
    page: PageData = accepted(receipts[0], "the contacts to delete")
    return page
