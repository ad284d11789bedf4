"""Export of one resource, and resume of one: all pages into the checkpoint, then one file, whole or not at all.

The file is written at the end, each record once, and its records are counted against what the account said it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from bulk.access.account import Setting
from bulk.access.account_lock import AccountLock
from bulk.errors import AbortedError, BulkError, ReaderGoneError, UsageError
from bulk.files.opening import open_sink
from bulk.jobs.export_pages import Collecting
from bulk.jobs.options import ExportOptions, options_read
from bulk.jobs.run import worked
from bulk.jobs.summary import JobResult, Summary, told_of
from bulk.messages import Part
from bulk.model import RowStatus
from bulk.planning.export import Contacts, export_columns, source_of, unreadable
from bulk.planning.kept_records import is_hidden
from bulk.planning.names import Names, columns_of
from bulk.planning.naming import read_identity, read_names
from bulk.planning.page_source import Query, RowsOf
from bulk.resources import find
from bulk.resources.kinds import nearest
from bulk.resources.spec import Column, Reading, Resource, normalise
from bulk.runtime.meter import Totals
from bulk.runtime.progress import Progress
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint, new_checkpoint, opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JOB, SUMMARY, JobFolder
from bulk.storage.job_record import JobRecord
from bulk.wording import counted

STATUSES: Final = tuple(status.value for status in RowStatus)


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one export: what every part of it needs."""

    folder: JobFolder
    resource: Resource
    options: ExportOptions
    output: Path | None  # None: standard output
    checkpoint: Checkpoint
    setting: Setting
    resumed: bool = False
    links: tuple[Resource, ...] = ()  # written beside contacts, each to a file of its own beside theirs


async def start(resource: Resource, output: Path | None, options: ExportOptions, setting: Setting) -> JobResult:
    """Export into a file; `output` None writes to standard output."""
    access = setting.access
    target = await anyio.to_thread.run_sync(_target, output)
    folder = JobFolder.create(setting.jobs, setting.name, "export")
    record = JobRecord("export", resource.name, asdict(options), access.place, access.connection, output=target)
    reader_gone = False
    try:
        with folder.locked(), new_checkpoint(folder.file(CHECKPOINT), clock=setting.clock) as checkpoint:
            folder.write(record)
            job = Job(folder, resource, options, output, checkpoint, setting)
            return await _run(job, record)
    except ReaderGoneError:
        reader_gone = True  # who read has all that was wanted: there is nothing to go on with
        raise
    finally:
        if not folder.file(SUMMARY).exists() and (reader_gone or not _has_pages(folder)):
            folder.discard()


async def go_on(folder: JobFolder, changes: dict[str, Any], setting: Setting) -> JobResult:
    """Resume an export; `changes` are options given anew."""
    record = folder.record()
    resource = find(record.resource)
    if resource is None:
        raise UsageError("export_unknown_here", resource=record.resource)
    output = None if record.output == "-" else Path(record.output)
    options = replace(options_read(ExportOptions, record.options, record.version), **changes)
    with folder.locked():
        setting.access.check_same(record.place, record.connection)
        with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
            job = Job(folder, resource, options, output, checkpoint, setting, resumed=True)
            return await _run(job, record)


def _target(output: Path | None) -> str:
    if output is None:
        return "-"
    if output.is_dir():
        raise UsageError("output_is_folder", folder=output, example=output / "contacts.csv")
    if not output.parent.is_dir():
        raise UsageError("output_folder_missing", folder=output.parent)
    return str(output.absolute())


def _has_pages(folder: JobFolder) -> bool:
    if not folder.file(JOB).exists():
        return False
    with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
        return bool(checkpoint.pages.ranges())


async def _run(job: Job, record: JobRecord) -> JobResult:
    """Work until the end or a reason to stop. Raises the reason if there is no job to go on with."""
    stopping, spent = await worked(job.folder, record, job.options, job.setting, job.checkpoint, partial(work, job))
    written = job.checkpoint.fact(facts.WRITTEN)
    error = stopping.error if written is None else None  # whatever wanted to stop it later came too late
    if error is not None and not job.resumed and not job.checkpoint.pages.ranges():
        raise error
    return await end(job, spent, error)


async def work(job: Job, runner: Runner, account_lock: AccountLock, stopping: Stopping) -> None:
    """Read all records and write the file, unless the job is stopped; the door may be open already."""
    checkpoint = job.checkpoint
    source = source_of(job.resource, _query(job.resource, job.options), links=job.links)
    collecting = Collecting(job.resource, checkpoint, runner, job.setting.progress, account_lock.enter, source)
    if job.options.columns:  # known before a page is read for nothing
        names = await runner.ask(read_names((), job.resource.custom, identity=False)) if job.resource.custom else None
        chosen_columns(export_columns(columns_of(job.resource, names)), job.options.columns)
    with stopping.draining():
        await collecting.pages()
    if stopping.error is not None:
        return
    if not account_lock.entered:  # an account without a single record
        account_lock.enter(await runner.ask(read_identity()))
    await collecting.complete()
    _tell_left_out(job, collecting.names)
    with stopping.draining():
        counts = await anyio.to_thread.run_sync(write_files, job, collecting)
        checkpoint.note(facts.WRITTEN, counts)
        await checkpoint.durable()


def _tell_left_out(job: Job, names: Names) -> None:
    """Say which columns are left out since what they show may not be read; stop if one of them was asked for."""
    for resource in (job.resource, *job.links):
        columns = export_columns(columns_of(resource, names))
        left = {column.header: of for column in columns if (of := unreadable(column, names.unread))}
        asked = {normalise(name) for name in job.options.columns}
        for of in dict.fromkeys((*left.values(), *(of for of in names.unread if of == resource.custom))):
            headers = [header for header, needed in left.items() if needed == of] or ["those of custom fields"]
            why = names.unread[of]
            if any(normalise(header) in asked for header in headers):
                raise AbortedError("export_column_unreadable", family=of, reason=why, columns=headers)
            said = f"{of} may not be read with this key: {why}."
            job.setting.progress.say(f"{said} Columns left out: {', '.join(headers)}.")
    for link in job.links:
        if link.name in names.unread and job.output is not None:
            tell_left_out(job.setting.progress, job.output.with_name(f"{link.name}.csv"), names.unread[link.name])


def tell_left_out(progress: Progress, path: Path, why: str) -> None:
    """Say that a file is not written since what it would hold may not be read; what lies there is of another day."""
    old = f" The {path.name} that is there is older and not of this export." if path.exists() else ""
    progress.say(f"{path.name} is left out, it may not be read with this key: {why.rstrip('.')}.{old}")


def _query(resource: Resource, options: ExportOptions) -> Query:
    """The query parameters that filters and search mean."""
    chosen = [(resource.filters[name], value) for name, value in options.filters.items()]
    return (*chosen, (resource.search, options.search)) if options.search else tuple(chosen)


# ---- the file


def write_files(job: Job, collecting: Collecting) -> tuple[int, int, int]:
    """Write the file, and those of what belongs to its records.

    Gives how many rows the file has, how many records they came of, and how many of these the key may not see.
    """
    counts = write_file(job, collecting, job.resource, job.output, collecting.source.rows)
    for link in job.links:
        if link.name in collecting.names.unread:
            continue
        source, output = collecting.source, job.output
        if isinstance(source, Contacts) and output is not None:
            written, _contacts, _hidden = write_file(
                job, collecting, link, output.with_name(f"{link.name}.csv"), source.rows_of_link(link.name)
            )
            job.checkpoint.note(facts.ROWS_OF_LINK.of(link.name), written)
    return counts


def write_file(
    job: Job, collecting: Collecting, resource: Resource, output: Path | None, rows_of: RowsOf
) -> tuple[int, int, int]:
    """Write one file out of what was collected, each record's rows as `rows_of` gives them."""
    options, names = job.options, collecting.names
    known = export_columns(columns_of(resource, names, options.separator))
    readable = tuple(column for column in known if not unreadable(column, names.unread))
    columns = chosen_columns(readable, options.columns)
    header = [column.header for column in columns]
    records = hidden = 0
    with open_sink(output, header, plain=options.plain, guard=options.guard_formulas) as file:
        for page in collecting.records():
            records += len(page)
            for identity, kept in page:
                hidden += is_hidden(kept)
                for cells in rows_of(identity, kept, columns, names):
                    file.write(cells)
    return file.rows, records, hidden


def chosen_columns(columns: tuple[Column, ...], chosen: Sequence[str]) -> tuple[Column, ...]:
    """The chosen columns, in that order; all if none are chosen. Raises `UsageError` for one there is not."""
    if not chosen:
        return columns
    by_name = {normalise(name): column for column in reversed(columns) for name in (column.attribute, column.header)}
    for name in chosen:
        if normalise(name) not in by_name:
            close = nearest(name, [column.header for column in columns])
            every = [column.header for column in columns]
            hint = Part.of("nearest", names=close) if close else Part.of("there_are", names=every)
            raise UsageError("export_column_unknown", name=name, hint=hint)
    return tuple(by_name[normalise(name)] for name in chosen)


async def end(job: Job, totals: Totals, error: BulkError | None) -> JobResult:
    """Say how it ended; fewer records than the account said it holds is never a good end."""
    checkpoint = job.checkpoint
    await checkpoint.durable()
    read = 0 if checkpoint.fact(facts.WRITTEN) else await anyio.to_thread.run_sync(_read_records, checkpoint)
    written, records, hidden = checkpoint.fact(facts.WRITTEN) or (read, read, 0)
    total = checkpoint.fact(facts.TOTAL if error else facts.LEAST_TOTAL) or 0  # it may have moved
    missing = max(0, total - records)
    rows = {"read": written + hidden + missing, **dict.fromkeys(STATUSES, 0), "succeeded": written, "failed": hidden}
    rows["unprocessed" if error else "failed"] += missing
    reason = told_of(error, job.setting.front_end)
    if hidden and not error:
        reason = f"{counted(hidden, 'record')} of {job.resource.name} may not be seen with this key."
    if missing and not error:
        reason = f"The account said it holds {total:,} {_read_of(job.resource)} but gave {records:,}."
    output = str(job.output) if job.output else "-"
    state = "unfinished" if error else "finished"
    unread = checkpoint.facts(facts.UNREAD)
    left_out = {link.name: unread[link.name] for link in job.links if link.name in unread}
    summary = Summary(job.folder.name, state, rows, {}, {}, totals, reason, "" if error else output, left_out=left_out)
    job.folder.write_json(SUMMARY, summary.to_json())
    return JobResult(job.folder, summary, error)


def _read_records(checkpoint: Checkpoint) -> int:
    """How many records were read so far, each counted once."""
    return len({identity for page in checkpoint.pages.read() for identity, _ in page})


def _read_of(resource: Resource) -> str:
    """What is counted while a resource is read."""
    return resource.name if resource.reading is Reading.PAGES else "contacts"
