"""What there is to choose from, for help texts: it is asked before anything runs, so nothing heavy is loaded here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bulk.api.connections import METHODS
from bulk.jobs.choices import BLANK, ENGINES, EXACT, ON_CONFLICT, ON_DUPLICATE, ON_INVALID
from bulk.wording import FrontEnd, as_typed, marked

JOBS_DIR: Final = "bulk-jobs"  # where jobs are kept if nobody says otherwise

__all__ = [
    "BLANK", "ENGINES", "EXACT", "JOBS_DIR", "METHODS", "ON_CONFLICT", "ON_DUPLICATE", "ON_INVALID", "command_line",
]  # fmt: skip


def command_line(command: str, job: str, jobs: Path) -> str:
    """The command that does something with a job, as it can be pasted."""
    line = f"bulk {command} {job}"
    place = marked("jobs_dir", FrontEnd.COMMAND_LINE)
    return line if str(jobs) == JOBS_DIR else f"{line} {place} {as_typed(str(jobs))}"
