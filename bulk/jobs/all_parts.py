"""What the parts of a job on a whole account share: one connection, one pace, and each a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import anyio

from bulk.access.account import Setting
from bulk.access.account_lock import AccountLock
from bulk.planning.translate import Translations
from bulk.resources.spec import Resource
from bulk.runtime.meter import Meter
from bulk.runtime.progress import entering
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping
from bulk.storage.checkpoint import Checkpoint, new_checkpoint, opened_checkpoint
from bulk.storage.database import is_made
from bulk.storage.job_folder import CHECKPOINT, JobFolder


@dataclass(frozen=True, slots=True)
class Shared:
    """What the parts of one run share."""

    folder: JobFolder
    setting: Setting
    runner: Runner
    stopping: Stopping
    account_lock: AccountLock
    translations: Translations = field(default_factory=Translations)


def part_of(shared: Shared, resource: Resource) -> JobFolder:
    """The folder of one part."""
    return JobFolder.within(shared.folder, resource.name)


def is_begun(part: JobFolder) -> bool:
    """Whether a part has a checkpoint to go on with."""
    return is_made(part.file(CHECKPOINT))


def opened(part: JobFolder, stale: float, clock: Callable[[], float]) -> AbstractContextManager[Checkpoint]:
    """The checkpoint of a part, made if it is not there."""
    path = part.file(CHECKPOINT)
    if is_begun(part):
        return opened_checkpoint(path, stale=stale, clock=clock)
    for file in part.path.glob(f"{CHECKPOINT}*"):
        file.unlink()  # nothing stands in it: nothing was sent
    return new_checkpoint(path, clock=clock)


def runner_of(shared: Shared, checkpoint: Checkpoint) -> tuple[Runner, Meter]:
    """The shared runner, writing to the checkpoint of a part; and what measures it."""
    runner = shared.runner.writing_to(checkpoint)
    shared.stopping.follow(runner)
    runner.meter = Meter(runner.dispatch, anyio.current_time(), checkpoint, entering(shared.setting.progress))
    return runner, runner.meter
