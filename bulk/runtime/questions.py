"""What a runner is asked beside its rows: one flow as a feed, alone or side by side with another feed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from bulk.engine.dispatch import Dispatch
from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task
from bulk.errors import AbortedError, BulkError, UnfinishedError
from bulk.model import Flow, Outcome, Receipt, RowStatus
from bulk.planning.flow import Asking
from bulk.runtime.feed import Feed, Waiting
from bulk.storage.checkpoint import Checkpoint

_LEAD: Final = 2  # requests of a feed that go before the question beside it: what they bring tells how to go on
Result = TypeVar("Result")


def stopped_error(dispatch: Dispatch) -> BulkError:
    """Why the engine stopped, as the error that ends the command."""
    if dispatch.stops.error is not None:
        return dispatch.stops.error
    if dispatch.stops.refused_key:
        return AbortedError("access_refused", reason=dispatch.stops.stopped_by)
    if dispatch.stops.shut_out:
        return AbortedError("access_shut_out", reason=dispatch.stops.stopped_by)
    if dispatch.stops.stopped_by:
        return UnfinishedError("stopped", reason=dispatch.stops.stopped_by)
    return UnfinishedError("stopped_before_rows")


class Question(Generic[Result]):
    """A feed of one flow that is nobody's row."""

    def __init__(self, asking: Asking[Result], answered: Callable[[Result], None] = lambda _answer: None) -> None:
        self._asking = asking
        self._answered = answered
        self._answers: list[Result] = []
        self._error: BulkError | None = None
        self._given = False

    def answer(self, dispatch: Dispatch) -> Result:
        """The answer, once the feed has run. Raises what makes the job impossible, or why there is no answer."""
        if self._error is not None:
            raise self._error
        if not self._answers:
            raise stopped_error(dispatch)
        return self._answers[0]

    def take(self) -> Task | None:
        """Give the flow, once."""
        if self._given:
            return None
        self._given = True
        return Task(1, "question", self._flow(), Role.QUESTION)

    def _flow(self) -> Flow:
        try:
            self._answers.append((yield from self._asking))
        except BulkError as error:
            self._error = error
        else:
            self._answered(self._answers[0])
        return Outcome(RowStatus.SUCCEEDED)

    @property
    def failed(self) -> bool:
        """Whether it will never be answered."""
        return self._error is not None

    @property
    def done(self) -> bool:
        """Whether it was given."""
        return self._given

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Questions leave nothing behind."""

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Questions leave nothing behind."""


class Beside(Generic[Result]):
    """A feed with a question beside it; without an answer, no more of the feed is begun."""

    def __init__(self, question: Question[Result], feed: Feed) -> None:
        self._question = question
        self._feed = feed
        self._waiting = feed if isinstance(feed, Waiting) else None
        self._lead = _LEAD

    def take(self) -> Task | None:
        """Give the next task of either."""
        if self._question.failed:
            return None
        task = self._feed.take() if self._lead else None
        self._lead -= bool(self._lead)
        return task or self._question.take() or self._feed.take()

    @property
    def again_at(self) -> float:
        """When to ask again; what lies in the past does not count."""
        return math.inf if self._waiting is None else self._waiting.again_at

    @property
    def done(self) -> bool:
        """Whether no task will come any more."""
        return self._question.done and (self._question.failed or self._feed.done)

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Hand a receipt on."""
        self._feed.received(step, receipt, checkpoint)

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Hand the end of a row on."""
        self._feed.ended(task, outcome, checkpoint)
