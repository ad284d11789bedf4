"""How a job says how far it is. Two methods, no output: terminals, logs and JSON are twins of it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

CHECKING: Final = "checking"
PLANNING: Final = "planning"  # nothing is sent
SENDING: Final = "sending"
DELETING: Final = "deleting"
UNDOING: Final = "undoing"
READING: Final = "reading"  # an export
DONE: Final = "done"  # all parts are


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a job on a whole account it is: its number, of how many, and its resource."""

    number: int
    of: int
    name: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a job stands. `phase` is what it does now; `done` of `total` (None: not known), of `what` is counted.

    `part`: of a job on a whole account, the part that this is about; None of other jobs.
    """

    phase: str
    done: int = 0
    total: int | None = None
    failed: int = 0
    in_doubt: int = 0
    requests: int = 0
    paused_for: float = 0.0
    what: str = "rows"
    part: Part | None = None


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


class OfParts:
    """Progress that says of each snapshot which part of the job it is about."""

    def __init__(self, progress: Progress, of: int) -> None:
        self._progress = progress
        self._of = of
        self._part: Part | None = None

    def begin(self, name: str) -> None:
        """The next part begins."""
        self._part = Part(self._part.number + 1 if self._part else 1, self._of, name)
        self._progress.update(Snapshot(CHECKING, part=self._part))

    def end(self) -> None:
        """All parts are done."""
        self._progress.update(Snapshot(DONE, 1, 1, part=self._part))

    def update(self, snapshot: Snapshot) -> None:
        """Take note of where the part stands."""
        self._progress.update(replace(snapshot, part=self._part))

    def say(self, line: str) -> None:
        """Take note of something that a person should read."""
        self._progress.say(line)
