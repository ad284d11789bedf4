"""Before rows are deleted: what is there is written down as it is, shown, and only then asked for to go."""

from __future__ import annotations

from typing import Final

import anyio.to_thread

from bulk.errors import DeclinedError
from bulk.files.opening import open_sink
from bulk.jobs.delete_records import meant_by
from bulk.jobs.import_job import Job
from bulk.jobs.open_rows import open_rows
from bulk.jobs.prepared import Prepared
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.wording import counted

DELETED: Final = "deleted.csv"
_FEW: Final = 5  # records that the question names


async def confirm_deletion(job: Job, runner: Runner, prepared: Prepared) -> None:
    """Write down the records that will go, then ask. Raises `DeclinedError` if they are not to go after all.

    A retry asks anew, and writes what goes by it to a file of its own.
    """
    checkpoint, say = job.checkpoint, job.setting.progress.say
    if checkpoint.fact(facts.CONFIRMED):
        return
    before = checkpoint.fact(facts.TIMES_CONFIRMED)
    file = job.folder.file(f"deleted-{before + 1}.csv" if before else DELETED)
    meant = meant_by(prepared, runner, checkpoint)
    going, shown = 0, list[str]()
    with open_sink(file, [column.header for column in meant.columns]) as output:
        for batch in open_rows(prepared, checkpoint):
            for record in await meant.by(batch):
                for cells in record.rows:
                    output.write(cells)
                    if len(shown) < _FEW:
                        shown.append(next((cell for cell in cells[1:] if cell), cells[0]))
                going += max(len(record.rows), record.hidden)
    if going:
        few = ", ".join(shown) + (", …" if going > len(shown) else "")
        say(f"{counted(going, 'record')} of {job.resource.name} will be deleted: {few}")
        say(f"As they are now they stand in {file}")
        if going > output.rows:
            say(f"{going - output.rows:,} of them may not be seen with this key, and do not stand there.")
        confirm = job.setting.confirm
        if confirm is not None and not await anyio.to_thread.run_sync(confirm, "Delete them?"):
            file.unlink()
            raise DeclinedError("delete_declined")
    checkpoint.note(facts.CONFIRMED, True)
    checkpoint.note(facts.TIMES_CONFIRMED, before + bool(going))
    await checkpoint.durable()
