"""A flow may wait among its requests: nothing is sent for it, and nobody else waits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.engine.steps import Step
from bulk.model import Flow, Outcome, Receipt, Reply, Request, RowStatus, Verdict, Wait
from bulk.planning.flow import Asking, asked, combined
from tests.engine.test_dispatch import GONE, LATENCY, OK, Entry, Play, ask, dispatch_of, entries, flow
from tests.scale import tries


def game_of(rate: float = 5.0, server=lambda *_: OK) -> Play:
    return Play(dispatch_of(rate), server)


def polling(polls: int, seconds: float, told: list[tuple[Receipt, ...]] | None = None) -> Flow:
    """Begin something, and ask what has become of it after so many seconds each."""
    yield (ask("begin"),)
    for n in range(polls):
        receipts = yield (Wait(f"wait {n}", seconds),)
        if told is not None:
            told.append(receipts)
        yield (ask(f"poll {n}", method="GET"),)
    return Outcome(RowStatus.SUCCEEDED)


def test_a_wait_takes_its_time_and_is_no_request():
    told: list[tuple[Receipt, ...]] = []
    game = game_of().run([Entry(1, "k", polling(2, 30.0, told))])
    whens = [when for when, *_ in game.sent]
    assert [step for _when, _row, step, _attempt in game.sent] == ["begin", "poll 0", "poll 1"]
    assert whens == pytest.approx([0.0, 30.0 + LATENCY, 60.0 + 2 * LATENCY])
    assert told == [(Receipt(f"wait {n}", Verdict.ACCEPT, attempts=0),) for n in range(2)]
    assert set(game.receipts) == {(1, "begin"), (1, "poll 0"), (1, "poll 1")}, "a wait is not written down"
    assert game.dispatch.requests == 3


def test_while_one_waits_others_go_on_and_the_next_of_its_key_does_not():
    rows = [Entry(1, "same", polling(1, 60.0)), *entries(41)[1:], Entry(42, "same", flow([ask("write")]))]
    game = game_of().run(rows)
    assert game.statuses() == {"succeeded": 42}
    assert max(game.times(row)[0] for row in range(2, 42)) < 12
    assert game.times(42)[0] > 60


def test_a_wait_holds_nothing_in_flight():
    dispatch = dispatch_of(0, 1)
    dispatch.add(Entry(1, "a", flow([Wait("w", 5.0)])).task)
    assert dispatch.go_on(0.0) == ()
    assert dispatch.next(0.0) == 5.0
    assert dispatch.in_flight == 0
    assert not dispatch.idle
    dispatch.add(Entry(2, "b", flow([ask("write")])).task)
    assert isinstance(dispatch.next(1.0), Step)
    assert dispatch.next(1.0) == 5.0, "the pool is full, and the wait goes on"
    ((task, outcome),) = dispatch.go_on(5.0)
    assert (task.id, outcome.status) == (1, RowStatus.SUCCEEDED)


def test_a_wait_is_over_in_time_also_while_the_server_has_everybody_wait():
    replies = iter([Reply(429, None, "empty", 100.0)])
    game = game_of(server=lambda *_: next(replies, OK))
    game.run([*entries(1), Entry(2, "k2", flow([Wait("w", 7.0)]))])
    assert game.statuses() == {"succeeded": 2}
    dispatch = game_of().dispatch
    dispatch.limit.pause(100.0)
    for entry in [*entries(1), Entry(2, "k2", flow([Wait("w", 7.0)]))]:
        dispatch.add(entry.task)
    assert dispatch.next(0.0) == 7.0


def test_what_is_asked_beside_a_wait_is_sent_at_once_and_both_are_waited_for():
    game = game_of().run([Entry(1, "k", flow([Wait("w", 9.0), ask("write")], [ask("after")]))])
    assert game.times(1) == [0.0]
    assert game.times(1, "after") == [9.0]


def test_waits_of_no_time_follow_each_other():
    game = game_of().run([Entry(1, "k", flow([Wait("a", 0.0)], [Wait("b", 0.0), Wait("c", 0.0)], [ask("write")]))])
    assert game.times(1) == [0.0]


def test_a_stop_does_not_wait_for_a_wait_and_the_task_stays_open():
    game = game_of().run([Entry(1, "k", polling(1, 3600.0)), *entries(11)[1:]], until=1.0)
    assert game.now < 3
    assert 1 not in game.ended
    assert game.dispatch.go_on(4000.0) == ()
    assert game.dispatch.next(4000.0) is None


def test_on_a_resume_a_wait_begins_again():
    game = game_of().run([Entry(1, "k", polling(1, 30.0), {"begin": Receipt("begin", Verdict.ACCEPT, 200)})])
    assert game.times(1, "poll 0") == [30.0]


def test_on_a_resume_a_wait_that_was_over_before_something_known_is_left_out():
    known = {step: Receipt(step, Verdict.ACCEPT, 200) for step in ("begin", "poll 0", "poll 1")}
    game = game_of().run([Entry(1, "k", polling(3, 30.0), known)])
    assert game.times(1, "poll 2") == [30.0]


def test_parts_side_by_side_may_wait():
    order: list[str] = []

    def slow() -> Asking[str]:
        (receipt,) = yield (Wait("slow", 20.0),)
        order.append(receipt.step)
        receipt = yield from asked(ask("a"))
        return receipt.step

    def both() -> Flow:
        order.extend((yield from combined([slow(), asked(ask("b")), slow_too()])))
        return Outcome(RowStatus.SUCCEEDED)

    def slow_too() -> Asking[str]:
        yield (Wait("long", 30.0),)
        return "no more"

    game = game_of().run([Entry(1, "k", both())])
    assert order == ["slow", "a", game.receipts[1, "b"], "no more"]
    assert game.times(1, "b") == [0.0]
    assert game.times(1, "a") == [30.0]


STEPS = st.one_of(st.sampled_from(["POST", "GET"]), st.floats(0.0, 100.0))
JOBS = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.lists(STEPS, min_size=1, max_size=3), max_size=4)), max_size=10
)


def rows_of(job) -> list[Entry]:
    def one(name: str, what: str | float) -> Request | Wait:
        return Wait(name, what) if isinstance(what, float) else ask(name, method=what)

    return [
        Entry(row, f"k{key}" if key else f"own {row}", flow(*(
            [one(f"{g}.{s}", what) for s, what in enumerate(group)] for g, group in enumerate(groups)
        )))
        for row, (key, groups) in enumerate(job)
    ]  # fmt: skip


@given(JOBS, st.one_of(st.just(math.inf), st.floats(0, 200)), st.lists(st.sampled_from([OK, OK, GONE]), max_size=9))
@settings(max_examples=tries(50, 300), deadline=None, derandomize=True)
def test_a_job_with_waits_ends_and_goes_on_after_a_cut(job, until, faults):
    script = iter(faults)
    first = Play(dispatch_of(), lambda *_: next(script, OK)).run(rows_of(job), until)
    rest = [entry for entry in rows_of(job) if entry.row not in first.ended]
    assert not rest or until < math.inf or first.dispatch.stops.stopped_by
    for entry in rest:
        entry.known = {step: receipt for (row, step), receipt in first.receipts.items() if row == entry.row}
        entry.cut_off = dict(first.intended[entry.row])
    second = Play(dispatch_of(), lambda *_: OK).run(rest)
    assert {row for row in {*first.ended, *second.ended} if isinstance(row, int)} == set(range(len(job)))
    assert not set(first.receipts) & set(second.receipts)
    for row, (_key, groups) in enumerate(job):
        for game in (first, second):
            shortest = 0.0
            for g, group in enumerate(groups):
                starts = [game.times(row, f"{g}.{s}") for s, what in enumerate(group) if isinstance(what, str)]
                if game is first:
                    assert all(whens[0] >= shortest for whens in starts if whens), "sent before the wait was over"
                shortest += max((what for what in group if isinstance(what, float)), default=0.0)
