"""What the account holds of the rows of an import, read before them: as much of it as is worth its requests.

Read once a run: before the file is judged, if what becomes of a row hangs on it, else before the first row is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import anyio
import anyio.to_thread

from bulk.files.check import Compared
from bulk.files.source import Record
from bulk.jobs.import_job import Job
from bulk.jobs.open_rows import ids_said, open_records
from bulk.jobs.own_ids import OURS, whose_ids
from bulk.jobs.prepared import Prepared
from bulk.planning.state import ContactState
from bulk.planning.writers import Known
from bulk.prefetch.contacts import (
    LOOKED_UP,
    ROWS_A_PAGE,
    Hold,
    by_both,
    by_email,
    by_email_or_id,
    by_id,
    read_named,
    read_snapshot,
)
from bulk.prefetch.records import read_records
from bulk.resources.spec import Writing
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import PEOPLE


async def prefetched(job: Job, runner: Runner, prepared: Prepared, rows: int) -> Prepared:
    """Read what the account holds of the rows into the checkpoint. Raises what makes the job impossible to begin."""
    if prepared.prefetched:
        return prepared
    if job.resource.writing is Writing.RECORD:
        since = anyio.current_time()
        await _records(job, runner, prepared, rows)
        _note_time(job.checkpoint)
        return replace(prepared, read_since=since, prefetched=True)
    _note_time(job.checkpoint)
    before = runner.dispatch.requests
    prepared = replace(prepared, contacts_since=await _contacts(job, runner, prepared, rows), prefetched=True)
    job.checkpoint.note(facts.PEOPLE_ASKED, runner.dispatch.requests - before)
    if prepared.edits_by_id:  # which the file was held against: its ids are this account's
        return replace(prepared, ids=OURS)
    if (
        prepared.contacts_since is None
        or _hold(job, prepared) is not by_email_or_id
        or job.resource.writing is not Writing.CONTACT
    ):
        return prepared
    return prepared if job.translations.foreign else replace(prepared, ids=await _whose_ids(prepared, job.checkpoint))


def _note_time(checkpoint: Checkpoint) -> None:
    """Note when what decides which rows are unchanged was read in this run, by the clock of the world."""
    checkpoint.note(facts.READ_AT, datetime.now(UTC).isoformat(timespec="seconds"))


async def _whose_ids(prepared: Prepared, checkpoint: Checkpoint) -> str:
    """Whose ids stand beside the addresses, as it was when the job began."""
    noted = checkpoint.fact(facts.WHOSE_IDS)
    if noted is None:
        noted = await anyio.to_thread.run_sync(whose_ids, prepared, checkpoint)
        checkpoint.note(facts.WHOSE_IDS, noted)
    return noted


def _hold(job: Job, prepared: Prepared) -> Hold:
    """How the contacts of the rows are held."""
    if job.resource.writing is Writing.LINK:
        return by_email_or_id
    if prepared.edits_by_id:
        return by_both
    if job.options.key != "email":
        return by_id
    return by_email if prepared.match.id_at is None else by_email_or_id


async def _contacts(job: Job, runner: Runner, prepared: Prepared, rows: int) -> float | None:
    """Read the contacts of the rows; when that was, None if it was not worth it."""
    options, checkpoint = job.options, job.checkpoint
    # a row may be judged by what was read before only if no other row of its key comes before it
    links = job.resource.writing is Writing.LINK
    hold = _hold(job, prepared)
    if prepared.edits_by_id:
        return await _edited(job, runner, prepared)
    if links and job.outlook is not None and await job.outlook.take_contacts(checkpoint, job.resource):
        return anyio.current_time()
    needless = options.mode == "create" or (options.mode == "delete" and hold is by_id)  # the rows say all
    if options.on_duplicate == "all" or needless:
        return None
    begun = job.resumed and checkpoint.journal.has_begun()
    resumed = checkpoint.fact(facts.CONTACTS_READ) or (links and begun)
    if begun and not resumed:
        checkpoint.note(facts.READ_LATE, True)
    a_page = LOOKED_UP if options.mode == "upsert" and hold is not by_id and not links else ROWS_A_PAGE
    if options.no_automations:  # who is there has to be known, whatever it takes: else no row can go in a batch
        rows, a_page = max(rows, ROWS_A_PAGE), 0
    since = await read_snapshot(runner, checkpoint, rows, resumed=resumed, hold=hold, a_page=a_page)
    if since is None and not (resumed or job.translations.foreign):
        at = prepared.match.index("contact") if links else prepared.match.id_at
        since = await read_named(runner, checkpoint, ids_said(prepared, checkpoint, at), hold)
    if links and job.outlook is not None:
        await job.outlook.lay_over_contacts(checkpoint, job.resource)
    return since


async def _edited(job: Job, runner: Runner, prepared: Prepared) -> float | None:
    """Read the contacts of the rows that have edits, and all contacts where there are many new ones."""
    checkpoint = job.checkpoint
    begun, resumed = job.resumed and checkpoint.journal.has_begun(), checkpoint.fact(facts.CONTACTS_READ)
    if begun and not resumed:
        checkpoint.note(facts.READ_LATE, True)
    edited, new = await anyio.to_thread.run_sync(_edited_ids, prepared, checkpoint)
    since = None
    if new or resumed:
        rows = new + len(edited)
        since = await read_snapshot(runner, checkpoint, rows, resumed=resumed, hold=by_both, a_page=LOOKED_UP)
    return since if since is not None or resumed else await read_named(runner, checkpoint, edited, by_both)


def _edited_ids(prepared: Prepared, checkpoint: Checkpoint) -> tuple[list[str], int]:
    """The ids of the rows that are open and have edits, and how many rows the export did not have."""
    edited: list[str] = []
    new = 0
    for records in open_records(prepared, checkpoint):
        rows = [prepared.row(record) for record in records if record.problem is None]
        edited += [row.key for row in rows if row.before is not None and (row.values or row.is_missing)]
        edited += [row.id for row in rows if row.before is None and row.id]  # whose they are
        new += sum(row.before is None for row in rows)
    return edited, new


async def _records(job: Job, runner: Runner, prepared: Prepared, rows: int) -> None:
    """Read all records, and the contacts that rows name where that is cheaper than asking for each."""
    checkpoint, resource = job.checkpoint, job.resource
    key = prepared.writer.meaning.key_attributes
    await read_records(runner, checkpoint, resource, prepared.names, resource.key_attributes if key == ("id",) else key)
    names_contacts = {c.names for _at, c in prepared.match.columns if c.of == "contacts" and c.names}
    outlook = job.outlook
    if outlook is not None:
        await outlook.lay_over_records(checkpoint, resource, resource.key_attributes)
    if not names_contacts or (outlook is not None and await outlook.take_contacts(checkpoint, resource)):
        return
    resumed = job.resumed and (checkpoint.journal.has_begun() or checkpoint.fact(facts.CONTACTS_READ))
    before = runner.dispatch.requests
    since = await read_snapshot(runner, checkpoint, rows, resumed=resumed, hold=by_email_or_id)
    if since is None and not (resumed or job.translations.foreign):
        ids = (
            identity
            for name in names_contacts
            for identity in ids_said(prepared, checkpoint, prepared.match.index(name))
        )
        await read_named(runner, checkpoint, ids, by_email_or_id)
    checkpoint.note(facts.PEOPLE_ASKED, runner.dispatch.requests - before)
    if outlook is not None:
        await outlook.lay_over_contacts(checkpoint, resource)


def compared(prepared: Prepared, checkpoint: Checkpoint, records: Sequence[Record]) -> list[Compared]:
    """Rows of a file beside what was read of the account."""
    rows = [prepared.row(record) for record in records]
    current = (
        checkpoint.snapshot.known(PEOPLE, [row.key for row in rows]) if prepared.contacts_since is not None else {}
    )
    result: list[Compared] = []
    for row in rows:
        state = ContactState.from_json(current[row.key]) if row.key in current else None
        own = prepared.writer.own(row, Known(state, fresh=True))
        result.append(Compared(frozenset(own.row.values), own.name))
    return result
