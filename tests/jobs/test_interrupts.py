"""Ctrl-C, once and twice, while answers are slow: in virtual time, with real signals."""

from __future__ import annotations

import json
import os
import signal

import anyio
import pytest

from bulk.errors import InterruptedJobError
from bulk.model import Request
from bulk.runtime import watchdog
from bulk.runtime.progress import Silent
from bulk.sandbox.faults import Fault
from tests.world import World, check_reports

ROWS = [(f"p{n}@example.com", f"N {n}", "VIP") for n in range(40)]
HEADER = "email,firstName,tags"
ANSWER = 20.0  # seconds that every answer to a write takes
AT = 9  # the write at which the first signal comes


class Impatient(Silent):
    """Presses Ctrl-C so often more as soon as the job says that it waits."""

    def __init__(self, more: int) -> None:
        self.more = more
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)
        if line.startswith("Stopping"):
            for _ in range(self.more):
                os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def slow(world: World) -> World:
    """A world whose writes take long; the first Ctrl-C comes in the middle. `cut` holds when."""
    world.faults = (Fault("slow", method="POST", seconds=ANSWER),)
    world.cut = []
    writes = 0

    def press(request: Request) -> None:
        nonlocal writes
        writes += request.method == "POST"
        if writes == AT and not world.cut:
            world.cut.append(anyio.current_time())
            os.kill(os.getpid(), signal.SIGINT)

    world.on_send = press
    return world


def interrupted(world: World, more: int) -> tuple[float, dict[str, int], list[str]]:
    """Interrupt a job once and so often more; the seconds from the first signal, its sums, and what it said."""
    progress = Impatient(more)
    world.signals, world.progress = True, progress
    job_result = world.start(world.csv(ROWS, HEADER), concurrency=4)
    world.signals, world.progress = False, None
    assert isinstance(job_result.error, InterruptedJobError)
    assert job_result.error.exit_code == 130
    lines = check_reports(world.job.path, HEADER)
    written = {line["email"] for line in lines.values() if line["_file"] == "unprocessed.csv"}
    sent = {body["contact"]["email"] for request, _reply in world.sent if (body := request.body) and "contact" in body}
    assert job_result.summary.begun == len(written & sent), "of rows that have begun it is not said that they were not"
    assert json.loads(world.job.file("summary.json").read_text()).get("begun", 0) == job_result.summary.begun
    return job_result.summary.totals.seconds - world.cut[0], job_result.summary.rows, progress.said


def finish(world: World) -> None:
    world.faults = ()
    assert world.resume().summary.complete
    people = world.account()["contacts"]
    assert len(people) == len(ROWS)
    assert all(person["tags"] == {"VIP"} for person in people.values())


def test_one_ctrl_c_waits_for_what_is_on_its_way_and_for_nothing_else(slow: World):
    seconds, rows, said = interrupted(slow, 0)
    assert ANSWER - 1 < seconds < ANSWER + 1
    assert rows["in_doubt"] == rows["failed"] == 0
    assert rows["unprocessed"] > 20
    assert slow.job.summary()["begun"] > 0, "some were made and have no tag yet"
    assert "Stopping: waiting for what is on its way. Once more leaves at once." in said
    assert not list(slow.job.path.glob("*-wal")), "the checkpoint is closed"
    finish(slow)


def test_the_second_ctrl_c_leaves_at_once(slow: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watchdog, "_leave", lambda _number: None)  # else it ends this process after its grace
    seconds, rows, _said = interrupted(slow, 1)
    assert seconds < 1
    assert 1 <= rows["in_doubt"] <= 4, "what was on its way"
    assert rows["failed"] == 0
    assert rows["unprocessed"] > 20
    assert not list(slow.job.path.glob("*-wal")), "the checkpoint is closed"
    finish(slow)
