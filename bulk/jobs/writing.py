"""What writes the rows of a job: one writer for each way of writing, and of each one that goes by an export."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from bulk.jobs.import_job import Job
from bulk.planning.names import Names, columns_of
from bulk.planning.rows.contact import ContactRows
from bulk.planning.rows.edited import ContactNow, EditedRows, RecordNow
from bulk.planning.rows.edited_links import EditedLinks
from bulk.planning.rows.link import LinkRows
from bulk.planning.rows.record import RecordRows
from bulk.planning.steps.record_search import Claims
from bulk.planning.writers import Meaning, Writer
from bulk.prefetch.lookup import CheckpointLookup
from bulk.resources.spec import Writing
from bulk.storage import facts


def writer_of(job: Job, meaning: Meaning, names: Names) -> Writer:
    """What writes the rows of a resource."""
    result = CheckpointLookup(job.resource, job.checkpoint)
    edits = bool(job.checkpoint.fact(facts.BASELINE))
    by_id, on_conflict = replace(meaning, key="id"), job.options.on_conflict
    deletes = replace(by_id, mode="delete")
    columns = columns_of(job.resource, names, job.options.separator)
    match job.resource.writing:
        case Writing.RECORD if edits:
            records = partial(RecordRows, job.resource, names=names, lookup=result, claims=Claims(result, set()))
            now = RecordNow(job.resource, names, result)
            return EditedRows(records(meaning), records(by_id), records(deletes), now, columns, on_conflict)
        case Writing.RECORD:
            return RecordRows(job.resource, meaning, names, result)
        case Writing.LINK if edits:
            links = partial(LinkRows, job.resource, names=names, lookup=result)
            takes_away = replace(meaning, mode="delete") if "delete" in job.resource.modes else meaning
            return EditedLinks(links(meaning), links(takes_away), columns, on_conflict)
        case Writing.LINK:
            return LinkRows(job.resource, meaning, names, result)
        case Writing.CONTACT if edits:
            people = partial(ContactRows, names=names)
            return EditedRows(people(meaning), people(by_id), people(deletes), ContactNow(names), columns, on_conflict)
        case Writing.CONTACT:
            return ContactRows(meaning, names)
