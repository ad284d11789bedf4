"""What a job takes of requests and time, over all its runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bulk.engine.dispatch import Dispatch
from bulk.runtime.course import Course, Sample, Stage
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Totals:
    """What all runs of a job took together, of which so many requests and seconds were of earlier runs.

    `stages` are the seconds that it did what they are called after.
    """

    requests: int = 0
    retries: int = 0
    seconds: float = 0.0
    earlier_requests: int = 0
    earlier_seconds: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)


class Meter:
    """What a job takes, this run added to those before it; `now` is the time.

    With a checkpoint it goes on from what stands there, and can be noted meanwhile, should the run be killed. `entered`
    hears of each stage as it begins.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        now: float,
        checkpoint: Checkpoint | None = None,
        entered: Callable[[str], None] = lambda _stage: None,
    ) -> None:
        self._entered = entered
        self._stage = ""  # of this run
        self._dispatch = dispatch
        self._checkpoint = checkpoint
        self._before = Totals(*checkpoint.fact(facts.TOTALS)) if checkpoint else Totals()
        self._began = Totals(dispatch.requests, dispatch.retries, now)
        self._course = Course(checkpoint.fact(facts.COURSE) if checkpoint else ())
        self.enter(Stage.CONNECTING, now)

    def spent(self, now: float) -> Totals:
        """What it took until now."""
        before, began = self._before, self._began
        return Totals(
            before.requests + self.requests,
            before.retries + self._dispatch.retries - began.retries,
            before.seconds + now - began.seconds,
            before.requests,
            before.seconds,
        )

    @property
    def requests(self) -> int:
        """How many requests this run took until now."""
        return self._dispatch.requests - self._began.requests

    def enter(self, stage: str, now: float) -> None:
        """From now on the job does this."""
        spent = self.spent(now)
        self._course.add(Sample(round(spent.seconds, 2), spent.requests, spent.retries, stage))
        if stage != self._stage:
            self._stage = stage
            self._entered(stage)

    def note(self, now: float) -> Totals:
        """Queue what it took until now, and say it."""
        self.enter(self._course.stage, now)
        spent = replace(self.spent(now), stages=self._course.stages)
        if self._checkpoint is not None:
            self._checkpoint.note(facts.TOTALS, (spent.requests, spent.retries, spent.seconds))
            self._checkpoint.note(facts.COURSE, self._course.samples)
        return spent
