"""From a header and an account to checked rows: names are read, the header is matched, every row is judged."""

# hub: the header, the account, the rows and what is told of them meet before anything is sent
from __future__ import annotations

from dataclasses import replace
from functools import partial

import anyio
import anyio.to_thread

from bulk.access.account_lock import AccountLock
from bulk.errors import AbortedError, UsageError
from bulk.files.check import Compare, FileCheck, Look, Tally
from bulk.files.matching import Match
from bulk.jobs.check import Comparing, Refusals, checked, damaged_cells
from bulk.jobs.import_job import Job
from bulk.jobs.input_options import matched, on_duplicate_of
from bulk.jobs.open_rows import done_after_failed
from bulk.jobs.prefetch import compared, prefetched
from bulk.jobs.prepared import Prepared
from bulk.planning.names import Names
from bulk.planning.naming import families_of, read_names
from bulk.runtime.progress import Checked, note
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.job_folder import SUMMARY


async def names_of_account(job: Job, runner: Runner, account_lock: AccountLock) -> Names:
    """What the account calls what the file names; the account is entered with that.

    Raises `UsageError` for a header that no custom field mends, once they are known, so that all is told at once.
    """
    used, refusal = await anyio.to_thread.run_sync(_used, job)  # it may look at cells
    names = await _names(job, runner, account_lock, used)
    if refusal is not None:
        await anyio.to_thread.run_sync(match_of, job, names)
        raise refusal
    return names


async def _names(job: Job, runner: Runner, account_lock: AccountLock, used: set[str]) -> Names:
    deletes = (
        job.options.mode == "delete" or job.options.delete_missing
    )  # then all that goes is written down by name before
    families = families_of(job.resource, None if deletes else used, besides=("contacts",))
    needless = families - families_of(job.resource, used, besides=("contacts",)) | ({"lists"} - _said(used))
    optional = {*needless, job.resource.custom}
    if job.outlook is not None:
        before = runner.dispatch.requests
        names = await job.outlook.names(runner, job.resource, families, optional)
        alone = max(1, len(families) + bool(job.resource.custom))  # who carries the part out asks for each by itself
        job.checkpoint.note(facts.NAMES_SPARED, max(0, alone - (runner.dispatch.requests - before)))
        return names
    names = await runner.ask(read_names(families, job.resource.custom, optional=optional))
    if names.host and not account_lock.entered:
        job.setting.progress.say(f"Account: {names.host}")
    await account_lock.enter_to_make(names.host, job.setting.progress.say)
    return names


def _used(job: Job) -> tuple[set[str], UsageError | None]:
    """The attributes that the file feeds, as far as every account has them; and what is wrong with its header."""
    try:
        return {column.attribute for _at, column in matched(job.resource, job.source, job.options, None).columns}, None
    except UsageError as error:
        if error.code != "header_unclear":
            raise
        return set(), error


def match_of(job: Job, names: Names) -> Match:
    """The header as this account understands it, or as the job has before; raises `UsageError` where it does not.

    Raises `AbortedError` for what the job has sent columns to and is there no more.
    """
    try:
        return matched(job.resource, job.source, job.options, names)
    except (UsageError, AbortedError) as error:
        if not names.unread:
            raise
        unread = "\n".join(f"{of} may not be read with this key: {said}." for of, said in names.unread.items())
        raise UsageError("header_refused", refusal=error, unread=unread) from None


async def checked_rows(job: Job, runner: Runner, prepared: Prepared) -> Prepared:
    """Check the file, in this run or an earlier one; gives what is known of the account by then.

    Raises `AbortedError` if rows cannot be sent and the user wants none sent then.
    """
    options, checkpoint = job.options, job.checkpoint
    # else a cell is judged beside what the account holds, once that is read
    look = damaged_cells if options.on_invalid == "stop" and not options.allow_damaged else None

    async def comparing(rows: int) -> Compare:
        nonlocal prepared
        prepared = await prefetched(job, runner, prepared, rows)
        return partial(compared, prepared, checkpoint)

    tally = await _checked(job, prepared.match, look, comparing)
    if tally.rejected and options.on_invalid == "stop":
        raise AbortedError("rows_invalid", rows=tally.rejected)
    if job.taken is not None:
        await job.taken.check_unchanged()
    return prepared


async def opened_again(job: Job, prepared: Prepared) -> Prepared:
    """Open what a retry sends again, and forget what a resume may not go by: the account may have changed since."""
    checkpoint = job.checkpoint
    if job.resumed or job.retry:  # what an earlier run has said of it holds no more, even if we are cut off
        job.folder.file(SUMMARY).unlink(missing_ok=True)
    if job.retry:
        await anyio.to_thread.run_sync(checkpoint.unread.reopen_given_up)
        checkpoint.reopen_failed(after=await anyio.to_thread.run_sync(_sent_again, job, prepared.match))
        checkpoint.note(facts.CONFIRMED, False)  # what failed may mean another record now
        await checkpoint.durable()
    if job.resumed:  # whatever its age: the same file may have been imported by another job since
        await anyio.to_thread.run_sync(checkpoint.forget_stale_answers)
        prepared = replace(prepared, prefetched=False)
    return prepared


async def _checked(job: Job, match: Match, look: Look | None, comparing: Comparing) -> Tally:
    """What the checks say, in this run or an earlier one."""
    checkpoint, mode = job.checkpoint, job.options.mode
    if done := checkpoint.fact(facts.CHECKED):
        return Tally(**done)
    checkpoint.rows.forget_check()
    refusals = Refusals(checkpoint)
    file_check = FileCheck(
        job.source, match, on_duplicate_of(job.resource, job.options), refusals, look,
        comparing=mode in ("upsert", "update"),
    )  # fmt: skip
    tally = await checked(file_check, match, checkpoint, job.setting.progress, comparing)
    note(job.setting.progress, Checked(tally.read, tally.rejected, tally.skipped, dict(refusals.codes)))
    return tally


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
