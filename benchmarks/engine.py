"""How many requests the engine alone settles: no network, no clock, no disk. `python -m benchmarks.engine [N]`."""

from __future__ import annotations

import sys
import time

from bulk.engine.dispatch import Dispatch
from bulk.engine.limit import RateLimit
from bulk.engine.steps import Step
from bulk.engine.tasks import Task
from bulk.model import Flow, Outcome, Reply, Request, RowStatus

GOAL = 50_000


def flow(row: int) -> Flow:
    """A row of three requests: the contact, then a tag and a list side by side."""
    receipts = yield (Request("contact", "POST", "contact/sync", body={"row": row}, keep=lambda body: body["id"]),)
    assert receipts[0].ok
    yield (Request("tag", "POST", "contactTags"), Request("list", "POST", "contactLists"))
    return Outcome(RowStatus.SUCCEEDED, "created", receipts[0].data)


def settle(requests: int, rate: float) -> float:
    """Settle so many requests at a rate (0: no limit) in virtual time; the requests settled in a real second."""
    dispatch = Dispatch(RateLimit(rate), lambda: 0.5, rate=rate or float("inf"))
    reply = Reply(201, {"id": "1"})
    flying: list[Step] = []
    now, row, ended = 0.0, 0, 0
    rows = requests // 3
    began = time.perf_counter()
    while ended < rows:
        while row < rows and dispatch.wants():
            dispatch.add(Task(row, str(row), flow(row)))
            row += 1
        step = dispatch.next(now)
        if isinstance(step, Step):
            flying.append(step)
            continue
        if flying:
            ended += len(dispatch.answer(flying.pop(0), reply, now).ended)
        elif step is not None:
            now = step
    return dispatch.requests / (time.perf_counter() - began)


def main() -> None:
    """Print the table."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    for name, rate in (("no limit", 0.0), ("5 requests a second", 5.0)):
        best = max(settle(requests, rate) for _ in range(3))
        print(f"engine alone, {name:20} {best:10,.0f} requests a second   {best / GOAL:5.2f} x the goal of {GOAL:,}")


if __name__ == "__main__":
    main()
