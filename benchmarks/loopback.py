"""The pace over a real loopback socket against a strict sliding limit: `python -m benchmarks.loopback`.

300 ms latency at 50 requests a second (ten times the real pace), and 2 s latency at 5. First the runner alone, from
the first request to the last answer; then a whole `bulk import`, its questions and its end included.
"""

from __future__ import annotations

import functools
import gc
import json
import subprocess
import tempfile
from pathlib import Path

import anyio

from benchmarks.export import BULK, served
from bulk.api.client import Client
from bulk.api.credentials import from_environment
from bulk.engine.steps import Step
from bulk.engine.tasks import Task
from bulk.model import Flow, Outcome, Receipt, Request, RowStatus
from bulk.runtime.runner import Runner, new_dispatch
from bulk.storage.checkpoint import Checkpoint

CASES = ((50, 0.3, 1500, 0.97), (5, 2.0, 300, 0.95))


def flow(row: int) -> Flow:
    """A row of one request."""
    yield (Request("contact", "POST", "contact/sync", body={"contact": {"email": f"r{row}@example.com"}}),)
    return Outcome(RowStatus.SUCCEEDED)


class Rows:
    """A feed of so many rows."""

    def __init__(self, count: int) -> None:
        self.left = count

    def take(self) -> Task | None:
        """Give the next row."""
        self.left -= 1
        return Task(self.left, str(self.left), flow(self.left)) if self.left >= 0 else None

    @property
    def done(self) -> bool:
        """Whether all were given."""
        return self.left <= 0

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Nothing is written down here."""

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Nothing is written down here."""


async def alone(environment: dict[str, str], rate: float, requests: int) -> tuple[float, int]:
    """Send so many requests; the share of the limit that was reached, and the refusals."""
    gc.freeze()  # as a command does
    credentials = from_environment(environment)
    assert credentials is not None
    async with Client(credentials) as client:
        runner = Runner(new_dispatch(rate, 0), client.send)
        began = anyio.current_time()
        await runner.run(Rows(requests))
        return requests / (anyio.current_time() - began) / rate, runner.dispatch.retries


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        for rate, latency, requests, goal in CASES:
            folder = Path(name) / str(rate)
            options = ("--rate", str(rate), "--latency", str(latency))
            with served(folder, 1, skewed=False, options=options) as environment:
                share, refused = anyio.run(functools.partial(alone, environment, rate, requests))
                text = f"rate {rate:2}, {latency:.1f} s latency, {requests:,} requests"
                print(f"{text}: {share:.3f} of the limit (goal {goal}), {refused} refused", flush=True)
                source = folder / "contacts.csv"
                rows = "".join(f"new{n}@example.com,VIP,Newsletter\n" for n in range(requests // 3))
                source.write_text("email,tags,lists\n" + rows, encoding="utf-8")
                command = (*BULK, "import", "contacts", str(source), "--json", "-q", "--rate", str(rate))
                command += ("--engine", "single")  # batches would be a handful of requests
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            summary = json.loads(done.stdout)
            reached = summary["requests_per_second"] / rate
            print(f"  a whole import: {reached:.3f}, {summary['retries']} refused or repeated", flush=True)


if __name__ == "__main__":
    main()
