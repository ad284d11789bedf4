"""Before rows are deleted: what is there is written down as it is, shown, and only then asked for to go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import anyio.to_thread

from bulk.errors import DeclinedError
from bulk.files.opening import open_sink
from bulk.jobs.delete_records import Going, meant_by
from bulk.jobs.import_job import Job
from bulk.jobs.missing_going import going_of
from bulk.jobs.open_rows import open_rows
from bulk.jobs.prepared import Prepared
from bulk.model import Row
from bulk.resources.spec import Resource, Writing
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.wording import counted

DELETED: Final = "deleted.csv"
_FEW: Final = 5  # records that the question names
_LEFT: Final = "unsubscribe_lists"


async def confirm_deletion(job: Job, runner: Runner, prepared: Prepared) -> None:
    """Write down the records that will go, then ask. Raises `DeclinedError` if they are not to go after all.

    A retry asks anew, and writes what goes by it to a file of its own.
    """
    await _confirm(job, prepared, runner, open_rows(prepared, job.checkpoint), _said_of_rows)


async def confirm_missing(job: Job, runner: Runner, prepared: Prepared) -> None:
    """The same of the records that go since the file has them no more, as far as nobody changed them since."""
    deletes, going = going_of(prepared, job.checkpoint)
    await _confirm(job, deletes, runner, going, _said_of_missing)


async def _confirm(
    job: Job,
    prepared: Prepared,
    runner: Runner,
    batches: Iterator[list[Row]],
    said_of: Callable[[_Told], Iterator[str]],
) -> None:
    checkpoint, say = job.checkpoint, job.setting.progress.say
    if checkpoint.fact(facts.CONFIRMED):
        return
    before = checkpoint.fact(facts.TIMES_CONFIRMED)
    file = job.folder.file(f"deleted-{before + 1}.csv" if before else DELETED)
    meant = meant_by(prepared, runner, checkpoint)
    names = [column.attribute for column in meant.columns]
    going = _Told(job.resource, names.index(_LEFT) if _LEFT in names else None)
    with open_sink(file, [column.header for column in meant.columns]) as output:
        for batch in batches:
            for record in await meant.by(batch):
                for cells in record.rows:
                    output.write(cells)
                going.take(record)
    if going.count:
        for line in said_of(going):
            say(line)
        say(f"As they are now they stand in {file}")
        if going.count > output.rows:
            say(f"{going.count - output.rows:,} of them may not be seen with this key, and do not stand there.")
        confirm = job.setting.confirm
        if confirm is not None and not await anyio.to_thread.run_sync(confirm, "Delete them?"):
            file.unlink()
            raise DeclinedError("delete_declined")
    elif job.options.delete_missing:
        file.unlink()
    checkpoint.note(facts.CONFIRMED, True)
    checkpoint.note(facts.TIMES_CONFIRMED, before + bool(going.count))
    await checkpoint.durable()


@dataclass(slots=True)
class _Told:
    """What is told of what will go: how many records, and the first of them as they are told."""

    resource: Resource
    left_at: int | None  # where a row says which lists they have left
    count: int = 0
    shown: list[str] = field(default_factory=list)
    left: int = 0  # of contacts, those who have left a list

    def take(self, record: Going) -> None:
        """Count a record in."""
        for cells in record.rows[: _FEW - len(self.shown)]:
            self.shown.append(next((cell for cell in cells[1:] if cell), cells[0]))
        self.count += max(len(record.rows), record.hidden)
        self.left += sum(bool(cells[self.left_at]) for cells in record.rows if self.left_at is not None)

    @property
    def few(self) -> str:
        """Some of them, to be shown."""
        return ", ".join(self.shown) + (", …" if self.count > len(self.shown) else "")


def _said_of_rows(going: _Told) -> Iterator[str]:
    yield f"{counted(going.count, 'record')} of {going.resource.name} will be deleted: {going.few}"


def _said_of_missing(going: _Told) -> Iterator[str]:
    called = counted(going.count, going.resource.singular)
    gone = "DELETED in the account" if "delete" in going.resource.modes else "UNSUBSCRIBED"
    yield f"{called} that the export had and the file lacks will be {gone}: {going.few}"
    if going.resource.writing is not Writing.CONTACT:
        return
    yield "ActiveCampaign forgets with a contact all that it had, also that they unsubscribed or bounced:"
    yield "who is added again later can be subscribed as if they had never left."
    if going.left:
        yield f"{counted(going.left, 'contact')} of these unsubscribed from a list."
