"""The runner with a real checkpoint, in virtual time: intent before a send, receipt before an end, drain, cancel."""

from __future__ import annotations

import contextlib
import math
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from bulk.access.account import Account, sharing
from bulk.access.shared_limit import SharedLimit
from bulk.access.shared_limit_file import FileStore
from bulk.engine.dispatch import Dispatch
from bulk.engine.limit import RateLimit
from bulk.engine.steps import Step
from bulk.engine.tasks import Task
from bulk.errors import AbortedError, UnfinishedError
from bulk.model import Flow, Lost, Outcome, Receipt, Reply, Request, RowStatus, Verdict, Wait
from bulk.planning.flow import Asking
from bulk.runtime.runner import Runner, new_dispatch
from bulk.storage.checkpoint import Checkpoint, new_checkpoint, opened_checkpoint
from bulk.storage.journal import OpenRow
from tests.virtual import run

ROWS = 40
LATENCY = 1.3  # more than the time between two bursts: something is always in flight
OK = Reply(200, {"id": "1"})


def flow(row: int) -> Flow:
    """Two writes: one that may be repeated, and one that is settled by reading if its answer is lost."""
    receipts = yield (Request("first", "POST", f"{row}/first", keep=lambda body: body["id"]),)
    if receipts[0].ok:
        receipts = yield (Request("second", "POST", f"{row}/second", repeatable=False),)
        if receipts[0].verdict is Verdict.IN_DOUBT:
            receipts = yield (Request("look", "GET", f"{row}/second"),)
    return Outcome(RowStatus.SUCCEEDED if receipts[0].ok else RowStatus.FAILED, "updated", str(row))


@dataclass
class Feed:
    tasks: list[Task]
    done: bool = False

    def take(self) -> Task | None:
        self.done = not self.tasks
        return self.tasks.pop(0) if self.tasks else None

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        checkpoint.journal.receive(step.task.id, step.request.method, receipt)

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        checkpoint.rows.settle(task.id, outcome)


def feed_of(checkpoint: Checkpoint) -> Feed:
    """What is not settled yet, with what is known of it."""
    settled = checkpoint.rows.settled_between(1, ROWS)
    opened = checkpoint.journal.open_between(1, ROWS)
    rows = [row for row in range(1, ROWS + 1) if row not in settled]
    return Feed([_task(row, opened.get(row, OpenRow())) for row in rows])


def _task(row: int, opened: OpenRow) -> Task:
    return Task(row, f"k{row % 30}", flow(row), known=opened.known, cut_off=opened.cut_off)


@dataclass
class Server:
    """Applies each write as it arrives, answers later; and sees that the intent stands on disk before."""

    checkpoint: Checkpoint
    applied: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    reply: Callable[[Request], Reply | Lost] = lambda _request: OK

    async def send(self, request: Request) -> Reply | Lost:
        if request.method == "GET":
            return OK if self.applied[request.path] else Reply(404, {"message": "No Result found"})
        row = int(request.path.split("/")[0])
        assert request.step in self.checkpoint.journal.open_between(row, row)[row].cut_off, "no intent on disk"
        self.applied[request.path] += 1
        await anyio.sleep(LATENCY)
        self.answers += 1
        return self.reply(request)


def runner_of(checkpoint: Checkpoint, server: Server, rate: float = 5.0) -> Runner:
    return Runner(Dispatch(RateLimit(rate), lambda: 0.5, rate=rate), server.send, checkpoint)


def check_all_done(checkpoint: Checkpoint) -> None:
    rows = list(checkpoint.rows.settled_rows())
    assert [row.number for row in rows] == list(range(1, ROWS + 1))
    assert {row.outcome for row in rows} == {
        Outcome(RowStatus.SUCCEEDED, "updated", str(row)) for row in range(1, ROWS + 1)
    }


def test_every_row_is_written_down_at_the_pace_of_the_limit(tmp_path: Path):
    async def main() -> None:
        with new_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            server = Server(checkpoint)
            await runner_of(checkpoint, server).run(feed_of(checkpoint))
            check_all_done(checkpoint)
            assert set(server.applied.values()) == {1}
            assert 2 * ROWS / 5 - 1 < anyio.current_time() < 2 * ROWS / 5 * 1.1 + 3

    run(main)


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0, 4.2, 9.9, 15.0])
def test_a_stop_waits_for_what_is_in_flight_and_a_later_run_does_the_rest(tmp_path: Path, seconds: float):
    async def main() -> None:
        with new_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            server = Server(checkpoint)
            runner = runner_of(checkpoint, server)

            async def stop() -> None:
                await anyio.sleep(seconds)
                runner.stop()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(stop)
                await runner.run(feed_of(checkpoint))
                assert anyio.current_time() <= seconds + LATENCY + 0.01
            assert server.answers == server.applied.total(), "what was sent was waited for"
            assert checkpoint.journal.cut_off_rows() == {}
        with opened_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            server.checkpoint = checkpoint
            await runner_of(checkpoint, server).run(feed_of(checkpoint))
            check_all_done(checkpoint)
            assert set(server.applied.values()) == {1}

    run(main)


@pytest.mark.parametrize("seconds", [0.05, 0.3, 1.4, 4.6, 9.5, 15.3])
def test_who_leaves_at_once_leaves_what_is_in_flight_in_doubt(tmp_path: Path, seconds: float):
    async def main() -> None:
        with new_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            server = Server(checkpoint)
            runner = runner_of(checkpoint, server)
            with anyio.move_on_after(seconds) as scope:
                await runner.run(feed_of(checkpoint))
            assert scope.cancelled_caught
            assert anyio.current_time() <= seconds + 0.01
        with opened_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            doubtful = checkpoint.journal.cut_off_rows()
            assert len(doubtful) == server.applied.total() - server.answers > 0
            server.checkpoint = checkpoint
            before = dict(server.applied)
            await runner_of(checkpoint, server).run(feed_of(checkpoint))
            check_all_done(checkpoint)
            for path, count in server.applied.items():
                row, step = path.split("/")
                assert count <= 1 + (step == "first" and int(row) in doubtful and path in before)

    run(main)


def test_a_refused_key_leaves_nothing_in_doubt(tmp_path: Path):
    async def main() -> None:
        with new_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            server = Server(checkpoint, reply=lambda _request: Reply(403, {"message": "Forbidden"}))
            runner = runner_of(checkpoint, server)
            await runner.run(feed_of(checkpoint))
            assert runner.dispatch.stops.refused_key
            assert checkpoint.journal.cut_off_rows() == {}
            assert checkpoint.rows.counts() == {}
            assert server.applied.total() <= runner.dispatch.line.most_in_flight

    run(main)


# ---- waits


def waiting(row: int, seconds: float) -> Flow:
    yield (Request("begin", "POST", f"{row}/begin"),)
    yield (Wait("wait", seconds),)
    yield (Request("after", "POST", f"{row}/after"),)
    return Outcome(RowStatus.SUCCEEDED, "updated", str(row))


def test_a_wait_is_kept_without_a_request_and_a_stop_leaves_its_row_open(tmp_path: Path):
    async def main() -> None:
        with new_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            server = Server(checkpoint)
            rows = [Task(1, "k1", waiting(1, 600.0)), Task(2, "k2", waiting(2, 60.0))]
            runner = runner_of(checkpoint, server)

            async def stop() -> None:
                await anyio.sleep(100.0)
                runner.stop()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(stop)
                await runner.run(Feed(rows))
                assert anyio.current_time() == pytest.approx(100.0)
            assert [row.number for row in checkpoint.rows.settled_rows()] == [2]
            assert checkpoint.journal.cut_off_rows() == {}
            opened = checkpoint.journal.open_between(1, 1)[1]
            assert list(opened.known) == ["begin"]
            begun = anyio.current_time()
            again = Task(1, "k1", waiting(1, 600.0), known=opened.known, cut_off=opened.cut_off)
            await runner_of(checkpoint, server).run(Feed([again]))
            assert anyio.current_time() - begun == pytest.approx(600.0 + LATENCY, abs=0.5)
            assert [row.number for row in checkpoint.rows.settled_rows()] == [1, 2]
            assert set(server.applied.values()) == {1}

    run(main)


def test_after_waits_alone_the_feed_is_asked_for_more(tmp_path: Path):
    def only(row: int) -> Flow:
        yield (Wait("wait", 5.0),)
        return Outcome(RowStatus.SUCCEEDED, "updated", str(row))

    async def main() -> None:
        with new_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            rows = [Task(row, f"k{row}", only(row)) for row in range(1, 1001)]
            await runner_of(checkpoint, Server(checkpoint)).run(Feed(rows))
            assert len(list(checkpoint.rows.settled_rows())) == 1000
            assert 15 <= anyio.current_time() <= 25

    run(main)


# ---- a slow disk


class SlowDisk(Checkpoint):
    """One that writes nothing until it may."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, new=True)
        self.may = threading.Event()
        self._commit = self._database._commit
        self._database._commit = self._late  # type: ignore[method-assign]

    def _late(self) -> None:
        self.may.wait()
        self._commit()


class Pages(Feed):
    """Pages of 100,000 characters, as an export has them."""

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        checkpoint.pages.add(step.task.id, step.task.id, ["x" * 100_000])

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Nothing."""


def page(row: int) -> Flow:
    yield (Request("page", "GET", f"{row}"),)
    return Outcome(RowStatus.SUCCEEDED)


def test_answers_wait_for_a_slow_disk_so_that_memory_is_bounded(tmp_path: Path):
    async def main() -> None:
        answered = 0

        async def send(_request: Request) -> Reply:
            nonlocal answered
            answered += 1
            return OK

        with contextlib.closing(SlowDisk(tmp_path / "c.sqlite")) as disk:
            runner = Runner(Dispatch(RateLimit(0), lambda: 0.5, rate=math.inf), send, disk)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(runner.run, Pages([Task(row, f"k{row}", page(row)) for row in range(1, 201)]))
                await anyio.wait_all_tasks_blocked()
                before, waiting = answered, disk.backlog
                disk.may.set()
            assert 20 <= before <= 30
            assert 2_000_000 <= waiting <= 3_000_000
            assert answered == 200
            assert len(disk.pages.ranges()) == 200
            assert disk.backlog == 0

    anyio.run(main)  # in real time: the clock of the other tests stands still while a thread works


class Gradual(Checkpoint):
    """One that takes a while to write."""

    TAKES = 0.08

    async def durable(self) -> None:
        await anyio.sleep(self.TAKES)
        await super().durable()


@dataclass
class Letting(Server):
    """A server to which each request says before whether it may leave, as the client does."""

    left: list[float] = field(default_factory=list)

    async def send(self, request: Request) -> Reply | Lost:
        assert request.may_leave is not None
        if not await request.may_leave():
            return Lost("not let", sent=False)
        self.left.append(anyio.current_time())
        return await super().send(request)


def test_what_is_written_down_and_has_not_left_when_the_job_stops_is_not_sent(tmp_path: Path):
    async def main() -> None:
        with contextlib.closing(Gradual(tmp_path / "c.sqlite", new=True)) as checkpoint:
            server = Letting(checkpoint)
            async with shared_runner(checkpoint, server, tmp_path) as runner, anyio.create_task_group() as tasks:
                tasks.start_soon(runner.run, feed_of(checkpoint))
                await anyio.sleep(4.0)
                while max(_places_of(runner)) <= anyio.current_time():  # noqa: ASYNC110 - until one waits, in virtual time
                    await anyio.sleep(0.001)
                stopped = anyio.current_time()
                runner.stop()
            assert max(server.left) <= stopped
            assert checkpoint.journal.cut_off_rows() == {}, "what has not left is not in doubt"

    run(main)


def _places_of(runner: Runner) -> list[float]:
    """The places in the limit that were taken last."""
    alone = runner.dispatch.limit._share._alone  # type: ignore[attr-defined]
    return [0.0] if alone is None else list(alone._starts)


# ---- a limit that is shared


@contextlib.asynccontextmanager
async def shared_runner(checkpoint: Checkpoint, server: Server, place: Path) -> AsyncIterator[Runner]:
    """A runner whose limit others would share, if there were any."""
    limit = SharedLimit(FileStore(place / "state" / "b", 0.0, lambda: 0.0), 5.0, "way", lambda: None)
    limit.settle("account")
    yield Runner(new_dispatch(5.0, 0, limit), server.send, checkpoint)
    await limit.close()


def test_a_disk_that_takes_a_while_costs_no_start(tmp_path: Path):
    async def main() -> list[float]:
        with contextlib.closing(Gradual(tmp_path / "c.sqlite", new=True)) as checkpoint:
            server = Letting(checkpoint)
            async with shared_runner(checkpoint, server, tmp_path) as runner:
                await runner.run(feed_of(checkpoint))
            check_all_done(checkpoint)
            return server.left

    left = run(main)
    assert len(left) == 2 * ROWS
    assert max(sum(start <= other < start + 1.0 for other in left) for start in left) == 5
    windows = (len(left) - 5) / 5  # in the first of them it is not yet known how long it takes
    assert windows * 1.0 < left[-1] - left[4] < windows * 1.02 + 2 * Gradual.TAKES


def test_what_is_written_down_and_has_not_left_when_all_have_to_wait_waits_too(tmp_path: Path):
    async def main() -> tuple[list[float], float]:
        refused_at = 0.0

        def reply(_request: Request) -> Reply:
            nonlocal refused_at
            if refused_at or anyio.current_time() < 5.0:
                return OK
            refused_at = anyio.current_time()
            return Reply(429, {"message": "slow down"}, retry_after=7.0)

        with contextlib.closing(Gradual(tmp_path / "c.sqlite", new=True)) as checkpoint:
            server = Letting(checkpoint, reply=reply)
            async with shared_runner(checkpoint, server, tmp_path) as runner:
                await runner.run(feed_of(checkpoint))
            check_all_done(checkpoint)
            return server.left, refused_at

    left, refused_at = run(main)
    assert refused_at >= 5.0
    before = [moment for moment in left if moment <= refused_at]
    assert before[-5] + 1.0 < refused_at + 2 * Gradual.TAKES, "one was written down and waited"
    assert len(left) == 2 * ROWS + 1
    assert not [moment for moment in left if refused_at < moment < refused_at + 7.0]


def test_the_book_of_a_shared_limit_is_never_opened_on_the_loop(tmp_path: Path):
    threads: list[int] = []

    class Book(FileStore):
        def change(self, now: float, about: Any, change: Any) -> Any:
            threads.append(threading.get_ident())
            return super().change(now, about, change)

    async def main() -> None:
        limits = [
            SharedLimit(Book(tmp_path / "state" / "b", 0.0, lambda: 0.0), 5.0, "way", lambda: None) for _ in range(2)
        ]
        with new_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            server = Server(checkpoint)
            limits[0].settle("account")
            runner = Runner(new_dispatch(5.0, 0, limits[0]), server.send, checkpoint)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(runner.run, feed_of(checkpoint))
                await anyio.sleep(5.0)
                limits[1].settle("account")
                await limits[1].turn()  # another one comes
            check_all_done(checkpoint)
            assert 2 * ROWS / 5 - 1 < anyio.current_time() < 2 * ROWS / 5 * 1.2 + 3
        for limit in limits:
            await limit.close()

    run(main)
    assert 10 < len(threads) < 2 * 2 * ROWS
    assert threading.get_ident() not in threads


def test_the_book_is_opened_off_the_loop_too(tmp_path: Path):
    threads: list[int] = []

    class Watched(type(tmp_path)):  # type: ignore[misc]
        def lstat(self) -> Any:
            threads.append(threading.get_ident())
            return super().lstat()

    async def main() -> None:
        async with sharing(Account(None, Watched(tmp_path)), 5.0, lambda _said: None) as limit:
            assert limit is not None
            await limit.turn()

    run(main)
    assert len(threads) > 2
    assert threading.get_ident() not in threads


# ---- questions


def asking(path: str = "x") -> Asking[str]:
    receipts = yield (Request("q", "GET", path, keep=lambda body: body["id"]),)
    if not receipts[0].ok:
        raise AbortedError(f"refused: {receipts[0].error}")
    return str(receipts[0].data)


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        (Reply(404, {"message": "No Result found"}), AbortedError, "refused: No Result found"),
        (Reply(401, {"message": "Who?"}), AbortedError, "Access was refused: Who?"),
        (Lost("no connection", sent=False), UnfinishedError, "Nothing is answered any more"),
        (Reply(429, None, "empty", 10**6), UnfinishedError, "asks to wait 278 hours"),
    ],
)
def test_a_question_is_answered_or_says_why_not(reply: Reply | Lost, error: type[Exception], said: str):
    async def ask_of(answer: Reply | Lost) -> str:
        async def send(_request: Request) -> Reply | Lost:
            return answer

        return await Runner(Dispatch(RateLimit(5), lambda: 0.5, rate=5), send).ask(asking())

    assert run(ask_of, OK) == "1"
    with pytest.raises(error, match=said):
        run(ask_of, reply)
