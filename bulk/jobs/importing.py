"""Import, resume of an import, and retry: from a file and an account to settled rows and reports.

Everything is checked before the first write leaves; then names are made, then the rows run; the reports come last,
whatever happened in between.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from bulk.errors import AbortedError, BulkError, UsageError
from bulk.jobs.access import Setting, opened
from bulk.jobs.checking import checked
from bulk.jobs.checkpoint import Checkpoint, opened_checkpoint
from bulk.jobs.ending import Ending, Summary, add_totals
from bulk.jobs.folder import CHECKPOINT, STDIN_COPY, SUMMARY, InputFile, JobFolder, JobRecord, account_held
from bulk.jobs.held import read_held
from bulk.jobs.progress import Progress, Snapshot
from bulk.jobs.report import write_reports
from bulk.jobs.rows import STALE, Plan, Rows
from bulk.jobs.runner import Runner, new_dispatch
from bulk.jobs.stopping import Stopping, gave_up, too_many
from bulk.jobs.survey import Survey, look_for_unchanged, survey
from bulk.model import RowStatus
from bulk.planning.contacts import Meaning
from bulk.planning.names import Names, columns_of, make_missing, read_names
from bulk.resources import find
from bulk.resources.spec import Resource
from bulk.tables.check import OnDuplicate
from bulk.tables.matching import Match, match_header
from bulk.tables.reading import Table, open_table

TELL_EVERY: Final = 0.5  # seconds between two looks at where the job stands


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user chose, as it is kept in `job.json`."""

    mode: str = ""
    key: str = ""
    maps: dict[str, str] = field(default_factory=dict)
    ignore_unknown: bool = False
    on_invalid: str = "skip"
    skip_lines: int = 0
    on_duplicate: OnDuplicate = "error"
    blank: str = "keep"
    separator: str = ","
    encoding: str = "auto"
    delimiter: str = "auto"
    limit: int | None = None
    resubscribe: bool = False
    max_errors: str = ""
    max_duration: float | None = None
    rate: float = 5.0
    concurrency: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one import: what every part of it needs."""

    folder: JobFolder
    resource: Resource
    options: ImportOptions
    table: Table
    checkpoint: Checkpoint
    setting: Setting
    resumed: bool = False


def prepare_table(resource: Resource, path: Path, options: ImportOptions) -> Table:
    """Open the input as the options say."""
    return open_table(
        path, encoding=options.encoding, delimiter=options.delimiter, skip_lines=options.skip_lines,
        limit=options.limit, columns=resource.columns,
    )  # fmt: skip


# ---- the three ways in


async def start(resource: Resource, source: Path | None, options: ImportOptions, setting: Setting) -> Ending:
    """Import a file; `source` None reads standard input.

    Raises `UsageError` (nothing was sent, no job remains) for what is wrong with the file or the options.
    """
    options = replace(options, mode=options.mode or resource.modes[0], key=options.key or resource.key)
    access = setting.access
    folder = JobFolder.create(setting.jobs, setting.name, "import")
    try:
        with folder.held():
            path = source or _spool(folder)
            table = await anyio.to_thread.run_sync(prepare_table, resource, path, options)
            setting.progress.say(f"{path.name if source else 'standard input'}: {table.dialect.describe()}")
            record = JobRecord(
                "import", resource.name, asdict(options), access.place, access.connection, input=InputFile.of(path)
            )
            folder.write(record)
            with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
                return await _run(Job(folder, resource, options, table, checkpoint, setting), record)
    finally:
        if not folder.file(SUMMARY).exists() and not _begun(folder):
            folder.discard()


async def go_on(folder: JobFolder, changes: dict[str, Any], setting: Setting, *, retry: bool = False) -> Ending:
    """Resume an import, or with `retry` first open its failed and doubtful rows again. `changes` are options anew."""
    record = folder.record()
    resource = find(record.resource)
    if resource is None or record.input is None:
        raise UsageError(f"{folder.name} is no import that this version of bulk can go on with.")
    options = replace(ImportOptions(**record.options), **changes)
    with folder.held():
        setting.access.check_same(record.place, record.connection)
        path = Path(record.input.path)
        now = await anyio.to_thread.run_sync(InputFile.of, path)
        if (now.size, now.sha256) != (record.input.size, record.input.sha256):
            raise UsageError(
                f"{path} has changed since the job began, so its rows can no longer be told apart.\n"
                "Put the old file back, or import the new one; what is done already is found unchanged."
            )
        table = await anyio.to_thread.run_sync(prepare_table, resource, path, options)
        with opened_checkpoint(folder.file(CHECKPOINT), stale=STALE) as checkpoint:
            if retry:
                checkpoint.reopen_failed()
            return await _run(Job(folder, resource, options, table, checkpoint, setting, resumed=True), record)


def _begun(folder: JobFolder) -> bool:
    """Whether the checks are done: from then on the job can be resumed."""
    path = folder.file(CHECKPOINT)
    if not path.exists():
        return False
    with opened_checkpoint(path) as checkpoint:
        return bool(checkpoint.noted("checked"))


def _spool(folder: JobFolder) -> Path:
    """Standard input is read once and we read twice, so it is kept in the job's folder."""
    path = folder.file(STDIN_COPY)
    path.touch(mode=0o600)
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


# ---- the one way through


async def _run(job: Job, record: JobRecord) -> Ending:
    options, access = job.options, job.setting.access
    async with opened(access, options.rate) as send:
        runner = Runner(new_dispatch(options.rate, options.concurrency), send, job.checkpoint)
        names = await runner.ask(read_names(tags=False, accounts=False))
        record.check_account(names.host)
        with account_held(access.lock(names.host), names.host):
            if not record.account:
                job.folder.write(replace(record, account=names.host))
            match = match_header(
                job.table.header, columns_of(job.resource, names, options.separator), maps=options.maps,
                ignore_unknown=options.ignore_unknown, key=options.key,
            )  # fmt: skip
            tally = await checked(job.table, match, options.on_duplicate, job.checkpoint, job.setting.progress)
            if tally.rejected and options.on_invalid == "stop":
                refused = f"{tally.rejected:,} rows break the schema, so nothing was sent (--on-invalid stop)"
                return await _end(job, runner, 0.0, AbortedError(refused))
            return await _send_rows(job, runner, match, names)


async def _send_rows(job: Job, runner: Runner, match: Match, names: Names) -> Ending:
    options, checkpoint = job.options, job.checkpoint
    meaning = Meaning(
        tuple(column for _at, column in match.columns), options.mode, options.key, options.blank, options.resubscribe
    )
    needs = await anyio.to_thread.run_sync(survey, job.table, match, meaning, checkpoint)
    limit = too_many(options.max_errors, needs.rows)
    began = anyio.current_time()
    error: BulkError | None = None
    stopping = Stopping(runner, job.setting.progress, seconds=options.max_duration, signals=job.setting.signals)

    def after_each() -> None:
        if limit is not None and rows.failed >= limit:
            stopping.stop(gave_up(rows.failed))

    async with stopping.watching(), anyio.create_task_group() as tellers:
        try:
            plan = await _prepare(job, runner, Plan(job.table, match, meaning, names), needs)
            rows = Rows(plan, checkpoint, job.resumed, after_each)
            tellers.start_soon(_tell, job.setting.progress, rows, needs, runner)
            await runner.run(rows)
        except BulkError as raised:  # what the rows need cannot be had; they are reported as not reached
            error = raised
        tellers.cancel_scope.cancel()
    return await _end(job, runner, anyio.current_time() - began, stopping.error or error)


async def _prepare(job: Job, runner: Runner, plan: Plan, needs: Survey) -> Plan:
    """Learn and make what the rows need; say how long they will take."""
    if not needs.rows:
        return plan
    options, checkpoint = job.options, job.checkpoint
    await _make_names(runner, plan.names, needs, plan.match, job.setting.progress)
    # a row may be judged by what was read before only if no other row of its key comes before it
    if options.on_duplicate != "all" and options.mode != "create" and options.key == "email":
        plan = replace(plan, held_since=await read_held(runner, checkpoint, needs.rows, resumed=job.resumed))
        if plan.held_since is not None:
            await anyio.to_thread.run_sync(look_for_unchanged, needs, plan, checkpoint)
    job.setting.progress.say(needs.describe(options.rate))
    return plan


async def _make_names(runner: Runner, names: Names, needs: Survey, match: Match, progress: Progress) -> None:
    """Read the account's tags and accounts where the file names any, and create what is missing, once each."""
    used = {column.attribute for _at, column in match.columns}
    if used & {"tags", "remove_tags", "account"}:
        known = await runner.ask(
            read_names(
                identity=False, fields=False, tags=bool(used & {"tags", "remove_tags"}), accounts="account" in used
            )
        )
        names.tags, names.tag_names = known.tags, known.tag_names
        names.accounts, names.account_names = known.accounts, known.account_names
    for what, wanted, held in (("tags", needs.tags, names.tags), ("accounts", needs.accounts, names.accounts)):
        missing = [name for key, name in wanted.items() if key not in held]
        if missing:
            few = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
            progress.say(f"{len(missing):,} {what} are new and will be created: {few}")
    await runner.ask(make_missing(names, needs.tags.values(), needs.accounts.values()))


async def _tell(progress: Progress, rows: Rows, needs: Survey, runner: Runner) -> None:
    while True:
        dispatch = runner.dispatch
        progress.update(
            Snapshot(
                "sending", rows.counts.total(), needs.rows, rows.failed, rows.counts[RowStatus.IN_DOUBT.value],
                dispatch.requests, max(0.0, dispatch.paused_until - anyio.current_time()),
            )
        )  # fmt: skip
        await anyio.sleep(TELL_EVERY)


async def _end(job: Job, runner: Runner, seconds: float, error: BulkError | None) -> Ending:
    """Write the reports and the sums; checked before anyone is told."""
    checkpoint = job.checkpoint
    totals = add_totals(checkpoint, runner.dispatch, seconds)
    await checkpoint.durable()
    rows, actions = await anyio.to_thread.run_sync(write_reports, job.folder, job.table, checkpoint)
    open_rows = rows["unprocessed"] or (error is not None and rows["in_doubt"])
    summary = Summary(
        job.folder.name, "unfinished" if open_rows else "finished", rows, actions, totals,
        str(error or ""),
    )  # fmt: skip
    job.folder.write_json(SUMMARY, summary.to_json())
    return Ending(job.folder, summary, error if open_rows else None)
