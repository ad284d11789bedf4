"""Which old jobs may be deleted, and deleting them: their folders hold personal data, and nobody needs that for ever.

What can go on stays, and so does what a job that stays goes by. A folder goes as a whole, while its job is held.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bulk.errors import UnfinishedError, UsageError
from bulk.storage import facts
from bulk.storage.baseline import BASELINE
from bulk.storage.checkpoint import opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JOB, OPEN, PLANNED, JobFolder
from bulk.storage.job_folders import DIFFERENCES, EXPORTS, PRUNED, all_jobs
from bulk.storage.job_record import UNDO

_OVER: Final = ("finished", "stopped", PLANNED)  # the states of what nobody goes on with; a plan is made in a minute
RUNNING: Final = "is at work now"
_ASIDE: Final = f".{JOB}.pruned"  # what job.json is called meanwhile, so that nobody takes the job in hand
OPEN_STILL: Final = "is unfinished: bulk resume goes on with it"


@dataclass(frozen=True, slots=True)
class Pruning:
    """What would go, oldest first, and what is as old and stays, each with why."""

    goes: tuple[JobFolder, ...]
    stays: tuple[tuple[JobFolder, str], ...]
    comparisons: tuple[Path, ...] = ()  # the files of the page's comparisons, which are no jobs, and go as well

    @property
    def size(self) -> int:
        """How many bytes would be free."""
        files = (file for folder in self.goes for file in folder.path.rglob("*") if file.is_file())
        return sum(file.lstat().st_size for file in (*files, *self.comparisons))


def prunable(jobs: Path, age: float, now: datetime | None = None) -> Pruning:
    """The jobs of a folder that were begun more than `age` seconds ago. Raises `UsageError` if it cannot be read."""
    every = all_jobs(jobs)
    before = (now or datetime.now(UTC)) - timedelta(seconds=age)
    goes: list[JobFolder] = []
    stays: dict[str, str] = {}
    for job in every:
        if job.record().begun > before:
            continue
        if job.running:
            stays[job.name] = RUNNING
        elif job.state in _OVER:
            goes.append(job)
        else:
            stays[job.name] = OPEN_STILL if job.state in OPEN else "is of an unknown state"
    needed = {job.name: dict(_needed_by(job)) for job in every}
    while kept := _still_needed(goes, every, needed):  # what stays may need more
        goes = [job for job in goes if job.name not in kept]
        stays |= kept
    staying = tuple((job, stays[job.name]) for job in every if job.name in stays)
    return Pruning(tuple(goes), staying, tuple(_comparisons(jobs, before.timestamp())))


def _comparisons(jobs: Path, before: float) -> Iterator[Path]:
    """What comparisons of the page have written till then, in seconds since 1970."""
    for file in sorted((jobs / EXPORTS).glob(f"{DIFFERENCES}*.csv")):
        with contextlib.suppress(OSError):
            if file.is_file() and not file.is_symlink() and file.lstat().st_mtime <= before:
                yield file


def _still_needed(
    goes: Sequence[JobFolder], every: Sequence[JobFolder], needed: dict[str, dict[str, str]]
) -> dict[str, str]:
    """Of what would go, what a job that stays goes by, each with why."""
    going, there = {job.name for job in goes}, {job.name for job in every}
    kept: dict[str, str] = {}
    for job in every:
        for name, why in needed[job.name].items():
            if name in going and job.name not in going:
                kept[name] = why
            elif job.name in going and name in there - going and job.record().kind == UNDO:
                kept[job.name] = f"says that {name} was put back"
    return kept


def _needed_by(job: JobFolder) -> Iterator[tuple[str, str]]:
    """The names of the jobs that a job goes by, each with why."""
    record = job.record()
    if record.kind == UNDO:
        yield record.output.replace("\\", "/").rsplit("/", 1)[-1], f"is what {job.name} puts back"
    asked = record.options.get("baseline")
    if isinstance(asked, str):
        yield Path(asked).name, f"is the baseline of {job.name}"
    if not job.running:
        for file in job.path.rglob(BASELINE):
            with contextlib.suppress(UsageError), opened_checkpoint(file.parent / CHECKPOINT) as checkpoint:
                yield checkpoint.fact(facts.BASELINE) or "", f"is the baseline of {job.name}"


def prune(pruning: Pruning, jobs: Path) -> tuple[list[JobFolder], list[tuple[JobFolder, str]]]:
    """Delete the folders of what goes; what is gone, and what was not, each with why.

    Each is held meanwhile, and looked at once more. One whose deletion was cut off is deleted the next time.
    """
    gone: list[JobFolder] = []
    left: list[tuple[JobFolder, str]] = []
    for job in pruning.goes:
        if job.path.is_symlink():
            left.append((job, "is a link to a folder elsewhere: delete both by hand"))
            continue
        try:
            with job.locked():
                if job.state not in _OVER:
                    left.append((job, OPEN_STILL))
                    continue
                apart = job.path.parent / f"{PRUNED}{job.name}"  # so that half of it is no job
                try:
                    job.path.rename(apart)
                except PermissionError:  # Windows renames no folder of which a file is open, as the lock is
                    job.file(JOB).rename(job.file(_ASIDE))
            if job.path.exists():
                _rename_let_go(job, apart)
            shutil.rmtree(apart)
            gone.append(job)
        except UnfinishedError:
            left.append((job, RUNNING))
        except (OSError, UsageError) as error:
            left.append((job, f"cannot be deleted: {getattr(error, 'strerror', None) or error}"))
    for file in pruning.comparisons:
        with contextlib.suppress(OSError):  # one that cannot be deleted is seen the next time
            file.unlink()
    for folder in jobs.glob(f"{PRUNED}*"):
        shutil.rmtree(folder, ignore_errors=True)
    return gone, left


def _rename_let_go(job: JobFolder, apart: Path) -> None:
    """Rename a folder that nobody holds any more, or leave it the job that it was. Raises `OSError`."""
    try:
        job.path.rename(apart)
    except OSError:
        job.file(_ASIDE).rename(job.file(JOB))
        raise
