"""Requests that count against more than one limit: none is exceeded, nobody starves, and others do not wait."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.engine.dispatch import Dispatch
from bulk.engine.limit import RateLimit
from bulk.engine.steps import Leaving
from bulk.model import Admission, Lost, Readings, Reply, Request
from tests.engine.test_dispatch import BROKEN, GONE, OK, Entry, Play, ask, flow
from tests.scale import tries

LIMITS = {"batch": 0.5, "hour": 1.5}


def game_of(rate: float = 5.0, limits: dict[str, float] = LIMITS, server=lambda *_: OK, concurrency: int = 0) -> Play:
    named = {name: RateLimit(narrow) for name, narrow in limits.items()}
    chance = random.Random(0).random
    return Play(Dispatch(RateLimit(rate), chance, rate=rate or math.inf, concurrency=concurrency, limits=named), server)


def narrow(*limits: str, step: str = "write") -> Request:
    return replace(ask(step), limits=limits)


def row(number: int, *limits: str) -> Entry:
    return Entry(number, f"k{number}", flow([narrow(*limits)]))


def check_limit(starts: list[float], rate: float) -> None:
    count = math.ceil(rate)
    window = count / rate
    assert all(later - earlier >= window for earlier, later in zip(starts, starts[count:], strict=False))


def test_who_waits_for_a_narrow_limit_keeps_nobody_else_waiting():
    rows = [row(n, "batch") if n <= 40 else row(n) for n in range(1, 141)]
    game = game_of().run(rows)
    assert game.statuses() == {"succeeded": 140}
    assert max(game.times(n)[0] for n in range(41, 141)) < 100 / 5 * 1.1 + 12, "and a few of the first 40"
    assert 39 / 0.5 < game.now < 39 / 0.5 * 1.1 + 3


def test_at_no_pace_of_the_account_the_narrow_limit_holds():
    game = game_of(rate=0).run([row(n, "batch") for n in range(1, 11)])
    check_limit([when for when, *_ in game.sent], 0.5)
    assert game.now < 10 / 0.5 * 1.1 + 3


def test_the_account_s_own_limit_holds_where_others_are_wider():
    game = game_of(rate=2, limits={"wide": 50}).run([row(n, *(["wide"] if n % 2 else [])) for n in range(1, 41)])
    check_limit([when for when, *_ in game.sent], 2)
    firsts = [n for _when, n, *_ in game.sent[:20]]
    assert 8 <= sum(n % 2 for n in firsts) <= 12, "they take turns"


@pytest.mark.parametrize("needs", [("batch", "hour"), ("hour", "batch"), ("hour", "batch", "hour")])
def test_who_needs_two_limits_does_not_starve_among_many_who_need_one(needs):
    singles = [row(n, "batch" if n % 2 else "hour") for n in range(2, 81)]
    game = game_of().run([*singles[:4], row(1, *needs), *singles[4:]])
    assert game.times(1)[0] < 10
    for name, rate in LIMITS.items():
        mine = [when for when, n, *_ in game.sent if n == 1 or n % 2 == (name == "batch")]
        check_limit(mine, rate)


def test_a_refusal_teaches_all_limits_of_its_request():
    replies = iter([Reply(429, None, "empty", 1.0)])
    game = game_of(server=lambda *_: next(replies, OK)).run([row(n, "hour") for n in range(1, 5)])
    assert game.statuses() == {"succeeded": 4}
    assert [receipt.attempts for receipt in game.receipts.values()] == [1, 1, 1, 1]
    assert game.dispatch._turns._limits["hour"].margin > RateLimit(1.5).margin


def test_what_leaves_late_counts_as_late_in_all_its_limits():
    dispatch = game_of().dispatch
    for n in range(1, 4):
        dispatch.add(row(n, "batch").task)
    dispatch.next(0.0)
    step = dispatch.next(3.0)
    assert dispatch.leaves(step, 4.0) is Leaving.LEAVES
    assert dispatch.next(5.5) == pytest.approx(6.0, abs=0.1)


def test_a_limit_that_there_is_not_is_a_mistake():
    with pytest.raises(ValueError, match="counts against a limit that there is not: nobody"):
        game_of().dispatch.add(row(1, "nobody").task)


def test_a_request_that_waits_for_a_reading_names_no_limit():
    admission = Admission("7", Readings(lambda _one: ask("r"), lambda _many: ask("r"), 10), lambda _standing: None)
    request = replace(narrow("batch"), admission=admission)
    with pytest.raises(ValueError, match="only one is possible"):
        game_of().dispatch.add(Entry(1, "k", flow([request])).task)


NAMES = st.sampled_from([(), (), ("a",), ("b",), ("a", "b"), ("b", "c"), ("c",), ("a", "b", "c")])
ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=3)), max_size=25
)
RATES = st.sampled_from([0.25, 0.5, 1, 1.67, 3, 10])
FAULTS = st.lists(st.sampled_from([OK, OK, OK, BROKEN, GONE, Reply(429, None, "empty", 1.0)]), max_size=12)


@given(
    ROWS, st.sampled_from([0, 1, 2.5, 5]), st.fixed_dictionaries(dict.fromkeys("abc", RATES)), FAULTS,
    st.integers(0, 5), st.randoms(use_true_random=False),
)  # fmt: skip
@settings(max_examples=tries(70, 400), deadline=None, derandomize=True)
def test_no_limit_is_exceeded_nobody_starves_and_keys_keep_their_order(job, rate, limits, faults, concurrency, chance):
    script = iter(faults)
    game = game_of(rate, limits, lambda *_: next(script, OK), concurrency)
    game.latency = lambda _step: chance.random() * 2
    needs = {}
    rows = []
    for number, (key, groups) in enumerate(job):
        named = [[(f"{g}.{s}", names) for s, names in enumerate(group)] for g, group in enumerate(groups)]
        needs |= {(number, step): names for group in named for step, names in group}
        asks = [[narrow(*names, step=step) for step, names in group] for group in named]
        rows.append(Entry(number, str(key or f"own {number}"), flow(*asks)))
    game.run(rows)  # which sees that something will happen as long as rows are open

    if not game.dispatch.stops.stopping:
        assert len([name for name in game.ended if isinstance(name, int)]) == len(job)
    for name, narrow_rate in limits.items():
        check_limit([when for when, n, step, _attempt in game.sent if name in needs.get((n, step), ())], narrow_rate)
    if rate:
        check_limit([when for when, *_ in game.sent], rate)
    for key in range(1, 6):
        order = [n for _when, n, *_ in game.sent if isinstance(n, int) and job[n][0] == key]
        assert order == sorted(order)
    if not any(isinstance(reply, Lost) or reply.status != 200 for reply in faults[: len(game.sent)]):
        slowest = max([1 / rate if rate else 0, *(1 / narrow_rate for narrow_rate in limits.values())])
        assert game.now <= len(game.sent) * (math.ceil(slowest) + 0.3 + 2 * 1.0), "each start is soon followed by one"
