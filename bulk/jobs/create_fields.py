"""Custom fields for columns of a file that fit nothing: found, told and asked about, made once. A plan only names them.

They are made before the file is held against the account, since that goes by their ids; whatever becomes of the job, it
is kept from then on, and its undo takes away those that nothing uses.
"""

# hub: a header, the values below it and an account meet here
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import anyio.to_thread

from bulk.access.account_lock import AccountLock
from bulk.errors import AbortedError, DeclinedError, UsageError
from bulk.files.adapted import Adapted
from bulk.files.check import check
from bulk.files.header_refusals import consent_unclear
from bulk.files.joined import Joined, as_read
from bulk.files.source import Source
from bulk.jobs.findings import Findings
from bulk.jobs.import_job import Job
from bulk.jobs.input_options import matched, on_duplicate_of
from bulk.planning.names import Names
from bulk.planning.naming import read_names
from bulk.planning.new_fields import Values, imagined_fields, make_field
from bulk.resources.kinds.date_forms import Dates
from bulk.resources.spec import clears, normalise
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
        noted = await anyio.to_thread.run_sync(_wanted, job, names)
        await anyio.to_thread.run_sync(_check_rows, job, names, noted)
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


# ---- which they are


def _wanted(job: Job, names: Names) -> dict[str, str]:
    """The columns that fit nothing: the title of the field for each, and its type."""
    match = matched(job.resource, job.source, job.options, names, seeking=True)
    titles = [title.strip() for title in match.unchecked]
    maps = {title.strip(): to for title, to in job.options.maps.items()}
    unclear = [title for title in match.unclear if title not in maps]
    if unclear:
        raise UsageError("header_unclear", problems=consent_unclear(unclear), mending="")
    fields = {title: maps.get(title) or title for title in titles}
    for title, called in fields.items():
        others = [other for other, also in fields.items() if normalise(also) == normalise(called)]
        if len(others) > 1:
            raise UsageError("fields_alike", titles=" and ".join(map(repr, others)), title=title)
    return _types(job, fields)


def _types(job: Job, fields: Mapping[str, str]) -> dict[str, str]:
    """The type of each field, by all values that its column has."""
    source = as_read(job.source)
    places = {title.strip(): at for at, title in enumerate(source.header)}
    looks = [(places[title], called, Values(_dates(job, title))) for title, called in fields.items()]
    for record in source.records() if looks else ():
        for at, _called, values in looks:
            if at < len(record.cells) and not clears(record.cells[at]):
                values.take(record.cells[at])
    return {called: values.type for _at, called, values in looks}


def _dates(job: Job, title: str) -> Dates:
    """How dates stand in a column, as the user and the program that wrote it say."""
    return replace(job.options.dates, known=tuple(dict.fromkeys(_forms(job.source, title))))


def _forms(source: Source, title: str) -> list[str]:
    if isinstance(source, Joined):
        return [form for member in source.members for form in _forms(member, title)]
    if not isinstance(source, Adapted):
        return []
    how = source.adaptation
    return [date for at, form in how.forms if how.header[at].strip() == title for date in form.dates]


def _check_rows(job: Job, names: Names, wanted: Mapping[str, str]) -> None:
    """Raise what is wrong with the header otherwise, and with rows where none is to be sent then: nothing was made."""
    imagined = replace(names, fields=(*names.fields, *imagined_fields(tuple(wanted.items()))))
    match = matched(job.resource, job.source, job.options, imagined)
    if job.options.on_invalid != "stop" or not wanted or job.only_plan:
        return
    on_duplicate = on_duplicate_of(job.resource, job.options)
    tally = check(job.source, match, on_duplicate=on_duplicate, unsent=Findings(), progress=lambda _more: None)
    if tally.rejected:
        raise AbortedError("rows_invalid", rows=tally.rejected)
