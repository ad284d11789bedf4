"""How a job went: what it had sent by when, and what it was at; few samples, however long it took."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

MOST: Final = 400  # samples that are kept; then each second one goes


class Stage(StrEnum):
    """What a job does for a while."""

    CONNECTING = "connecting"
    CHECKING = "checking the file"
    READING = "reading the account"
    SENDING = "sending"
    READING_BACK = "reading back"
    WRITING = "writing the file"


class Sample(NamedTuple):
    """What a job had sent after so many seconds of all its runs, and the stage that began then or still went on."""

    seconds: float
    requests: int
    retries: int
    stage: str


class Course:
    """The samples of a job, in the order of time."""

    def __init__(self, samples: Sequence[tuple[float, int, int, str]] = ()) -> None:
        self.samples = [Sample(*one) for one in samples]

    @property
    def stage(self) -> str:
        """The one that goes on."""
        return self.samples[-1].stage if self.samples else Stage.CONNECTING

    @property
    def stages(self) -> dict[str, float]:
        """The seconds of each stage, in the order in which they first began."""
        stages: dict[str, float] = {}
        for one, after in pairwise(self.samples):
            stages[one.stage] = round(stages.get(one.stage, 0.0) + max(0.0, after.seconds - one.seconds), 2)
        return {stage: seconds for stage, seconds in stages.items() if seconds}

    def add(self, sample: Sample) -> None:
        """Take one more in. The samples with which a stage begins stay, unless they are most of them."""
        self.samples.append(sample)
        if len(self.samples) > MOST:
            stages = ("", *(one.stage for one in self.samples))
            last, begins = len(self.samples) - 1, sum(a != b for a, b in pairwise(stages))
            often = begins > MOST // 2  # then they are told as little as the rest
            self.samples = [
                one for at, one in enumerate(self.samples)
                if at % 2 == 0 or at == last or (not often and one.stage != stages[at])
            ]  # fmt: skip
