"""How a job tells how far it is: the protocol that a program implements, and what it is told."""

from __future__ import annotations

from bulk.runtime.meter import Totals
from bulk.runtime.progress import (
    AccountStands,
    Checked,
    Ended,
    Entered,
    Estimate,
    Happening,
    HookFailed,
    Noting,
    Progress,
    Silent,
    Snapshot,
    Started,
    Waiting,
)

__all__ = [
    "AccountStands", "Checked", "Ended", "Entered", "Estimate", "Happening", "HookFailed", "Noting", "Progress",
    "Silent", "Snapshot", "Started", "Totals", "Waiting",
]  # fmt: skip
