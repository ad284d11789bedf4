"""What a runner asks of where its tasks come from: a `Feed`, and what some feeds are besides. Protocols only."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from bulk.engine.steps import Step
from bulk.engine.tasks import Task
from bulk.model import Outcome, Receipt, Request
from bulk.storage.checkpoint import Checkpoint


class Feed(Protocol):
    """Where tasks come from and where the ends of rows go. Called by the runner only, one call at a time."""

    def take(self) -> Task | None:
        """Give the next task; None if there is none at the moment."""

    @property
    def done(self) -> bool:
        """Whether no task will come any more, whatever is settled."""

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Write a row's receipt down, in the same breath as everything that follows from it."""

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Write down how a row ended."""


@runtime_checkable
class Waiting(Protocol):
    """A feed that may have another task later although nothing happens until then."""

    @property
    def again_at(self) -> float:
        """When to ask it again; what lies in the past does not count."""


class Intents(Protocol):
    """Where it is written down that a step of a task is about to leave, or surely was not carried out."""

    def intend(self, number: int, request: Request, attempts: int) -> None:
        """Note that a request is about to leave."""

    def release(self, number: int, step: str) -> None:
        """Forget an intent whose request was surely not executed."""


@runtime_checkable
class Intending(Protocol):
    """A feed whose tasks are no rows: their intents stand elsewhere than those of rows."""

    @property
    def intents(self) -> Intents:
        """Where."""


@runtime_checkable
class Leased(Protocol):
    """A pace whose starts lie where others take some too: they are taken ahead, and not while the engine waits."""

    def is_due(self, now: float) -> bool:
        """Whether to `renew`."""

    async def renew(self) -> None:
        """Tell what happened, and take what may be sent next. Reports what is wrong by the pace itself."""
