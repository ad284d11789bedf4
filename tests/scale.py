"""How much of what has no end is tried: a little in every run, more in the long suite (`BULK_LONG=1 pytest tests`)."""

from __future__ import annotations

import os

LONG = os.environ.get("BULK_LONG") == "1"


def tries(usual: int, long: int) -> int:
    """How many examples to try."""
    return long if LONG else usual
