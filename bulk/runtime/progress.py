"""How a job says how far it is. Two methods, no output: terminals, logs and JSON are twins of it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a job stands. `phase` is what it does now; `done` of `total` (None: not known), of `what` is counted."""

    phase: str
    done: int = 0
    total: int | None = None
    failed: int = 0
    in_doubt: int = 0
    requests: int = 0
    paused_for: float = 0.0
    what: str = "rows"


class Progress(Protocol):
    """Is told, often, on the job's own thread or that of its checks: it must return at once and never raise."""

    def update(self, snapshot: Snapshot) -> None:
        """Take note of where the job stands."""

    def say(self, line: str) -> None:
        """Take note of something that a person should read now (what was found, how long it will take)."""


class Silent:
    """Progress for nobody."""

    def update(self, snapshot: Snapshot) -> None:
        """Nothing."""

    def say(self, line: str) -> None:
        """Nothing."""
