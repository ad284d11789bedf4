"""Whether a job was undone before, by which undo, and what there is to do instead of undoing it once more.

An undo by hand of what an earlier undo has put back would show what it cannot do, and take our own doing for somebody
else's: so the undo that counts now is named.
"""

from __future__ import annotations

import math

from bulk.errors import NothingToUndoError, UsageError
from bulk.storage import facts
from bulk.storage.checkpoint import opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, OPEN, JobFolder
from bulk.storage.job_folders import all_jobs
from bulk.storage.job_record import UNDO


def check_not_undone(job: JobFolder, latest: float) -> None:
    """Raise what there is to do instead, where a job was undone since it sent its `latest` change.

    Raises `NothingToUndoError` if it is undone, and `UsageError` where another job is to go on, or to be undone.
    """
    chain = undos_of(job, latest)
    if not chain:
        return
    undo = chain[-1]
    when = undo.record().begun.astimezone().strftime("%Y-%m-%d at %H:%M")
    if undo.state in OPEN:
        raise UsageError("undo_half_done", job=(chain[-2] if len(chain) > 1 else job).name, undo=undo.name)
    if len(chain) % 2 == 0:
        raise UsageError("undo_taken_back", job=job.name, first=chain[0].name, undo=undo.name, when=when)
    if undo.has_failed:
        raise UsageError("undo_failed_before", job=job.name, undo=undo.name, when=when)
    raise NothingToUndoError("undo_done", job=job.name, undo=undo.name, when=when)


def undos_of(job: JobFolder, latest: float) -> list[JobFolder]:
    """The undo of a job that counts, the undo of that, and so on; [] if it was not undone since its `latest` change."""
    jobs = all_jobs(job.path.parent)
    chain: list[JobFolder] = []
    while True:
        undone = chain[-1] if chain else job
        newest = next((one for one in reversed(jobs) if _undoes(one, undone)), None)
        if newest is None:
            return chain
        until, sent = _sent(newest)
        if until is None or until < latest:  # nothing was agreed to, or the undone job has gone on since
            return chain
        chain.append(newest)
        latest = sent


def _undoes(undo: JobFolder, job: JobFolder) -> bool:
    """Whether a job is the undo of another; one of an earlier job of the same name is not."""
    record, undone = undo.record(), job.record()
    named = record.output.replace("\\", "/").rsplit("/", 1)[-1]
    return record.kind == UNDO and named == job.name and record.begun > undone.begun


def _sent(undo: JobFolder) -> tuple[float | None, float]:
    """Until when an undo puts back, None if it was not agreed to; and when it has sent the last itself."""
    if undo.running:
        return math.inf, math.inf
    if not undo.file(CHECKPOINT).is_file():
        return None, 0.0
    with opened_checkpoint(undo.file(CHECKPOINT)) as checkpoint:
        until = checkpoint.fact(facts.UNDONE_UNTIL) if checkpoint.fact(facts.CONFIRMED) else None
        return until, checkpoint.journal.last_sent()
