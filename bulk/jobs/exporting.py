"""Export of contacts, and resume of one: all pages into the checkpoint, then one file, whole or not at all.

Every page is written down as it comes, so a resume repeats only what was in flight. The file is written at the end, in
ascending order of ids, each contact once, and its rows are counted against what the account said it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from bulk.engine.dispatch import Dispatch
from bulk.errors import AbortedError, BulkError, UnfinishedError, UsageError
from bulk.jobs.access import Setting, opened
from bulk.jobs.checkpoint import Checkpoint, new_checkpoint, opened_checkpoint
from bulk.jobs.ending import Ending, Summary, add_totals
from bulk.jobs.folder import CHECKPOINT, JOB, SUMMARY, JobFolder, JobRecord, account_held
from bulk.jobs.progress import Progress, Snapshot
from bulk.jobs.runner import Runner, new_dispatch
from bulk.jobs.stopping import Stopping
from bulk.jobs.walking import Walking
from bulk.model import Json, RowStatus
from bulk.planning.collections import read_each
from bulk.planning.export import PageData, cells_of, export_columns, unknown_names
from bulk.planning.names import Names, columns_of, read_names
from bulk.planning.state import RELATIONS, ContactState, with_relations
from bulk.planning.walk import Walk
from bulk.resources import find
from bulk.resources.kinds import join_values
from bulk.resources.spec import Resource
from bulk.tables.writing import GUARDED, CsvFile, guard_formulas

KEPT: Final = ("cdate", "udate")  # what a row shows of the record beside the contact's state
STATUSES: Final = tuple(status.value for status in RowStatus)
TELL_EVERY: Final = 0.5  # seconds between two looks at where the job stands


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the user chose, as it is kept in `job.json`."""

    plain: bool = False
    guard_formulas: bool = False
    separator: str = ","
    max_duration: float | None = None
    rate: float = 5.0
    concurrency: int = 0


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


async def start(resource: Resource, output: Path | None, options: ExportOptions, setting: Setting) -> Ending:
    """Export into a file; `output` None writes to standard output."""
    access = setting.access
    target = await anyio.to_thread.run_sync(_target, output)
    folder = JobFolder.create(setting.jobs, setting.name, "export")
    record = JobRecord("export", resource.name, asdict(options), access.place, access.connection, output=target)
    try:
        with folder.held(), new_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
            folder.write(record)
            job = Job(folder, resource, options, output, checkpoint, setting)
            return await _run(job, record)
    finally:
        if not folder.file(SUMMARY).exists() and not _has_pages(folder):
            folder.discard()


async def go_on(folder: JobFolder, changes: dict[str, Any], setting: Setting) -> Ending:
    """Resume an export; `changes` are options given anew."""
    record = folder.record()
    resource = find(record.resource)
    if resource is None:
        raise UsageError(f"This version of bulk does not export {record.resource}.")
    output = None if record.output == "-" else Path(record.output)
    options = replace(ExportOptions(**record.options), **changes)
    with folder.held():
        setting.access.check_same(record.place, record.connection)
        with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
            job = Job(folder, resource, options, output, checkpoint, setting, resumed=True)
            return await _run(job, record)


def _target(output: Path | None) -> str:
    if output is None:
        return "-"
    if output.is_dir():
        raise UsageError(f"{output} is a folder. Name a file in it, like {output / 'contacts.csv'}.")
    if not output.parent.is_dir():
        raise UsageError(f"There is no folder {output.parent}. Make it first, or choose another place.")
    return str(output.absolute())


def _has_pages(folder: JobFolder) -> bool:
    if not folder.file(JOB).exists():
        return False
    with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
        return bool(checkpoint.page_ranges())


async def _run(job: Job, record: JobRecord) -> Ending:
    """Work until the end or a reason to stop. Raises the reason if there is no job to go on with."""
    options, setting = job.options, job.setting
    began = anyio.current_time()
    async with opened(setting.access, options.rate) as send:
        runner = Runner(new_dispatch(options.rate, options.concurrency), send, job.checkpoint)
        stopping = Stopping(runner, setting.progress, seconds=options.max_duration, signals=setting.signals)
        try:
            async with stopping.watching():
                await _work(job, record, runner, stopping)
        except (AbortedError, UnfinishedError) as raised:
            stopping.stop(raised)
    written: int | None = job.checkpoint.noted("written")
    error = stopping.error if written is None else None  # whatever wanted to stop it later came too late
    if error is not None and not job.resumed and not job.checkpoint.page_ranges():
        raise error
    return await _end(job, runner.dispatch, anyio.current_time() - began, error)


async def _work(job: Job, record: JobRecord, runner: Runner, stopping: Stopping) -> None:
    checkpoint = job.checkpoint
    names = await runner.ask(read_names(tags=False))
    record.check_account(names.host)
    with account_held(job.setting.access.lock(names.host), names.host):
        if not record.account:
            job.folder.write(replace(record, account=names.host))
        if not checkpoint.noted("walked"):
            with stopping.draining():
                await _walk(job, runner, names)
            if stopping.error is not None:
                return
        await _read_apart(job, runner)
        await _complete_names(job, runner, names)
        with stopping.draining():
            checkpoint.note("written", await anyio.to_thread.run_sync(_write_file, job, names))
            await checkpoint.durable()


async def _walk(job: Job, runner: Runner, names: Names) -> None:
    """Read all pages that are not read yet, into the checkpoint."""
    checkpoint = job.checkpoint
    ranges = checkpoint.page_ranges()
    read = sum(count for _first, _last, count in ranges)
    walk = Walk(checkpoint.noted("total"), [(first, last) for first, last, _count in ranges], read)
    walking = Walking(walk, runner.dispatch, partial(_on_page, names))
    async with anyio.create_task_group() as tellers:
        tellers.start_soon(_tell, job.setting.progress, walk, runner)
        await runner.run(walking)
        tellers.cancel_scope.cancel()
    checkpoint.note("total", walk.total)
    if walk.done:
        checkpoint.note("walked", True)
    await checkpoint.durable()
    if walking.error is not None:
        raise walking.error
    if not walk.done and not runner.dispatch.stopping:
        raise UnfinishedError("Some pages are not read")


def _on_page(names: Names, page: PageData, covered: tuple[int, int], checkpoint: Checkpoint) -> None:
    contacts = [
        [identity, {name: record.get(name) for name in KEPT}, state.to_json()]
        for identity, record, state in page.contacts
        if covered[0] <= identity <= covered[1]
    ]
    checkpoint.add_page(*covered, contacts)
    for identity, name in page.tags.items():
        names.add_tag(identity, name)
        checkpoint.note(f"tag {identity}", name)
    for family in unknown_names((state for _identity, _record, state in page.contacts), names):
        checkpoint.note(f"unknown {family}", True)
    if page.missing:
        checkpoint.note("apart", True)


async def _tell(progress: Progress, walk: Walk, runner: Runner) -> None:
    while True:
        paused = max(0.0, runner.dispatch.paused_until - anyio.current_time())
        progress.update(
            Snapshot("reading", walk.count, walk.total, requests=runner.dispatch.requests, paused_for=paused)
        )
        await anyio.sleep(TELL_EVERY)


# ---- what did not come with the pages


async def _read_apart(job: Job, runner: Runner) -> None:
    """Read the relations from their own collections, if a page came without them (`include` was passed over)."""
    if not job.checkpoint.noted("apart") or job.checkpoint.noted("apart read"):
        return
    job.setting.progress.say(
        "The account sends no custom fields, tags and lists with its contacts; reading them apart."
    )
    for family in RELATIONS:
        await runner.ask(read_each(family, partial(job.checkpoint.add_relations, family)))
    job.checkpoint.note("apart read", True)
    await job.checkpoint.durable()


async def _complete_names(job: Job, runner: Runner, names: Names) -> None:
    """Learn the names of what was made since the names were read."""
    for identity, name in job.checkpoint.noted_under("tag ").items():
        names.add_tag(identity, name)
    unknown = set(job.checkpoint.noted_under("unknown "))
    if job.checkpoint.noted("apart"):  # the pages did not say which names they need
        unknown = {"tags", "lists", "accounts"}
    if unknown:
        wanted = {"fields": "lists" in unknown, "tags": "tags" in unknown, "accounts": "accounts" in unknown}
        newer = await runner.ask(read_names(identity=False, **wanted))
        names.tag_names |= newer.tag_names
        names.account_names |= newer.account_names
        names.lists = newer.lists or names.lists


def _pages(checkpoint: Checkpoint) -> Iterator[list[tuple[int, Json, ContactState]]]:
    """The contacts page by page, each once, in ascending order of ids, with what was read apart."""
    apart = bool(checkpoint.noted("apart"))
    last = 0
    for page in checkpoint.pages():
        contacts = []
        for identity, kept, data in page:
            if identity <= last:
                continue  # where two walkers met
            last = identity
            state = ContactState.from_json(data)
            if apart:
                state = with_relations(state, checkpoint.relations_of(identity))
            contacts.append((identity, kept, state))
        yield contacts


# ---- the file


def _write_file(job: Job, names: Names) -> int:
    columns = export_columns(columns_of(job.resource, names, job.options.separator))
    header = [column.header for column in columns]
    guard = job.options.guard_formulas
    with CsvFile(job.output, [*header, GUARDED] if guard else header, plain=job.options.plain) as file:
        for page in _pages(job.checkpoint):
            for identity, kept, state in page:
                record = {"id": identity, **state.attributes, **kept}
                cells = cells_of(record, state, columns, names)
                file.write(_guarded(cells, header) if guard else cells)
    return file.rows


def _guarded(cells: list[str], header: list[str]) -> list[str]:
    guarded, indexes = guard_formulas(cells)
    return [*guarded, join_values((header[at] for at in indexes), ",")]


async def _end(job: Job, dispatch: Dispatch, seconds: float, error: BulkError | None) -> Ending:
    """Say how it ended; fewer contacts than the account said it holds is never a good end."""
    checkpoint = job.checkpoint
    totals = add_totals(checkpoint, dispatch, seconds)
    await checkpoint.durable()
    pages = sum(count for _first, _last, count in checkpoint.page_ranges())
    read = checkpoint.noted("written", pages)
    total = checkpoint.noted("total")
    missing = max(0, (total or 0) - read)
    rows = {"read": read + missing, **dict.fromkeys(STATUSES, 0), "succeeded": read}
    rows["unprocessed" if error else "failed"] = missing
    reason = str(error or "")
    if missing and not error:
        reason = f"The account said it holds {total:,} contacts but gave {read:,}."
    output = str(job.output) if job.output else "-"
    state = "unfinished" if error else "finished"
    summary = Summary(job.folder.name, state, rows, {}, totals, reason, "" if error else output)
    job.folder.write_json(SUMMARY, summary.to_json())
    return Ending(job.folder, summary, error)
