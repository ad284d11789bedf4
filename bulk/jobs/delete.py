"""Before rows are deleted: what is there is written down as it is, shown, and only then asked for to go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio.to_thread

from bulk.errors import DeclinedError
from bulk.files.opening import open_sink
from bulk.jobs.delete_records import Going, meant_by
from bulk.jobs.going import GoingCounts, becomes, called, said_of_people, what_goes
from bulk.jobs.import_job import Job
from bulk.jobs.missing_going import going_of
from bulk.jobs.open_rows import open_rows
from bulk.jobs.prepared import Prepared
from bulk.model import Row
from bulk.planning.consent import SUBSCRIBED, UNSUBSCRIBED
from bulk.resources.spec import Column, Resource
from bulk.runtime.runner import Runner
from bulk.storage import facts

DELETED: Final = "deleted.csv"
_FEW: Final = 5  # records that the question names
_STATUS_AT: Final = {"lists": SUBSCRIBED, "unsubscribe_lists": UNSUBSCRIBED}  # what a cell of a contact says


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
    said_of: Callable[..., Iterator[str]],
) -> None:
    checkpoint, say = job.checkpoint, job.setting.progress.say
    if checkpoint.fact(facts.CONFIRMED):
        return
    before = checkpoint.fact(facts.TIMES_CONFIRMED)
    file = job.folder.file(f"deleted-{before + 1}.csv" if before else DELETED)
    meant = meant_by(prepared, runner, checkpoint)
    going = _Told(job.resource, meant.columns)
    with open_sink(file, [column.header for column in meant.columns]) as output:
        for batch in batches:
            for record in await meant.by(batch):
                for cells in record.rows:
                    output.write(cells)
                going.take(record)
    if going.counts.records:
        for line in said_of(going, told=job.applies):
            say(line)
        say(f"As they are now they stand in {file}")
        if going.counts.records > output.rows:
            say(
                f"{going.counts.records - output.rows:,} of them may not be seen with this key, and do not stand there."
            )
        confirm = None if job.applies and not job.retry else job.setting.confirm  # the plan was agreed to
        if confirm is not None and not await anyio.to_thread.run_sync(confirm, "Delete them?"):
            file.unlink()
            raise DeclinedError("delete_declined")
    elif job.options.delete_missing:
        file.unlink()
    checkpoint.note(facts.CONFIRMED, True)
    checkpoint.note(facts.TIMES_CONFIRMED, before + bool(going.counts.records))
    await checkpoint.durable()


@dataclass(slots=True)
class _Told:
    """What is told of what will go: how many records, how people stand, and the first of them as they are told."""

    resource: Resource
    columns: Sequence[Column]  # of the rows that are written down
    counts: GoingCounts = field(default_factory=GoingCounts)
    shown: list[str] = field(default_factory=list)

    def take(self, record: Going) -> None:
        """Count a record in."""
        for cells in record.rows[: _FEW - len(self.shown)]:
            self.shown.append(called(self.resource, self.columns, cells))
        for cells in record.rows:
            said = zip(self.columns, cells, strict=True)
            self.counts.add(
                [_STATUS_AT[column.attribute] for column, cell in said if column.attribute in _STATUS_AT and cell]
            )
        self.counts.records += max(0, record.hidden - len(record.rows))

    @property
    def few(self) -> str:
        """Some of them, to be shown."""
        return ", ".join(self.shown) + (", …" if self.counts.records > len(self.shown) else "")


def _said_of_rows(going: _Told, *, told: bool) -> Iterator[str]:
    """What is said of them; `told`: what it means for people was, with the plan."""
    yield f"{what_goes(going.resource, going.counts)} will be deleted: {going.few}"
    if not told:
        yield from said_of_people(going.resource, going.counts)


def _said_of_missing(going: _Told, *, told: bool) -> Iterator[str]:
    lacking = f"{what_goes(going.resource, going.counts)} that the export had and the file lacks"
    yield f"{lacking} will be {becomes(going.resource)}: {going.few}"
    if not told:
        yield from said_of_people(going.resource, going.counts)
