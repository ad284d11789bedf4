"""Batches of contacts: what the importer's answers mean, and the quota that only batches count against."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.engine.confirm import confirmed, contradicts
from bulk.engine.dispatch import Dispatch
from bulk.engine.limit import RateLimit
from bulk.engine.pauses import PATIENCE
from bulk.engine.quota import BATCHES, IMPORT, IMPORT_SINGLE, MARGIN, MINUTE, SINGLES, Quota, importer_quotas
from bulk.engine.retry import judge
from bulk.engine.steps import Step
from bulk.engine.turns import Turns
from bulk.model import Flow, Lost, Outcome, Receipt, Reply, Request, RowStatus, Verdict
from bulk.runtime.runner import new_dispatch
from tests.engine.test_dispatch import BROKEN, GONE, OK, Entry, Play, ask, entries, flow, name_of
from tests.scale import tries

SUBMIT = Request(
    "submit", "POST", "import/bulk_import", repeatable=False, expects="batchId", limits=(IMPORT,),
    keep=lambda body: body["batchId"], keep_refused=lambda body: body["failureReasons"],
)  # fmt: skip
POLL = Request(
    "poll", "GET", "import/info", (("batchId", "u"),), expects="status", keep=lambda body: body, optional=True
)
QUEUED = Reply(200, {"success": 1, "queued_contacts": 1, "batchId": "u", "message": "Contact import queued"})
OFTEN = Reply(400, {"success": 0, "message": "Rate limit exceeded.", "failureReasons": ["Up to 100 imports may be"]})
REASONS = [{"contact": 230, "failureReason": "Field 'email' incorrect format"}]
INVALID = "JSON payload did not pass validation. Please fix failureReasons and retry."
REFUSED = Reply(400, {"success": 0, "message": INVALID, "failureReasons": REASONS})


def played(server, rows, **limits) -> Play:
    quotas = {**importer_quotas(), **limits}
    chance = random.Random(0).random
    return Play(Dispatch(RateLimit(5.0), chance, rate=5.0, limits=quotas), server).run(rows)


def batches(count: int, first: int = 1, *, single: bool = False) -> list[Entry]:
    request = replace(SUBMIT, limits=(IMPORT, IMPORT_SINGLE)) if single else SUBMIT
    return [Entry(n, f"batch {n}", flow([request])) for n in range(first, first + count)]


def most_within(starts: list[float], seconds: float) -> int:
    starts = sorted(starts)
    return max(sum(first <= at < first + seconds for at in starts) for first in starts)


# ---- what answers mean


@pytest.mark.parametrize(
    "body",
    [
        QUEUED.body,
        {"Success": 1, "queued_contacts": 1, "batchId": "u", "message": "Contact import queued"},
        {"success": 5, "queued_contacts": 2, "batchId": "u"},
    ],
)
def test_a_batch_is_taken_in_when_its_key_is_told(body):
    game = played(lambda *_: Reply(200, body), batches(1))
    assert game.receipts[1, "submit"] == Receipt("submit", Verdict.ACCEPT, 200, "u")


@pytest.mark.parametrize(
    "body",
    [{"success": 1, "message": "Contact import queued"}, {"success": 1, "batchId": None}, {"success": 1, "batchId": ""},
     {"success": 0, "batchId": "u"}, {"success": 1, "batchId": "u", "failureReasons": REASONS}, {}, [], "u"],
)  # fmt: skip
def test_a_batch_that_may_be_queued_or_not_is_in_doubt_and_goes_no_second_time(body):
    game = played(lambda *_: Reply(200, body), batches(1))
    assert game.receipts[1, "submit"].verdict is Verdict.IN_DOUBT
    assert len(game.sent) == 1


@pytest.mark.parametrize("reply", [GONE, BROKEN, Reply(503, None, "empty"), Reply(200, None, "cut off")])
def test_nor_does_one_whose_answer_is_lost_or_damaged(reply):
    game = played(lambda *_: reply, batches(1))
    assert game.receipts[1, "submit"].verdict is Verdict.IN_DOUBT
    assert len(game.sent) == 1


@pytest.mark.parametrize(
    ("reasons", "kept"),
    [
        (REASONS, REASONS),
        (["Invalid or unparsable json"], ["Invalid or unparsable json"]),
        ([], []),
        (None, None),
    ],
)
def test_a_refused_batch_tells_its_flow_why(reasons, kept):
    told: list[Receipt] = []

    def batch() -> Flow:
        told.extend((yield (SUBMIT,)))
        return Outcome(RowStatus.FAILED)

    body = {"success": 0, "message": INVALID} | ({} if reasons is None else {"failureReasons": reasons})
    played(lambda *_: Reply(400, body), [Entry(1, "k", batch())])
    assert [(one.verdict, one.status, one.data) for one in told] == [(Verdict.REJECT, 400, kept)]
    assert INVALID in told[0].error


def test_a_refusal_that_was_written_down_is_told_again():
    told: list[Receipt] = []

    def batch() -> Flow:
        told.extend((yield (SUBMIT,)))
        return Outcome(RowStatus.FAILED)

    known = Receipt("submit", Verdict.REJECT, 400, REASONS, "http_400", "No.")
    game = played(lambda *_: QUEUED, [Entry(1, "k", batch(), known={"submit": known})])
    assert told == [known]
    assert game.sent == []


def test_of_what_is_only_given_up_nothing_is_kept():
    request = replace(ask("read", method="GET"), keep_refused=lambda body: body)
    game = played(
        lambda step, _now: BROKEN if step.task.id == 1 else OK, [Entry(1, "k", flow([request])), *entries(400)[1:]]
    )
    assert game.receipts[1, "read"].verdict is Verdict.REJECT
    assert game.receipts[1, "read"].data is None


STATES = ("waiting", "claimed", "active", "completed", "failed", "interrupted", False)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "more",
    [{"success": [], "failure": []}, {"success": ["123"], "failure": ["bad@example.com"]}, {}, {"success": 0},
     {"success": False, "failureReasons": ["Import failed"]}],
)  # fmt: skip
def test_every_state_of_a_batch_is_an_answer(state, more):
    body = {"status": state, **more}
    game = played(lambda *_: Reply(200, body), [Entry(1, "k", flow([POLL]))])
    assert game.receipts[1, "poll"] == Receipt("poll", Verdict.ACCEPT, 200, body)
    assert len(game.sent) == 1


UNKNOWN = [
    Reply(400, {"success": 0, "message": "'batchId' is a required field."}),
    Reply(400, {"success": 0}),
    Reply(400, None, "empty"),
    Reply(404, {"message": "No Result found for Import with id u"}),
    Reply(403, {"message": "Forbidden"}),
    Reply(422, {"errors": [{"title": "No such batch"}]}),
]


@pytest.mark.parametrize("reply", UNKNOWN)
def test_a_batch_that_nobody_knows_is_a_refusal_and_the_job_goes_on(reply):
    game = played(
        lambda step, _now: reply if step.task.id == 1 else OK, [Entry(1, "k", flow([POLL])), *entries(20)[1:]]
    )
    assert game.receipts[1, "poll"].verdict is Verdict.REJECT
    assert game.dispatch.stops.stopped_by is None
    assert game.statuses() == {"succeeded": 19, "failed": 1}


@pytest.mark.parametrize(
    "reply",
    [Reply(200, {"status": True}), Reply(200, {"status": None}), Reply(200, {"status": ""}), Reply(200, {}),
     Reply(200, []), Reply(200, None, "empty"), Reply(200, None, "not JSON"), Reply(200, None, "cut off"),
     Reply(404, None, "empty"), BROKEN, GONE, Lost("no connection", sent=False)],
)  # fmt: skip
def test_a_damaged_answer_to_a_poll_is_asked_for_again_and_refused_at_last(reply):
    game = played(
        lambda step, _now: reply if step.task.id == 1 else OK, [Entry(1, "k", flow([POLL])), *entries(400)[1:]]
    )
    assert game.receipts[1, "poll"].verdict is Verdict.REJECT
    assert 3 < len(game.times(1, "poll")) < 8
    assert game.dispatch.stops.stopped_by is None


def test_the_key_is_refused_at_a_poll_as_anywhere():
    assert judge(POLL, Reply(401, {"message": "Unauthorized"})) is Verdict.ABORT


def test_the_answer_to_another_request_is_none_to_a_batch():
    for request, body in ((SUBMIT, {"status": "active"}), (POLL, QUEUED.body), (POLL, {"contacts": []})):
        assert contradicts(confirmed(request, Reply(200, body)))


# ---- the quota


def test_a_minute_has_never_more_batches_than_are_allowed():
    game = played(lambda *_: QUEUED, batches(400))
    assert game.statuses() == {"succeeded": 400}
    starts = [when for when, *_ in game.sent]
    assert most_within(starts, MINUTE + MARGIN * 0.99) == BATCHES
    assert game.now < 3 * (MINUTE + MARGIN) + BATCHES / 5 * 1.1 + 2, "the last hundred leave in a burst too"


def test_batches_of_one_contact_count_twice():
    game = played(lambda *_: QUEUED, [*batches(41, single=True), *batches(120, first=100)])
    singles = [when for when, n, *_ in game.sent if n < 100]
    assert most_within(singles, MINUTE) == SINGLES
    assert most_within([when for when, *_ in game.sent], MINUTE) == BATCHES
    assert 2 * MINUTE < max(singles) < 2 * (MINUTE + MARGIN) + 30


def test_the_engine_of_a_run_knows_both_quotas():
    dispatch = new_dispatch(5.0, 0)
    for entry in batches(1, single=True):
        dispatch.add(entry.task)
    assert name_of(dispatch.next(0.0).task) == 1


def test_over_the_quota_batches_wait_and_nobody_else():
    hit: list[float] = []

    def server(step, now):
        if name_of(step.task) == 3 and not hit:
            hit.append(now)
            return OFTEN
        return QUEUED if step.request.path.startswith("import") else OK

    game = played(server, [*batches(30), *(Entry(n, f"k{n}", flow([ask("write")])) for n in range(100, 200))])
    assert game.statuses() == {"succeeded": 130}
    assert {receipt.attempts for receipt in game.receipts.values()} == {1}, "nobody looked at it"
    assert game.dispatch.retries == 1
    mine = sorted(when for when, n, *_ in game.sent if n < 100)
    known = hit[0] + 0.1
    after = [when for when in mine if when > known]
    assert after[0] >= known + 1
    assert min(b - a for a, b in pairwise(after)) > (MINUTE + MARGIN) / BATCHES * 0.9, "evenly, for a minute"
    meanwhile = [when for when, n, *_ in game.sent if n >= 100 and known < when < known + 1]
    assert len(meanwhile) >= 4, "the account's own limit has refused nothing"


def test_a_quota_that_refuses_teaches_no_other():
    asked = iter([OFTEN])
    other = Quota(10)
    game = played(lambda *_: next(asked, QUEUED), batches(2), other=other)
    assert game.now > 1
    assert other.ready_at(0.0) == 0.0
    assert game.dispatch.limit.margin == RateLimit(5.0).margin


def test_a_429_to_a_batch_lets_everybody_wait():
    asked = iter([Reply(429, None, "empty", 7.0)])
    game = played(lambda *_: next(asked, QUEUED), [*batches(1), *entries(20)[1:]])
    starts = sorted(when for when, *_ in game.sent)
    assert not [when for when in starts if 0.2 < when < 7.0]
    assert game.statuses() == {"succeeded": 20}


def test_a_429_to_a_batch_spreads_no_minute_of_batches():
    asked = iter([Reply(429, None, "empty", 1.0)])
    game = played(lambda *_: next(asked, QUEUED), batches(BATCHES - 1))
    assert game.now < BATCHES / 5 * 1.1 + 3


def test_the_words_of_a_quota_without_one_let_everybody_wait():
    asked = iter([OFTEN])
    game = played(lambda *_: next(asked, OK), entries(12))
    assert game.statuses() == {"succeeded": 12}
    assert not [when for when, *_ in game.sent if 0.2 < when < 1.0]
    assert {receipt.attempts for receipt in game.receipts.values()} == {1}


def test_a_quota_that_refuses_for_ever_ends_the_job_to_be_resumed():
    game = played(lambda step, _now: OFTEN if step.task.id <= 2 else OK, [*batches(2), *entries(30)[2:]])
    assert game.statuses() == {"succeeded": 28}
    assert PATIENCE < game.now < PATIENCE + 70
    assert game.dispatch.stops.stopped_by == "The server has refused every batch for 16 minutes."
    assert game.intended[1] == {}, "it was surely not carried out"


def test_somebody_else_s_share_of_the_quota_ends_in_waiting_and_not_in_failures():
    """Another one has sent sixty batches in the minute before, which this run cannot know."""
    arrivals = [-at for at in range(60)]

    def server(step, now):
        if step.request.path.startswith("import"):
            if sum(now - 60 < at for at in arrivals) >= BATCHES:
                return OFTEN
            arrivals.append(now)
        return QUEUED

    game = played(server, batches(100))
    assert game.statuses() == {"succeeded": 100}
    assert game.dispatch.retries < 20
    assert game.now < 3 * MINUTE


@pytest.mark.parametrize(("until", "again"), [(9.9, 10.0), (10.0, 71.0)])
def test_a_batch_that_comes_too_late_to_leave_costs_no_start_of_its_minute(until, again):
    quota = Quota(1)
    turns = Turns(RateLimit(5.0), {IMPORT: quota})
    step = Step(batches(1)[0].task, SUBMIT, until=until)
    turns.put(step)
    assert turns.startable(10.0) == ((IMPORT,), 10.0)
    assert turns.pop_lane((IMPORT,), 10.0) is step
    assert quota.ready_at(10.0) == again


@given(
    st.integers(1, 120), st.lists(st.floats(0, 90), max_size=200), st.lists(st.floats(0, 1.0), max_size=200),
    st.sets(st.integers(0, 199), max_size=10),
)  # fmt: skip
@settings(max_examples=tries(100, 1000), deadline=None, derandomize=True)
def test_the_law_of_a_quota_whatever_comes(most, waits, delays, refused):
    quota, now, starts = Quota(most), 0.0, []
    for number, wait in enumerate(waits):
        now = max(now + wait, quota.ready_at(now + wait))
        assert quota.ready_at(now) == now
        quota.spend(now)
        left = now + (delays[number] if number < len(delays) else 0.0)
        quota.delayed(now, left)
        starts.append(left)
        now = left
        if number in refused:
            quota.refused(left, now)
            quota.pause(now + 3)
            assert quota.ready_at(now) >= now + 3
    if starts:
        assert most_within(starts, MINUTE) <= most
        assert math.isfinite(quota.ready_at(now))
