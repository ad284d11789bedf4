"""How much a job will take, said before its first row is sent; what its rows need for that is read.

First every row is looked at (`surveyed`), then, with the names made that they need, it is told what is left to do.
"""

# hub: what each stage of a job takes is summed here
from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import anyio
import anyio.to_thread

from bulk.engine.reading_pace import SLOWEST, places
from bulk.errors import TooSlowError
from bulk.jobs.apply_cost import rows_take
from bulk.jobs.engines import check_engine, chosen, in_batches, no_batch
from bulk.jobs.import_job import Job
from bulk.jobs.prefetch import prefetched
from bulk.jobs.prepared import Prepared, meant_so
from bulk.jobs.read_back import Reading, reading_for, requests_for
from bulk.jobs.survey import Survey, look_for_unchanged, survey
from bulk.planning.consent import STANDINGS, read_exclusions
from bulk.planning.pages.collections import PAGE, Refused
from bulk.planning.spelling import Spellings
from bulk.prefetch.contacts import hold_all_alike
from bulk.prefetch.newest import read_highest, read_newest
from bulk.resources.spec import Writing
from bulk.runtime.progress import Estimate, note
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.wording import in_words_of, lacking_told

_UNREAD: Final = (
    "What people have that are there already is not read before it is changed, so that it cannot be put back"
    " by an undo: ⟦undoable⟧ reads it first."
)


async def surveyed(job: Job, runner: Runner, prepared: Prepared) -> tuple[Prepared, Survey]:
    """Look at every row that is not settled, beside what the account holds of it; say how the file writes names.

    Comes before the names are made: what a contact has already need not be made for it.
    """
    checkpoint = job.checkpoint
    left = (checkpoint.fact(facts.CHECKED) or {})["read"] - sum(checkpoint.rows.counts().values())
    if job.options.delete_missing:
        left += missing_left(checkpoint)
    if left:
        prepared = await prefetched(job, runner, prepared, left)
        check_engine(job, prepared)
    spellings = Spellings(prepared.writer.meaning.columns, prepared.names)
    needs = await anyio.to_thread.run_sync(survey, prepared, checkpoint, spellings)
    if spellings.respelt:
        job.setting.progress.say(spellings.describe())
    for line in needs.disagreeing.told(job.setting.front_end):
        job.setting.progress.say(line)
    for column, rows in () if job.only_plan else sorted(needs.lacking.items()):  # a plan counts as it decides
        job.setting.progress.say(lacking_told(column, rows, job.setting.front_end))
    return prepared, needs


def check_pace(rate: float, needs: Survey) -> None:
    """Raise `TooSlowError` where rows subscribe people, and at this rate nobody can be."""
    if needs.subscribing and 0 < rate < SLOWEST:
        raise TooSlowError("rate_too_slow", rate=rate, slowest=SLOWEST)


async def estimated(job: Job, runner: Runner, prepared: Prepared, needs: Survey) -> Prepared:
    """Learn what the rows need; say how long they will take."""
    if not needs.rows:
        return prepared
    options, checkpoint, unread = job.options, job.checkpoint, False
    if job.resource.writing is Writing.CONTACT and options.mode == "create":
        await read_newest(runner, checkpoint)
    if not prepared.by_record:
        prepared = await _heeding_exclusions(job, runner, prepared, needs)
    await hold_all_alike(checkpoint, needs.addresses)
    if prepared.by_record or prepared.contacts_since is not None:
        await anyio.to_thread.run_sync(look_for_unchanged, needs, prepared, checkpoint)
    if prepared.by_record:
        prepared = meant_so(job, prepared, prepared.writer.meaning)  # the look has taken records
    elif job.resource.writing is Writing.CONTACT:
        unread = prepared.contacts_since is None or (needs.unread > 0 and checkpoint.fact(facts.PARTLY))
        if options.mode == "upsert" and options.key == "email" and unread:
            await read_newest(runner, checkpoint)  # tells whom a send has made whose answer was lost
            needs.requests += needs.rows - needs.unchanged - needs.begun  # each is looked up before
        if needs.subscribing > PAGE:  # else all are read at once as well
            await read_highest(runner, checkpoint)
    if job.applies:
        needs.requests = rows_take(checkpoint, options.rate)
    needs.requests += beside(job, prepared, needs, needs.rows - needs.unchanged)
    if job.only_plan:  # which tells what both engines take
        needs.engine = await anyio.to_thread.run_sync(in_batches, job, prepared, needs.requests)
        return prepared
    needs.engine = await anyio.to_thread.run_sync(chosen, job, prepared, needs.requests)
    needs.requests = needs.engine.requests
    if needs.engine.batching is not None:
        await read_highest(runner, checkpoint)  # whom the batches make is read without being asked for
    needs.requests += runner.meter.requests if runner.meter is not None else 0  # the readings that led here
    note(job.setting.progress, Estimate(needs.rows, needs.requests, needs.seconds(options.rate)))
    for line in filter(
        None, (needs.describe(options.rate), needs.engine.describe(job.setting.front_end) or no_batch(job))
    ):
        job.setting.progress.say(line)
    _say_what_is_lost(job, unread=unread and needs.engine.batching is None)
    return prepared


def _say_what_is_lost(job: Job, *, unread: bool) -> None:
    """Say of a job that writes over what it has not read that an undo will not bring that back."""
    options = job.options
    if unread and options.mode != "create" and not (options.undoable or options.exact_columns):
        job.setting.progress.say(in_words_of(job.setting.front_end, _UNREAD))


def missing_left(checkpoint: Checkpoint) -> int:
    """The rows that the file has no more and whose records are still to be deleted."""
    return checkpoint.fact(facts.MISSING) - checkpoint.rows.missing_ended()


def beside(job: Job, prepared: Prepared, needs: Survey, rows: int) -> int:
    """The requests beside those of the rows: how people stand, who will be deleted, and what is read back."""
    rate = job.options.rate or math.inf
    sure = job.checkpoint.fact(facts.HIGHEST) is not None  # who is made is told from who was there, and not asked for
    standing = 0 if prepared.by_record else needs.subscribing - (needs.newcomers if sure else 0)
    people = math.ceil(standing / places(rate, STANDINGS.most))
    if job.options.mode == "delete" and not prepared.by_record:  # each is looked up by the address, and shown as read
        people += (rows if job.options.key != "id" and prepared.contacts_since is None else 0) + math.ceil(rows / PAGE)
    if job.options.delete_missing and not prepared.by_record:  # likewise, by their ids
        people += math.ceil(missing_left(job.checkpoint) / PAGE)
    return people + requests_for(reading_of(job, needs), job.resource, job.checkpoint, rows)


async def _heeding_exclusions(job: Job, runner: Runner, prepared: Prepared, needs: Survey) -> Prepared:
    """Heed the account's exclusion list as it is at the beginning of this run, if the rows subscribe anybody."""
    if not needs.subscribing:
        return prepared
    result = await runner.ask(read_exclusions())
    if isinstance(result, Refused):
        job.setting.progress.say(f"The exclusion list cannot be read, so it is not heeded: {result.said}")
        return prepared
    return meant_so(job, prepared, replace(prepared.writer.meaning, excluded=result))


def reading_of(job: Job, needs: Survey) -> Reading:
    """How what is acknowledged will be read back."""
    options = job.options
    several = options.on_duplicate == "all" and (job.resource.unique or options.key == "id")
    rows = needs.rows - needs.unchanged + job.checkpoint.unread.count()
    return reading_for(job.resource, job.checkpoint, rows, one_record=several)
