"""The tasks that are open: each flow runs until it asks what is not yet known; two of one key run one after the other.

Does no I/O. What a flow asks is handed on as steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import cast

from bulk.engine.steps import Ended, Flying, Step
from bulk.engine.tasks import Task
from bulk.engine.waits import Waits, waited
from bulk.model import CUT_OFF, Receipt, Request, Verdict, Wait


class Flows:
    """Tasks in, steps and outcomes out. `asks` is called with each step that a flow asks."""

    def __init__(self, asks: Callable[[Step], None]) -> None:
        self.open: dict[Task, Flying] = {}
        self.waits = Waits()
        self._asks = asks
        self._lanes: dict[str, deque[Flying]] = {}  # by key, those that wait for the open one of it

    def add(self, task: Task) -> tuple[Ended, ...]:
        """Take a task in; gives its outcome if its flow ends without asking anything."""
        flying = Flying(task, dict(task.known))
        self.open[task] = flying
        lane = self._lanes.get(task.key)
        if lane is not None:
            lane.append(flying)
            return ()
        self._lanes[task.key] = deque()
        return self._advance(flying, None)

    def sent_at(self, task: Task, step: str) -> float | None:
        """When a step of this task left that was accepted in this run."""
        return self.open[task].answered.get(step)

    def first_sent_at(self, task: Task, beginning: str) -> float | None:
        """When the first step left whose name begins so, of those of this task that were accepted in this run."""
        return min((at for name, at in self.open[task].answered.items() if name.startswith(beginning)), default=None)

    def receive(self, step: Step, receipt: Receipt) -> tuple[Ended, ...]:
        """Take the end of a step; the tasks that ended by it."""
        flying = self.open[step.task]
        if receipt.ok:
            flying.answered[receipt.step] = step.sent_at
        return self._take(flying, step.at, receipt)

    def go_on(self, now: float) -> tuple[Ended, ...]:
        """Let all flows go on whose waits are over; the tasks that ended by it."""
        ended: tuple[Ended, ...] = ()
        while (over := self.waits.take_over(now)) is not None:
            ended += self._take(*over)
        return ended

    def _take(self, flying: Flying, at: int, receipt: Receipt) -> tuple[Ended, ...]:
        flying.receipts[at] = receipt
        flying.missing -= 1
        return () if flying.missing else self._advance(flying, _complete(flying))

    def _advance(self, flying: Flying, receipts: tuple[Receipt, ...] | None) -> tuple[Ended, ...]:
        """Run the task's flow until it asks what is not yet known, or ends; then the next task of its key begins."""
        ended: list[Ended] = []
        while True:
            task = flying.task
            try:
                asked = task.flow.send(receipts) if receipts is not None else next(task.flow)
            except StopIteration as end:
                ended.append((task, end.value))
                del self.open[task]
                lane = self._lanes[task.key]
                if not lane:
                    del self._lanes[task.key]
                    return tuple(ended)
                flying = lane.popleft()
                receipts = None
                continue
            flying.receipts = [_remembered(flying, one) for one in asked]
            flying.missing = flying.receipts.count(None)
            if flying.missing and self._hand_on(flying, asked):
                return tuple(ended)
            receipts = _complete(flying)

    def _hand_on(self, flying: Flying, asked: tuple[Request | Wait, ...]) -> bool:
        """Hand on what is not known of it, and say whether something is not."""
        task = flying.task
        for at, one in enumerate(asked):
            if flying.receipts[at] is not None:
                continue
            if isinstance(one, Request):
                earlier = task.cut_off.get(one.step, 0)
                self._asks(Step(task, one, earlier, open=earlier > 0, at=at))
            elif flying.known:  # what is left of it speaks of later steps: this wait was over then
                flying.receipts[at] = waited(one)
                flying.missing -= 1
            else:
                self.waits.add(flying, at, one)
        return flying.missing > 0


def _complete(flying: Flying) -> tuple[Receipt, ...]:
    return cast("tuple[Receipt, ...]", tuple(flying.receipts))  # none is missing


def _remembered(flying: Flying, request: Request | Wait) -> Receipt | None:
    if isinstance(request, Wait):
        return None
    known = flying.known.pop(request.step, None)
    cut_off = flying.task.cut_off
    if known is None and request.step in cut_off and not request.repeatable:
        return Receipt(
            request.step, Verdict.IN_DOUBT, code="no_answer", error=CUT_OFF, attempts=cut_off[request.step]
        )  # fmt: skip
    return known
