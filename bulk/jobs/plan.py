"""A plan: what an import would do to the account as it is now, row by row. Nothing is sent but questions.

It goes the way of an import up to where names would be made; then each row is decided, by the code that sends it.
"""

from __future__ import annotations

import anyio.to_thread

from bulk.access.account_lock import AccountLock
from bulk.errors import UsageError
from bulk.jobs.checking import checked_rows, match_of, names_of_account, opened_again
from bulk.jobs.estimate import estimated
from bulk.jobs.import_job import Job
from bulk.jobs.input_options import on_duplicate_of
from bulk.jobs.plan_rows import PlanRows
from bulk.jobs.prefetch import prefetched
from bulk.jobs.prepared import prepared_for
from bulk.jobs.read_back import Reading, ReadingBack
from bulk.jobs.rows import Rows
from bulk.jobs.survey import Survey, survey
from bulk.jobs.telling import telling_progress
from bulk.planning.flow import Asking
from bulk.planning.names import Names
from bulk.planning.naming import unknown_names
from bulk.planning.pages.collections import Refused, read_allowed
from bulk.planning.spelling import Spellings
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage import facts


async def plan_rows(job: Job, runner: Runner, account_lock: AccountLock, _stopping: Stopping) -> None:
    """Decide every row, and write down what it would change."""
    if on_duplicate_of(job.resource, job.options) == "all" and (job.resource.unique or job.options.key == "id"):
        raise UsageError("plan_of_duplicates")
    names = await names_of_account(job, runner, account_lock)
    prepared = prepared_for(job, match_of(job, names), names)
    prepared = await checked_rows(job, runner, prepared)
    prepared = await opened_again(job, prepared)
    checkpoint = job.checkpoint
    left = (checkpoint.fact(facts.CHECKED) or {})["read"] - sum(checkpoint.rows.counts().values())
    if left:
        prepared = await prefetched(job, runner, prepared, left)
    spellings = Spellings(prepared.writer.meaning.columns, names)
    needs = await anyio.to_thread.run_sync(survey, prepared, checkpoint, spellings)
    if spellings.respelt:
        job.setting.progress.say(spellings.describe())
    imagined = _imagined(names, needs)
    checkpoint.note(facts.AUTOMATIONS, await runner.ask(_active_automations()))
    prepared = await estimated(job, runner, prepared, needs)
    back = ReadingBack(job.resource, prepared.writer.meaning, names, checkpoint, Reading(beside=False, pages=False))
    deciding = PlanRows(prepared, checkpoint, imagined)
    rows = Rows(prepared, checkpoint, job.resumed, lambda: None, back, deciding.flow)
    async with anyio.create_task_group() as tellers:
        tellers.start_soon(telling_progress, job.setting.progress, rows, needs, runner)
        await runner.run(rows)
        tellers.cancel_scope.cancel()
    if not runner.dispatch.stops.stopping:
        made = {family: [n for of, n in imagined.values() if of == family and n in used]
                for family, used in sorted(deciding.used.items())}  # fmt: skip
        checkpoint.note(facts.NEW_NAMES, made)
        checkpoint.note(facts.PLANNED, True)
    await checkpoint.durable()


def _active_automations() -> Asking[list[str]]:
    """The account's automations that are active; which of them a change sets off, the API does not tell."""
    result = yield from read_allowed("automations", "automations", optional=True)
    if isinstance(result, Refused):
        return []
    return sorted(str(one.get("name")) for one in result["automations"] if str(one.get("status")) == "1")


def _imagined(names: Names, needs: Survey) -> dict[str, tuple[str, str]]:
    """Take the names that may have to be made for made; what stands for the id of each, with resource and name."""
    imagined: dict[str, tuple[str, str]] = {}
    for family, called in needs.names.items():
        for name in unknown_names(called.values(), names.book(family)):
            identity = f"\0{family} {name}"  # no cell and no id is like that
            names.book(family).add(identity, name)
            imagined[identity] = (family, name)
    return imagined
