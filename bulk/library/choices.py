"""What there is to choose from, for help texts: it is asked before anything runs, so nothing heavy is loaded here."""

from __future__ import annotations

from typing import Final

from bulk.api.connections import METHODS
from bulk.jobs.choices import BLANK, ENGINES, EXACT, ON_CONFLICT, ON_DUPLICATE, ON_INVALID

JOBS_DIR: Final = "bulk-jobs"  # where jobs are kept if nobody says otherwise

__all__ = ["BLANK", "ENGINES", "EXACT", "JOBS_DIR", "METHODS", "ON_CONFLICT", "ON_DUPLICATE", "ON_INVALID"]
