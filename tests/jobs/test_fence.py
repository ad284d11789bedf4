"""What a job holds across machines: never two who believe at once that they may send, whatever is slow or stopped."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import math
import shutil
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from types import SimpleNamespace

import anyio
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bulk.access import fence as fences
from bulk.access.clocks import slept, unstopped
from bulk.access.fence import Fence, Lease, LeaseStore, LostLease, Occupied, Owner, owner_of
from bulk.access.fence_redis import BESIDE, RedisLeases
from bulk.access.fenced_pace import FencedPace
from bulk.access.fencing import lease_seconds
from bulk.access.shared_limit import SharedLimit
from bulk.access.shared_limit_file import FileStore
from bulk.access.shared_limit_redis import ROWS, RedisStore
from bulk.access.shared_limit_rows import Unreachable
from bulk.engine.limit import RateLimit
from bulk.engine.places import Places
from bulk.engine.steps import Step
from bulk.engine.tasks import Role, question
from bulk.errors import UnfinishedError, UsageError
from bulk.model import Request
from bulk.storage.processes import new_name
from tests.redis_server import redis_server
from tests.scale import tries
from tests.sharing import renew, settle
from tests.virtual import run

HOST = "account.example.com"
SECONDS = 10.0
KEY = "a lease"


@dataclass
class Leases:
    """What the scripts do, by a time that the test says."""

    now: Callable[[], float]
    standing: dict[str, tuple[str, float]] = field(default_factory=dict)  # key -> what stands there, and until when
    last: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    gone: bool = False

    def standing_now(self, key: str) -> str:
        value, until = self.standing.get(key, ("", -math.inf))
        return value if self.now() < until else ""

    def take(self, key: str, owner: str, seconds: float, dead: str) -> str | Occupied:
        self._answer()
        there = self.standing_now(key)
        if there and there != dead:
            return Occupied(there, self.standing[key][1] - self.now())
        self.numbers[key] = self.numbers.get(key, 0) + 1
        value = f"{self.numbers[key]} {owner}"
        self.last[key] = value
        self.standing[key] = (value, self.now() + seconds)
        return value

    def renew(self, leases: tuple[Lease, ...], seconds: float) -> LostLease | None:
        self._answer()
        for lease in leases:
            there, last = self.standing_now(lease.key), self.last.get(lease.key, "")
            if there != lease.value and (there or last != lease.value):
                return LostLease(lease.key, there or last)
        for lease in leases:
            self.standing[lease.key] = (lease.value, self.now() + seconds)
        return None

    def release(self, lease: Lease) -> None:
        self._answer()
        if self.last.get(lease.key) == lease.value:
            self.last[lease.key] = ""
        if self.standing_now(lease.key) == lease.value:
            del self.standing[lease.key]

    def close(self) -> None:
        pass

    def _answer(self) -> None:
        if self.gone:
            raise Unreachable("no answer")


def owner(name: str) -> Owner:
    return Owner(name, f"machine-{name}", 7, f"job-{name}")


# ---- the law


SHORT = st.one_of(st.just(0.0), st.floats(0.0, 2.0), st.floats(0.0, 40.0))  # what a stop makes of a moment
DO = st.tuples(
    st.floats(0.0, 8.0),  # seconds until it is done
    st.integers(0, 2),  # by whom
    st.sampled_from(["take", "renew", "renew", "release"]),
    SHORT,  # seconds on the way there, and back
    SHORT,
)


@settings(max_examples=tries(300, 5_000))
@example([(0.0, 0, "take", 0.0, 30.0), (8.0, 1, "take", 0.0, 0.0), (8.0, 1, "take", 0.0, 0.0)], [0.99, 1.01, 1.0])
@example(
    [
        (0.0, 0, "take", 0.0, 0.0),
        (1.0, 0, "renew", 20.0, 0.0),
        *[(8.0, 1, "take", 0.0, 0.0)] * 3,
        (0, 1, "release", 0, 0),
    ],
    [1.0, 1.0, 1.0],
)
@given(st.lists(DO, max_size=25), st.lists(st.floats(0.99, 1.01), min_size=3, max_size=3))
def test_never_do_two_believe_at_once_that_they_may_send(
    steps: list[tuple[float, int, str, float, float]], rates: list[float]
):
    """Each has a clock of its own, a little fast or slow; what it asks and what it is told takes its time."""
    now = 0.0
    leases = Leases(lambda: now)
    jobs = [
        Fence(leases, owner(str(at)), SECONDS, lambda rate=rate, at=at: 1000.0 * at + now * rate)
        for at, rate in enumerate(rates)
    ]
    numbers, events, highest = count(), [], 0

    def later(seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(events, (now + seconds, next(numbers), act))

    def begin(at: int, what: str, there: float, back: float) -> None:
        job = jobs[at]
        if what == "take" and not job._leases:
            asked_at = job._clock()

            def take() -> None:
                got = leases.take(KEY, fences._text(job._owner), SECONDS, "")
                if isinstance(got, str):
                    later(back, lambda: job.hold(Lease(KEY, got, "notes", HOST), asked_at) if not job._leases else None)

            later(there, take)
        elif what == "renew" and (asked := job.asked()) is not None:

            def renew_them() -> None:
                told = leases.renew(asked.leases, asked.seconds)
                later(back, lambda: job.take_in(asked, told))

            later(there, renew_them)
        elif what == "release":
            for lease in job._leases:
                job._leases = ()
                later(there, lambda lease=lease: leases.release(lease))

    when = 0.0
    for seconds, at, what, there, back in steps:
        when += seconds
        later(when, lambda at=at, what=what, there=there, back=back: begin(at, what, there, back))
    while events:
        at, _number, act = heapq.heappop(events)
        for moment in (now, (now + at) / 2, at):  # before, in between, and right before it happens
            now = moment
            highest = max(highest, _who_may_send(jobs, leases, highest))
        act()
        highest = max(highest, _who_may_send(jobs, leases, highest))


def _who_may_send(jobs: list[Fence], leases: Leases, highest: int) -> int:
    """The number of the lease of who may send now; there is one such at most, and the store knows it as its owner."""
    sure = [job for job in jobs if job._leases and job.is_sure()]
    assert len(sure) <= 1
    for job in sure:
        assert leases.standing_now(KEY) == job._leases[0].value
        number = int(job._leases[0].value.split()[0])
        assert number >= highest, "somebody with a later lease may have sent before"
        return number
    return 0


# ---- what becomes of a job


@dataclass
class Play:
    """Jobs on machines, and a clock by which they are stopped; while they wait, it goes on with the loop's."""

    ahead: float = 0.0
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = asyncio.get_running_loop()  # asked by threads too
        self.leases = Leases(self.clock)

    def clock(self) -> float:
        return self.loop.time() + self.ahead

    def fence(self, name: str) -> Fence:
        return Fence(self.leases, owner(name), SECONDS, self.clock)

    async def take(self, job: Fence, patience: float | None = None) -> None:
        await job.take("notes", HOST, self.said.append, patience)


def test_who_was_stopped_goes_on_if_nobody_had_it_meanwhile():
    async def play() -> None:
        at = Play()
        one = at.fence("one")
        await at.take(one)
        assert one.is_sure()
        at.ahead += 30.0
        assert not one.is_sure()
        assert one.is_due()
        await one.renew()
        assert one.is_sure()
        one.check()

    run(play)


@pytest.mark.parametrize("released", [False, True])
def test_who_was_stopped_ends_if_somebody_had_it(released: bool):
    async def play() -> None:
        at = Play()
        one, two = at.fence("one"), at.fence("two")
        await at.take(one)
        at.ahead += 30.0
        await at.take(two)
        if released:
            await two.close()
        await one.renew()
        assert not one.is_sure()
        with pytest.raises(UnfinishedError, match="hold on notes") as raised:
            one.check()
        assert raised.value.code == "resource_taken"
        assert ("machine-two" in str(raised.value)) is not released
        assert raised.value.exit_code == 4
        await one.close()
        assert released or two.is_sure()

    run(play)


def test_who_is_at_work_is_named_to_who_comes_then():
    async def play() -> None:
        at = Play()
        one, two = at.fence("one"), at.fence("two")
        await at.take(one)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.keep)
            with pytest.raises(UnfinishedError, match=r"job-one \(process 7 on machine-one\)") as raised:
                await at.take(two)
            tasks.cancel_scope.cancel()
        assert raised.value.code == "resource_in_use_elsewhere"
        assert at.said == [
            "Waiting for the job job-one (process 7 on machine-one), which makes notes in account.example.com."
        ]
        assert anyio.current_time() <= SECONDS

    run(play)


def test_who_waits_for_a_moment_gets_it_when_it_is_left():
    async def play() -> None:
        at = Play()
        one, two = at.fence("one"), at.fence("two")
        await at.take(one)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.keep)
            tasks.start_soon(at.take, two, 600.0)
            await anyio.sleep(100.0)
            assert not two._leases
            await one.release("notes")
            await anyio.sleep(1.0)
            tasks.cancel_scope.cancel()
        assert two.is_sure()
        assert two._leases[0].value.startswith("2 ")

    run(play)


def test_the_lease_of_a_machine_that_died_is_gone_after_its_time():
    async def play() -> None:
        at = Play()
        one, two = at.fence("one"), at.fence("two")
        await at.take(one)
        await at.take(two)
        assert SECONDS <= anyio.current_time() <= SECONDS + 1.0
        assert two.is_sure()
        assert not one.is_sure()

    run(play)


def test_a_process_that_died_on_this_machine_is_not_waited_for():
    async def play() -> None:
        at = Play()
        alive = new_name()
        dead = alive.rsplit(".", 1)[0] + ".1"
        if "." not in alive:
            pytest.skip("nobody can tell on this system which process has died")
        one, two = Fence(at.leases, Owner(dead, "here", 1, "job"), SECONDS, at.clock), at.fence("two")
        await at.take(one)
        await at.take(two)
        assert anyio.current_time() == 0.0
        assert two.is_sure()

    run(play)


def test_while_it_does_not_answer_nobody_sends_and_then_the_job_stops():
    async def play() -> None:
        at = Play()
        one = at.fence("one")
        await at.take(one)
        at.leases.gone = True
        pace = FencedPace(RateLimit(0), one)
        while anyio.current_time() < SECONDS:
            assert (pace.ready_at(5.0) == 5.0) is one.is_sure()
            if pace.is_due(anyio.current_time()):
                await pace.renew()
            await anyio.sleep(0.5)
        assert pace.ready_at(5.0) > 5.0
        assert not pace.may_leave(0.0, math.inf, 5.0)
        at.leases.gone = False
        await anyio.sleep(1.0)
        await pace.renew()
        assert pace.may_leave(0.0, math.inf, 5.0)
        at.leases.gone = True
        with pytest.raises(UnfinishedError, match="no answer") as raised:  # noqa: PT012 - it is asked again and again
            while True:
                pace.ready_at(5.0)
                await pace.renew()
                await anyio.sleep(1.0)
        assert raised.value.code == "fence_unreachable"
        assert anyio.current_time() <= 3 * SECONDS + fences.PATIENCE
        with pytest.raises(UnfinishedError, match="no answer"):
            await at.take(at.fence("two"))

    run(play)


def test_a_renewal_that_comes_after_the_release_is_nobody_s_loss():
    async def play() -> None:
        at = Play()
        one = at.fence("one")
        await at.take(one)
        asked = one.asked()
        assert asked
        await one.release("notes")
        told = at.leases.renew(asked.leases, SECONDS)
        assert told, "it is free, and stays so"
        one.note(asked, told)
        assert one.is_sure()
        await at.take(at.fence("two"))
        assert anyio.current_time() == 0.0

    run(play)


# ---- in a Redis


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@settings(max_examples=tries(40, 400), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["take", "renew", "release", "ends", "over"])), max_size=30)
)
def test_the_scripts_do_what_the_law_was_tried_with(redis_url: str, steps: list[tuple[int, str]]):
    now = 0.0
    fake, real = Leases(lambda: now), RedisLeases(redis_url)
    key = f"{KEY} {new_name()}"
    with contextlib.closing(real):
        mine: dict[int, Lease] = {}
        for who, what in steps:
            if what == "ends":
                now += 2 * SECONDS
                real._redis.delete(key)
            elif what in ("take", "over"):
                dead = fake.standing_now(key) if what == "over" else ""
                got, there = fake.take(key, f"o{who}", SECONDS, dead), real.take(key, f"o{who}", SECONDS, dead)
                assert getattr(got, "value", got) == getattr(there, "value", there)
                assert isinstance(got, Occupied) is isinstance(there, Occupied)
                if isinstance(got, str):
                    mine[who] = Lease(key, got)
            elif who in mine and what == "renew":
                told = fake.renew((mine[who],), SECONDS)
                if told is not None and told.value == mine[who].value:
                    told = LostLease(key, "")
                assert real.renew([mine[who]], SECONDS) == told
            elif who in mine:
                fake.release(mine[who])
                real.release(mine[who])
            kept = real._redis.get(key)
            assert (kept or b"").decode() == fake.standing_now(key)
            assert kept is None or SECONDS / 2 < real._redis.pttl(key) / 1000 <= SECONDS


def test_a_lease_ends_by_itself_and_its_number_stays(redis_url: str):
    store: LeaseStore = RedisLeases(redis_url)
    first = store.take("short", "one", 0.001, "")
    while isinstance(second := store.take("short", "two", SECONDS, ""), Occupied):
        pass
    assert (first, second) == ("1 one", "2 two")
    store.release(Lease("short", "2 two"))
    assert store.take("short", "three", SECONDS, "") == "3 three"
    store.close()


def test_nothing_is_granted_to_who_has_lost_its_lease(redis_url: str, tmp_path: Path):
    """The check and the place in the budget are one step: the book stays as it was."""
    key = f"{KEY} {new_name()}"
    leases = RedisLeases(redis_url)
    value = leases.take(key, fences._text(owner("one")), SECONDS, "")
    assert isinstance(value, str)
    one = Fence(leases, owner("one"), SECONDS)
    one.hold(Lease(key, value, "notes", HOST), unstopped())
    limit = SharedLimit(RedisStore(redis_url, 0.0, lambda: 0.0), 5.0, key, lambda: None)
    limit.guard(one)
    settle(limit, key, 1.0)
    assert leases._redis.pttl(key) > 0.9 * 1000 * SECONDS, "the limit's own traffic renews it"
    leases._redis.delete(key)
    assert isinstance(leases.take(key, fences._text(owner("two")), SECONDS, ""), str)
    before = leases._redis.hgetall(ROWS)
    renew(limit, 2.0)
    assert leases._redis.hgetall(ROWS) == before != {}
    pace = FencedPace(limit, one)
    assert not pace.may_leave(1.0, math.inf, 2.0)
    with pytest.raises(UnfinishedError, match="machine-two"):
        pace.ready_at(2.0)
    limit._store.close()
    leases.close()


def test_a_redis_that_forgot_everything_is_no_reason_to_go_on(redis_url: str):
    leases = RedisLeases(redis_url)
    key = f"{KEY} {new_name()}"
    value = leases.take(key, "one", SECONDS, "")
    assert isinstance(value, str)
    leases._redis.delete(key, key + BESIDE)
    assert leases.renew([Lease(key, value)], SECONDS) == LostLease(key, "")
    leases.close()


def test_what_stands_in_a_lease_of_another_version_is_somebody():
    assert str(owner_of("12 {}")) == str(owner_of("nonsense")) == "another job"
    assert owner_of("3 " + fences._text(owner("one"))) == owner("one")


@pytest.mark.parametrize(("text", "seconds"), [("", 15.0), (" 2 ", 2.0), ("3600", 3600.0)])
def test_how_long_a_lease_is(text: str, seconds: float):
    assert lease_seconds({"BULK_LEASE_SECONDS": text}) == seconds


@pytest.mark.parametrize("text", ["soon", "0", "0.5", "-3", "nan", "inf", "3601"])
def test_what_is_no_time_of_a_lease_is_refused(text: str):
    with pytest.raises(UsageError, match="BULK_LEASE_SECONDS") as raised:
        lease_seconds({"BULK_LEASE_SECONDS": text})
    assert raised.value.code == "lease_seconds_invalid"


def test_the_clock_of_leases_goes_on_and_tells_sleep_from_work():
    before, asleep = unstopped(), slept()
    assert unstopped() >= before
    assert slept() - asleep == pytest.approx(0.0, abs=0.01)


# ---- places in the budget


class Slow:
    """A job of which each request leaves some time after its turn; the whole job may be stopped for a while.

    `lead`: seconds that each has its turn before its place.
    """

    def __init__(self, limit: SharedLimit, lead: float) -> None:
        self.limit = limit
        self.places = Places(limit, SimpleNamespace(limits_of=lambda _step: (limit,)))
        self.places.wrote(lead)
        self.waiting: list[tuple[float, Step]] = []  # when each comes to its connection
        self.stopped_until = -math.inf
        self.left: list[float] = []
        self.taken = 0

    def act(self, now: float, late: Callable[[], float]) -> float:
        """Do what is due; when to act again."""
        if now < self.stopped_until:
            return self.stopped_until
        for _again in range(5):
            if not self.limit.is_due(now):
                break
            renew(self.limit, now)
        place = ready = self.limit.ready_at(now)
        if ready > now:
            place = self.places.planned_at(now)
            ready = min(ready, self.places.turn_at(place, now))
        if ready <= now and len(self.waiting) < 6:
            step = Step(question(1, Role.QUESTION, Request("s", "GET", "users/me")), Request("s", "GET", "users/me"))
            step.leave(place)
            self.places.spend(step, place, now)
            self.taken += 1
            self.waiting.append((max(place, now + late()), step))
            ready = math.nextafter(now, math.inf)
        for due, step in [one for one in self.waiting if one[0] <= now]:
            if self.places.may_leave(step, now) or self.places.takes_another(step, now):
                self.places.departs(step, now)
                self.left.append(now)
                self.waiting.remove((due, step))
            else:
                at = self.waiting.index((due, step))
                self.waiting[at] = (max(math.nextafter(now, math.inf), min(self.limit.ready_at(now), now + 0.05)), step)
        return min([max(ready, math.nextafter(now, math.inf)), now + 0.05, *(due for due, _step in self.waiting)])


@settings(max_examples=tries(40, 600), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 10_000),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.03, 0.3, 2.0]),
    st.sampled_from([0.0, 0.05, 0.15]),
)
def test_what_leaves_has_a_place_of_that_moment_however_late_it_comes(
    tmp_path: Path, seed: int, jobs: int, latest: float, lead: float
):
    """Some of what leaves is late, and whole jobs are stopped: by what the server sees, the limit is kept."""
    book = tmp_path / "places" / "budgets.sqlite"
    shutil.rmtree(book.parent, ignore_errors=True)
    chance = Random(seed)
    slow = []
    for _job in range(jobs):
        store = FileStore(book, 0.0, lambda: 1_000.0)
        limit = SharedLimit(store, 5.0, "the account", lambda: None)
        weakref.finalize(limit, store.close)
        settle(limit, HOST, 0.0)
        slow.append(Slow(limit, lead))
    due, now = [0.4 * chance.random() for _one in slow], 0.0
    comes = [0.0, *(chance.random() * 6.0 for _one in slow[1:])]
    end = 20.0
    while now < end:
        at = min(range(jobs), key=lambda one: due[one])
        now = due[at]
        if now < comes[at]:
            due[at] = comes[at]
            continue
        if chance.random() < 0.005:
            length = chance.choice([0.2, 1.5, 6.0])
            slow[at].stopped_until = now + length
            end += length / jobs  # so that a game is never all stops
        due[at] = slow[at].act(now, lambda: latest * chance.random() if chance.random() < 0.3 else 0.001)
    left = sorted(moment for one in slow for moment in one.left)
    assert max(sum(start <= other < start + 1.0 - 1e-6 for other in left) for start in left) <= 5
    assert len(left) > 20


def test_what_was_granted_before_the_machine_slept_is_void(tmp_path: Path):
    """The loop's clock stands still meanwhile: by it all would be good yet."""
    asleep = 0.0
    store = FileStore(tmp_path / "state" / "budgets.sqlite", 0.0, lambda: 1_000.0)
    limit = SharedLimit(store, 5.0, "the account", lambda: None, lambda: asleep)
    settle(limit, HOST, 0.0)
    renew(limit, 0.0)
    assert limit.ready_at(0.0) == 0.0
    limit.spend(0.0)
    place = limit.place_until
    assert limit.may_leave(0.0, place, 0.01)
    asked = limit._asked(0.01)
    granted = limit._exchange(asked)
    asleep = 30.0
    assert not limit.may_leave(0.0, place, 0.01)
    assert limit.ready_at(0.01) == math.inf
    limit._take(asked, granted, 0.02)  # which was on its way when it fell asleep
    assert limit.ready_at(0.02) == math.inf
    assert limit.is_due(0.02)
    renew(limit, 0.02)
    assert limit.ready_at(0.02) < math.inf
    store.close()
