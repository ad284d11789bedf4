"""Carrying a plan out: exactly what it says is sent, and what changed since is set aside."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bulk.access.account import Setting
from bulk.errors import UsageError
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.job_folder import JobFolder
from bulk.wording import duration

DAY: Final = 24 * 3600.0  # seconds after which a plan is too old, if nothing else is said


def applying(folder: JobFolder, checkpoint: Checkpoint, setting: Setting, max_age: float | None) -> bool:
    """Whether a plan is carried out from now on, or has been before; False if it is planned on.

    Raises `UsageError` for a plan that waits and is not to be carried out, that is not complete, or too old.
    """
    if checkpoint.fact(facts.APPLYING):
        return True
    complete = checkpoint.fact(facts.PLANNED)
    if max_age is None:
        if complete:
            raise UsageError("plan_waits", job=folder.name)
        return False
    if not complete:
        raise UsageError("plan_cut_off", job=folder.name)
    age = setting.clock() - datetime.fromisoformat(checkpoint.fact(facts.READ_AT)).timestamp()
    if age > max_age:
        raise UsageError("plan_too_old", job=folder.name, age=duration(age))
    checkpoint.note(facts.APPLYING, True)
    return True
