"""How a job says how far it is. Two methods, no output: terminals, logs and JSON are twins of it elsewhere.

Who has a third, `note`, is told as well what else happens, as events: values without a word of anybody's data in them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, runtime_checkable

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


# ---- what happens, for who has `note`


@dataclass(frozen=True, slots=True)
class Started:
    """A run of a job began. `account` is what bulk.toml calls it, else its connection or its address."""

    job: str
    kind: str  # import, plan, export, undo; of many accounts: fleet
    resource: str
    account: str = ""
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """The job does something else from now on: a `Stage`."""

    stage: str
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The file was checked: of the rows that it has, those that are not sent, by the codes of why in `problems`."""

    rows: int
    rejected: int = 0
    skipped: int = 0
    problems: Mapping[str, int] = field(default_factory=dict)
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is left of a job will take so many requests and seconds; None: there is no limit to go by."""

    rows: int
    requests: int
    seconds: float | None = None
    part: Part | None = None


ASKED_TO, NO_ANSWER = "asked_to", "no_answer"  # why a job waits


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is sent for so many seconds at least: the server asked for it, or nobody answers."""

    reason: str
    seconds: float = 0.0


# wide: one attribute a figure, as summaries and metrics have them
@dataclass(frozen=True, slots=True)
class Ended:
    """A run of a job ended. `error` is the code of what stopped it, "" if it ran to its end.

    `rows` are all of the job by status, `problems` those that are not done by the codes of why; `requests`, `retries`
    and `seconds` are those of all its runs, `refusals` of this one: answers that were none, by what they were. `go_on`
    is the command that goes on with it, "" where there is none.
    """

    job: str
    kind: str
    resource: str
    account: str
    outcome: str
    exit_code: int
    rows: Mapping[str, int] = field(default_factory=dict)
    problems: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    retries: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    go_on: str = ""
    accounts: Mapping[str, int] = field(default_factory=dict)  # of a fleet: by how they stand


@dataclass(frozen=True, slots=True)
class AccountStands:
    """Of a fleet: an account stands otherwise than before. Of its accounts, `of` so many, `ended` have ended."""

    account: str
    state: str
    rows: Mapping[str, int]
    requests: int
    seconds: float
    exit_code: int
    ended: int
    of: int


@dataclass(frozen=True, slots=True)
class HookFailed:
    """Who was to be told of a job's end was not, or said so; what came of the job stays as it is."""

    hook: str  # without what may be a key in it
    reason: str


Happening = Started | Entered | Checked | Estimate | Waiting | AccountStands | Ended | HookFailed


@runtime_checkable
class Noting(Protocol):
    """A progress that is told as well what happens, under the same conditions."""

    def note(self, event: Happening) -> None:
        """Take note of what happened."""


def note(progress: Progress, event: Happening) -> None:
    """Tell a progress what happened, if it wants to know."""
    if isinstance(progress, Noting):
        progress.note(event)


def entering(progress: Progress) -> Callable[[str], None]:
    """What tells a progress of each stage as it begins."""
    return lambda stage: note(progress, Entered(stage))


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

    def note(self, event: Happening) -> None:
        """Take note of what happened to the part."""
        if isinstance(event, Entered | Checked | Estimate):
            event = replace(event, part=self._part)
        note(self._progress, event)
