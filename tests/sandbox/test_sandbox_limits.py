"""Limits: the pure objects, and the sandbox that asks them. §1.5."""

from __future__ import annotations

import math

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_desk import sandbox_at, send

from bulk.sandbox.limits import WINDOWS, Busiest, FixedWindow, SlidingWindow, TokenBucket, limit_of
from bulk.sandbox.switches import Switches
from tests.virtual import run

gaps = st.lists(st.floats(0, 2, allow_nan=False) | st.sampled_from([0.0, 0.1, 0.2, 1.0]), min_size=1, max_size=200)


def arrivals(between: list[float]) -> list[float]:
    times, now = [], 0.0
    for gap in between:
        now += gap
        times.append(now)
    return times


def most_in(times: list[float], window: float) -> int:
    return max((sum(start <= t < start + window - 1e-6 for t in times) for start in times), default=0)


@settings(deadline=None)
@given(gaps, st.integers(1, 7))
def test_a_sliding_window_never_serves_more_in_any_second(between, rate) -> None:
    limit = SlidingWindow(rate)
    served = [now for now in arrivals(between) if limit.admit(now)]
    assert most_in(served, 1.0) <= rate
    assert served[:rate] == arrivals(between)[:rate]


@settings(deadline=None)
@given(gaps, st.integers(1, 7), st.floats(0, 1))
def test_a_fixed_window_serves_no_more_in_a_second_of_its_clock(between, rate, phase) -> None:
    limit = FixedWindow(rate, phase=phase)
    served = [now for now in arrivals(between) if limit.admit(now)]
    counts: dict[int, int] = {}
    for now in served:
        second = int((now - phase + 1e-9) // 1.0)
        counts[second] = counts.get(second, 0) + 1
    assert max(counts.values()) <= rate


@settings(deadline=None)
@given(gaps, st.integers(1, 7))
def test_a_bucket_serves_its_burst_and_then_its_rate(between, burst) -> None:
    limit = TokenBucket(2.0, burst)
    times = arrivals(between)
    served = [now for now in times if limit.admit(now)]
    assert len(served) <= burst + 2.0 * (times[-1] - times[0]) + 1e-6


def test_five_at_once_then_none_until_the_second_is_over() -> None:
    limit = SlidingWindow(5)
    assert [limit.admit(0.0) for _ in range(6)] == [True] * 5 + [False]
    assert not limit.admit(0.99)
    assert limit.admit(1.0)


def test_a_fixed_window_serves_ten_across_its_border() -> None:
    limit = FixedWindow(5, phase=0.5)
    assert sum(limit.admit(now) for now in (0.4,) * 6 + (0.5,) * 6) == 10


def test_refused_requests_count_only_if_strict() -> None:
    for strict, after in ((False, True), (True, False)):
        limit = SlidingWindow(1, strict=strict)
        assert [limit.admit(now) for now in (0.0, 0.5, 1.2)] == [True, False, after]
        bucket = TokenBucket(1.0, 1.0, strict=strict)
        assert [bucket.admit(now) for now in (0.0, 0.9, 1.0)] == [True, False, after]


def test_less_than_one_a_second_is_one_in_several() -> None:
    limit = SlidingWindow(0.5)
    assert [limit.admit(now) for now in (0.0, 1.0, 1.9, 2.0)] == [True, False, False, True]


def test_rate_zero_means_no_limit_and_an_unknown_window_is_an_error() -> None:
    for window in WINDOWS:
        assert all(limit_of(window, 0.0).admit(0.0) for _ in range(1000))
    assert all(limit_of("sliding", rate).admit(0.0) for rate in (math.inf, math.nan) for _ in range(1000))
    with pytest.raises(ValueError, match="hourly"):
        limit_of("hourly", 5)


@settings(deadline=None)
@given(gaps)
def test_the_busiest_second_is_found(between) -> None:
    busiest = Busiest()
    times = [round(now, 1) for now in arrivals(between)]
    for now in times:
        busiest.note(now)
    assert busiest.most == most_in(times, 1.0)


# ---- in the sandbox


def test_over_the_limit_is_429_with_the_documented_headers() -> None:
    async def job() -> None:
        for _ in range(5):
            assert (await send(sandbox, "GET users/me")).status_code == 200
        refused = await send(sandbox, "POST tags", {"tag": {"tag": "A", "tagType": "contact"}})
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["RateLimit-Limit"] == "5"
        assert refused.headers["RateLimit-Remaining"] == "0"
        assert refused.json() == {"message": "Too Many Requests"}
        await anyio.sleep(1.0)
        tags = await send(sandbox, "GET tags")
        assert tags.json()["tags"] == []

    with sandbox_at(rate=5.0) as sandbox:
        run(job)
        assert (sandbox.requests, sandbox.refused, sandbox.observed_max) == (7, 1, 5)


@pytest.mark.parametrize(("rate", "seconds"), [(5.0, 1), (1.0, 1), (0.3, 4)])
def test_who_waits_as_long_as_told_is_served(rate, seconds) -> None:
    async def job() -> None:
        codes = [(await send(sandbox, "GET users/me")).status_code for _ in range(max(1, int(rate)))]
        assert set(codes) == {200}
        refused = await send(sandbox, "GET users/me")
        assert refused.headers["Retry-After"] == str(seconds)
        await anyio.sleep(seconds)
        assert (await send(sandbox, "GET users/me")).status_code == 200

    with sandbox_at(rate=rate) as sandbox:
        run(job)


@pytest.mark.parametrize("passed_on", [True, False])
def test_whether_the_gateway_passes_retry_after_on_is_a_switch(passed_on) -> None:
    async def job() -> bool:
        how = {"entrance": "/active-campaign/api/3/", "headers": {"Authorization": "Bearer sandbox"}}
        assert (await send(sandbox, "GET users/me", **how)).status_code == 200
        refused = await send(sandbox, "GET users/me", **how)
        assert refused.status_code == 429
        return "Retry-After" in refused.headers

    with sandbox_at(rate=1.0, switches=Switches(gateway_retry_after=passed_on)) as sandbox:
        assert run(job) is passed_on


@pytest.mark.parametrize(("window", "served"), [("sliding", 50), ("fixed", 50), ("bucket", 54)])
def test_ten_seconds_of_knocking(window, served) -> None:
    async def job() -> list[int]:
        codes = []
        for _ in range(200):
            codes.append((await send(sandbox, "GET users/me")).status_code)
            await anyio.sleep(0.05)
        return codes

    with sandbox_at(rate=5.0, window=window) as sandbox:
        codes = run(job)
        assert codes.count(200) == served
        assert sandbox.refused == 200 - served


def test_a_wrong_key_does_not_count_against_the_limit() -> None:
    async def job() -> None:
        for _ in range(20):
            assert (await send(sandbox, "GET users/me", headers={})).status_code == 403
        assert (await send(sandbox, "GET users/me")).status_code == 200

    with sandbox_at(rate=5.0) as sandbox:
        run(job)


def test_requests_count_when_they_arrive_not_when_they_are_answered() -> None:
    async def job() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(send, sandbox, "GET users/me")
        assert anyio.current_time() == pytest.approx(3.0)

    with sandbox_at(rate=5.0, latency=3.0) as sandbox:
        run(job)
        assert (sandbox.refused, sandbox.observed_max) == (1, 5)


def test_latency_and_jitter_are_those_asked_for_and_the_same_for_one_seed() -> None:
    def answered(seed: int) -> list[float]:
        async def job() -> list[float]:
            times = []
            for _ in range(20):
                await send(sandbox, "GET users/me")
                times.append(anyio.current_time())
            return times

        with sandbox_at(latency=0.2, jitter=0.1, seed=seed) as sandbox:
            return run(job)

    times = answered(1)
    assert all(0.2 <= after - before <= 0.4 for before, after in zip([0.0, *times], times, strict=False))
    assert times == answered(1) != answered(2)
