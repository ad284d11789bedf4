"""The tasks that are open: each flow runs until it asks what is not yet known; two of one key run one after the other.

Does no I/O. What a flow asks is handed on as steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bulk.engine.steps import Ended, Flying, Step
from bulk.engine.tasks import Task
from bulk.model import CUT_OFF, Receipt, Request, Verdict


class Flows:
    """Tasks in, steps and outcomes out. `asks` is called with each step that a flow asks."""

    def __init__(self, asks: Callable[[Step], None]) -> None:
        self.open: dict[Task, Flying] = {}
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

    def receive(self, step: Step, receipt: Receipt) -> tuple[Ended, ...]:
        """Take the end of a step; the tasks that ended by it."""
        flying = self.open[step.task]
        if receipt.ok:
            flying.answered[receipt.step] = step.sent_at
        flying.receipts[step.at] = receipt
        flying.missing -= 1
        return () if flying.missing else self._advance(flying, _complete(flying))

    def _advance(self, flying: Flying, receipts: tuple[Receipt, ...] | None) -> tuple[Ended, ...]:
        """Run the task's flow until it asks what is not yet known, or ends; then the next task of its key begins."""
        ended: list[Ended] = []
        while True:
            task = flying.task
            try:
                requests = task.flow.send(receipts) if receipts is not None else next(task.flow)
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
            flying.receipts = [_remembered(flying, request) for request in requests]
            flying.missing = flying.receipts.count(None)
            if flying.missing:
                for at, request in enumerate(requests):
                    if flying.receipts[at] is None:
                        earlier = task.cut_off.get(request.step, 0)
                        self._asks(Step(task, request, earlier, open=earlier > 0, at=at))
                return tuple(ended)
            receipts = _complete(flying)


def _complete(flying: Flying) -> tuple[Receipt, ...]:
    return tuple(receipt for receipt in flying.receipts if receipt is not None)


def _remembered(flying: Flying, request: Request) -> Receipt | None:
    known = flying.known.pop(request.step, None)
    cut_off = flying.task.cut_off
    if known is None and request.step in cut_off and not request.repeatable:
        return Receipt(
            request.step, Verdict.IN_DOUBT, code="no_answer", error=CUT_OFF, attempts=cut_off[request.step]
        )  # fmt: skip
    return known
