"""Before anything is sent: whether a cell was changed in the file and in the account, if that is to stop it."""

from __future__ import annotations

from typing import Final

import anyio.to_thread

from bulk.errors import AbortedError
from bulk.jobs.import_job import Job
from bulk.jobs.open_rows import open_records
from bulk.jobs.prepared import Prepared
from bulk.model import number_told
from bulk.planning.rows.edited import EditedRows
from bulk.planning.rows.edited_links import EditedLinks
from bulk.planning.state import ContactState
from bulk.planning.writers import Known
from bulk.storage import facts
from bulk.storage.snapshot import PEOPLE

_FEW: Final = 5  # rows that are shown


async def check_conflicts(job: Job, prepared: Prepared) -> None:
    """Raise `AbortedError` if a cell was changed on both sides and nothing is to be sent then."""
    if job.options.on_conflict != "stop" or job.checkpoint.fact(facts.NO_CONFLICTS):
        return
    numbers = await anyio.to_thread.run_sync(_conflicts, job, prepared)
    if numbers:
        raise AbortedError("conflicts", rows=len(numbers), numbers=numbers[:_FEW])
    job.checkpoint.note(facts.NO_CONFLICTS, True)


def _conflicts(job: Job, prepared: Prepared) -> list[str]:
    """The rows with conflicts as people know them, as far as it is known what the account holds."""
    result: list[str] = []
    writer = prepared.writer
    if not isinstance(writer, EditedRows | EditedLinks):
        return result
    for records in open_records(prepared, job.checkpoint):
        rows = [prepared.row(record) for record in records]
        current = job.checkpoint.snapshot.known(PEOPLE, [row.key for row in rows])
        for row in rows:
            state = ContactState.from_json(current[row.key]) if row.key in current else None
            if writer.conflicts(row, Known(state, fresh=True)):
                result.append(number_told(row.number) or f"{row.called or row.id} (missing in the file)")
    return result
