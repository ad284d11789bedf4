"""Why the engine sends nothing more, and when a step has had its tries. Reads no clock."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from bulk.engine.confirm import is_misshapen, is_page
from bulk.engine.retry import ATTEMPTS, explain
from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task, question
from bulk.errors import UnfinishedError
from bulk.model import Lost, Reply, Request

ALIKE: Final = 4  # times that a question gets one and the same answer of a wrong shape: another would be that too


class Stops:
    """Whether the engine has stopped, and why; the first reason holds."""

    def __init__(self) -> None:
        self.stopping = False
        self.stopped_by: str | None = None  # why the job cannot go on: key refused, or nobody answers
        self.error: UnfinishedError | None = None  # the same, where it is more than words
        self.refused_key = False
        self.shut_out = False  # stopped since a page that is not the API's stands before everything
        self._probes = 0  # asked so far
        self._probe: Task | None = None  # the last of them

    def stop(self, why: str, error: UnfinishedError | None = None) -> None:
        """Send nothing more, for this reason."""
        if self.stopped_by is None:
            self.error = error
        self.stopped_by = self.stopped_by or why
        self.stopping = True

    def stop_refused(self, reply: Reply | Lost) -> None:
        """Send nothing more with this key."""
        self.refused_key = True
        self.stop(explain(reply)[1])

    def gives_up(self, step: Step, reply: Reply | Lost, last_good: float) -> bool:
        """Whether this step has had its tries, given when the last good answer came.

        If nothing at all was answered well since its second one, the fault may not be the row's (while the first was
        on its way, all may have been well yet): a `probe` is asked, and the step has one try more. If that brings
        nothing either, the job stops, to be resumed.
        """
        if isinstance(reply, Reply) and is_misshapen(step.request, reply) and step.comes_again(reply) >= ALIKE:
            return True  # who answers so is there, and has no other answer
        if step.tries < ATTEMPTS or last_good >= step.second_sent:
            return step.tries >= ATTEMPTS
        if step.tries > ATTEMPTS or step.task.role is Role.PROBE:
            said = explain(reply)[1].rstrip(".")
            self.shut_out = is_page(reply) and isinstance(reply, Reply) and reply.status < 500
            self.stop(f"Nothing is answered any more. The last try: {said}")
            return True
        return False

    def probe(self, step: Step, last_good: float, tasks: Container[Task]) -> Task | None:
        """Our own question whether the API answers at all, where a step that goes again asks for it.

        `tasks` are those that are open: one such question at a time is enough.
        """
        if step.tries < ATTEMPTS or last_good >= step.second_sent or self._probe in tasks:
            return None
        self._probes += 1
        self._probe = question(self._probes, Role.PROBE, Request("probe", "GET", "users/me"))
        return self._probe
