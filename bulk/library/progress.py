"""How a job tells how far it is: the protocol that a program implements, and what it is told."""

from __future__ import annotations

from bulk.runtime.meter import Totals
from bulk.runtime.progress import Progress, Silent, Snapshot

__all__ = ["Progress", "Silent", "Snapshot", "Totals"]
