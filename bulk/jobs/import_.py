"""Import, resume of an import, and retry: from a file and an account to settled rows and reports.

Everything is checked before the first write leaves; then names are made, then the rows run; the reports come last,
whatever happened in between.
"""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

import anyio
import anyio.to_thread

from bulk.access.account import Setting
from bulk.access.account_lock import AccountLock
from bulk.engine.gate import SLOWEST, places
from bulk.errors import AbortedError, UsageError
from bulk.files.check import Compare, FileCheck, Look, OnDuplicate, Tally
from bulk.files.matching import Match, Needs, match_header
from bulk.files.named_file import NamedFile
from bulk.files.opening import SourceOptions, open_source
from bulk.files.source import Source
from bulk.jobs.check import Comparing, Refusals, checked, damaged_cells
from bulk.jobs.create_names import make_names
from bulk.jobs.delete import DeclinedError, Deleting
from bulk.jobs.import_job import Job
from bulk.jobs.options import ImportOptions, options_read
from bulk.jobs.plan import Plan
from bulk.jobs.prefetch import compared, prefetched
from bulk.jobs.read_back import Reading, ReadingBack, reading_for, requests_for
from bulk.jobs.rows import Rows
from bulk.jobs.run import worked
from bulk.jobs.summary import JobResult, Summary, told, told_of
from bulk.jobs.survey import Survey, done_after_failed, look_for_unchanged, survey
from bulk.model import RowStatus
from bulk.planning.collections import PAGE, Refused
from bulk.planning.consent import STANDINGS, read_exclusions
from bulk.planning.names import Names, columns_of
from bulk.planning.naming import families_of, read_names
from bulk.planning.rows.contact import ContactRows
from bulk.planning.rows.link import LinkRows
from bulk.planning.rows.record import RecordRows
from bulk.planning.spelling import Spellings
from bulk.planning.translate import translated
from bulk.planning.writers import Meaning, Writer
from bulk.prefetch.contacts import STALE, hold_all_alike
from bulk.prefetch.lookup import CheckpointLookup
from bulk.prefetch.newest import read_highest, read_newest
from bulk.resources import find
from bulk.resources.spec import Resource, Writing
from bulk.runtime.meter import Totals
from bulk.runtime.progress import Progress, Snapshot
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping, gave_up, too_many
from bulk.storage import facts
from bulk.storage.checkpoint import new_checkpoint, opened_checkpoint
from bulk.storage.input_copy import Input, check_copy, remove_copy, take, taken_again
from bulk.storage.job_folder import CHECKPOINT, INPUT_COPY, JOB, SUMMARY, JobFolder
from bulk.storage.job_record import JobRecord
from bulk.storage.reports import write_reports
from bulk.wording import counted

TELL_EVERY: Final = 0.5  # seconds between two looks at where the job stands


class TooSlowError(UsageError):
    """At this rate nobody can be subscribed, and rows ask for it; nothing of them was sent."""


def source_of(resource: Resource, file: NamedFile, options: ImportOptions) -> Source:
    """Open the input as the options say."""
    asked = SourceOptions(
        options.encoding, options.delimiter, options.skip_lines, options.limit, clearing=options.blank == "clear"
    )
    return open_source(file, asked, resource.columns)


def matched(resource: Resource, source: Source, options: ImportOptions, names: Names | None) -> Match:
    """The header as this account understands it; without `names` only what every account has is known."""
    return match_header(
        source.header, columns_of(resource, names, options.separator), maps=options.maps,
        ignore_unknown=options.ignore_unknown, needs=needs_of(resource, options),
        open_ended=names is None and bool(resource.custom),
    )  # fmt: skip


def needs_of(resource: Resource, options: ImportOptions) -> Needs:
    """What the rows of a file need to hold."""
    return Needs(options.key or resource.key, options.mode or resource.modes[0], resource.needs_one)


def on_duplicate_of(resource: Resource, options: ImportOptions) -> OnDuplicate:
    """What becomes of rows of one key; where records may share one, so may rows.

    Raises `UsageError` for rows of one key that would each make a record.
    """
    if options.on_duplicate == "all" and resource.writing is Writing.RECORD and resource.unique:
        raise UsageError("duplicates_all_impossible", resource=resource.name, key=resource.key)
    return options.on_duplicate if resource.unique or options.key == "id" else "all"


# ---- the three ways in


async def start(resource: Resource, given: Input, options: ImportOptions, setting: Setting) -> JobResult:
    """Import a file, rows that a program holds, or (None) standard input.

    Raises `UsageError` (nothing was sent, no job remains) for what is wrong with the file or the options.
    """
    options = replace(options, mode=options.mode or resource.modes[0], key=options.key or resource.key)
    access = setting.access
    folder = JobFolder.create(setting.jobs, setting.name, "import")
    try:
        with folder.locked():
            taken = await take(given, folder.file(INPUT_COPY))
            source = await anyio.to_thread.run_sync(source_of, resource, taken.file, options)
            setting.progress.say(f"{given.name if given is not None else taken.file}: {source.describe()}")
            record = JobRecord(
                "import", resource.name, asdict(options), access.place, access.connection, input=taken.input
            )
            with new_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
                folder.write(record)
                return await _run(Job(folder, resource, options, source, checkpoint, setting, taken=taken), record)
    except (DeclinedError, TooSlowError):
        folder.discard()
        raise
    finally:
        if not folder.file(SUMMARY).exists() and not _begun(folder):
            folder.discard()


async def go_on(folder: JobFolder, changes: dict[str, Any], setting: Setting, *, retry: bool = False) -> JobResult:
    """Resume an import, or with `retry` first open its failed and doubtful rows again. `changes` are options anew.

    One that has nothing left to send ends as it did before; it needs no input for that.
    """
    record = folder.record()
    resource = find(record.resource)
    if resource is None or record.input is None:
        raise UsageError("import_unknown_here", job=folder.name)
    options = replace(options_read(ImportOptions, record.options, record.version), **changes)
    try:
        with folder.locked():
            setting.access.check_same(record.place, record.connection)
            if folder.is_done and (before := told(folder)) is not None:
                return before
            file = await taken_again(folder, record.input, setting.progress.say)
            source = await anyio.to_thread.run_sync(source_of, resource, file, options)
            with opened_checkpoint(folder.file(CHECKPOINT), stale=STALE) as checkpoint:
                job = Job(folder, resource, options, source, checkpoint, setting, resumed=True, retry=retry)
                return await _run(job, record)
    except DeclinedError:
        folder.discard()
        raise


def _begun(folder: JobFolder) -> bool:
    """Whether the checks are done: from then on the job can be resumed."""
    if not folder.file(JOB).exists():
        return False
    with opened_checkpoint(folder.file(CHECKPOINT)) as checkpoint:
        return checkpoint.fact(facts.CHECKED) is not None


# ---- the one way through


async def _run(job: Job, record: JobRecord) -> JobResult:
    """Work until the end or a reason to stop; then the reports. Raises the reason if there is no job to go on with."""
    stopping, spent = await worked(job.folder, record, job.options, job.setting, job.checkpoint, partial(work, job))
    error = stopping.error
    declined = isinstance(error, DeclinedError) and not (job.retry or job.checkpoint.journal.has_begun())
    if error is not None and (declined or job.checkpoint.fact(facts.CHECKED) is None):
        raise error  # and nothing is left of the job
    return await end(job, spent, stopping)


async def work(job: Job, runner: Runner, account_lock: AccountLock, stopping: Stopping) -> None:
    """Check the file, then send its rows until they have ended or the job is stopped; the door may be open already."""
    options, checkpoint = job.options, job.checkpoint
    used = {column.attribute for _at, column in matched(job.resource, job.source, options, None).columns}
    deletes = options.mode == "delete"  # then all that goes is written down by name before
    families = families_of(job.resource, None if deletes else used, besides=("contacts",))
    needless = families - families_of(job.resource, used, besides=("contacts",)) | ({"lists"} - _said(used))
    names = await runner.ask(read_names(families, job.resource.custom, optional={*needless, job.resource.custom}))
    if names.host and not account_lock.entered:
        job.setting.progress.say(f"Account: {names.host}")
    account_lock.enter(names.host)
    try:
        match = matched(job.resource, job.source, options, names)
    except UsageError as error:
        if not names.unread:
            raise
        unread = "\n".join(f"{of} may not be read with this key: {said}." for of, said in names.unread.items())
        raise UsageError("header_refused", refusal=error, unread=unread) from None
    # else a cell is judged beside what the account holds, once that is read
    look = damaged_cells if options.on_invalid == "stop" and not options.allow_damaged else None
    plan = plan_for(job, match, names, datetime.fromisoformat(job.folder.record().created))

    async def comparing(rows: int) -> Compare:
        nonlocal plan
        plan = await prefetched(job, runner, plan, names, rows)
        return partial(compared, plan, checkpoint)

    tally = await _checked(job, match, look, comparing)
    if tally.rejected and options.on_invalid == "stop":
        raise AbortedError("rows_invalid", rows=tally.rejected)
    if job.taken is not None:
        await job.taken.check_unchanged()
    if job.retry:
        job.folder.file(SUMMARY).unlink(missing_ok=True)  # it is not finished any more, even if we are cut off
        await anyio.to_thread.run_sync(checkpoint.unread.reopen_given_up)
        checkpoint.reopen_failed(after=await anyio.to_thread.run_sync(_sent_again, job, match))
        checkpoint.note(facts.CONFIRMED, False)  # what failed may mean another record now
        await checkpoint.durable()
    if job.resumed:  # whatever its age: the same file may have been imported by another job since
        await anyio.to_thread.run_sync(checkpoint.forget_stale_answers)
        plan = replace(plan, prefetched=False)
    await _send_rows(job, runner, account_lock, stopping, plan, names)


async def _checked(job: Job, match: Match, look: Look | None, comparing: Comparing) -> Tally:
    """What the checks say, in this run or an earlier one."""
    checkpoint, mode = job.checkpoint, job.options.mode
    if done := checkpoint.fact(facts.CHECKED):
        return Tally(**done)
    checkpoint.rows.forget_check()
    file_check = FileCheck(
        job.source, match, on_duplicate_of(job.resource, job.options), Refusals(checkpoint), look,
        comparing=mode in ("upsert", "update"),
    )  # fmt: skip
    return await checked(file_check, match, checkpoint, job.setting.progress, comparing)


def plan_for(job: Job, match: Match, names: Names, created: datetime) -> Plan:
    """What the rows of a job, made then, share from now on."""
    options = job.options
    meaning = Meaning(
        tuple(column for _at, column in match.columns), options.mode, options.key, options.blank, options.resubscribe,
        options.allow_damaged, created.timestamp(),
    )  # fmt: skip
    known = job.translations.ids
    change = partial(translated, resource=job.resource, translations=job.translations) if known else None
    return Plan(job.resource, job.source, match, writer_of(job, meaning, names), change=change)


def _said(used: set[str]) -> set[str]:
    """The collections by whose names the cells of a file of contacts go, lists apart from others."""
    return {"lists"} if used & {"lists", "unsubscribe_lists", "list_name"} else set()


def _sent_again(job: Job, match: Match) -> list[int]:
    """The rows that are done and that a retry sends again: what it sends before them would cover what they say."""
    options = job.options
    one_record = job.resource.unique or options.key == "id"  # else each row is a record of its own
    if options.on_duplicate != "all" or options.mode not in ("upsert", "update") or not one_record:
        return []
    return done_after_failed(job.source, match, job.checkpoint)


async def _send_rows(
    job: Job, runner: Runner, account_lock: AccountLock, stopping: Stopping, plan: Plan, names: Names
) -> None:
    options, checkpoint = job.options, job.checkpoint

    def after_each() -> None:
        if limit is not None and rows.failed >= limit:
            stopping.stop(gave_up(rows.failed))

    with stopping.draining():  # from the first write on
        left = (checkpoint.fact(facts.CHECKED) or {})["read"] - sum(checkpoint.rows.counts().values())
        if left:  # before the names are made: what a contact has already need not be made for it
            plan = await prefetched(job, runner, plan, names, left)
        spellings = Spellings(plan.writer.meaning.columns, names)
        needs = await anyio.to_thread.run_sync(survey, plan, checkpoint, spellings)
        if spellings.respelt:
            job.setting.progress.say(spellings.describe())
        if needs.subscribing and 0 < options.rate < SLOWEST:
            raise TooSlowError("rate_too_slow", rate=options.rate, slowest=SLOWEST)
        limit = too_many(options.max_errors, needs.rows)
        await make_names(runner, account_lock, names, needs, job.setting.progress)
        plan = await _prepare(job, runner, plan, names, needs)
        if options.mode == "delete" and needs.rows:
            deleting = Deleting(job.resource, plan, names, runner, checkpoint, job.setting)
            await deleting.confirmed(job.folder)
        reading = _reading(job, needs)
        back = ReadingBack(job.resource, plan.writer.meaning, names, checkpoint, reading)
        rows = Rows(plan, checkpoint, job.resumed, after_each, back)
        async with anyio.create_task_group() as tellers:
            tellers.start_soon(_tell, job.setting.progress, rows, needs, runner)
            await runner.run(rows)
            await back.finish(runner)
            tellers.cancel_scope.cancel()
        job.setting.progress.update(_where(rows, needs, runner))


def _reading(job: Job, needs: Survey) -> Reading:
    """How what is acknowledged will be read back."""
    options = job.options
    several = options.on_duplicate == "all" and (job.resource.unique or options.key == "id")
    rows = needs.rows - needs.unchanged + job.checkpoint.unread.count()
    return reading_for(job.resource, job.checkpoint, rows, one_record=several)


def writer_of(job: Job, meaning: Meaning, names: Names) -> Writer:
    """What writes the rows of a resource."""
    result = CheckpointLookup(job.resource, job.checkpoint)
    match job.resource.writing:
        case Writing.RECORD:
            return RecordRows(job.resource, meaning, names, result)
        case Writing.LINK:
            return LinkRows(job.resource, meaning, names, result)
        case Writing.CONTACT:
            return ContactRows(meaning, names)


async def _prepare(job: Job, runner: Runner, plan: Plan, names: Names, needs: Survey) -> Plan:
    """Learn what the rows need; say how long they will take."""
    if not needs.rows:
        return plan
    options, checkpoint = job.options, job.checkpoint
    if job.resource.writing is Writing.CONTACT and options.mode == "create":
        await read_newest(runner, checkpoint)
    if not plan.by_record:
        plan = await _heeding_exclusions(job, runner, plan, names, needs)
    await hold_all_alike(checkpoint, needs.addresses)
    if plan.by_record or plan.contacts_since is not None:
        await anyio.to_thread.run_sync(look_for_unchanged, needs, plan, checkpoint)
    if plan.by_record:
        plan = replace(plan, writer=writer_of(job, plan.writer.meaning, names))  # the look has taken records
    elif job.resource.writing is Writing.CONTACT:
        unread = plan.contacts_since is None or (needs.unread > 0 and checkpoint.fact(facts.PARTLY))
        if options.mode == "upsert" and options.key == "email" and unread:
            await read_newest(runner, checkpoint)  # tells whom a send has made whose answer was lost
            needs.requests += needs.rows - needs.unchanged - needs.begun  # each is looked up before
        if needs.subscribing > PAGE:  # else all are read at once as well
            await read_highest(runner, checkpoint)
    if not plan.by_record:
        needs.requests += math.ceil(needs.subscribing / places(options.rate or math.inf, STANDINGS.most))
    needs.requests += requests_for(_reading(job, needs), job.resource, checkpoint, needs.rows - needs.unchanged)
    needs.requests += runner.meter.requests if runner.meter is not None else 0  # the readings that led here
    job.setting.progress.say(needs.describe(options.rate))
    return plan


async def _heeding_exclusions(job: Job, runner: Runner, plan: Plan, names: Names, needs: Survey) -> Plan:
    """The plan with the account's exclusion list as it is at the beginning of this run, if it subscribes anybody."""
    if not needs.subscribing:
        return plan
    result = await runner.ask(read_exclusions())
    if isinstance(result, Refused):
        job.setting.progress.say(f"The exclusion list cannot be read, so it is not heeded: {result.said}")
        return plan
    return replace(plan, writer=writer_of(job, replace(plan.writer.meaning, excluded=result), names))


async def _tell(progress: Progress, rows: Rows, needs: Survey, runner: Runner) -> None:
    while True:
        progress.update(_where(rows, needs, runner))
        await anyio.sleep(TELL_EVERY)


def _where(rows: Rows, needs: Survey, runner: Runner) -> Snapshot:
    """Where the job stands."""
    dispatch = runner.dispatch
    in_doubt = rows.counts[RowStatus.IN_DOUBT.value]
    failed = rows.failed - in_doubt + rows.counts[RowStatus.REJECTED.value]
    return Snapshot(
        "sending", rows.counts.total(), needs.rows, failed, in_doubt,
        dispatch.requests, max(0.0, dispatch.paused_until - anyio.current_time()),
    )  # fmt: skip


async def end(job: Job, totals: Totals, stopping: Stopping) -> JobResult:
    """Write the reports and the sums; checked before anyone is told."""
    checkpoint, error = job.checkpoint, stopping.error
    await checkpoint.durable()
    await anyio.to_thread.run_sync(check_copy, job.folder)
    rows, actions, codes, kept, begun = await anyio.to_thread.run_sync(
        write_reports, job.folder, job.source, checkpoint, job.setting.front_end
    )
    await checkpoint.durable()
    open_rows = rows["unprocessed"] or checkpoint.unread.count() or (error is not None and rows["in_doubt"])
    state = "unfinished" if open_rows else "finished"
    if job.options.on_invalid == "stop" and (checkpoint.fact(facts.CHECKED) or {}).get("rejected"):
        state = "stopped"
    if job.options.mode == "delete" and not checkpoint.fact(facts.CONFIRMED) and not rows["succeeded"]:
        state = "stopped" if isinstance(error, AbortedError) else state
    if state == "finished" and stopping.drained:
        error = None  # whatever wanted to stop it came too late
    unreadable = checkpoint.unread.unreadable_count()
    summary = Summary(
        job.folder.name, state, rows, actions, codes, totals, told_of(error, job.setting.front_end),
        begun=begun, not_read_back=unreadable,
        read_at=checkpoint.fact(facts.READ_AT) if rows["unchanged"] else "",
    )  # fmt: skip
    if unreadable:
        said = f"{counted(unreadable, 'row')} are done as far as the answers say: the API does not let them be read."
        job.setting.progress.say(said)
    job.folder.write_json(SUMMARY, summary.to_json())
    if state != "unfinished" and not (rows["failed"] or rows["in_doubt"]):
        remove_copy(job.folder)
    return JobResult(job.folder, summary, error, kept)
