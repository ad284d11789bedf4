"""The pace: what holds whatever is learned, and what is learned on three kinds of server."""

import math
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.pacing_simulation import Case, run
from bulk.engine.limit import RateLimit

RATES = st.sampled_from([0.3, 0.5, 1, 2, 2.5, 3, 5, 7.3, 20, 50])
LONGEST_WAIT = 10.0  # seconds beyond every pause; four for a rate of 0.3, a rest, a turn, the most margin


def drive(limit: RateLimit, now: float, count: int) -> list[float]:
    """`count` starts as early as the limit allows."""
    starts = []
    for _ in range(count):
        now = limit.ready_at(now)
        limit.spend(now)
        starts.append(now)
    return starts


def claim(limit: RateLimit, now: float) -> float:
    """Start now, if one may; when one may."""
    at = limit.ready_at(now)
    if at <= now:
        limit.spend(now)
    return at


def window_of(rate: float) -> tuple[int, float]:
    return math.ceil(rate), math.ceil(rate) / rate


def most_in_a_second(starts: list[float]) -> int:
    return max(sum(start <= other < start + 1.0 for other in starts) for start in starts)


def test_what_leaves_late_counts_from_when_it_leaves():
    limit = RateLimit(2)
    for now in (0.0, 1.0, 2.0, 3.0, 4.0, 4.4):
        assert claim(limit, now) == now
    limit.delayed(4.4, 4.9)
    assert claim(limit, 5.1) == 5.1
    assert claim(limit, 5.5) == pytest.approx(5.9 + limit.margin)
    limit.delayed(4.0, 5.6)  # one that is out of the window, and not to be told from others any more
    assert claim(limit, 5.95) == 5.95


def test_what_leaves_late_and_makes_its_connection_counts_from_when_it_leaves():
    limit = RateLimit(5)
    starts = drive(limit, 0.0, 5)
    for start in starts:
        limit.delayed(start, start + 1.0)
    assert limit.ready_at(starts[-1] + 1.0) >= starts[0] + 2.0 + 0.25


@pytest.mark.parametrize("rate", [5, 15, 50])
def test_what_leaves_over_a_connection_that_is_made_counts_from_then_and_no_later(rate):
    limit = RateLimit(rate)
    starts = drive(limit, 0.0, rate)
    assert limit.ready_at(starts[-1]) >= starts[0] + 1.25, "its connection may take so long"
    for start in starts:
        limit.left(start, start + 0.004)
    later = drive(limit, starts[-1], rate)
    assert later == pytest.approx([start + 1.004 + limit.margin for start in starts])


def warm() -> RateLimit:
    """A limit whose connections are made."""
    limit = RateLimit(5)
    for start in (16.0, 16.3, 16.6, 17.4, 17.7):
        limit.spend(start)
    return limit


def test_a_start_that_is_forgotten_is_not_taken_for_another_a_connection_s_time_later():
    limit = warm()
    for start in (20.0, 20.25, 20.3, 20.36, 20.42):
        limit.spend(start)
    assert limit.remembers(20.0)
    limit.spend(21.1)
    assert not limit.remembers(20.0), "20.25 is another's"
    limit.left(21.1, 21.15)
    assert not limit.remembers(20.0), "also once others are counted later"
    before = limit.ready_at(21.15)
    limit.delayed(20.0, 21.2)
    assert limit.ready_at(21.15) == before


@pytest.mark.parametrize("late", ["left", "delayed"])
def test_nor_for_another_that_left_a_connection_s_time_later(late: str):
    limit = warm()
    for start in (20.0, 20.2, 20.3, 20.36, 20.42):
        limit.spend(start)
    getattr(limit, late)(20.2, 20.25)
    limit.spend(21.1)
    assert not limit.remembers(20.0)


def test_nor_by_another_who_goes_on_with_the_limit():
    limit = warm()
    for start in (20.0, 20.25, 20.3, 20.36, 20.42):
        limit.spend(start)
    limit = limit.copied()
    limit.count(21.1, 21.1)
    assert not limit.remembers(20.0), "20.25 was counted before"
    for start in (21.35, 21.5, 21.6, 22.2):
        limit.spend(start)
    assert not limit.remembers(20.85), "21.1 is another's, who counted it so"
    older = {name: value for name, value in limit.given_over().items() if name != "_warm"}
    other = RateLimit(5)
    other.take_over(older)
    assert other.ready_at(22.2) == limit.ready_at(22.2), "told by a version that did not say it"


STEP = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 60).map(float)),
    st.tuples(st.just("late"), st.floats(0.0, 0.3)),
    st.tuples(st.just("wait"), st.floats(0.0, 3.0)),
    st.tuples(st.just("idle"), st.floats(0.0, 100_000.0)),
    st.tuples(st.just("pause"), st.floats(-5.0, 90.0)),
    st.tuples(st.just("refused"), st.floats(0.0, 2.0)),
    st.tuples(st.just("refused"), st.floats(0.0, 0.1)),
    st.tuples(st.just("accepted"), st.integers(1, 3000).map(float)),
)


@given(RATES, st.floats(0.0, 1e7), st.lists(STEP, max_size=60))
def test_the_law_holds_whatever_happens(rate, now, steps):
    limit, (count, window) = RateLimit(rate), window_of(rate)
    starts: list[float] = []
    paused = -math.inf
    for what, size in steps:
        if what == "send":
            for _ in range(int(size)):
                ready = limit.ready_at(now)
                assert now <= ready <= max(now, paused) + LONGEST_WAIT
                assert limit.ready_at(ready) == ready
                assert ready >= paused
                now = ready
                limit.spend(now)
                starts.append(now)
        elif what == "late":
            for part in (0.1, 1.0, 0.0, 0.5):
                now = limit.ready_at(now) + size * part
                assert limit.ready_at(now) == now
                limit.spend(now)
                starts.append(now)
        elif what == "pause":
            limit.pause(now + size)
            paused = max(paused, now + size)
        elif what == "refused" and starts:
            now += size
            limit.refused(starts[-1], now)
            paused = max(paused, now + 1.0)
        elif what == "accepted" and starts:
            for _ in range(int(size)):
                limit.accepted(starts[-1], now)
        else:
            now += size
        assert 0.0 < limit.margin <= 1.0
    assert all(later - earlier >= window for earlier, later in zip(starts, starts[count:], strict=False))


@pytest.mark.parametrize("lateness", [0.0, 0.002, 0.0048])
def test_lateness_within_half_the_margin_does_not_add_up(lateness):
    limit, chance, now, starts = RateLimit(5), Random(1), 0.0, []
    for _ in range(505):
        now = limit.ready_at(now) + chance.uniform(0.0, lateness)
        limit.spend(now)
        starts.append(now)
    for earlier, later in zip(starts[5:], starts[10:], strict=False):  # the first make their connections
        assert later - earlier <= 1.01 + lateness + 1e-9
    assert (starts[-1] - starts[9]) / 99 == pytest.approx(1.01, abs=0.0002)


def test_one_that_is_very_late_costs_its_lateness_once():
    limit = RateLimit(5)
    starts = drive(limit, 0.0, 10)
    now = limit.ready_at(starts[-1]) + 0.1
    limit.spend(now)
    after = [now, *drive(limit, now, 499)]
    expected = [start + 1.01 for start in starts[6:10]]
    assert after[1:5] == pytest.approx([max(now, at) for at in expected], abs=1e-3), "those after it hurry"
    assert after[-1] <= starts[9] + 100 * 1.01 + 0.1 + 1e-9
    assert all(later - earlier >= 1.0 for earlier, later in zip(after, after[5:], strict=False))


def test_who_starts_after_a_lull_has_the_margin_before_it():
    limit = RateLimit(5)
    drive(limit, 0.0, 10)
    starts = []
    for now in (2.5, 2.55, 2.6, 2.65, 2.7):  # nobody waited for these
        assert claim(limit, now) == now
        starts.append(now)
    assert limit.ready_at(2.7) == pytest.approx(3.51)


@pytest.mark.parametrize("rate", [1, 5, 50, 100])
def test_an_idle_hour_saves_up_nothing(rate):
    limit = RateLimit(rate)
    starts = drive(limit, 0.0, 3 * rate) + drive(limit, 3600.0, 3 * rate)
    assert most_in_a_second(starts) <= rate


@pytest.mark.parametrize("rate", [1, 5, 50, 100])
def test_after_a_pause_comes_no_avalanche(rate):
    limit = RateLimit(rate)
    before = drive(limit, 0.0, 3 * rate)
    limit.pause(before[-1] + 7.5)
    after = drive(limit, before[-1], 3 * rate)
    assert after[0] >= before[-1] + 7.5
    assert most_in_a_second(before + after) <= rate
    assert rate == 1 or min(later - earlier for earlier, later in pairwise(after)) > 0.1 / rate


def test_of_two_pauses_the_later_one_holds():
    limit = RateLimit(5)
    limit.pause(30.0)
    limit.pause(10.0)
    assert limit.ready_at(0.0) == 30.0
    assert limit.ready_at(31.0) == 31.0


@pytest.mark.parametrize("rate", [0, 0.0, math.inf])
def test_no_limit_still_pauses(rate):
    limit = RateLimit(rate)
    assert drive(limit, 1.0, 10_000)[-1] == 1.0
    limit.refused(1.0, 1.5)
    limit.accepted(1.0, 1.5)
    assert limit.ready_at(1.5) == 2.5
    limit.pause(60.0)
    assert drive(limit, 2.5, 10_000)[-1] == 60.0
    assert limit.margin == 0.0


@pytest.mark.parametrize(("rate", "count", "seconds"), [(0.5, 1, 2.0), (2.5, 3, 1.2)])
def test_a_fractional_rate_keeps_its_average(rate, count, seconds):
    starts = drive(RateLimit(rate), 0.0, 10 * count)
    first, second = starts[count], starts[2 * count]
    assert second - first == pytest.approx(seconds, abs=0.02)
    assert starts[9 * count] - first == pytest.approx(8 * seconds, rel=0.02)


def test_requests_that_make_their_connections_may_come_late():
    starts = drive(RateLimit(5), 0.0, 15)
    assert starts[5] - starts[0] == pytest.approx(1.26, abs=0.01)
    assert starts[10] - starts[5] == pytest.approx(1.01, abs=0.01)
    limit = RateLimit(5)
    drive(limit, 0.0, 15)
    again = drive(limit, 60.0, 10)
    assert again[5] - again[0] == pytest.approx(1.26, abs=0.01)


@pytest.mark.parametrize("rate", [-1, math.nan, -math.inf])
def test_a_rate_that_is_none(rate):
    with pytest.raises(ValueError, match="a rate is 0 or more"):
        RateLimit(rate)


def test_refused_together_is_refused_once():
    one, many = RateLimit(5), RateLimit(5)
    starts = drive(one, 0.0, 20)
    assert drive(many, 0.0, 20) == starts
    one.refused(starts[-1], starts[-1] + 0.3)
    for start in starts[-8:]:
        many.refused(start, starts[-1] + 0.3)
    assert many.margin == one.margin
    assert many.ready_at(0.0) == one.ready_at(0.0)


def test_a_locked_phase_outlives_a_pause():
    limit, now = RateLimit(5), 0.0
    for _ in range(3):  # refused in quick succession
        now = drive(limit, now, 5)[-1]
        limit.refused(now, now + 0.3)
    before = drive(limit, now, 10)
    limit.pause(before[-1] + 12.34)
    after = drive(limit, before[-1], 10)
    turned = (after[0] - before[5]) % 1.0
    assert min(turned, 1.0 - turned) < 0.01


@pytest.mark.some(4)
@pytest.mark.parametrize("jitter", ["none", "+-20 ms", "+-150 ms", "1 % late"])
@pytest.mark.parametrize("server", ["sliding", "bucket", "fixed"])
def test_the_goals_are_met(server, jitter):
    for phase in (0.1, 0.35, 0.6, 0.85) if server == "fixed" else (0.0,):
        case = Case(server, jitter, phase=phase, seed=round(phase * 20))
        result = run(case)
        assert result.share >= case.goal, case
        assert result.per_thousand <= 1.0, case


@pytest.mark.parametrize("server", ["sliding", "strict", "fixed"])
@pytest.mark.parametrize("latency", [0.1, 0.5])
def test_timers_that_are_late_cost_next_to_nothing(server, latency):
    for seed in range(4):
        result = run(Case(server, "none", latency, sends=1_000, late=0.008, seed=seed, phase=seed / 4))
        assert result.per_thousand == 0.0
        assert result.share >= 0.985


@pytest.mark.parametrize("server", ["sliding", "strict", "fixed"])
@pytest.mark.parametrize("latency", [0.1, 0.5])
def test_a_thousand_requests_over_a_line_of_some_jitter(server, latency):
    results = [run(Case(server, "+-20 ms", latency, sends=1_000, seed=seed, phase=seed / 6)) for seed in range(6)]
    assert sum(result.share for result in results) / 6 >= 0.95
    assert sum(result.per_thousand for result in results) / 6 <= 2.0


@pytest.mark.parametrize("server", ["sliding", "strict", "bucket", "fixed"])
@pytest.mark.parametrize(("rate", "latency", "sends", "share"), [(50, 0.15, 1500, 0.97), (5, 2.0, 300, 0.95)])
def test_a_short_run_on_a_good_line_is_never_refused(server, rate, latency, sends, share):
    result = run(Case(server, "+-3 ms", latency, rate=rate, sends=sends, phase=0.3))
    assert result.per_thousand == 0.0
    assert result.share >= share


def test_refused_whatever_it_tries_it_spreads_out_and_keeps_half_the_pace():
    limit, now = RateLimit(5), 0.0
    for _ in range(20):
        now = drive(limit, now, 10)[-1]
        limit.refused(now, now + 0.3)
    starts = drive(limit, now, 50)[10:]
    assert limit.margin == 1.0
    assert starts[40 - 1] - starts[0] == pytest.approx(39 / 2.5, abs=0.5)
    assert min(later - earlier for earlier, later in pairwise(starts)) > 0.3


def test_a_pause_long_past_costs_a_locked_burst_nothing():
    limit, now = RateLimit(5), 0.0
    for _ in range(3):
        now = drive(limit, now, 5)[-1]
        limit.refused(now, now + 0.3)
    now = drive(limit, now, 7)[-1]  # in the middle of a burst
    expected = limit.ready_at(now)
    limit.pause(now - 30.0)
    assert limit.ready_at(now) == expected


def test_answers_that_take_as_long_as_each_other_leave_the_margin_small():
    limit = RateLimit(5)
    for start in drive(limit, 0.0, 40):
        limit.accepted(start, start + 0.2 + start % 0.003)
    assert limit.margin == pytest.approx(0.01)


def test_answers_that_take_longer_one_time_than_the_next_widen_the_margin_within_reason():
    limit, chance = RateLimit(5), Random(2)
    for start in drive(limit, 0.0, 40):
        limit.accepted(start, start + 0.2 + chance.uniform(0.0, 0.03))
    assert 0.028 <= limit.margin <= 0.042
    for start in drive(limit, 100.0, 40):  # nobody knows whether that is the line or the server
        limit.accepted(start, start + chance.uniform(0.2, 2.0))
    assert limit.margin == pytest.approx(0.042)


def test_one_slow_answer_says_nothing_of_the_line():
    limit = RateLimit(5)
    for at, start in enumerate(drive(limit, 0.0, 30)):
        limit.accepted(start, start + (1.5 if at == 20 else 0.2))
    assert limit.margin == pytest.approx(0.01)


def test_connections_that_are_made_first_say_nothing_of_the_line():
    limit = RateLimit(5)
    for at, start in enumerate(drive(limit, 0.0, 30)):
        limit.accepted(start, start + (0.5 if at < 5 else 0.2))
    assert limit.margin == pytest.approx(0.01)
