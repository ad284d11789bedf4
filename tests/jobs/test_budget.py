"""Jobs at the same time on one account keep its limit together, wherever the book of their budget lies."""

from __future__ import annotations

import math
import shutil
import socket
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bulk.access.redis_connection import RETRIES
from bulk.access.shared_limit import PATIENCE, SharedLimit, store_of
from bulk.access.shared_limit_book import Asked, Granted, LeasedStart
from bulk.access.shared_limit_file import FileStore
from bulk.access.shared_limit_redis import RedisStore
from bulk.access.shared_limit_rows import About, Book, BudgetStore, Unreachable
from bulk.access.shared_limit_share import GRACE, Me, Share
from bulk.errors import UnfinishedError, UsageError
from tests.redis_server import redis_server
from tests.scale import tries
from tests.sharing import claim, close, renew, settle

START = 1_000.0  # the machine's clock stands still: the tests say what time it is


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "state" / "budgets.sqlite"


def limit_at(
    book: Path, rate: float = 5.0, name: str = "the account", said: list[str] | None = None, *, known: bool = True,
    started: float = START,
) -> SharedLimit:  # fmt: skip
    """The limit of one more job; `known`: whose account it is, is known by its way from an earlier job."""
    heard = said if said is not None else []
    store = FileStore(book, 0.0, lambda: started)
    limit = SharedLimit(store, rate, name, lambda: heard.append("company"))
    if known:
        settle(limit, f"{name}.example.com", 0.0)
    weakref.finalize(limit, store.close)
    return limit


def drive(limits: list[SharedLimit], seconds: float, now: float = 0.0) -> list[list[float]]:
    """Each starts whenever it may, for so many seconds; when each did."""
    starts: list[list[float]] = [[] for _ in limits]
    due = [now] * len(limits)
    end = now + seconds
    while min(due) < end:
        at = min(range(len(limits)), key=lambda one: due[one])
        now = due[at]
        ready = claim(limits[at], now)
        if ready <= now:
            starts[at].append(now)
            ready = math.nextafter(now, math.inf)
        due[at] = ready
    return starts


def first_start(limit: SharedLimit, now: float) -> float:
    """When it may start."""
    while (ready := claim(limit, now)) > now:
        now = ready
    return now


def most_in_a_second(starts: list[float]) -> int:
    return max(sum(start <= other < start + 1.0 for other in starts) for start in starts)


# ---- in a file


def test_two_have_the_pace_of_one_and_half_of_it_each(book: Path):
    said: list[str] = []
    one, two = drive([limit_at(book, said=said), limit_at(book, said=said)], 60)
    assert most_in_a_second([*one, *two]) == 5
    assert len(one) + len(two) >= 0.93 * 60 * 5
    assert min(len(one), len(two)) >= 0.4 * (len(one) + len(two))
    assert said == ["company", "company"]


def test_who_is_alone_has_it_all(book: Path):
    said: list[str] = []
    (starts,) = drive([limit_at(book, said=said)], 60)
    assert len(starts) >= 0.98 * 60 * 5
    assert not said
    assert (book.stat().st_mode | book.parent.stat().st_mode) & 0o077 == 0


def test_who_is_alone_loses_nothing_at_the_beginning_by_any_clock(book: Path):
    (starts,) = drive([limit_at(book, started=50_000.0)], 20)
    assert starts[5] == pytest.approx(1.26, abs=0.01)  # the first make their connections
    assert [starts[5 * window] for window in range(2, 19)] == pytest.approx(
        [1.26 + 1.01 * (window - 1) for window in range(2, 19)], abs=0.02
    )


@pytest.mark.parametrize("known", [True, False])
def test_connections_that_are_made_at_once_cost_no_time_and_the_first_answers_tell_of_the_line(book: Path, known: bool):
    limit = limit_at(book, known=known)
    (starts,) = drive([limit], 0.2)
    assert len(starts) == 5
    for start in starts:
        limit.left(start, start + 0.002)
    for start, took in zip(starts, (0.2, 0.23, 0.21, 0.24, 0.2), strict=True):
        limit.accepted(start + 0.002, start + took)
    settle(limit, "the account.example.com", 0.4)
    now, later = 0.4, []
    while len(later) < 5:
        if (ready := claim(limit, now)) <= now:
            later.append(now)
            ready = math.nextafter(now, math.inf)
        now = ready
    apart = 0.042  # as far as the answers were apart, or the most that is believed
    assert later == pytest.approx([start + 0.002 + 1.0 + apart for start in starts], abs=0.004)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_the_law_holds_where_every_start_is_late(book: Path, known: bool, seed: int):
    limit, chance, now, starts = limit_at(book, known=known), Random(seed), 0.0, []
    while now < 40.0:
        ready = claim(limit, now)
        if ready <= now:
            starts.append(now)
            ready = math.nextafter(now, math.inf)
        now = ready + chance.choice([0.0, 0.003, 0.02, 0.039]) * chance.random()
    assert most_in_a_second(starts) == 5
    assert len(starts) >= 0.9 * 40 * 5


STEP = st.one_of(
    st.tuples(st.just("join"), st.sampled_from([1.0, 2.5, 5.0, 20.0])),
    st.tuples(st.just("come"), st.sampled_from([1.0, 2.5, 5.0, 20.0])),
    st.tuples(st.just("kill"), st.integers(0, 5)),
    st.tuples(st.just("leave"), st.integers(0, 5)),
    st.tuples(st.just("settle"), st.integers(0, 5)),
    st.tuples(st.just("refused"), st.integers(0, 5)),
    st.tuples(st.just("work"), st.floats(0.1, 6.0)),
)


@settings(max_examples=tries(15, 400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("work", 2.0), *[("come", 5.0)] * 3, ("work", 0.4), ("settle", 1), ("work", 0.3), ("settle", 2)])
@example([("work", 2.0), ("join", 1.0), ("leave", 1), ("work", 1.0)])  # who leaves without having asked
@given(st.lists(STEP, max_size=25))
def test_no_second_ever_holds_more_whoever_comes_and_goes(tmp_path: Path, steps: list[tuple[str, float]]):
    book = tmp_path / "laws" / "budgets.sqlite"
    shutil.rmtree(book.parent, ignore_errors=True)
    at_work, rates, now = [limit_at(book)], [5.0], 0.0
    starts: list[float] = []
    for what, size in [*steps, ("work", 3.0)]:
        if what == "join":
            at_work.append(limit_at(book, size))
            rates.append(size)
        elif what == "come":  # by a way of its own, of which nobody knows yet that it leads here
            at_work.append(limit_at(book, size, f"way {len(rates)}", known=False))
            rates.append(size)
        elif what == "work":
            starts += [start for one in drive(at_work, size, now) for start in one]
            now += size
        else:
            one = at_work[int(size) % len(at_work)]
            if what == "settle":
                settle(one, "the account.example.com", now)
            elif what == "refused":
                one.refused(now - 0.1, now)
            elif len(at_work) > 1:
                at_work.remove(one)
                if what == "leave":
                    close(one, now)
                else:
                    one._store.close()  # it is gone, and has told nobody
    assert not starts or most_in_a_second(starts) <= max(rates)


def test_each_keeps_to_its_own_rate_as_well(book: Path):
    slow, fast = drive([limit_at(book, 1.0), limit_at(book, 5.0)], 30)
    assert most_in_a_second(slow) == 1
    assert most_in_a_second([*slow, *fast]) == 5
    assert len(slow) + len(fast) >= 0.85 * 30 * 5


def test_what_one_was_refused_all_wait_for(book: Path):
    one, two = limit_at(book), limit_at(book)
    assert claim(one, 10.0) == 10.0
    one.refused(10.0, 10.2)
    one.pause(40.0)
    renew(one, 10.2)
    assert 40.0 <= first_start(two, 10.3) <= 40.5


def test_who_comes_by_another_way_is_known_by_the_account(book: Path):
    one, two = limit_at(book, name="with a key", known=False), limit_at(book, name="directly", known=False)
    first = [start for each in drive([one, two], 0.5) for start in each]
    settle(one, "account.example.com", 0.5)
    more = [start for each in drive([one, two], 0.5, 0.5) for start in each]
    settle(two, "account.example.com", 1.0)
    combined = [start for each in drive([one, two], 20, 1.0) for start in each]
    assert most_in_a_second([*first, *more, *combined]) == 5
    assert len(combined) >= 0.85 * 20 * 5
    again = limit_at(book, name="directly", known=False)
    assert len(drive([again], 20, 40.0)[0]) >= 0.95 * 20 * 5, "a way that is known needs no reserve"


@pytest.mark.parametrize("ways", [2, 4, 9])
def test_whoever_does_not_know_yet_whose_account_it_is_disturbs_none(book: Path, ways: int):
    """Each of them settles after its own third request, at a moment of its own, beside a job that is at work."""
    limits = [limit_at(book), *(limit_at(book, name=f"way {number}", known=False) for number in range(ways))]
    starts: list[float] = []
    due = [0.0, *(0.7 + 0.13 * number for number in range(ways))]
    sent = [0] * len(limits)
    while (now := min(due)) < 20:
        at = due.index(now)
        ready = claim(limits[at], now)
        if ready <= now:
            starts.append(now)
            sent[at] += 1
            if sent[at] == 3:
                settle(limits[at], "the account.example.com", now)
            ready = math.nextafter(now, math.inf)
        due[at] = ready
    assert most_in_a_second(starts) == 5
    assert len(starts) >= (0.85 if ways < 9 else 0.75) * 20 * 5
    assert min(sent) > 3, sent


def test_a_refusal_before_it_is_known_whose_it_is_concerns_nobody_else(book: Path):
    one, two = limit_at(book, name="one", known=False), limit_at(book, name="two", known=False)
    assert claim(one, 10.0) == 10.0
    one.pause(3_000.0)
    renew(one, 10.0)
    assert first_start(two, 10.5) < 11.0
    settle(one, "account.example.com", 10.6)
    assert claim(one, 11.0) == pytest.approx(3_000.0)
    settle(two, "account.example.com", 11.5)
    assert 3_000.0 <= first_start(two, 11.6) <= 3_000.5


def test_other_accounts_are_other_budgets(book: Path):
    one, two = drive([limit_at(book), limit_at(book, name="another")], 20)
    assert min(len(one), len(two)) >= 0.95 * 20 * 5


def test_one_who_was_killed_is_forgotten_after_a_while(book: Path):
    alone, dead = limit_at(book), limit_at(book)
    drive([alone, dead], 3)
    dead._store.close()
    starts = drive([alone], 60, 20.0)[0]
    assert len(starts) >= 0.98 * 60 * 5


def test_after_the_machine_was_started_anew_old_times_do_not_count(book: Path):
    drive([limit_at(book)], 5)
    assert claim(limit_at(book, started=3.0), 0.0) == 0.0


@pytest.mark.parametrize("content", [b"", b"no database, by no means" * 50])
def test_a_damaged_book_is_begun_anew(book: Path, content: bytes):
    book.parent.mkdir()
    book.write_bytes(content)
    assert claim(limit_at(book), 0.0) == 0.0


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(UsageError, match="XDG_STATE_HOME"):
        limit_at(tmp_path / "state" / "budgets.sqlite")


class Gone:
    """A shelf that nobody reaches."""

    def __init__(self, store: BudgetStore) -> None:
        self.store = store
        self.gone = False

    def change(self, now, about, change):
        if self.gone:
            raise Unreachable("no answer")
        return self.store.change(now, about, change)

    def close(self) -> None:
        self.store.close()


def test_while_it_cannot_be_reached_nobody_sends_and_then_the_job_stops(book: Path):
    store = Gone(FileStore(book, 0.0, lambda: START))
    limit = SharedLimit(store, 5.0, "the account", lambda: None)
    assert claim(limit, 0.0) == 0.0
    store.gone = True
    assert claim(limit, 10.0) > 10.0
    limit.refused(0.0, 10.0)
    limit.pause(11.0)
    settle(limit, "account.example.com", 11.0)
    store.gone = False
    assert claim(limit, 12.0) == 12.0
    store.gone = True
    assert claim(limit, 20.0) > 20.0
    with pytest.raises(UnfinishedError, match="no answer"):
        claim(limit, 20.1 + PATIENCE)
    close(limit, 90.0)


# ---- in a Redis


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


def test_a_redis_keeps_the_book_for_several_machines(redis_url: str, book: Path):
    shelves = [store_of(book, {"BULK_REDIS_URL": redis_url}, 0.0) for _ in range(3)]
    one, two, other = (SharedLimit(s, 5.0, name, lambda: None) for s, name in zip(shelves, "aab", strict=True))
    for limit, account in ((one, "a"), (two, "a"), (other, "b")):
        settle(limit, account, 50.0)
    now = 50.0  # of this machine; the Redis has its own
    started = [claim(limit, now) <= now for limit in (one, two, one, two, one, two, one)]
    assert 1 <= sum(started) <= 5
    renew(one, now)  # it learns that it is not alone
    assert claim(other, now) == now
    one.pause(now + 100)
    renew(one, now)
    assert now + 95 < claim(two, now + 2) <= now + 103
    for limit in (one, two, other):
        close(limit, now)
    assert not book.exists()


@pytest.mark.parametrize("way", ["known", "new"])
def test_two_that_change_it_at_once_lose_nothing(redis_url: str, way: str):
    one, two = RedisStore(redis_url, 0.0), RedisStore(redis_url, 0.0)
    account = f"counted by {way}"
    about, another = About(f"{account}: way", account), About(f"{account}: other way", account)

    def add(book: Book, _there: float) -> int:
        counted = book.budgets.setdefault(account, {"count": 0, "at": 0.0})
        counted["count"] += 1
        return counted["count"]

    def name(book: Book, _there: float) -> None:
        book.name = account

    two.change(0.0, another, name)
    if way == "known":
        one.change(0.0, about, name)
    between = [lambda: two._write(keys=two._keys(another), args=two_args())]

    def two_args() -> list[object]:  # what it has read before the other one came
        return [two._me, account, total, account, 60, 0, account, '{"count": 9}']

    _name, _texts, total = two._rows(another)

    def add_late(book: Book, there: float) -> int:
        if between:
            written = between.pop()()
            assert (written == []) == (way == "known"), "who reads all rows has them alone for its turn"
        return add(book, there)

    assert one.change(0.0, about, add_late) == (10 if way == "known" else 1)
    assert two.change(0.0, another, add) == (11 if way == "known" else 2)


def test_a_lease_has_no_more_time_for_its_connection_than_it_is_counted_with():
    """The one that had it was missed: what the next one takes is not known to others."""
    share = Share(5.0)
    asked = share.asked(Me("me", "way", 5.0), 10.0, "", leaves=False)
    leases = (LeasedStart(10.1, 10.1, 0.25), LeasedStart(11.0, 11.0, 0.0))
    share.take(asked, Granted(0.0, known=True, others=True, rate=5.0, leases=leases), 10.0)
    assert share.ready_at(10.9) == 11.0
    share.spend(11.0)
    assert share.place_at == 11.0
    assert share.may_leave(11.0, share.place_until, 11.0 + GRACE)
    assert not share.may_leave(11.0, share.place_until, 11.1)


def test_a_redis_that_is_gone_is_said_and_its_address_is_not(redis_url: str):
    secret = redis_url.replace("redis://", "redis://:s3cret@").rsplit(":", 1)[0] + ":1/0"
    with pytest.raises(UsageError, match="BULK_REDIS_URL") as raised:
        RedisStore(secret, 0.0)
    assert "s3cret" not in str(raised.value)
    with pytest.raises(UsageError, match="no address"):
        RedisStore("nonsense", 0.0)


def test_a_redis_that_is_busy_at_first_is_asked_again():
    """Jobs that begin all at once keep their machine busy: that is no reason to refuse them."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _time in range(RETRIES):
                server.accept()[0].close()
            with server.accept()[0] as asked:
                while b"EVAL" not in (said := asked.recv(4096)):
                    asked.sendall(b"+OK\r\n" * said.count(b"*"))
            with server.accept()[0] as asked:
                while said := asked.recv(4096):
                    time = b"*1\r\n*2\r\n:1000\r\n:0\r\n"
                    asked.sendall(time if b"EVAL" in said else b"+OK\r\n" * said.count(b"*"))

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        RedisStore(f"redis://127.0.0.1:{server.getsockname()[1]}/0?protocol=2", 0.0).close()
        thread.join(10)
        assert not thread.is_alive()


def test_a_redis_that_dies_is_unreachable(tmp_path: Path):
    with redis_server(tmp_path) as url:
        store = RedisStore(url, 0.0)
    with pytest.raises(Unreachable, match="does not answer"):
        store.change(0.0, About("way"), lambda _book, _there: None)


# ---- with exchanges that take their time


class Late:
    """A job whose exchanges with the book take a while: it goes on starting by what it has until they are over."""

    def __init__(self, limit: SharedLimit) -> None:
        self.limit = limit
        self.starts: list[float] = []
        self.due = 0.0
        self.asked: tuple[float, Asked] | None = None
        self.granted: tuple[float, Asked, Granted | Unreachable] | None = None

    def step(self, now: float, takes: tuple[float, float], *, lost: bool = False) -> None:
        """Do what is due. `lost`: what the book grants is not heard of."""
        if self.asked is not None and self.asked[0] <= now:
            granted = self.limit._exchange(self.asked[1])
            self.granted = now + takes[1], self.asked[1], Unreachable("gone") if lost else granted
            self.asked = None
        if self.granted is not None and self.granted[0] <= now:
            self.limit._take(*self.granted[1:], now)
            self.granted = None
        ready = self.limit.ready_at(now)
        if self.limit.is_due(now):
            self.asked = now + takes[0], self.limit._asked(now)
            ready = self.limit.ready_at(now)
        if ready <= now:
            self.limit.spend(now)
            self.starts.append(now)
            ready = math.nextafter(now, math.inf)
        waits = [told[0] for told in (self.asked, self.granted) if told is not None]
        self.due = min([ready, *waits])
        assert self.due < math.inf, "nobody would ask again"


TAKES = st.sampled_from([(0.0, 0.0), (0.001, 0.001), (0.02, 0.05), (0.3, 0.3), (0.0, 1.2)])


@settings(max_examples=tries(12, 400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(0.0, 6.0), st.sampled_from([2.5, 5.0, 20.0]), st.booleans()), min_size=1, max_size=4),
    st.integers(0, 10_000),
    TAKES,
    st.sampled_from([0.0, 0.1, 0.5]),
)
def test_the_law_holds_however_long_the_book_takes(
    tmp_path: Path, jobs: list[tuple[float, float, bool]], seed: int, takes: tuple[float, float], losing: float
):
    """Jobs come at their moments, some by a way that nobody knows; some are killed, and some come to know."""
    book = tmp_path / "late" / "budgets.sqlite"
    shutil.rmtree(book.parent, ignore_errors=True)
    now = 0.0
    chance, coming = Random(seed), sorted(jobs)
    busy: list[Late] = []
    starts: list[float] = []
    while now < 12.0:
        while coming and coming[0][0] <= now:
            _at, rate, known = coming.pop(0)
            store = FileStore(book, 0.0, lambda: START)
            limit = SharedLimit(store, rate, f"way {len(coming)}", lambda: None)
            weakref.finalize(limit, store.close)
            if known:
                settle(limit, "the account", now)
            busy.append(Late(limit))
            busy[-1].due = now
        for job in [job for job in busy if job.due <= now]:
            before = len(job.starts)
            job.step(now, takes, lost=chance.random() < losing)
            starts += job.starts[before:]
            if len(job.starts) == 3 and chance.random() < 0.5:
                job.limit.settle("the account")
            if chance.random() < 0.003:
                busy.remove(job)
            elif chance.random() < 0.003 and job.asked is None and job.granted is None:
                job.limit._exchange(job.limit._asked(now, leaves=True))
                busy.remove(job)
        now = min([job.due for job in busy] + [coming[0][0] if coming else 12.0])
    assert not starts or most_in_a_second(starts) <= max(math.ceil(rate) for _at, rate, _known in jobs)
