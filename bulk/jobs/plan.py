"""A plan: what an import would do to the account as it is now, row by row. Nothing is sent but questions.

It goes the way of an import up to where names would be made; then each row is decided, by the code that sends it.
"""

# hub: each step on the way of a plan's rows is named here once, in their order
from __future__ import annotations

import math

import anyio
import anyio.to_thread

from bulk.errors import UsageError
from bulk.jobs.apply_cost import rows_take
from bulk.jobs.create_names import imagine_names
from bulk.jobs.estimate import beside, estimated, surveyed
from bulk.jobs.import_job import Job
from bulk.jobs.input_options import on_duplicate_of
from bulk.jobs.instead import heeding_replaced
from bulk.jobs.joined_tags import check_tags
from bulk.jobs.plan_rows import PlanRows, plan_refused
from bulk.jobs.prepared import Prepared
from bulk.jobs.read_back import Reading, ReadingBack
from bulk.jobs.rows import Rows
from bulk.jobs.telling import telling_progress, where_it_stands
from bulk.planning.naming import read_active_automations
from bulk.runtime.progress import PLANNING
from bulk.runtime.runner import Runner
from bulk.storage import facts


def check_planned(job: Job) -> None:
    """Raise `UsageError` where what a row does hangs on what the rows before it have done."""
    if on_duplicate_of(job.resource, job.options) == "all" and (job.resource.unique or job.options.key == "id"):
        raise UsageError("plan_of_duplicates")
    if job.options.no_automations:
        raise UsageError("automations_of_plans")


async def plan_rows(job: Job, runner: Runner, prepared: Prepared) -> None:
    """Decide every row, and write down what it would change."""
    checkpoint, names = job.checkpoint, prepared.names
    projection = job.outlook
    prepared, needs = await surveyed(job, runner, prepared)
    before = _asked(runner) + checkpoint.fact(facts.NAMES_SPARED)
    if projection is None and checkpoint.fact(
        facts.CONTACTS_READ
    ):  # who was read is not read again as a whole, but before their rows
        before -= checkpoint.fact(facts.PEOPLE_ASKED)
    check_tags(job, prepared, needs)
    imagined = imagine_names(names, needs)
    if projection is None or projection.is_first(job.resource):  # the parts of one plan have them in common
        checkpoint.note(facts.AUTOMATIONS, await runner.ask(read_active_automations()))
    since, kept = _asked(runner), _bounds(job)
    prepared = await estimated(job, runner, prepared, needs)
    before += _asked(runner) - since - (_bounds(job) - kept)  # the bounds of ids stay as they were found
    back = ReadingBack(job.resource, prepared.writer.meaning, names, checkpoint, Reading(beside=False, pages=False))
    everybody = checkpoint.fact(facts.CONTACTS_READ) and not checkpoint.fact(facts.PARTLY)
    await anyio.to_thread.run_sync(plan_refused, prepared, checkpoint)
    deciding = PlanRows(prepared, checkpoint, imagined, projection, everybody)
    flow_of = heeding_replaced(prepared, checkpoint, deciding.flow)
    rows = Rows(prepared, checkpoint, job.resumed, lambda: None, back, flow_of)
    if projection is not None:
        rows.stale = math.inf  # what was laid over the account as it was read nobody could read again
    async with anyio.create_task_group() as tellers:
        tellers.start_soon(telling_progress, job.setting.progress, rows, needs, runner, PLANNING)
        await runner.run(rows)
        tellers.cancel_scope.cancel()
    job.setting.progress.update(where_it_stands(rows, needs, runner, PLANNING))
    if not runner.dispatch.stops.stopping:
        made = {family: [n for of, n in imagined.values() if of == family and n in used]
                for family, used in sorted(deciding.used.items())}  # fmt: skip
        if fields := checkpoint.fact(facts.NEW_FIELDS):
            made["fields"] = [f"{title} ({kind})" for title, kind in fields.items()]
        checkpoint.note(facts.NEW_NAMES, made)
        deciding.looks.note(checkpoint)
        deciding.going.note(checkpoint)
        checkpoint.note(facts.LACKING, dict(deciding.lacking))
        await checkpoint.durable()
        again = sum(bool(names_made) for names_made in made.values())  # they are read again before any is made
        left, _writes = checkpoint.planned.left()
        takes = before + again + sum(map(len, made.values())) + rows_take(checkpoint, job.options.rate)
        takes += beside(job, prepared, needs, left)
        checkpoint.note(facts.TAKES, takes if left else 0)
        beside_rows = before + again + sum(map(len, made.values()))
        if projection is None and left:  # which looks at nobody once more
            checkpoint.note(facts.IMPORT_TAKES, beside_rows + needs.requests)
        if needs.engine is not None:
            seconds = needs.engine.seconds + (beside_rows / job.options.rate if job.options.rate else 0.0)
            checkpoint.note(facts.IN_BATCHES, (beside_rows + needs.engine.requests, round(seconds, 1)))
        checkpoint.note(facts.PLANNED, True)
    await checkpoint.durable()


def _bounds(job: Job) -> int:
    """How many of the bounds that tell what a job has made are known."""
    return sum(job.checkpoint.fact(fact) is not None for fact in (facts.NEWEST, facts.HIGHEST))


def _asked(runner: Runner) -> int:
    """How many requests the run took until now."""
    return runner.meter.requests if runner.meter is not None else 0
