"""Custom fields for columns of a file that fit nothing: told and asked about, made once. A plan only names them.

They are made before the file is held against the account, since that goes by their ids; whatever becomes of the job, it
is kept from then on, and its undo takes away those that nothing uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import anyio.to_thread

from bulk.access.account_lock import AccountLock
from bulk.errors import DeclinedError
from bulk.jobs.import_job import Job
from bulk.jobs.wanted_fields import check_before, wanted_fields
from bulk.planning.names import Names
from bulk.planning.naming import read_names
from bulk.planning.new_fields import imagined_fields, make_field
from bulk.resources.spec import normalise
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.wording import agreeing, counted

FIELDS: Final = "fields"


async def with_new_fields(job: Job, runner: Runner, account_lock: AccountLock, names: Names) -> None:
    """Note in `names` the fields that the file's columns need and the account lacks, once they are made.

    Raises `DeclinedError` if they are not to be, `UsageError` for columns that no field may be made for.
    """
    if not job.options.create_fields:
        return
    checkpoint = job.checkpoint
    noted = checkpoint.fact(facts.NEW_FIELDS)
    if noted is not None and checkpoint.fact(facts.FIELDS_MADE):
        return
    if noted is None or job.only_plan:
        noted = await anyio.to_thread.run_sync(wanted_fields, job, names)
        await anyio.to_thread.run_sync(check_before, job, names, noted)
    if not noted:
        return
    if job.only_plan:
        checkpoint.note(facts.NEW_FIELDS, noted)
        names.fields = (*names.fields, *imagined_fields(tuple(noted.items())))
        return
    if checkpoint.fact(facts.NEW_FIELDS) is None:
        await _agreed(job, noted)
        checkpoint.note(facts.NEW_FIELDS, noted)
    await _make(job, runner, account_lock, names, noted)


async def _agreed(job: Job, wanted: Mapping[str, str]) -> None:
    told = ", ".join(f"{title} ({kind})" for title, kind in wanted.items())
    will = agreeing(len(wanted), "is new and will be created", "are new and will be created")
    job.setting.progress.say(f"{counted(len(wanted), 'custom field')} {will}: {told}")
    confirm = job.setting.confirm
    if confirm is not None and not await anyio.to_thread.run_sync(confirm, "Create them?"):
        raise DeclinedError("fields_declined")


async def _make(
    job: Job, runner: Runner, account_lock: AccountLock, names: Names, wanted: Mapping[str, str]
) -> None:  # fmt: skip
    """Make the fields that are not there; between the look and the making no other job of this machine makes any."""
    checkpoint = job.checkpoint
    made = dict(checkpoint.fact(facts.MADE_NAMES).get(FIELDS, {}))
    there = {normalise(field.title) for field in names.fields}
    ours = {title: made.get(title, "") for title in wanted if title in made or normalise(title) not in there}
    async with account_lock.making(FIELDS, names.host, job.setting.progress.say):
        for title in ours:
            checkpoint.note(facts.MADE_NAMES, checkpoint.fact(facts.MADE_NAMES) | {FIELDS: ours})
            await checkpoint.durable()
            ours[title] = await runner.ask(make_field(title, wanted[title]))
        checkpoint.note(facts.MADE_NAMES, checkpoint.fact(facts.MADE_NAMES) | {FIELDS: ours})
        checkpoint.note(facts.FIELDS_MADE, True)
        await checkpoint.durable()
    names.fields = (await runner.ask(read_names((), job.resource.custom, identity=False))).fields
